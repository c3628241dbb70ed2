"""Next quarter's import of a made-up clinic: what goes in, what is kept, what stops it, and what a dying run leaves."""

import csv
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from drawn_tables import check_same

from analysis.intake.dataset import check_dataset, open_dataset
from analysis.intake.mapping import import_folder
from analysis.intake.revisions import Revision
from analysis.intake.update import update_dataset
from analysis.intake.update_checks import ShrinkLimits
from analysis.vocabulary.errors import CallError, DataError, OutcomesError

PEOPLE = 24
MAPPING = """
[dataset]
name = "Harbor"
basis = "limited-data-set"
data_cut = "{cut}"
keep_dates = true
[pseudonyms]
{method}
[files.clients]
path = "clients.csv"
[files.visits]
path = "visits.csv"
[files.phq]
path = "phq.csv"
[files.referrals]
path = "referrals.csv"
[tables.patients]
from = "clients"
columns = {{ patient_id = "mrn", sex = {{ from = "sex", values = {{ F = "female", M = "male" }} }} }}
[tables.sessions]
from = "visits"
[tables.sessions.columns]
patient_id = "mrn"
date = {{ from = "date", date = "year-month-day" }}
treatment.constant = "ketamine"
route.constant = "iv"
dose_mg = {{ from = "dose", number = "decimal" }}
status = {{ from = "status", values = {{ done = "given", off = "cancelled" }} }}
[tables.scores]
from = "phq"
[tables.scores.columns]
patient_id = "mrn"
date = {{ from = "date", date = "year-month-day" }}
instrument.constant = "PHQ-9"
total = {{ from = "total", number = "integer" }}
[tables.referrals]
from = "referrals"
columns = {{ referral_id = "case", patient_id = "mrn" }}
"""
VARIABLE = "HARBOR_PSEUDONYMS"
HMAC = f'method = "hmac-sha256"\nsecret_from = "{VARIABLE}"'

Rows = list[list[str]]
Export = dict[str, Rows]


