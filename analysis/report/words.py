"""What a report says in sentences, from its disclosed tables: natural frequencies, and first what is not known."""

from dataclasses import dataclass
from datetime import date, timedelta

from analysis.charts.wording import in_hundred, listed, number, outcome_words, when
from analysis.cohort.windows import Window, parse_window
from analysis.report.content import Content, Record, ReportTable
from analysis.report.results import OUTCOMES_SHOWN
from analysis.vocabulary.periods import Period

BASES = {
    "synthetic": "Declared by the sender as made-up data: no patient stands behind any number in this report.",
    "public-research": "Declared by the sender as published research data, without names or other identifiers.",
    "safe-harbor": (
        "Declared by the sender as de-identified under the Safe Harbor rule of HIPAA: no dates finer than a year."
    ),
    "limited-data-set": (
        "Declared by the sender as a limited data set under HIPAA: dates of treatment, no names or other identifiers."
    ),
    "expert-determination": "Declared by the sender as de-identified by the determination of an expert under HIPAA.",
}
"""Only a person can know this, so a report says who said it."""

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day_words(day: date) -> str:
    """Write a day in words, in the same way on every machine.

    Examples
    --------
    >>> day_words(date(2026, 9, 30))
    '30 September 2026'
    """
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def period_words(period: Period | None) -> str:
    """Name a period in a sentence.

    Examples
    --------
    >>> from analysis.vocabulary.periods import parse_period
    >>> period_words(parse_period("2026Q3")), period_words(parse_period("2025")), period_words(None)
    ('July to September 2026', '2025', 'all periods together')
    """
    if period is None:
        return "all periods together"
    if period.is_year:
        return period.name
    return f"{_MONTHS[period.first.month - 1]} to {_MONTHS[period.last.month - 1]} {period.last.year}"


def range_words(low: float, high: float) -> str:
    """Put an interval into words.

    Examples
    --------
    >>> range_words(0.408, 0.582)
    'between 41 and 58 in 100'
    """
    return f"between {100 * low:.0f} and {100 * high:.0f} in 100"


@dataclass(frozen=True)
class Message:
    """A key message: what it is about, and what is said."""

    lead: str
    text: str


NO_CAUSE = Message(
    "What this cannot show",
    "These are the same people before and after treatment, without a comparison group. Some would have got better "
    "anyway, and those who did not come back may have fared differently.",
)


def key_messages(content: Content) -> list[Message]:
    """Say what matters most, in at most five messages.

    Parameters
    ----------
    content : Content

    Returns
    -------
    list of Message
        What is not known first. Nothing hidden is in them, and an empty or hidden number is said to be so.
    """
    started = content.tables["headline"].records[0]["started"]
    if started == 0:
        return [_nobody(content), NO_CAUSE]
    outcomes = [_outcome_message(content, outcome) for outcome in OUTCOMES_SHOWN]
    return [_not_known(content), *outcomes, *_later_message(content), NO_CAUSE]


def _nobody(content: Content) -> Message:
    scope = f"in {period_words(content.period)}" if content.period else "in this dataset"
    text = (
        f"Nobody’s time for a score {when(content.headline_window)} closed {scope}, so there is nothing to report. "
        "A person is counted once, in the period in which that time is over."
    )
    other = " Another year may have results, or a report of everything." if content.period else ""
    return Message("No result", " ".join([text, *start_year_words(content)[:1]]) + other)


def start_year_words(content: Content) -> list[str]:
    """Say who is in a yearly report where only start years are known.

    Parameters
    ----------
    content : Content

    Returns
    -------
    list of str
        Sentences; none for a quarter, for all data, or where every start is known to the day.
    """
    due = set(content.tables["headline"].frame["due"])
    if content.period is None or not content.period.is_year or not due & {"year", "mixed"}:
        return []
    definitions = content.cohort.definitions
    named = [content.headline_window]
    for table in content.tables.values():
        if table.period == content.period and "window" in table.frame:
            named += table.frame["window"].tolist()
    years = {name: _start_year(parse_window(name, definitions), content.period) for name in dict.fromkeys(named)}
    year = years[content.headline_window]
    known = "Only start years are known, so this report shows people who started in"
    if "mixed" in due:
        known = "Of some people only the start year is known; of these, this report shows those who started in"
    said = [f"{known} {year}: their time is taken to be over when it is for somebody who started on 31 December."]
    for other in sorted(set(years.values()) - {year}, reverse=True):
        windows = listed([when(name) for name, found in years.items() if found == other])
        said.append(f"{windows[:1].upper()}{windows[1:]} it shows those who started in {other}.")
    return said


def _start_year(window: Window, period: Period) -> int:
    """Return the year on whose 31 December somebody started whose window closes in a period of a year."""
    latest = period.last - timedelta(days=window.due_day)
    return latest.year if (latest.month, latest.day) == (12, 31) else latest.year - 1


