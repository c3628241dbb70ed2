"""`draft_mapping`: what it refuses, what it writes, and that a run that dies leaves what was there."""

import pytest
from drafted_maps import draft, write_files

from analysis.intake.drafting import draft as drafting
from analysis.intake.drafting.draft import draft_mapping
from analysis.intake.mapping_reading import read_mapping
from analysis.vocabulary.errors import CallError, DataError

VISITS = """
    MRN | Infusion Date | Dose mg | PHQ-9 Total
    1   | 2025-01-03    | 40      | 18
    2   | 2025-01-06    | 40      | 12
"""


def test_the_draft_is_a_mapping_that_is_read(tmp_path):
    folder = write_files(tmp_path / "clinic", visits_csv=VISITS)
    account, text, _ = draft(folder)
    rules = read_mapping(tmp_path / "MAP.toml")
    assert {block.table for block in rules.blocks} == {"patients", "sessions", "scores"}
    assert rules.pseudonyms is not None
    assert account.to_confirm == sum("CONFIRM" in line for line in text.splitlines()) - 1
    assert f"CONFIRM: {account.to_confirm} places" in text


def test_the_data_cut_is_the_year_of_the_newest_date_and_no_date_is_shown(tmp_path):
    folder = write_files(tmp_path / "clinic", visits_csv=VISITS.replace("2025-01-06", "2024-12-30"))
    _, text, held = draft(folder)
    assert held["dataset"]["data_cut"] == "2025"
    assert "2025-01-03" not in text
    assert "2024" not in text


def test_a_date_that_is_still_to_come_is_no_data_cut(tmp_path):
    folder = write_files(tmp_path / "clinic", visits_csv=VISITS.replace("2025-01-06", "2098-01-06"))
    assert draft(folder)[2]["dataset"]["data_cut"] == "2025"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(CallError, match="clinic: there is no such folder to draft a mapping for"):
        draft_mapping(tmp_path / "clinic", out=tmp_path / "MAP.toml")


def test_an_empty_folder(tmp_path):
    (tmp_path / "clinic").mkdir()
    with pytest.raises(DataError, match="clinic is empty; name the folder with the exported files"):
        draft_mapping(tmp_path / "clinic", out=tmp_path / "MAP.toml")
    assert not (tmp_path / "MAP.toml").exists()


def test_a_folder_without_tables_names_what_it_holds(tmp_path):
    (tmp_path / "clinic").mkdir()
    (tmp_path / "clinic" / "consent.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "clinic" / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(DataError) as error:
        draft_mapping(tmp_path / "clinic", out=tmp_path / "MAP.toml")
    assert str(error.value) == (
        "clinic holds no file that can be read as a table.\n"
        "  consent.pdf: no format that is read\n"
        "  old.xls: .xls is not read; save the workbook as .xlsx"
    )


def test_a_folder_in_which_nothing_is_known(tmp_path):
    folder = write_files(tmp_path / "clinic", stock_csv="article | shelf\nsaline | 4\ngauze | 5\n")
    with pytest.raises(DataError, match="In no file of clinic could a column that names patients"):
        draft_mapping(folder, out=tmp_path / "MAP.toml")


def test_an_existing_draft_is_replaced_only_when_asked(tmp_path):
    folder = write_files(tmp_path / "clinic", visits_csv=VISITS)
    out = tmp_path / "MAP.toml"
    out.write_text("mine")
    with pytest.raises(
        CallError, match=r"MAP.toml is there already; allow replacing it \(--force\), or name another file"
    ):
        draft_mapping(folder, out=out)
    assert out.read_text() == "mine"
    draft_mapping(folder, out=out, force=True)
    assert out.read_text().startswith("# A draft of a mapping")


@pytest.mark.parametrize("out", ["", "nowhere/MAP.toml"])
def test_an_output_that_cannot_be_written(tmp_path, out):
    folder = write_files(tmp_path / "clinic", visits_csv=VISITS)
    with pytest.raises(CallError, match="is a folder|there is no folder nowhere"):
        draft_mapping(folder, out=tmp_path / out)


def test_a_run_that_dies_leaves_what_was_there(tmp_path, monkeypatch):
    folder = write_files(tmp_path / "clinic", visits_csv=VISITS)
    out = tmp_path / "MAP.toml"
    out.write_text("mine")

    def die(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(drafting, "read_mapping", die)
    with pytest.raises(KeyboardInterrupt):
        draft_mapping(folder, out=out, force=True)
    assert out.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["MAP.toml", "clinic"]


def test_a_draft_in_the_folder_itself_is_not_looked_at(tmp_path):
    folder = write_files(tmp_path / "clinic", visits_csv=VISITS)
    for _ in range(2):
        account = draft_mapping(folder, out=folder / "MAP.toml", force=True)
    assert account.unused == []


def test_what_is_said(tmp_path):
    folder = write_files(tmp_path / "clinic", visits_csv=VISITS, stock_csv="article | shelf\nsaline | 4\ngauze | 5\n")
    said = str(draft(folder)[0])
    assert "  sessions: visits.csv\n" in said
    assert "  not used: stock.csv: no column looks like a patient's number\n" in said
    assert "then run `outcomes import`" in said
