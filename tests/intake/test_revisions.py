"""The account of an update, and the record of it that stays with the dataset."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from drawn_tables import check_same, read_drawn
from small_clinic import write_clinic

from analysis.intake.account import Account
from analysis.intake.dataset import check_dataset, open_dataset
from analysis.intake.revisions import Revision, read_revisions, write_record
from analysis.vocabulary.errors import DataError

COUNTS = ["before", "after", "added", "changed", "vanished", "unchanged"]
TABLES = """
    table    | before | after | added | changed | vanished | unchanged
    people   | 40     | 44    | 5     | 2       | 1        | 37
    sessions | 300    | 330   | 36    | 3       | 6        | 291
    scores   | 200    | 200   | 0     | 0       | 0        | 200
"""
PERIODS = """
    table    | period  | before | after | added | changed | vanished | unchanged
    people   | 2026Q2  | 40     | 39    | 0     | 2       | 1        | 37
    people   | 2026Q3  | 0      | 5     | 5     | 0       | 0        | 0
    sessions | 2026Q2  | 300    | 297   | 3     | 3       | 6        | 291
    sessions | 2026Q3  | 0      | 33    | 33    | 0       | 0        | 0
    scores   | unknown | 200    | 200   | 0     | 0       | 0        | 200
"""


def counted(text: str) -> pd.DataFrame:
    return pd.DataFrame(read_drawn(text)).astype(dict.fromkeys(COUNTS, "int64"))


def account() -> Account:
    nothing = pd.DataFrame({"rows": pd.Series(dtype="int64")})
    files = pd.DataFrame({"read": [1], "used": [1], "left_out": [0]})
    tables = pd.DataFrame({"source_rows": [1], "written": [1], "merged": [0], "not_written": [0]})
    return Account("Harbor", files, nothing, tables, nothing, nothing, nothing, nothing)


def revision() -> Revision:
    return Revision(
        dataset="Harbor",
        data_cut_before=date(2026, 6, 30),
        data_cut=date(2026, 9, 30),
        sha256_before="a" * 64,
        sha256="b" * 64,
        tables=counted(TABLES),
        periods=counted(PERIODS),
        columns=pd.DataFrame(
            {"table": ["sessions"], "column": ["dose_mg"], "changed": [3], "filled": [1], "emptied": [0]}
        ),
        settings=pd.DataFrame({"setting": ["basis"], "before": ["safe-harbor"], "after": ["limited-data-set"]}),
        set_aside=pd.DataFrame({"table": ["scores"], "reason": ["too few items"], "before": [2], "after": [3]}),
        dated=True,
        kept="harbor.until-2026-06-30",
        account=account(),
    )


def test_a_revision_says_what_changed_where() -> None:
    assert str(revision()) == "\n".join(
        [
            "Updated: Harbor",
            "Data cut: 2026-09-30 (before: 2026-06-30)",
            "People whose first treatment moved: 2 (their days are counted anew; that alone is no change of a row)",
            "",
            "Rows (before = vanished + changed + unchanged, after = added + changed + unchanged)",
            "     table  before  after  added  changed  vanished  unchanged",
            "    people      40     44      5        2         1         37",
            "  sessions     300    330     36        3         6        291",
            "    scores     200    200      0        0         0        200",
            "",
            "Rows by table and quarter, where something changed",
            "     table period  before  after  added  changed  vanished",
            "    people 2026Q2      40     39      0        2         1",
            "    people 2026Q3       0      5      5        0         0",
            "  sessions 2026Q2     300    297      3        3         6",
            "  sessions 2026Q3       0     33     33        0         0",
            "",
            "Columns of the changed rows (cells; filled: empty before; emptied: empty now)",
            "     table  column  changed  filled  emptied",
            "  sessions dose_mg        3       1        0",
            "",
            "Changed settings",
            "  setting      before            after",
            "    basis safe-harbor limited-data-set",
            "",
            "Rows set aside by the checks, not counted above",
            "   table        reason  before  after",
            "  scores too few items       2      3",
            "",
            "The dataset as it was is kept in harbor.until-2026-06-30.",
            "This account shows small numbers: do not publish it.",
        ]
    )


def test_a_notebook_shows_the_same_numbers_with_every_text_escaped() -> None:
    shown = replace(revision(), dataset="Harbor <b>")._repr_html_()
    assert "Updated: Harbor &lt;b&gt;" in shown
    for heading in ("Rows by table and quarter", "Changed settings", "Rows set aside by the checks"):
        assert heading in shown
    assert "<td>291</td>" in shown


def test_a_correction_has_the_same_data_cut() -> None:
    assert "2026-06-30, as before (a correction; if the export is newer" in str(
        replace(revision(), data_cut=date(2026, 6, 30))
    )


def test_a_revision_whose_counts_do_not_add_up_is_refused() -> None:
    with pytest.raises(RuntimeError, match="do not add up"):
        replace(revision(), tables=counted(TABLES.replace("291", "290")))


def test_a_row_that_moves_to_another_quarter_revises_both() -> None:
    """One person's first treatment moved from the second quarter to the first."""
    moved = replace(
        revision(),
        periods=counted("""
            table    | period | before | after | added | changed | vanished | unchanged
            people   | 2026Q1 | 9      | 10    | 0     | 1       | 0        | 9
            people   | 2026Q2 | 31     | 30    | 0     | 0       | 0        | 30
            people   | 2026Q3 | 4      | 4     | 0     | 0       | 0        | 4
        """),
    )
    check_same(
        moved.revised,
        """
        table  | period | before | after | added | changed | vanished
        people | 2026Q1 | 9      | 10    | 0     | 1       | 0
        people | 2026Q2 | 31     | 30    | 0     | 0       | 0
        """,
    )