def export() -> Export:
    """24 clients with four weekly visits and scores each, two starting each week from January 5th, 2026."""
    files: Export = {
        "clients": [["mrn", "sex"]],
        "visits": [["mrn", "date", "dose", "status"]],
        "phq": [["mrn", "date", "total"]],
        "referrals": [["case", "mrn"]],
    }
    for number in range(PEOPLE):
        mrn, start = f"48{number:03}", date(2026, 1, 5) + timedelta(7 * (number // 2))
        files["clients"].append([mrn, "FM"[number % 2]])
        files["referrals"].append([f"case {number}", mrn])
        for week in range(4):
            day = (start + timedelta(7 * week)).isoformat()
            files["visits"].append([mrn, day, str(40 + week), "done"])
            files["phq"].append([mrn, day, str(20 - 3 * week)])
    return files


class Clinic:
    """A clinic's folders: exports, mappings, the key file and the dataset."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.dataset = base / "harbor"
        self.key = base / "keys" / "harbor.csv"
        self.key.parent.mkdir()

    def mapping(self, cut: str = "2026-06-30", method: str = "") -> Path:
        path = self.base / "map.toml"
        path.write_text(MAPPING.format(cut=cut, method=method), encoding="utf-8")
        return path

    def write(self, files: Export) -> Path:
        folder = self.base / f"export {sum(path.name.startswith('export') for path in self.base.iterdir())}"
        folder.mkdir()
        for name, rows in files.items():
            with folder.joinpath(f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows(rows)
        return folder

    def update(self, files: Export, cut: str = "2026-09-30", **options: bool | ShrinkLimits) -> Revision:
        return update_dataset(self.dataset, self.write(files), mapping=self.mapping(cut), key_file=self.key, **options)

    def everything(self) -> dict[str, bytes]:
        """Every file below the clinic's folder but the exports and the mapping, to see that nothing has changed."""
        return {
            path.relative_to(self.base).as_posix(): path.read_bytes()
            for path in sorted(self.base.rglob("*"))
            if path.is_file() and not path.relative_to(self.base).parts[0].startswith(("export", "map"))
        }


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    """A clinic whose export was imported in June."""
    made = Clinic(tmp_path)
    import_folder(made.write(export()), mapping=made.mapping(), out=made.dataset, key_file=made.key)
    return made


def test_a_quarter_later_people_keep_their_pseudonyms_and_the_changes_are_told(clinic: Clinic) -> None:
    """A new client with a visit, a score corrected, a visit cancelled afterwards, a client who withdrew consent."""
    before = open_dataset(clinic.dataset)
    hashes = [before.sha256]
    files = export()
    files["clients"].append(["59000", "F"])
    files["referrals"].append(["case 99", ""])
    files["visits"].append(["59000", "2026-07-06", "40", "done"])
    files["visits"][4][3] = "off"  # the fourth of the first client: 2026-01-26
    files["phq"][6][2] = "11"  # the second of the second client: 2026-01-12
    files = {name: [row for row in rows if "48023" not in row] for name, rows in files.items()}

    revision = clinic.update(files)

    after = open_dataset(clinic.dataset)
    check_same(
        revision.tables,
        """
        table     | before | after | added | changed | vanished | unchanged
        people    | 24     | 24    | 1     | 0       | 1        | 23
        patients  | 24     | 24    | 1     | 0       | 1        | 23
        sessions  | 96     | 93    | 1     | 1       | 4        | 91
        scores    | 96     | 92    | 0     | 1       | 4        | 91
        referrals | 24     | 24    | 1     | 0       | 1        | 23
        """,
    )
    check_same(
        revision.periods.query("added > 0 or changed > 0 or vanished > 0"),
        """
        table     | period  | before | after | added | changed | vanished | unchanged
        people    | 2026Q1  | 24     | 23    | 0     | 0       | 1        | 23
        people    | 2026Q3  | 0      | 1     | 1     | 0       | 0        | 0
        patients  | 2026Q1  | 24     | 23    | 0     | 0       | 1        | 23
        patients  | 2026Q3  | 0      | 1     | 1     | 0       | 0        | 0
        sessions  | 2026Q1  | 90     | 88    | 0     | 1       | 2        | 87
        sessions  | 2026Q2  | 6      | 4     | 0     | 0       | 2        | 4
        sessions  | 2026Q3  | 0      | 1     | 1     | 0       | 0        | 0
        scores    | 2026Q1  | 90     | 88    | 0     | 1       | 2        | 87
        scores    | 2026Q2  | 6      | 4     | 0     | 0       | 2        | 4
        referrals | unknown | 24     | 24    | 1     | 0       | 1        | 23
        """,
    )
    check_same(
        revision.columns,
        """
        table    | column | changed | filled | emptied
        sessions | status | 1       | 0      | 0
        scores   | total  | 1       | 0      | 0
        """,
    )
    known = set(before.table("patients")["patient_id"])
    assert len(known & set(after.table("patients")["patient_id"])) == PEOPLE - 1
    assert (revision.data_cut_before, revision.data_cut) == (date(2026, 6, 30), date(2026, 9, 30))
    assert [revision.sha256_before, revision.sha256] == [*hashes, after.sha256]
    assert not (check_dataset(clinic.dataset)["severity"] == "error").any()


def test_the_dataset_as_it_was_is_kept_whole(clinic: Clinic) -> None:
    clinic.dataset.joinpath("notes.txt").write_text("ours", encoding="utf-8")
    before = clinic.everything()
    files = export()
    files["phq"][1][2] = "7"
    first = clinic.update(files, cut="2026-06-30")
    files["phq"][1][2] = "8"
    second = clinic.update(files, cut="2026-06-30")
    files["phq"][1][2] = "9"
    third = clinic.update(files, cut="2026-09-30")
    assert [each.kept for each in (first, second, third)] == [
        "harbor.until-2026-06-30",
        "harbor.until-2026-06-30-2",
        "harbor.until-2026-06-30-3",
    ]
    after = clinic.everything()
    for name, content in before.items():
        if name.startswith("harbor/"):
            assert after[name.replace("harbor/", "harbor.until-2026-06-30/")] == content
    for each in (first, second, third):
        assert open_dataset(clinic.base / each.kept).sha256 == each.sha256_before
    assert len(open_dataset(clinic.dataset).revisions) == 3
    assert not [path.name for path in clinic.base.iterdir() if path.name.startswith(".")]


def test_the_same_export_again_changes_nothing(clinic: Clinic) -> None:
    before = clinic.everything()
    revision = clinic.update(export(), cut="2026-06-30")
    assert revision.changes_nothing
    assert str(revision) == (
        "Harbor: nothing changed. The export holds what the dataset holds, which is left as it was."
    )
    assert clinic.everything() == before


def test_the_same_rows_up_to_a_later_day_are_a_revision(clinic: Clinic) -> None:
    revision = clinic.update(export(), cut="2026-09-30")
    assert not revision.changes_nothing
    assert not revision.tables[["added", "changed", "vanished"]].to_numpy().any()
    assert open_dataset(clinic.dataset).data_cut == date(2026, 9, 30)


def test_a_dataset_behind_a_link_is_updated_where_it_is(clinic: Clinic) -> None:
    link = clinic.base / "export to all" / "current"
    link.parent.mkdir()
    link.symlink_to(clinic.dataset)
    revision = update_dataset(link, clinic.write(export()), mapping=clinic.mapping("2026-09-30"), key_file=clinic.key)
    assert link.is_symlink()
    assert open_dataset(link).data_cut == date(2026, 9, 30)
    assert clinic.base.joinpath(revision.kept, "sessions.csv").is_file()


def test_first_treatments_that_moved_are_people_not_rows(clinic: Clinic) -> None:
    """An earlier visit of one client is found, the first of another is cancelled: 14 rows differ, of 192 with days."""
    files = export()
    files["visits"].append(["48000", "2025-12-29", "40", "done"])
    files["visits"][5][3] = "off"
    revision = clinic.update(files)
    check_same(
        revision.tables,
        """
        table     | before | after | added | changed | vanished | unchanged
        people    | 24     | 24    | 0     | 2       | 0        | 22
        patients  | 24     | 24    | 0     | 1       | 0        | 23
        sessions  | 96     | 97    | 1     | 1       | 0        | 95
        scores    | 96     | 96    | 0     | 0       | 0        | 96
        referrals | 24     | 24    | 0     | 0       | 0        | 24
        """,
    )
    assert "People whose first treatment moved: 2" in str(revision)


# -- What stops an update


def unchanged(clinic: Clinic, update: Callable[[], object], error: type[OutcomesError], match: str) -> str:
    before = clinic.everything()
    with pytest.raises(error, match=match) as stopped:
        update()
    assert clinic.everything() == before
    assert not [path.name for path in clinic.base.iterdir() if path.name.startswith(".")]
    return str(stopped.value)


def half() -> Export:
    """The export without every third client."""
    gone = {f"48{number:03}" for number in range(0, PEOPLE, 3)}
    return {name: [row for row in rows if not gone & set(row)] for name, rows in export().items()}


def test_an_export_that_has_shrunk_is_stopped_until_confirmed(clinic: Clinic) -> None:
    files = half()
    files["clients"].append(["59000", "F"])
    files["visits"].append(["59000", "2026-07-06", "40", "done"])
    message = unchanged(clinic, lambda: clinic.update(files), DataError, "lacks much of what the dataset holds")
    assert "- people: 8 of 24 people have vanished (33%)" in message
    assert "- people, 2026Q1: 8 of 24 people have vanished (33%)" in message
    assert "--confirm-shrink" in message
    revision = clinic.update(files, confirm_shrink=True)
    assert revision.tables.set_index("table").loc["people", ["added", "vanished"]].tolist() == [1, 8]
    assert len(open_dataset(clinic.dataset).table("sessions")) == 16 * 4 + 1


def test_the_limits_are_the_callers(clinic: Clinic) -> None:
    clinic.update(half(), limits=ShrinkLimits(people=9, rows=100))


def test_scores_that_are_missing_from_a_quarter_are_named(clinic: Clinic) -> None:
    files = export()
    files["phq"] = [row for row in files["phq"] if row[1] < "2026-04-01" or row[0] == "mrn"]
    message = unchanged(clinic, lambda: clinic.update(files), DataError, "lacks much")
    assert message.splitlines()[1:-1] == [
        "- scores: 6 of 96 rows of people who are still there have vanished (6%)",
        "- scores, 2026Q2: 6 of 6 rows of people who are still there have vanished (100%)",
    ]


def test_an_export_of_what_is_new_only_is_no_update(clinic: Clinic) -> None:
    files = {name: rows[:1] for name, rows in export().items()}
    files["clients"].append(["59000", "F"])
    files["visits"].append(["59000", "2026-07-06", "40", "done"])
    files["phq"].append(["59000", "2026-07-06", "20"])
    unchanged(clinic, lambda: clinic.update(files), DataError, "An update needs the whole export, not only what is new")


def test_an_earlier_data_cut_is_stopped(clinic: Clinic) -> None:
    unchanged(clinic, lambda: clinic.update(export(), cut="2026-03-31"), CallError, "is before that of the dataset")


def test_without_the_key_file_nothing_is_done(clinic: Clinic) -> None:
    content = clinic.key.read_bytes()
    clinic.key.unlink()
    unchanged(clinic, lambda: clinic.update(export()), CallError, "harbor.csv: there is no such key file")
    clinic.key.write_bytes(content)
    clinic.update(export())


def test_another_key_file_is_not_touched(clinic: Clinic) -> None:
    """Another import of the same people has given them other pseudonyms."""
    clinic.key.rename(clinic.base / "right.csv")
    import_folder(clinic.write(export()), mapping=clinic.mapping(), out=clinic.base / "other", key_file=clinic.key)
    unchanged(clinic, lambda: clinic.update(export()), DataError, "24 of the dataset's 24 different patient_id are not")


def test_an_older_copy_of_the_key_file_is_noticed(clinic: Clinic) -> None:
    older = clinic.key.read_bytes()
    files = export()
    files["clients"].append(["59000", "F"])
    clinic.update(files)
    clinic.key.write_bytes(older)
    unchanged(clinic, lambda: clinic.update(files), DataError, "1 of the dataset's 25 different patient_id are not in")


def test_a_stopped_update_takes_its_new_people_out_of_the_key_file_again(clinic: Clinic) -> None:
    files = half()
    files["clients"].append(["59000", "F"])
    unchanged(clinic, lambda: clinic.update(files), DataError, "lacks much")
    assert b"59000" not in clinic.key.read_bytes()


def test_another_secret_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = Clinic(tmp_path)
    monkeypatch.setenv(VARIABLE, "0123456789abcdef" * 2)
    import_folder(clinic.write(export()), mapping=clinic.mapping(method=HMAC), out=clinic.dataset)
    files = export()
    files["phq"][1][2] = "7"

    def update() -> Revision:
        return update_dataset(clinic.dataset, clinic.write(files), mapping=clinic.mapping("2026Q3", HMAC))

    monkeypatch.setenv(VARIABLE, "fedcba9876543210" * 2)
    unchanged(clinic, update, DataError, "Only 0 of the 24 people of Harbor are in the new export")
    monkeypatch.setenv(VARIABLE, "0123456789abcdef" * 2)
    assert update().tables.set_index("table").loc["scores", "changed"] == 1


def test_a_column_that_the_mapping_drops_now_is_noticed(clinic: Clinic) -> None:
    text = clinic.mapping("2026Q3").read_text(encoding="utf-8")
    text = text.replace('dose_mg = { from = "dose", number = "decimal" }\n', "")
    path = clinic.base / "map2.toml"
    path.write_text(text.replace("[files.visits]\n", '[files.visits]\ndrop = { dose = "no use" }\n'), encoding="utf-8")
    folder = clinic.write(export())

    def update(**options: bool) -> Revision:
        return update_dataset(clinic.dataset, folder, mapping=path, key_file=clinic.key, **options)

    message = unchanged(clinic, update, DataError, "sessions, column dose_mg: 96 of 96 filled cells are empty now")
    assert len(message.splitlines()) == 3
    check_same(
        update(confirm_shrink=True).columns,
        """
        table    | column  | changed | filled | emptied
        sessions | dose_mg | 96      | 0      | 96
        """,
    )


def test_a_changed_basis_and_changed_definitions_are_told(clinic: Clinic) -> None:
    path = clinic.mapping()
    text = path.read_text(encoding="utf-8").replace("limited-data-set", "expert-determination")
    path.write_text(text + "[definitions.instruments.PHQ-9]\nremission_score = 5\n", encoding="utf-8")
    revision = update_dataset(clinic.dataset, clinic.write(export()), mapping=path, key_file=clinic.key)
    assert revision.settings["setting"].tolist() == ["basis", "definitions"]
    assert revision.settings.iloc[0, 1:].tolist() == ["limited-data-set", "expert-determination"]
    assert "expert-determination" in str(revision)
    assert not revision.tables[["added", "changed", "vanished"]].to_numpy().any()


@pytest.mark.parametrize("place", ["harbor/key.csv", "harbor/../harbor/key.csv"])
def test_the_key_file_must_not_lie_in_the_dataset(clinic: Clinic, place: str) -> None:
    def update() -> Revision:
        mapping = clinic.mapping("2026Q3")
        return update_dataset(clinic.dataset, clinic.write(export()), mapping=mapping, key_file=clinic.base / place)

    unchanged(clinic, update, CallError, "must not lie in harbor")


def test_folders_that_cannot_be_meant_are_refused(clinic: Clinic) -> None:
    mapping, folder = clinic.mapping("2026Q3"), clinic.write(export())

    def update(dataset: Path, export: Path) -> Callable[[], object]:
        return lambda: update_dataset(dataset, export, mapping=mapping, key_file=clinic.key)

    unchanged(clinic, update(clinic.base / "harbour", folder), CallError, "no such dataset to update")
    unchanged(clinic, update(clinic.dataset, clinic.base / "none"), CallError, "no such folder to import")
    unchanged(clinic, update(clinic.dataset, clinic.dataset), CallError, "holds the files to import")


def test_a_damaged_record_stops_the_update(clinic: Clinic) -> None:
    clinic.dataset.joinpath("revisions.toml").write_text("[[revision]]\nrows = 3\n", encoding="utf-8")
    files = export()
    files["phq"][1][2] = "7"
    unchanged(clinic, lambda: clinic.update(files), DataError, "the record of the dataset's updates is damaged")


def test_a_dataset_that_was_not_imported_is_updated_when_its_ids_are_the_sources(tmp_path: Path) -> None:
    """The first dataset was typed by hand; the mapping leaves the identifiers as they are and keeps no dates."""
    dataset = tmp_path / "by hand"
    dataset.mkdir()
    files = {
        "dataset.toml": 'layout = 1\nname = "By hand"\nbasis = "synthetic"\ndata_cut = 2025-12-31\n',
        "sessions.csv": "patient_id,day,treatment,route\nA-1,0,ketamine,iv\nA-2,0,ketamine,iv\n",
        "scores.csv": "day,patient_id,instrument,total\n0,A-1,PHQ-9,18\n14,A-1,PHQ-9,9\n",
    }
    for name, text in files.items():
        dataset.joinpath(name).write_text(text, encoding="utf-8")
    folder = tmp_path / "export"
    folder.mkdir()
    folder.joinpath("visits.csv").write_text(
        "id,date,phq\nA-1,2025-03-03,18\nA-1,2025-03-17,8\nA-2,2025-05-05,\n", encoding="utf-8"
    )
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        """
        dataset = { name = "By hand", basis = "safe-harbor", data_cut = "2026" }
        files.visits = { path = "visits.csv" }
        [tables.sessions]
        from = "visits"
        columns = { patient_id = "id", date = "date", treatment.constant = "ketamine", route.constant = "iv" }
        [tables.scores]
        from = "visits"
        columns = { patient_id = "id", date = "date", instrument.constant = "PHQ-9", total = "phq" }
        needs = { total = "not asked" }
        """,
        encoding="utf-8",
    )
    revision = update_dataset(dataset, folder, mapping=mapping)
    check_same(
        revision.tables,
        """
        table    | before | after | added | changed | vanished | unchanged
        people   | 2      | 2     | 0     | 0       | 0        | 2
        sessions | 2      | 3     | 1     | 0       | 0        | 2
        scores   | 2      | 2     | 0     | 1       | 0        | 1
        """,
    )
    assert not revision.dated
    assert "Rows by table and year" in str(revision)


def test_no_identifier_pseudonym_date_or_value_is_told(clinic: Clinic) -> None:
    files = export()
    files["visits"].append(["48000", "2025-12-29", "40.125", "done"])
    shown = str(clinic.update(files)) + clinic.dataset.joinpath("revisions.toml").read_text(encoding="utf-8")
    secrets = {row["original"] for row in read_key(clinic)} | {row["pseudonym"] for row in read_key(clinic)}
    assert not [each for each in [*secrets, "2025-12-29", "40.125"] if each in shown]


def read_key(clinic: Clinic) -> list[dict[str, str]]:
    with clinic.key.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# -- A run that dies

DIES = """
import os, sys
from pathlib import Path
from analysis.intake.update import update_dataset

dataset, folder, mapping, key, number = sys.argv[1:]
left = int(number)
really = {"rename": Path.rename, "replace": Path.replace}


def dying(name):
    def move(self, target):
        global left
        left -= 1
        if left < 0:
            os._exit(9)  # as if killed: nothing is cleaned up
        return really[name](self, target)
    return move


Path.rename, Path.replace = dying("rename"), dying("replace")
update_dataset(dataset, folder, mapping=mapping, key_file=key)
"""


def killed_at(clinic: Clinic, folder: Path, number: int) -> bool:
    """Update in a process of its own that is gone before a file or folder gets its name; False when it came through."""
    arguments = [clinic.dataset, folder, clinic.mapping("2026Q3"), clinic.key, str(number)]
    run = subprocess.run([sys.executable, "-c", DIES, *map(str, arguments)], check=False, cwd=Path.cwd())
    assert run.returncode in {0, 9}
    return run.returncode == 9


def check_nothing_is_lost(clinic: Clinic, old: str, new: str | None) -> None:
    now = open_dataset(clinic.dataset).sha256
    kept = [open_dataset(path).sha256 for path in clinic.base.glob("harbor.until-*")]
    assert now in {old, new}
    assert old in {now, *kept}


@pytest.mark.full
def test_a_run_killed_at_any_rename_leaves_the_old_dataset_or_the_new_one(clinic: Clinic) -> None:
    files = export()
    files["phq"][1][2] = "7"
    folder = clinic.write(files)
    old = open_dataset(clinic.dataset).sha256
    import_folder(folder, mapping=clinic.mapping("2026Q3"), out=clinic.base / "expected", key_file=clinic.key)
    new = open_dataset(clinic.base / "expected").sha256
    number = 0
    while killed_at(clinic, folder, number):
        check_nothing_is_lost(clinic, old, new)
        number += 1
    assert number > 8  # the key file, the import, the copy, each file, the old dataset away, the new one in
    check_nothing_is_lost(clinic, old, new)
    assert open_dataset(clinic.dataset).sha256 == new


def test_a_run_killed_between_the_old_dataset_and_the_new_one_leaves_the_old_one(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = open_dataset(clinic.dataset).sha256
    really = Path.rename

    class Killed(BaseException):
        pass

    def rename(self: Path, target: Path) -> Path:
        if target == clinic.dataset:
            raise Killed
        return really(self, target)

    files = export()
    files["phq"][1][2] = "7"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        with pytest.raises(Killed):
            clinic.update(files)
    assert not clinic.dataset.exists()
    check_nothing_is_lost(clinic, old, None)
    assert clinic.update(files).sha256_before == old
