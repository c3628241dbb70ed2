"""When an update stops: drawn counts of what vanished, and the words that say so."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from drawn_tables import read_drawn
from small_clinic import write_clinic

from analysis.intake.dataset import open_dataset
from analysis.intake.mapping_grammar import Mapping
from analysis.intake.pseudonyms import Pseudonyms
from analysis.intake.update_checks import (
    ShrinkLimits,
    refuse_earlier_cut,
    refuse_other_keys,
    refuse_other_people,
    refuse_shrinking,
)
from analysis.intake.update_comparison import Comparison
from analysis.intake.update_snapshot import Snapshot, take_snapshot
from analysis.vocabulary.errors import CallError, DataError

COUNTS = ["before", "after", "added", "changed", "vanished", "unchanged", "lost"]
CUT = date(2026, 6, 30)
FULL = """
    table    | period | before | after | added | changed | vanished | unchanged | lost
    people   | 2026Q1 | 50     | 50    | 0     | 0       | 0        | 50        | 0
    sessions | 2026Q1 | 200    | 200   | 0     | 0       | 0        | 200       | 0
"""


def comparison(rows: str = FULL, columns: str = "") -> Comparison:
    drawn = pd.DataFrame(read_drawn(rows)).astype(dict.fromkeys(COUNTS, "int64"))
    heads = ["table", "column", "before", "changed", "filled", "emptied"]
    cells = pd.DataFrame(read_drawn(columns) if columns else [], columns=heads)
    return Comparison(drawn, cells.astype(dict.fromkeys(heads[2:], "int64")), dated=True)


def losses(rows: str = FULL, columns: str = "", limits: ShrinkLimits | None = None) -> list[str]:
    """The lines that name what has vanished; none when the update goes on."""
    try:
        refuse_shrinking(comparison(rows, columns), CUT, limits or ShrinkLimits())
    except DataError as error:
        first, *lines, last = str(error).splitlines()
        assert first == "The new export lacks much of what the dataset holds. Nothing was changed."
        assert "--confirm-shrink" in last
        return lines
    return []


def test_an_export_that_holds_everything_goes_in() -> None:
    assert losses() == []


def test_one_person_who_withdraws_consent_takes_many_rows_along_and_is_no_shrinking() -> None:
    assert not losses("""
        table    | period | before | after | added | changed | vanished | unchanged | lost
        people   | 2026Q1 | 12     | 11    | 0     | 0       | 1        | 11        | 0
        sessions | 2026Q1 | 96     | 80    | 0     | 0       | 16       | 80        | 0
    """)


def test_three_people_of_a_quarter_that_was_over_are_too_many() -> None:
    assert losses("""
        table    | period | before | after | added | changed | vanished | unchanged | lost
        people   | 2026Q1 | 30     | 27    | 0     | 0       | 3        | 27        | 0
        people   | 2026Q2 | 170    | 170   | 0     | 0       | 0        | 170       | 0
    """) == ["- people, 2026Q1: 3 of 30 people have vanished (10%)"]


def test_of_many_people_three_are_few() -> None:
    assert not losses("""
        table    | period | before | after | added | changed | vanished | unchanged | lost
        people   | 2026Q1 | 61     | 58    | 0     | 0       | 3        | 58        | 0
    """)


def test_a_quarter_that_was_not_over_is_judged_with_the_whole_only() -> None:
    rows = """
        table    | period | before | after | added | changed | vanished | unchanged | lost
        sessions | 2026Q1 | 950    | 950   | 0     | 0       | 0        | 950       | 0
        sessions | 2026Q3 | 50     | 30    | 0     | 0       | 20       | 30        | 20
    """
    assert not losses(rows)
    assert losses(rows.replace("2026Q3", "2026Q2")) == [
        "- sessions, 2026Q2: 20 of 50 rows of people who are still there have vanished (40%)"
    ]


def test_what_is_new_does_not_make_up_for_what_has_vanished() -> None:
    """The table has grown, and yet a tenth of what it held is gone."""
    assert losses("""
        table    | period | before | after | added | changed | vanished | unchanged | lost
        sessions | 2026Q3 | 100    | 140   | 50    | 0       | 10       | 90        | 10
    """) == ["- sessions: 10 of 100 rows of people who are still there have vanished (10%)"]


@pytest.mark.parametrize(("lost", "before", "stops"), [(4, 10, False), (5, 100, True), (5, 101, False), (6, 120, True)])
def test_a_loss_counts_from_five_rows_and_five_percent_on(lost: int, before: int, stops: bool) -> None:
    rest = before - lost
    rows = f"""
        table    | period | before   | after  | added | changed | vanished | unchanged | lost
        scores   | 2026Q3 | {before} | {rest} | 0     | 0       | {lost}   | {rest}    | {lost}
    """
    assert bool(losses(rows)) is stops


def test_the_limits_can_be_set() -> None:
    rows = """
        table    | period | before | after | added | changed | vanished | unchanged | lost
        people   | 2026Q3 | 100    | 99    | 0     | 0       | 1        | 99        | 0
        scores   | 2026Q3 | 100    | 98    | 0     | 0       | 2        | 98        | 2
    """
    assert len(losses(rows, limits=ShrinkLimits(people=1, rows=2, share=0.01))) == 2
    assert not losses(rows, limits=ShrinkLimits(people=2, rows=3, share=0.01))


def test_a_table_that_loses_all_its_rows_is_told_whatever_their_number() -> None:
    rows = """
        table    | period  | before | after | added | changed | vanished | unchanged | lost
        events   | unknown | 2      | 0     | 0     | 0       | 2        | 0         | 2
    """
    assert losses(rows) == ["- events: 2 of 2 rows of people who are still there have vanished (100%)"]
    gone_with_their_people = rows.replace("| 2\n", "| 0\n")
    assert losses(gone_with_their_people) == []


def test_a_column_that_is_empty_now_is_told() -> None:
    columns = """
        table    | column    | before | changed | filled | emptied
        sessions | weight_kg | 80     | 80      | 0      | 80
        sessions | dose_mg   | 200    | 60      | 0      | 4
    """
    assert losses(columns=columns) == ["- sessions, column weight_kg: 80 of 80 filled cells are empty now (100%)"]


def test_a_long_list_is_cut() -> None:
    rows = FULL + "".join(f"    scores | {year}Q1 | 20 | 10 | 0 | 0 | 10 | 10 | 10\n" for year in range(1995, 2020))
    lines = losses(rows)
    assert len(lines) == 21
    assert lines[-1] == "- and 6 more"


def test_most_people_gone_and_others_come_is_another_export() -> None:
    with pytest.raises(DataError) as stopped:
        refuse_other_people(
            comparison("""
                table    | period | before | after | added | changed | vanished | unchanged | lost
                people   | 2026Q1 | 50     | 52    | 50    | 1       | 48       | 1         | 0
            """),
            "Harbor",
        )
    assert str(stopped.value).startswith("Only 2 of the 50 people of Harbor are in the new export")


@pytest.mark.parametrize(
    "people",
    [
        "people | 2026Q1 | 50 | 20 | 2  | 0  | 32 | 18 | 0",  # shrunk: asked about, not taken for others
        "people | 2026Q1 | 50 | 90 | 60 | 25 | 20 | 5  | 0",  # grown: more than half are found again
        "people | 2026Q1 | 2  | 2  | 1  | 0  | 1  | 1  | 0",
    ],
)
def test_people_who_are_found_again_are_not_others(people: str) -> None:
    heads = "table | period | before | after | added | changed | vanished | unchanged | lost\n"
    refuse_other_people(comparison(heads + people), "Harbor")


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    clinic = write_clinic(
        tmp_path / "clinic", data_cut="2026-06-30", referrals="referral_id | clinic_id\nR1 | C1\nR2 | C2"
    )
    return take_snapshot(open_dataset(clinic), tmp_path / "clinic.duckdb")


def pseudonyms(path: Path, **known: list[str]) -> Pseudonyms:
    kinds = {kind: {f"original {each}": each for each in given} for kind, given in known.items()}
    return Pseudonyms(path, None, ("patient_id", "referral_id"), kinds, b"a key file")


def test_the_key_file_must_hold_everyone_in_the_dataset(snapshot: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "key.csv"
    refuse_other_keys(snapshot, None)
    refuse_other_keys(snapshot, Pseudonyms(None, b"secret", ("patient_id",)))
    refuse_other_keys(snapshot, pseudonyms(path, patient_id=["P1", "P2", "P3"], referral_id=["R1", "R2"]))
    with pytest.raises(DataError, match=r"key\.csv: 1 of the dataset's 2 different patient_id are not in the key file"):
        refuse_other_keys(snapshot, pseudonyms(path, patient_id=["P1"], referral_id=["R1", "R2"]))
    with pytest.raises(DataError, match=r"key\.csv: 2 of the dataset's 2 different referral_id are not in the key"):
        refuse_other_keys(snapshot, pseudonyms(path, patient_id=["P1", "P2"]))


def test_a_key_file_that_is_not_there_is_told(snapshot: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"key\.csv: there is no such key file"):
        refuse_other_keys(snapshot, Pseudonyms(tmp_path / "key.csv", None, ("patient_id",)))


def mapping(cut: str) -> Mapping:
    return Mapping("map.toml", {"data_cut": cut}, {}, {}, ())


def test_the_data_cut_stays_or_moves_on(snapshot: Snapshot) -> None:
    refuse_earlier_cut(snapshot, mapping("2026Q3"))
    refuse_earlier_cut(snapshot, mapping("2026-06-30"))
    with pytest.raises(CallError, match=r"map\.toml: `dataset\.data_cut`, 2026-03-31, is before that of the dataset"):
        refuse_earlier_cut(snapshot, mapping("2026Q1"))
