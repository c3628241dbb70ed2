"""The safety of treatment: everything that the response rate does not say about harm."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.dissociation_tally import DissociationTally
from analysis.counts.engine import count_all
from analysis.counts.habituation_tally import HabituationTally
from analysis.counts.item_tally import TransitionTally
from analysis.counts.ladder import Question, ask, count_ahead, group_levels
from analysis.counts.safety_fact_tally import (
    ExposureTally,
    ResolutionTally,
    SessionFactTally,
    SessionValueTally,
)
from analysis.counts.safety_tables import safety_groups
from analysis.counts.safety_tally import (
    AdverseEventTally,
    CareEventTally,
    EventFateTally,
    PatientRecordTally,
    RecordTally,
    SafetySessionTally,
)
from analysis.counts.tallies import GroupTally, Tally
from analysis.estimate.items import item_transitions
from analysis.estimate.rates import response_rates
from analysis.estimate.safety.event_rows import event_rows, exposure_event_rows, serious_rows
from analysis.estimate.safety.harm_rows import WORSENING, dissociation_rows, harm_rows
from analysis.estimate.safety.record_rows import record_notes, record_rows
from analysis.estimate.safety.session_rows import exposure_rows, fact_rows, habituation_rows, minute_rows
from analysis.intake.schema import layout_tables
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.safety_rules import SafetyRules

HARM_WINDOWS = ("end of loading", "month 3 after loading")
"""When new suicidal thoughts and worsening are looked at."""


@dataclass(frozen=True, eq=False, repr=False)
class Safety:
    """The safety of a cohort; every table holds the groups, and the columns of an estimate.

    Attributes
    ----------
    events : DataFrame
        Adverse events of patients and of 100 sessions, by source and term; as a whole and split.
    serious : DataFrame
        Serious adverse events, those of which it is not said, and serious events of care, as counts.
    sessions : DataFrame
        Stopped sessions, blood pressure, dissociation by CADSS, sedation, minutes until fit to leave.
    minutes : DataFrame
        How long adverse events last from the start of the session.
    habituation : DataFrame
        Sessions 1 to k of the patients who had all of them.
    dissociation : DataFrame
        Later response by what the first session showed.
    harms : DataFrame
        New suicidal thoughts and worsening.
    exposure : DataFrame
        Sessions, months and milligrams of a patient.
    bladder : DataFrame
        Bladder symptoms by cumulative exposure up to the session that they follow.
    recorded : DataFrame
        Of how many sessions, clinics and patients there is a record of what.
    notes : tuple of str
        What cannot be told from the data.
    """

    events: pd.DataFrame
    serious: pd.DataFrame
    sessions: pd.DataFrame
    minutes: pd.DataFrame
    habituation: pd.DataFrame
    dissociation: pd.DataFrame
    harms: pd.DataFrame
    exposure: pd.DataFrame
    bladder: pd.DataFrame
    recorded: pd.DataFrame
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        parts = [f"{title}\n{table.to_string(index=False)}" for title, table in self._shown().items()]
        return "\n".join(["Safety", *self.notes, *parts])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return notes + "".join(
            f"<h4>{escape(title)}</h4>{table.to_html(index=False, escape=True)}"
            for title, table in self._shown().items()
        )

    def _shown(self) -> dict[str, pd.DataFrame]:
        whole = self.events[(self.events["split"] == "all") & (self.events["numerator"] != 0)]
        return {
            "Adverse events that occur (events, split all)": whole,
            "Serious events (serious)": self.serious,
            "Measured at sessions (sessions)": self.sessions,
            "Minutes until resolved (minutes)": self.minutes,
            "Response by dissociation at the first session (dissociation)": self.dissociation,
            "Harms shown by scores (harms)": self.harms,
            "Exposure of a patient (exposure)": self.exposure,
            "What was recorded (recorded)": self.recorded,
        }


def safety(
    cohort: Cohort, *, by: str | Sequence[str] = (), instrument: str = "PHQ-9", rules: SafetyRules | None = None
) -> Safety:
    """Summarise harm: adverse events, blood pressure, dissociation, how long it lasts, exposure, and worse scores.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    by : str or sequence of str
        Groups, of the session's course or the patient: ``clinic_id, route, treatment, payer, diagnosis, sex, age_band,
        race_ethnicity, course_kind, loading_status``.
    instrument : str
        Whose response dissociation is held against, and whose suicide item and worsening are harms.
    rules : SafetyRules, optional
        Limits and bands.

    Returns
    -------
    Safety
        Tables with the group columns, names, ``estimate, low, high, method, numerator, denominator, status`` and
        ``definitions``. A status is ``ok``, ``empty`` (nobody, or no session), ``not reached`` (a time), or ``none
        recorded``: in this group nothing of the kind was ever recorded, which is no evidence that nothing happened.

    Raises
    ------
    CallError
        When what is given is no cohort, or naming the option that is wrong and what it can be.

    Notes
    -----
    Everybody treated counts, in every course, also people who had ketamine before day 0 (but for their exposure and the
    harms that scores show). An adverse event follows the last session up to its day, the last one of a day; an event
    before any session, or of a person never treated, is in no rate and in ``recorded``. Sources are never added up: the
    same dissociation may be reported and shown by a scale.

    ``patients with the event``: of the patients with such a session, Wilson. ``events per 100 sessions``: all events
    over all such sessions, with an interval clustered by patient (see `analysis.estimate.patient_sums`) and beside it
    the exact Poisson interval, which takes events as independent and is too narrow where the same patients have them.

    Minutes are from the start of the session, of each patient's first event of the kind, so that each is of another
    person; an event not recorded as resolved counts until the patient was fit to leave. Cumulative exposure looks only
    at the past: an event counts in the band that was reached by its session, among the sessions in that band.
    Milligrams are as recorded, by treatment, whatever the route. Dissociation against response is an association:
    nothing here says that it is needed for a response.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> found = safety(derive(open_dataset("data/demo")))
    >>> whole = found.events.query("split == 'all' and term == 'dissociation' and measure == 'events per 100 sessions'")
    >>> [f"{row.source} {row.numerator} of {row.denominator}" for row in whole.itertuples()]
    ['reported 1211 of 13158', 'scale 414 of 13158']
    """
    if not isinstance(cohort, Cohort):
        raise CallError("cohort: a cohort is needed; make one with derive(open_dataset(...)).")
    groups, rules = safety_groups(by), rules or SafetyRules()
    response = ask(cohort, instrument=instrument, window=HARM_WINDOWS[0], by=groups)
    tallies = _tallies(groups, rules, response)
    harms = _count_with_harms(cohort, list(tallies.values()), instrument, groups)
    counted = dict(zip(tallies, count_all(cohort, list(tallies.values())), strict=True))
    levels = [group_levels(counts) for counts in count_all(cohort, [GroupTally(name) for name in groups])]
    sessions, events, tables = counted["sessions"], counted["events"], list(cohort.dataset.rows["table"])
    terms = layout_tables()["adverse_events"].columns["term"].values  # noqa: PD011 (no data frame)
    found = {
        "events": event_rows(sessions, events, by=groups, levels=levels, terms=terms),
        "serious": serious_rows(events, counted["care"], by=groups, levels=levels, has_care="events" in tables),
        "sessions": fact_rows(counted["facts"], counted["values"], by=groups, levels=levels, rules=rules),
        "minutes": minute_rows(counted["minutes"], by=groups, levels=levels, rules=rules),
        "habituation": habituation_rows(counted["habituation"], by=groups, levels=levels, rules=rules),
        "dissociation": dissociation_rows(
            counted["dissociation"], by=groups, levels=levels, windows=HARM_WINDOWS[:1], rules=rules
        ),
        "harms": harm_rows(*harms, groups),
        "exposure": exposure_rows(counted["exposure"], by=groups, levels=levels),
        "bladder": exposure_event_rows(sessions, events, by=groups, levels=levels, rules=rules),
        "recorded": record_rows(counted["records"], counted["patients"], counted["fates"], by=groups, levels=levels),
    }
    found["dissociation"].insert(len(groups) + 2, "instrument", instrument)
    label = cohort.definitions.label
    notes = record_notes(counted["records"], tables)
    return Safety(**{name: table.assign(definitions=label) for name, table in found.items()}, notes=notes)


def _tallies(groups: tuple[str, ...], rules: SafetyRules, response: Question) -> dict[str, Tally]:
    kinds: dict[str, Callable[[tuple[str, ...], SafetyRules], Tally]] = {
        "sessions": SafetySessionTally,
        "events": AdverseEventTally,
        "care": CareEventTally,
        "facts": SessionFactTally,
        "values": SessionValueTally,
        "minutes": ResolutionTally,
        "habituation": HabituationTally,
        "exposure": ExposureTally,
        "records": RecordTally,
        "patients": PatientRecordTally,
        "fates": EventFateTally,
    }
    tallies: dict[str, Tally] = {name: kind(groups, rules) for name, kind in kinds.items()}
    tallies["dissociation"] = DissociationTally(response.instrument, response.windows, groups, rules)
    return tallies


def _count_with_harms(
    cohort: Cohort, tallies: list[Tally], instrument: str, groups: tuple[str, ...]
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Count everything in one pass, and estimate the harms that scores show from it."""
    scale = cohort.definitions.instruments[instrument]
    question = ask(cohort, instrument=instrument, window=HARM_WINDOWS, by=groups, outcome=None)
    if scale.suicide_item is not None:
        tallies = [*tallies, TransitionTally(instrument, scale.suicide_item, question.windows, groups, None)]
    worse = scale.reliable_change is not None
    asked = [ask(cohort, instrument=instrument, window=HARM_WINDOWS, by=groups, outcome=WORSENING)] if worse else []
    count_ahead(cohort, asked, also=tallies)
    thoughts = worsening = None
    if scale.suicide_item is not None:
        thoughts = item_transitions(cohort, instrument=instrument, window=HARM_WINDOWS, by=groups)
    if worse:
        worsening = response_rates(cohort, instrument=instrument, window=HARM_WINDOWS, by=groups, outcome=WORSENING)
    return thoughts, worsening
