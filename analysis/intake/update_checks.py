"""When an update stops: another key file, other people, an earlier data cut, or an export that has shrunk."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from analysis.intake.mapping_grammar import Mapping
from analysis.intake.pseudonyms import Pseudonyms
from analysis.intake.schema import layout_tables
from analysis.intake.update_comparison import UNKNOWN, Comparison
from analysis.intake.update_snapshot import PEOPLE, Snapshot
from analysis.vocabulary.errors import CallError, DataError
from analysis.vocabulary.periods import last_day, parse_period

_LINES_SHOWN = 20


@dataclass(frozen=True)
class ShrinkLimits:
    """How much may vanish before an update asks for confirmation: fewer than so many, or less than this share.

    A loss counts when it reaches both the number and the share. People and rows are told apart, because one person who
    withdraws consent takes many rows along: the rows of people who have vanished count as people, all others as rows.

    Attributes
    ----------
    people : int
        People who have vanished: of all, and of those whose first treatment was in a period that is over.
    rows : int
        Rows of people who are still there that have vanished, of a table or of one of its periods that are over, and
        filled cells of a column that are empty now. A table that loses all its rows counts whatever their number.
    share : float
    """

    people: int = 3
    rows: int = 5
    share: float = 0.05


def refuse_earlier_cut(before: Snapshot, mapping: Mapping) -> None:
    """Stop when the mapping's data cut is before that of the dataset.

    Parameters
    ----------
    before : Snapshot
    mapping : Mapping

    Raises
    ------
    CallError
    """
    cut = last_day(mapping.dataset["data_cut"])
    if cut < before.data_cut:
        raise CallError(
            f"{mapping.name}: `dataset.data_cut`, {cut}, is before that of the dataset, {before.data_cut}. "
            "Write the last day up to which the new export is complete."
        )


def refuse_other_keys(before: Snapshot, pseudonyms: Pseudonyms | None) -> None:
    """Stop when the key file is not the one that the dataset was made with, before it is used.

    Parameters
    ----------
    before : Snapshot
    pseudonyms : Pseudonyms or None
        As the key file has them; nothing can be said of computed ones before they are compared.

    Raises
    ------
    CallError
        There is no such file.
    DataError
        The dataset has people, referrals or clinics whose pseudonyms are not in the file.
    """
    if pseudonyms is None or pseudonyms.key_file is None:
        return
    name = pseudonyms.key_file.name
    if pseudonyms.read is None:
        raise CallError(
            f"{name}: there is no such key file. An update needs the one that the dataset was made with: with new "
            "pseudonyms nobody would be recognised. Restore it from a copy."
        )
    for kind in pseudonyms.kinds:
        used = set().union(*(before.values(table, kind) for table in _tables_with(kind)))
        lacking = len(used - set(pseudonyms.known.get(kind, {}).values()))
        if lacking:
            raise DataError(
                f"{name}: {lacking:,} of the dataset's {len(used):,} different {kind} are not in the key file. It "
                "belongs to another dataset or is an older copy, and would tear the patients' records apart. Use the "
                "key file that the dataset was last imported or updated with. Nothing was changed."
            )


def _tables_with(column: str) -> list[str]:
    return [table for table, layout in layout_tables().items() if column in layout.columns]


def refuse_other_people(comparison: Comparison, name: str) -> None:
    """Stop when most people of the dataset are not in the new export, but others are.

    Parameters
    ----------
    comparison : Comparison
    name : str
        The dataset's name.

    Raises
    ------
    DataError
        Fewer than half of the people are found again, and more have come than are found.
    """
    people = comparison.totals.set_index("table").loc[PEOPLE]
    found = people["changed"] + people["unchanged"]
    if 2 * found < people["before"] and people["added"] > found:
        raise DataError(
            f"Only {found:,} of the {people['before']:,} people of {name} are in the new export under the same "
            f"patient_id, and {people['added']:,} others are. An update needs the whole export, not only what is "
            "new. If it is whole, it is of other people, or they were given other pseudonyms (by another secret, "
            "method or column). Nothing was changed. To begin anew, make a new dataset with 'outcomes import'."
        )


def refuse_shrinking(comparison: Comparison, data_cut: date, limits: ShrinkLimits) -> None:
    """Stop when so much has vanished that the export is probably not complete.

    Parameters
    ----------
    comparison : Comparison
    data_cut : date
        Of the dataset as it is: periods that were over then were complete.
    limits : ShrinkLimits

    Raises
    ------
    DataError
        Saying what has vanished where, and how to go on.
    """
    losses = list(_losses(comparison, data_cut, limits))
    if losses:
        more = [f"- and {len(losses) - _LINES_SHOWN:,} more"] if len(losses) > _LINES_SHOWN else []
        listed = "\n".join([*losses[:_LINES_SHOWN], *more])
        raise DataError(
            f"The new export lacks much of what the dataset holds. Nothing was changed.\n{listed}\n"
            "An update needs the whole export, not only what is new: is it complete, with all clinics, years and "
            "columns? If all this was really taken out, or moved to other days, go on with --confirm-shrink (in "
            "Python: confirm_shrink=True)."
        )


def _losses(comparison: Comparison, data_cut: date, limits: ShrinkLimits) -> Iterator[str]:
    over = comparison.rows[[_was_over(period, data_cut) for period in comparison.rows["period"]]]
    for row in [*comparison.totals.to_dict("records"), *over.to_dict("records")]:
        place = f"{row['table']}, {row['period']}" if "period" in row else row["table"]
        if row["table"] == PEOPLE:
            noun, gone, fewest = "people have vanished", row["vanished"], limits.people
        else:
            noun, gone, fewest = "rows of people who are still there have vanished", row["lost"], limits.rows
        emptied = gone and not row["after"] and "period" not in row
        if emptied or gone >= max(fewest, limits.share * row["before"]):
            yield f"- {place}: {gone:,} of {row['before']:,} {noun} ({gone / row['before']:.0%})"
    for row in comparison.columns.to_dict("records"):
        gone, before = row["emptied"], row["before"]
        if gone >= max(limits.rows, limits.share * before):
            place = f"{row['table']}, column {row['column']}"
            yield f"- {place}: {gone:,} of {before:,} filled cells are empty now ({gone / before:.0%})"


def _was_over(period: str, data_cut: date) -> bool:
    return period != UNKNOWN and parse_period(period).last <= data_cut
