"""The tally behind dissociation and later response: the ladder of first courses, by what the first session showed."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.windows import Window
from analysis.counts.outcome_kinds import outcome_kind
from analysis.counts.outcome_sources import outcome_source
from analysis.counts.rung_counts import OutcomeSource, count_rungs
from analysis.counts.safety_tables import safety_tables
from analysis.vocabulary.safety_rules import SafetyRules, band_names

REPORTED, BY_SCALE = "reported at the first session", "CADSS at the first session"
NOT_MEASURED = "not measured"


def dissociation_bands(rules: SafetyRules) -> dict[str, list[str]]:
    """List the bands of each sign of dissociation, the least first.

    Parameters
    ----------
    rules : SafetyRules

    Returns
    -------
    dict of str to list of str

    Examples
    --------
    >>> dissociation_bands(SafetyRules())["reported at the first session"]
    ['not reported', 'reported']
    """
    return {
        REPORTED: ["not reported", "reported"],
        BY_SCALE: [*band_names(rules.cadss_bands), NOT_MEASURED],
    }


@dataclass(frozen=True)
class DissociationTally:
    """The ladder of each sign of dissociation and its band, at each patient's very first session.

    Only the first session is looked at: of all sessions of loading, who stays longer would have more chances to
    dissociate, and more to respond.
    """

    instrument: str
    windows: tuple[Window, ...]
    by: tuple[str, ...]
    rules: SafetyRules

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the sign, its band and the window."""
        return (*self.by, "sign", "band", "window")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the ladder of each band."""
        tables = safety_tables(part, self.by, self.rules)
        kind = outcome_kind("response", part.definitions.instruments[self.instrument])
        source = outcome_source(part, kind, self.instrument, self.windows)
        *bands, last = band_names(self.rules.cadss_bands)
        below = "".join(
            f" WHEN cadss_peak < {edge} THEN '{name}'" for edge, name in zip(self.rules.cadss_bands, bands, strict=True)
        )
        signs = f"""
            (SELECT patient, course, sign, CASE sign WHEN '{REPORTED}' THEN
                CASE WHEN dissociated THEN 'reported' ELSE 'not reported' END
                ELSE CASE WHEN cadss_peak IS NULL THEN '{NOT_MEASURED}'{below} ELSE '{last}' END END AS band
            FROM (SELECT patient, course, cadss_peak, row IN (
                      SELECT row FROM {tables.events} WHERE source = 'reported' AND term = 'dissociation'
                      AND timing = 'day of a session' AND session_day IS NOT NULL) AS dissociated
                  FROM {tables.sessions} WHERE course = 1 AND session_number = 1)
                CROSS JOIN (SELECT unnest(['{REPORTED}', '{BY_SCALE}']) AS sign)) AS signs"""
        people = f"SELECT * FROM {signs} LEFT JOIN ({source.people}) USING (patient, course)"
        scores = f"SELECT * FROM ({source.scores}) JOIN {signs} USING (patient, course)"
        return count_rungs(
            part,
            OutcomeSource(people, scores),
            {"response": kind.is_true},
            instrument=self.instrument,
            by=self.by,
            period=None,
            also=("sign", "band"),
        )
