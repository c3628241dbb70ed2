"""A draft as text: what is said at the top, what is marked, and that it is TOML."""

import tomllib

from drafted_maps import draft, write_files

from analysis.intake.drafting.text import places_to_confirm

VISITS = "MRN,Infusion Date,Dose mg,Clinic,PHQ-9,GAD-7\n1,1/23/2025,40,North,18,12\n2,1/24/2025,40,South,9,\n"


def drafted(tmp_path):
    folder = write_files(tmp_path / "clinic")
    (folder / "visits.csv").write_text(VISITS)
    (folder / "consent.pdf").write_bytes(b"%PDF-1.7")
    return draft(folder)


def test_the_opening_says_what_to_do_and_what_was_found(tmp_path):
    _, text, _ = drafted(tmp_path)
    opening = text.partition("[dataset]")[0]
    assert "outcomes import FOLDER --map THIS_FILE --out DATASET --key-file KEY.csv" in opening
    assert "#   visits.csv: 2 rows, 6 columns (text): patients, sessions, scores\n" in opening
    assert "#   consent.pdf: no format that is read\n" in opening


def test_what_only_a_person_knows_is_marked(tmp_path):
    _, text, _ = drafted(tmp_path)
    marked = [line for line in text.splitlines() if "CONFIRM" in line]
    for start in ("name = ", "basis = ", "data_cut = ", "clinic_id = ", "treatment = ", "route = "):
        assert any(line.startswith(start) for line in marked), start
    assert "# CONFIRM: the day and the month can only be read in this order." in marked
    assert places_to_confirm(text) == len(marked) - 1


def test_the_draft_is_always_pseudonymised_and_safe_harbor(tmp_path):
    _, _, held = drafted(tmp_path)
    assert held["pseudonyms"] == {"clinic_id": "recode"}
    assert held["dataset"] == {"name": "A clinic", "basis": "safe-harbor", "data_cut": "2025"}


def test_no_line_of_a_comment_is_too_long_and_everything_is_toml(tmp_path):
    _, text, _ = drafted(tmp_path)
    assert all(len(line) <= 120 for line in text.splitlines() if line.startswith("#"))
    assert tomllib.loads(text)["tables"]["scores"][0]["repeat"][1]["needs"] == {"total": "no GAD-7 in this row"}
