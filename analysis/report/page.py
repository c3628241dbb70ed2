"""The page `report.html`: one self-contained file, made from a report's content by one template."""

import base64
import struct
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis.charts.wording import listed, number, when
from analysis.report.blocks import Section
from analysis.report.content import BREAKDOWNS, Content, published_share
from analysis.report.display import (
    ShownTable,
    assumptions_shown,
    changes_shown,
    completeness_shown,
    flow_shown,
    means_shown,
    rates_shown,
    rows_shown,
)
from analysis.report.figures import ReportFigure
from analysis.report.further_sections import FURTHER_SECTIONS
from analysis.report.methods import measure_rows, scale_rows, window_rows
from analysis.report.results import OUTCOMES_SHOWN
from analysis.report.scale_words import entry_words, remission_words, response_words
from analysis.report.words import (
    BASES,
    completeness_words,
    day_words,
    key_messages,
    period_words,
    rate_of,
    start_year_words,
)

TEMPLATES = Path(__file__).parent / "templates"

SECTIONS = (
    ("key-messages", "Key messages"),
    ("who", "Who is in this report"),
    ("headline", "Response and remission"),
    ("assumptions", "If those not seen had fared differently"),
    ("by-session", "By session"),
    ("by-phase", "By phase"),
    ("mean-score", "Mean score by session"),
    ("trajectory", "Mean change, of everybody"),
    ("by-route", "By route"),
    ("by-clinic", "By clinic"),
    ("other-scales", "Other scales"),
    ("quality", "Data quality"),
    ("methods", "What the words mean"),
    ("caveats", "What this report cannot show"),
    ("provenance", "Where the numbers come from"),
)

_KEYS = {
    "headline": (("outcome", "Outcome"),),
    "by_session": (("window", "When"),),
    "by_phase": (("window", "When"),),
    "by_maintenance": (("window", "When"), ("maintenance", "Maintenance")),
    "by_route": (("route", "Route"),),
    "by_clinic": (("clinic_id", "Clinic"),),
    "other_scales": (("instrument", "Scale"),),
}


