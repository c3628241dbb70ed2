"""How easily somebody who knows a person could find them in a dataset, before any of it is passed on."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from analysis.intake.dataset import Dataset
from analysis.intake.risk_basis import basis_findings
from analysis.intake.risk_groups import FACTS, LEFT_OUT, SENSITIVE, count_alike
from analysis.vocabulary.errors import CallError, nearest_name

SMALL = 10


@dataclass(frozen=True, eq=False, repr=False)
class Risk:
    """What `reidentification_risk` found.

    Attributes
    ----------
    table : DataFrame
        One row per set of facts that an attacker may know.
    merging : DataFrame
        What giving one fact coarser, or leaving it out, would gain.
    basis : tuple of str
        What the data shows of the ground on which it may be passed on. Never that it is de-identified.
    """

    table: pd.DataFrame
    merging: pd.DataFrame
    basis: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n\n".join([self.table.to_string(index=False), self.merging.to_string(index=False), *self.basis])

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.basis)
        return f"{self.table.to_html(index=False)}{self.merging.to_html(index=False)}{said}"


def reidentification_risk(
    dataset: Dataset, *, known: Sequence[str] | None = None, sensitive: str = "diagnosis"
) -> Risk:
    """Count how many people share what others may know of them.

    Parameters
    ----------
    dataset : Dataset
        From `open_dataset`.
    known : sequence of str, optional
        The facts an attacker may know, of ``clinic_id, start_year, age, sex, race_ethnicity, payer, zip3,
        session_days``; all that the data has when left out.
    sensitive : {"diagnosis", "outcome_of_care", "prior_ketamine"}
        What the attacker would like to learn.

    Returns
    -------
    Risk
        ``table``: for the facts without the days of sessions, and with them: ``known``, ``people``, ``groups`` (of
        people alike in all of them), ``smallest_group`` (the k of k-anonymity), ``alone`` (people with nobody like
        them: sample uniques), ``alone_share``, ``in_small_groups`` (people in groups of up to 10), ``fewest_values``
        (the l of l-diversity: the fewest different sensitive values, unknown ones not counted, in a group),
        ``given_away`` (people in groups of two or more who all have the same sensitive value: finding the group is
        enough to learn it). ``merging``: ``known``, ``fact``, ``given_as``, and ``alone``, ``in_small_groups``,
        ``fewer_alone`` when that one of the known facts is given so. ``basis``: sentences.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    A group of the sample is at most as large as the same group of the population, so these numbers overstate the risk
    from somebody who does not know that a person is in the data, and state it exactly for somebody who does.

    References
    ----------
    Sweeney L (2002), Int J Uncertain Fuzziness Knowl-Based Syst 10:557-570 (k-anonymity); Machanavajjhala A et al.
    (2007), ACM Trans Knowl Discov Data 1:3 (l-diversity).

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> risk = reidentification_risk(open_dataset("data/demo"), known=["sex", "age"])
    >>> risk.table[["known", "people", "smallest_group"]].values.tolist()
    [['age, sex', 1200, 1]]
    """
    facts = _chosen(known)
    if sensitive not in SENSITIVE:
        raise CallError(f"sensitive: '{sensitive}' is unknown. There are: {', '.join(SENSITIVE)}.")
    alike = count_alike(dataset, facts=facts, sensitive=sensitive)
    if known is None:
        facts = [name for name in facts if not alike[name].eq("unknown").all()]
    without = [name for name in facts if name != "session_days"]
    sets = [each for each in (without, facts) if each]
    sets = [facts] if without == facts else sets
    rows = [{"known": ", ".join(each), **_summary(alike, each)} for each in sets]
    table = pd.DataFrame(rows, columns=["known", *_SUMMARY])
    merging = pd.concat([_merging(alike, each) for each in sets], ignore_index=True)
    return Risk(table, merging, basis_findings(dataset, alone=int(table["alone"].max())))


_SUMMARY = (
    "people", "groups", "smallest_group", "alone", "alone_share", "in_small_groups", "fewest_values", "given_away",
)  # fmt: skip


_MERGED = ["known", "fact", "given_as", "alone", "in_small_groups", "fewer_alone"]


def _chosen(known: Sequence[str] | None) -> list[str]:
    if known is None:
        return list(FACTS)
    asked = [known] if isinstance(known, str) else list(known)
    for name in asked:
        if name not in FACTS:
            raise CallError(
                f"known: '{name}' is unknown.{nearest_name(name, list(FACTS))} There are: {', '.join(FACTS)}."
            )
    if not asked:
        raise CallError(f"known: name at least one of {', '.join(FACTS)}.")
    return [name for name in FACTS if name in asked]


def _summary(alike: pd.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    grouped = alike.groupby(list(columns), dropna=False)
    people, values = grouped["people"].sum(), grouped["sensitive"].nunique()
    everybody, alone = int(people.sum()), int((people == 1).sum())
    return {
        "people": everybody,
        "groups": len(people),
        "smallest_group": int(people.min()) if len(people) else 0,
        "alone": alone,
        "alone_share": alone / everybody if everybody else float("nan"),
        "in_small_groups": int(people[people <= SMALL].sum()),
        "fewest_values": int(values.min()) if len(values) else 0,
        "given_away": int(people[(people > 1) & (values == 1) & ~_any_unknown(alike, columns)].sum()),
    }


def _any_unknown(alike: pd.DataFrame, columns: Sequence[str]) -> "pd.Series[bool]":
    """Say which groups hold somebody whose sensitive value is not known: there nobody can be sure."""
    return alike["sensitive"].isna().groupby([alike[name] for name in columns], dropna=False).any()


def _merging(alike: pd.DataFrame, facts: Sequence[str]) -> pd.DataFrame:
    now = _summary(alike, facts)["alone"]
    rows = []
    for name in facts:
        for way in [*(way for way, _ in FACTS[name].coarser), LEFT_OUT]:
            given = [f"{name}: {way}"] if way != LEFT_OUT else []
            columns = [*(other for other in facts if other != name), *given]
            if columns:
                found = _summary(alike, columns)
                rows.append(
                    {
                        "known": ", ".join(facts),
                        "fact": name,
                        "given_as": way,
                        "alone": found["alone"],
                        "in_small_groups": found["in_small_groups"],
                        "fewer_alone": now - found["alone"],
                    }
                )
    return pd.DataFrame(rows, columns=_MERGED)
