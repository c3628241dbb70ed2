"""A measure from month to month."""

from datetime import date, timedelta

import pandas as pd
import pytest
from drawn_tables import write_folder

from analysis.charts import control_chart
from analysis.cohort.cohort import derive
from analysis.disclosure.suppression import disclose
from analysis.estimate.event_gaps import gaps_between
from analysis.estimate.monitoring import monitor
from analysis.intake.dataset import open_dataset
from analysis.vocabulary.errors import CallError

# The end of loading has closed for everyone on course day 42: who starts on 25 November is of January.
FIRST_START = date(2023, 11, 25)


def cohort_of(folder, months, *, data_cut="2026-06-30", dated=True):
    """Make people of months (how many responded, how many did not), a month apart."""
    sessions, scores = [], []
    for number, (responded, others) in enumerate(months):
        start = (pd.Timestamp(FIRST_START) + pd.DateOffset(months=number)).date()
        for k in range(responded + others):
            name = f"M{number}-{k}"
            session = {"patient_id": name, "day": 0, "treatment": "ketamine", "route": "iv"}
            sessions.append(session | ({"date": start.isoformat()} if dated else {}))
            for day, total in ((0, 20), (7, 10 if k < responded else 11)):
                score = {"patient_id": name, "day": day, "instrument": "PHQ-9", "total": total}
                scores.append(score | ({"date": (start + timedelta(days=day)).isoformat()} if dated else {}))
    tables = {"sessions": sessions, "scores": scores}
    return derive(open_dataset(write_folder(folder, tables, data_cut=data_cut)))


@pytest.fixture(scope="module")
def fifteen(tmp_path_factory):
    """Fourteen months in which 10 of 20 respond, the fifth without anybody, and a last one in which all 20 do."""
    months = [(10, 10)] * 4 + [(0, 0)] + [(10, 10)] * 9 + [(20, 0)]
    return cohort_of(tmp_path_factory.mktemp("months") / "d", months, data_cut="2025-03-31")


def test_people_belong_to_the_month_in_which_the_window_closes(fifteen):
    table = monitor(fifteen).table
    assert table["month"].iloc[0] == "2024-01"
    assert table["month"].iloc[-1] == "2025-03"
    assert table["denominator"].tolist() == [20] * 4 + [0] + [20] * 10


def test_limits_are_made_of_the_first_twelve_points_and_stay(fifteen):
    table = monitor(fifteen).table
    assert table["baseline"].tolist() == [True] * 4 + [False] + [True] * 8 + [False] * 2
    seen = table[table["status"] == "ok"]
    assert (seen["centre"] == 0.5).all()
    assert seen["upper"].tolist() == pytest.approx([0.5 + 3 * (0.25 / 20) ** 0.5] * 14)
    assert table["signal"].tolist() == [""] * 14 + ["outside the limits"]


def test_a_month_without_anybody_is_there_and_empty(fifteen):
    empty = monitor(fifteen).table.iloc[4]
    assert (empty["month"], empty["status"], empty["signal"]) == ("2024-05", "empty", "")
    assert pd.isna(empty["estimate"])
    assert pd.isna(empty["centre"])


def test_the_verdict_in_words(fifteen):
    (verdict,) = monitor(fifteen).verdicts["verdict"]
    assert verdict.startswith("Evidence of change: above the limits (2025-03). 14 points from 2024-01 to 2025-03")


def test_a_new_baseline_with_its_reason_begins_as_a_run_chart(fifteen):
    table = monitor(fifteen, new_baselines={"2025-01": "a new dose in all clinics"}).table
    assert table["phase"].tolist() == [1] * 12 + [2] * 3
    assert table["chart"].tolist() == ["run"] * 15  # each phase has fewer than twelve points
    assert table["upper"].isna().all()
    assert table["reason"].tolist() == [""] * 12 + ["a new dose in all clinics"] * 3