def _not_known(content: Content) -> Message:
    lead, moment = "Not known", when(content.headline_window)
    row = content.tables["headline"].records[0]
    if row["started"] is None:
        return Message(lead, f"So few people could be counted {moment} that their number is hidden.")
    people = f"{number(row['started'])} people who started treatment"
    if row["scored"] is None:
        text = f"How many of the {people} were scored {moment} is hidden: it would single out a few of them."
        return Message(lead, text)
    unknown = int(row["started"]) - int(row["scored"])
    if unknown == 0:
        everyone = f"Everyone who started treatment ({number(row['scored'])} of {number(row['started'])})"
        return Message(lead, f"{everyone} was scored {moment}.")
    share = in_hundred(unknown / int(row["started"]))
    text = (
        f"For {share} people who started treatment ({number(unknown)} of {number(row['started'])}) there is no result"
    )
    return Message(lead, f"{text} {moment}.{_reasons(content)}")


def _reasons(content: Content) -> str:
    """Say why people have no result, as finely as the disclosed flow allows."""
    count = {row["name"]: int(row["count"]) for row in content.tables["flow"].records if row["status"] == "ok"}
    side = "above" if content.instrument.direction == "higher" else "below"
    entry = f"began {side} {content.instrument.entry_score} points, where a response cannot be judged"
    said = []
    if {"no_baseline", "below_entry"} <= count.keys():
        said += [(count["no_baseline"], "had no score before treatment"), (count["below_entry"], entry)]
    elif {"started", "eligible"} <= count.keys():
        said.append((count["started"] - count["eligible"], f"had no score before treatment or {entry}"))
    if "not_scored" in count:
        said.append((count["not_scored"], "were not scored in time"))
    words = [f"{number(people)} {why}" for people, why in said if people]
    return f" Of them, {'; '.join(words)}." if words else ""


def rate_of(table: ReportTable, *, outcome: str, estimand: str, window: str | None = None) -> Record:
    """Return the first row of a table that holds a rate.

    Parameters
    ----------
    table : ReportTable
    outcome, estimand : str
    window : str, optional
        Needed where the table has several.

    Returns
    -------
    dict of str to value
    """
    return next(
        row
        for row in table.records
        if (row["outcome"], row["estimand"]) == (outcome, estimand) and window in {None, row["window"]}
    )


def _outcome_message(content: Content, outcome: str) -> Message:
    table, moment = content.tables["headline"], when(content.headline_window)
    everyone = rate_of(table, outcome=outcome, estimand="starters")
    scored = rate_of(table, outcome=outcome, estimand="observed")
    lead, (verb, had) = outcome_words(outcome).title.capitalize(), _VERBS[outcome]
    if scored["status"] == "empty":
        return Message(lead, f"Nobody was scored {moment}, so it is not known how many {verb}.")
    if everyone["status"] == "hidden" and scored["status"] == "hidden":
        return Message(lead, f"How many {verb} {moment} is hidden, because few people stand behind the number.")
    if everyone["status"] == "hidden":
        text = f"Of 100 people who were scored, {_of_hundred(scored)} {verb} {moment} ({_behind(scored)})."
        return Message(lead, f"{text} {_HIDDEN_SHARE.format('everyone who started')}")
    text = f"Of 100 people who started treatment, {_of_hundred(everyone)} {verb} {moment} ({_counts(everyone)})"
    if scored["status"] == "hidden":
        return Message(lead, f"{text}. {_HIDDEN_SHARE.format('those who were scored')}")
    return Message(lead, f"{text}. Of 100 who were scored, {_of_hundred(scored)} {had} ({_behind(scored)}).")


_VERBS = {"response": ("had responded", "had"), "remission": ("were in remission", "were")}
_HIDDEN_SHARE = "The share of {} is hidden, because it would single out a few people."


def _later_message(content: Content) -> list[Message]:
    month = min(3, content.cohort.definitions.report.months)
    window = f"month {month} after loading"
    table = content.tables["by_phase"]
    if all(row["window"] != window for row in table.records):
        return []
    scored = rate_of(table, outcome="response", estimand="observed", window=window)
    if scored["status"] != "ok" or scored["scored"] is None or scored["started"] is None:
        return []
    of = f", {period_words(table.period)}" if table.period != content.period else ""
    text = (
        f"Of 100 people due {when(window)}, {100 * scored['scored'] / scored['started']:.0f} were scored. Of 100 who "
        f"were scored, {_of_hundred(scored)} had a response ({_behind(scored)})."
    )
    return [Message(f"Later on{of}", text)]


def completeness_words(content: Content) -> str:
    """Say how many of those due were scored at the end of loading and in some months after it.

    Parameters
    ----------
    content : Content

    Returns
    -------
    str
        Empty where nobody was due, or where the numbers are hidden.
    """
    windows = ["end of loading", *(f"month {month} after loading" for month in (1, 3, 6, 12))]
    rows = {row["window"]: row for row in content.tables["by_phase"].records}
    said = []
    for window in windows:
        due, scored = (rows.get(window, {}).get(name) for name in ("started", "scored"))
        if due and scored is not None:
            said.append(f"{100 * scored / due:.0f} {when(window).removesuffix(' after loading')}")
    return f"Of 100 people due, so many were scored: {', '.join(said)}." if said else ""


def _of_hundred(row: Record) -> str:
    return f"{100 * row['estimate']:.0f}"


def _counts(row: Record) -> str:
    return f"{number(row['numerator'])} of {number(row['denominator'])}"


def _behind(row: Record) -> str:
    return f"{_counts(row)}; allowing for chance, {range_words(row['low'], row['high'])}"