def render_page(content: Content, figures: dict[str, ReportFigure], provenance: dict[str, str]) -> str:
    """Write a report as one HTML file.

    Parameters
    ----------
    content : Content
    figures : dict of str to ReportFigure
        From `draw_figures`.
    provenance : dict of str to str
        From `analysis.report.manifest.provenance`.

    Returns
    -------
    str
        Every text of the dataset in it is escaped.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    dataset = content.cohort.dataset
    further = [section for each in FURTHER_SECTIONS for section in each.sections(content)]
    return environment.get_template("report.html").render(
        title=_title(content),
        kind=_kind(content),
        dataset={
            "name": dataset.name,
            "basis": dataset.basis,
            "basis_words": BASES[dataset.basis],
            "synthetic": dataset.basis == "synthetic",
            "data_cut": day_words(dataset.data_cut),
        },
        period=_periods(content),
        audience="the public" if content.audience == "public" else "internal use",
        internal=content.audience != "public",
        sections=_sections(content, further),
        further=further,
        nobody_due={name for name, table in content.tables.items() if table.nobody_due},
        start_years=start_year_words(content),
        messages=key_messages(content),
        people_bars=_people_bars(content),
        moment=when(content.headline_window),
        scale=content.instrument,
        has_scores=content.has_scores,
        words=_words(content),
        figures={name: _picture(figure) for name, figure in figures.items()},
        tables=_tables(content),
        quality=_quality(content),
        rules=content.cohort.definitions,
        due=str(content.tables["headline"].frame["due"].iloc[0]),
        hide_up_to=content.policy.hide_up_to,
        windows=window_rows(content),
        scales=scale_rows(content),
        measures=measure_rows(content),
        provenance=provenance,
    )


def _sections(content: Content, further: list[Section]) -> list[tuple[str, str]]:
    """Leave out what the definitions leave out: sessions (``sessions = 0``), months (``months = 0``)."""
    left_out = set()
    if "by_session" not in content.tables:
        left_out |= {"by-session", "mean-score"}
    if "by_maintenance" not in content.tables:
        left_out.add("by-phase")
    if "trajectory" not in content.tables:
        left_out.add("trajectory")
    kept = [(anchor, heading) for anchor, heading in SECTIONS if anchor not in left_out]
    place = [anchor for anchor, _ in kept].index("quality")
    return [*kept[:place], *((section.anchor, section.heading) for section in further), *kept[place:]]


def _title(content: Content) -> str:
    if content.period is None:
        return "Outcomes of treatment"
    return f"Outcomes of treatment, {period_words(content.period)}"


def _kind(content: Content) -> str:
    if content.period is None:
        return "Report of all data"
    return "Yearly report" if content.period.is_year else "Quarterly report"


def _periods(content: Content) -> dict[str, str]:
    headline, breakdown = content.period, content.breakdown
    why = "These numbers are for the same period as the headline."
    if breakdown != headline:
        why = (
            f"These numbers are for {period_words(breakdown)}, the last complete year: a single quarter has too few "
            "people to break down."
        )
    name = f" ({headline.name})" if headline and not headline.is_year else ""
    return {
        "headline": period_words(headline)[:1].upper() + period_words(headline)[1:] + name,
        "headline_words": period_words(headline) if headline else "any period",
        "breakdown": period_words(breakdown)[:1].upper() + period_words(breakdown)[1:],
        "begun": _begun(content),
        "why_breakdown": why,
    }


def _begun(content: Content) -> str:
    period = content.tables["trajectory"].period if "trajectory" in content.tables else None
    return f"who began in {period_words(period)}" if period else "of all periods together"


def _words(content: Content) -> dict[str, str]:
    percent, scale = content.cohort.definitions.outcome.response_percent, content.instrument
    left = "that wellbeing is no longer poor" if scale.direction == "higher" else "that few symptoms are left"
    return {
        "response": response_words(scale, percent=percent),
        "entry": entry_words(scale),
        "remission": f"{left} ({scale.name} of {remission_words(scale)})",
        "remission_score": remission_words(scale),
    }


def _tables(content: Content) -> dict[str, Any]:
    """Lay out every table; those with an outcome in the caption come as one table for each outcome."""
    tables = content.tables
    of = f"{content.instrument.name} {when(content.headline_window)}"
    shown: dict[str, Any] = {
        "flow": flow_shown(tables["flow"], caption=f"Who is counted: {of}"),
        "headline": rates_shown(
            tables["headline"], caption=f"Response and remission: {of}, in 100 people", keys=_KEYS["headline"]
        ),
        "rows": rows_shown(tables["rows"]),
        "completeness": completeness_shown(content, caption="Scored at each time"),
    }
    caption = f"{content.instrument.name} response {when(content.headline_window)}, in 100 people, by what is assumed"
    shown["assumptions"] = assumptions_shown(tables["assumptions"], caption=caption)
    if "trajectory" in tables:
        caption = f"Mean change of the {content.instrument.name} score since before treatment"
        shown["trajectory"] = changes_shown(tables["trajectory"], caption=caption)
    if "mean_by_session" in tables:
        caption = f"Mean {content.instrument.name} score"
        shown["mean_by_session"] = means_shown(tables["mean_by_session"], caption=caption)
    for name, keys in _KEYS.items():
        if name != "headline":
            shown[name] = _by_outcome(content, name, keys)
    return shown


def _by_outcome(content: Content, name: str, keys: tuple[tuple[str, str], ...]) -> list[ShownTable]:
    if name not in content.tables:
        return []
    table = content.tables[name]
    scale = "" if name == "other_scales" else f"{content.instrument.name} "
    captions = {outcome: f"{scale}{outcome} {_BY[name]}, in 100 people" for outcome in OUTCOMES_SHOWN}
    return [
        rates_shown(table, caption=caption[:1].upper() + caption[1:], keys=keys, outcome=outcome)
        for outcome, caption in captions.items()
    ]


_BY = {
    "by_session": "by session",
    "by_phase": "by phase",
    "by_maintenance": "by month and maintenance",
    "by_route": "by route",
    "by_clinic": "by clinic",
    "other_scales": "on other scales",
}


def _people_bars(content: Content) -> list[dict[str, Any]]:
    """Split everyone due into who responded, who did not and who is not known; nothing where a part is hidden."""
    row = rate_of(content.tables["headline"], outcome="response", estimand="starters")
    if row["status"] != "ok" or row["scored"] is None or row["started"] is None:
        return []
    started, scored, responded = int(row["started"]), int(row["scored"]), int(row["numerator"])
    parts = [
        ("responded", responded, "responded"),
        ("not-responded", scored - responded, "scored, did not respond"),
        ("not-known", started - scored, "no result"),
    ]
    drawn = [
        {"style": style, "count": count, "text": number(count), "label": label}
        for style, count, label in parts
        if count
    ]
    return [{"total": number(started), "parts": drawn}]


def _quality(content: Content) -> dict[str, str]:
    found = content.cohort.dataset.problems["severity"].value_counts()
    said = [f"{int(found.get(severity, 0))} {words}" for severity, words in _PROBLEMS.items()]
    hidden = sum(
        int((content.tables[name].frame["status"] == "hidden").sum()) for name in BREAKDOWNS if name in content.tables
    )
    rest = "; the others are hidden, because few people stand behind them" if hidden else ""
    return {
        "completeness": completeness_words(content),
        "problems": f"The check of the files found {listed(said)}; “outcomes check” lists each.",
        "published": (
            "Of 100 numbers in the breakdowns by session, phase, route and clinic, "
            f"{100 * published_share(content):.0f} are shown{rest}."
        ),
    }


_PROBLEMS = {
    "error": "errors",
    "set-aside": "kinds of fault for which rows or values were set aside",
    "warning": "warnings",
}


def _picture(figure: ReportFigure) -> dict[str, Any]:
    width, height = struct.unpack(">II", figure.png[16:24])  # a PNG tells its size at this place
    return {
        "alternative": figure.alternative,
        "base64": base64.b64encode(figure.png).decode("ascii"),
        "width": width,
        "height": height,
    }