def test_nothing_has_changed_only_when_all_is_as_it_was() -> None:
    still = counted("table | before | after | added | changed | vanished | unchanged\nscores | 2 | 2 | 0 | 0 | 0 | 2")
    aside = pd.DataFrame({"table": ["scores"], "reason": ["too few items"], "before": [2], "after": [2]})
    nothing = replace(
        revision(), tables=still, settings=revision().settings[:0], set_aside=aside, data_cut=date(2026, 6, 30)
    )
    assert nothing.changes_nothing
    assert "nothing changed" in str(nothing)
    assert "nothing changed" in nothing._repr_html_()
    assert not replace(nothing, data_cut=date(2026, 9, 30)).changes_nothing
    assert not replace(nothing, settings=revision().settings).changes_nothing
    assert not replace(nothing, set_aside=revision().set_aside).changes_nothing
    assert not replace(nothing, tables=counted(TABLES)).changes_nothing


def test_a_dataset_without_updates_has_no_revisions(tmp_path: Path) -> None:
    revisions = open_dataset(write_clinic(tmp_path / "clinic")).revisions
    assert len(revisions) == 0
    assert revisions.dtypes["added"] == "int64"
    assert revisions.dtypes["data_cut"] == "datetime64[s]"


def test_the_record_grows_with_each_update_and_is_read_with_the_dataset(tmp_path: Path) -> None:
    first, second, third = (write_clinic(tmp_path / name) for name in ("first", "second", "third"))
    hashes = open_dataset(third).sha256
    write_record(revision(), earlier=first, folder=second)
    later = replace(
        revision(),
        data_cut_before=date(2026, 9, 30),
        data_cut=date(2026, 12, 31),
        settings=pd.DataFrame({"setting": []}),
    )
    write_record(later, earlier=second, folder=third)
    assert (
        third.joinpath("revisions.toml")
        .read_text(encoding="utf-8")
        .startswith(second.joinpath("revisions.toml").read_text(encoding="utf-8"))
    )
    dataset = open_dataset(third)
    assert dataset.sha256 == hashes  # the record is no part of what it records
    assert check_dataset(third).empty
    check_same(
        dataset.revisions,
        """
        revision | table    | period | before | after | added | changed | vanished | settings
        1        | people   | 2026Q2 | 40     | 39    | 0     | 2       | 1        | basis
        1        | people   | 2026Q3 | 0      | 5     | 5     | 0       | 0        | basis
        1        | sessions | 2026Q2 | 300    | 297   | 3     | 3       | 6        | basis
        1        | sessions | 2026Q3 | 0      | 33    | 33    | 0       | 0        | basis
        2        | people   | 2026Q2 | 40     | 39    | 0     | 2       | 1        |
        2        | people   | 2026Q3 | 0      | 5     | 5     | 0       | 0        |
        2        | sessions | 2026Q2 | 300    | 297   | 3     | 3       | 6        |
        2        | sessions | 2026Q3 | 0      | 33    | 33    | 0       | 0        |
        """,
    )
    cuts = dataset.revisions.groupby("revision")[["data_cut_before", "data_cut"]].first()
    assert cuts.astype("str").to_numpy().tolist() == [["2026-06-30", "2026-09-30"], ["2026-09-30", "2026-12-31"]]
    assert set(dataset.revisions["sha256"]) == {"b" * 64}


def test_an_update_that_only_moves_the_data_cut_is_in_the_record(tmp_path: Path) -> None:
    first, second = (write_clinic(tmp_path / name) for name in ("first", "second"))
    quiet = counted("table | before | after | added | changed | vanished | unchanged\nscores | 2 | 2 | 0 | 0 | 0 | 2")
    write_record(replace(revision(), tables=quiet, periods=quiet.assign(period="2026Q2")), earlier=first, folder=second)
    assert len(read_revisions(second)) == 0
    assert 'data_cut = "2026-09-30"' in second.joinpath("revisions.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "revision = 3",
        "[[revision]]",
        "[[revision]]\nrows = [3]",
        "not TOML",
        "\x00",
    ],
)
def test_a_damaged_record_is_one_clear_error(tmp_path: Path, text: str) -> None:
    folder = write_clinic(tmp_path / "clinic")
    folder.joinpath("revisions.toml").write_text(text, encoding="utf-8")
    dataset = open_dataset(folder)  # the tables can be used all the same
    with pytest.raises(DataError, match=r"revisions\.toml: the record of the dataset's updates is damaged"):
        dataset.revisions  # noqa: B018


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("added = 5", 'added = "5"'),
        ('period = "2026Q2"', "period = 20262"),
        (", added = 5", ""),
        ('data_cut = "2026-09-30"', 'data_cut = "soon"'),
        ('sha256 = "b', 'sha265 = "b'),
    ],
)
def test_a_record_changed_by_hand_is_refused(tmp_path: Path, right: str, wrong: str) -> None:
    folder = write_clinic(tmp_path / "clinic")
    write_record(revision(), earlier=folder, folder=folder)
    path = folder / "revisions.toml"
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(DataError, match="damaged"):
        read_revisions(folder)
