"""The figures of a report: which there are, and their words."""

from made_up_clinics import People

from analysis.report.figures import draw_figures


def test_the_figures_of_a_report_in_their_order(demo_report):
    assert sorted(path.name for path in (demo_report / "figures").iterdir()) == [
        "flow.png",
        "mean_by_session.png",
        "remission_by_phase.png",
        "remission_denominators.png",
        "response_assumptions.png",
        "response_by_phase.png",
        "response_by_session.png",
        "response_denominators.png",
        "trajectory.png",
    ]


def test_each_figure_is_a_png_with_its_words(two_clinics):
    for name, figure in draw_figures(two_clinics).items():
        assert figure.name == name
        assert figure.png.startswith(b"\x89PNG\r\n\x1a\n")
        assert "PHQ-9" in figure.alternative


def test_the_words_tell_the_disclosed_numbers(two_clinics):
    words = draw_figures(two_clinics)["response_denominators"].alternative
    assert "50 in 100 (55 of 110)" in words
    assert "38 in 100 (55 of 145)" in words


def test_a_chart_with_nothing_to_show_is_left_out(content_of):
    """Five people, all hidden from the public: no picture has anything in it but zeros and empty windows."""
    names = set(draw_figures(content_of(People("North", 5, end=8))))
    assert names.isdisjoint({"response_denominators", "response_by_session", "response_by_phase", "mean_by_session"})


def test_every_figure_of_an_internal_report_is_stamped(content_of, monkeypatch):
    from analysis.charts.canvas import STAMP_WORDS
    from analysis.report import figures

    words: list[list[str]] = []

    def look(ax):
        words.append([text.get_text() for axes in ax.figure.axes for text in axes.texts])
        words[-1] += [text.get_text() for text in ax.figure.texts]
        return b""

    monkeypatch.setattr(figures, "png_bytes", look)
    for audience, stamped in (("internal", True), ("public", False)):
        words.clear()
        drawn = draw_figures(content_of(People("North", 40, end=8), People("North", 20, end=18), audience=audience))
        assert len(drawn) == len(words) == 8
        assert [STAMP_WORDS in said for said in words] == [stamped] * 8


def test_public_figures_do_not_say_internal_and_internal_ones_do(two_clinics, content_of):
    from analysis.charts import denominators

    def stamped(content):
        table = content.tables["by_clinic"].disclosed
        only = type(table)(
            table.table[table.table["outcome"] == "response"], table.audience, table.policy, table.hidden
        )
        return any("INTERNAL" in text.get_text() for text in denominators(only).texts)

    assert not stamped(two_clinics)
    assert stamped(content_of(People("North", 40, end=8), audience="internal"))