def test_few_people_in_a_month_make_a_g_chart(tmp_path):
    table = monitor(cohort_of(tmp_path / "d", [(1, 3)] * 13)).table
    assert table["chart"].unique().tolist() == ["g"]
    assert table["estimate"].tolist() == [3] * 13  # three without it are counted before the one of the same day
    assert table["month"].iloc[-1] == "2025-01"


def test_gaps_are_between_those_without_it_where_most_have_it():
    days = pd.DataFrame({"closing_day": ["2026-01-02", "unknown", "2026-02-01"], "numerator": [4, 9, 2]})
    found = gaps_between(days.assign(denominator=[5, 9, 3]), last_month="2026-02")
    assert found["estimate"].tolist() == [4, 2]
    assert found["method"].iloc[0] == "people between two without the outcome"
    assert gaps_between(days.assign(denominator=[5, 9, 3]), last_month="2026-01")["estimate"].tolist() == [4]


def test_means_are_on_an_xmr_chart(fifteen):
    table = monitor(fifteen, measure="mean-score-by-session", window="end of loading").table
    assert table["chart"].unique().tolist() == ["XmR"]
    assert table["estimate"].iloc[0] == 10.5
    assert table["moving_range"].iloc[1] == 0
    assert table["signal"].iloc[-1].startswith("outside the limits")


def test_the_month_of_the_data_cut_counts_only_when_it_is_over(tmp_path):
    cohort = cohort_of(tmp_path / "d", [(10, 10)] * 3, data_cut="2024-03-30")
    assert monitor(cohort).table["month"].tolist() == ["2024-01", "2024-02"]


def test_without_dates_there_are_no_months(tmp_path):
    with pytest.raises(CallError, match="the dataset has no dates, so nobody belongs to a month"):
        monitor(cohort_of(tmp_path / "d", [(10, 10)], dated=False))


def test_months_add_up_to_all(demo_cohort):
    table = monitor(demo_cohort, chart="p").table
    assert (table["denominator"] == table["eligible"]).all()
    assert table["numerator"].sum() == 343


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"measure": "hedis-drr-e"}, "months go with measures of a window"),
        ({"chart": "u"}, "chart: 'u' is unknown here"),
        ({"measure": "mean-score-by-session", "chart": "p"}, "There are: XmR"),
        ({"new_baselines": {"2025-03": " "}}, "2025-03 needs its reason in words"),
        ({"new_baselines": {"2035-03": "a new dose in all clinics"}}, "2035-03 does not lie within"),
        ({"new_baselines": {"March": "a new dose in all clinics"}}, "'March' is not a month"),
    ],
)
def test_bad_calls_are_told_what_is_wrong(demo_cohort, options, words):
    with pytest.raises(CallError, match=words):
        monitor(demo_cohort, **options)


def test_a_hidden_month_takes_the_limits_it_makes_along(tmp_path):
    months = [(30, 30)] * 12 + [(30, 30)] * 2
    cohort = cohort_of(tmp_path / "d", [*months[:3], (5, 55), *months[4:]])
    public = disclose(monitor(cohort).table).table
    hidden = public["status"] == "hidden"
    assert hidden.iloc[3]
    assert hidden.sum() >= 2
    assert public.loc[hidden, ["estimate", "numerator", "denominator", "upper"]].isna().all(axis=None)
    assert public[["centre", "lower", "upper"]].isna().all(axis=None)
    assert (public["signal"] == "").all()


def test_a_g_chart_cannot_leave(demo_cohort):
    with pytest.raises(CallError, match="each point of a g-chart is a few people"):
        disclose(monitor(demo_cohort, chart="g").table)


def test_a_chart_marks_its_signs_and_says_the_verdict(fifteen):
    ax = control_chart(monitor(fifteen).table)
    (sign,) = [line for line in ax.lines if line.get_gid() == "sign"]
    assert sign.get_ydata().tolist() == [1.0]
    assert [text.get_text() for text in ax.texts if text.get_gid() == "centre name"] == ["centre 50 %"]
    with pytest.raises(CallError, match="one group at a time"):
        control_chart(monitor(fifteen, by="route").table.pipe(lambda t: pd.concat([t, t.assign(route="im")])))
