"""Laying a dataset out in parts changes nothing that anybody is told of it; whatever breaks is told in one sentence."""

import hashlib
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pytest
from broken_clinics import write_broken_clinic
from hypothesis import given, settings
from hypothesis import strategies as st
from small_clinic import write_clinic

from analysis.intake.dataset import check_dataset, open_dataset
from analysis.intake.partition import open_partition, partition_dataset
from analysis.intake.partition_layout import read_sealed, write_sealed
from analysis.vocabulary.errors import CallError, DataError

TABLES = ("patients", "sessions", "scores", "adverse_events", "events", "referrals")


def as_parquet(folder):
    """Turn the tables of a folder into Parquet, with the types that DuckDB guesses."""
    for path in folder.glob("*.csv"):
        source = f"read_csv('{path}', header = true, dateformat = '%Y-%m-%d', timestampformat = '%Y-%m-%d %H:%M:%S')"
        duckdb.connect().execute(f"COPY (FROM {source}) TO '{path.with_suffix('.parquet')}'")
        path.unlink()


def contents(place):
    return {
        path.relative_to(place).as_posix(): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()
    }


@pytest.fixture
def drawn(tmp_path):
    """A dataset in five parts of which some are empty, and its folder."""
    folder = write_clinic(tmp_path / "clinic", patients="patient_id | age \n P1 | 40 \n P2 | 95")
    return partition_dataset(folder, out=tmp_path / "parts", parts=5)


# ---------------------------------------------------------------- the same dataset


@pytest.mark.full
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), parts=st.sampled_from([1, 2, 7]), parquet=st.booleans())
def test_the_parts_have_the_problems_and_the_rows_of_the_whole(seed, parts, parquet):
    compare(seed, parts, parquet)


@pytest.mark.parametrize(("seed", "parts", "parquet"), [(1, 2, False), (44, 3, True), (6245, 7, True)])
def test_some_datasets_in_parts_have_the_problems_and_the_rows_of_the_whole(seed, parts, parquet):
    compare(seed, parts, parquet)


def compare(seed, parts, parquet):
    with tempfile.TemporaryDirectory() as place:
        folder = write_broken_clinic(Path(place) / "whole", seed)
        if parquet:
            as_parquet(folder)
        told = check_dataset(folder)
        if (told["rule"].isin(["no header", "missing column", "unknown column", "unreadable file"])).any():
            return
        laid_out = partition_dataset(folder, out=Path(place) / "parts", parts=parts)
        for _ in ("counted", "kept"):
            assert check_dataset(laid_out).to_dict("list") == told.to_dict("list")
        if (told["severity"] == "error").any():
            with pytest.raises(DataError, match="cannot be used"):
                open_dataset(laid_out)
            return
        whole, in_parts = open_dataset(folder), open_dataset(laid_out)
        assert len(in_parts.partitions) == parts
        for name in TABLES:
            assert in_parts.table(name).equals(whole.table(name)), name
        assert in_parts.rows.equals(whole.rows)
        assert in_parts.set_aside.equals(whole.set_aside)
        assert (in_parts.has_dates, in_parts.has_start_year) == (whole.has_dates, whole.has_start_year)
        assert repr(in_parts) == repr(whole)


def test_a_part_is_a_dataset_of_its_patients(demo, tmp_path):
    laid_out = open_dataset(partition_dataset(demo, out=tmp_path / "parts", parts=4))
    found = {}
    for partition in laid_out.partitions:
        part = open_partition(pickle.loads(pickle.dumps(partition)), memory="200MB", threads=1)  # noqa: S301
        con = part.connect()
        patients = {row[0] for row in con.execute("SELECT DISTINCT patient_id FROM sessions").fetchall()}
        assert not patients & set(found)
        found |= dict.fromkeys(patients, partition.number)
        assert part.partitions == (partition,)
        for table in ("scores", "calendar"):
            others = con.execute(
                f"SELECT count(*) FROM {table} WHERE patient_id NOT IN (SELECT patient_id FROM patients)"
            )
            assert others.fetchone() == (0,)
    assert set(found) == set(demo.table("sessions")["patient_id"])
    assert max(found.values()) == 4


def test_the_part_of_a_patient_never_changes(tmp_path):
    """By MD5, which is the same in every version of every program."""
    patients = "\n".join(["patient_id", "P1", "P2", "P3", "Müller-7", "P5"])
    folder = write_clinic(tmp_path / "clinic", patients=patients.replace("Müller", "M"))
    laid_out = partition_dataset(folder, out=tmp_path / "parts", parts=3)
    part = {
        row[0]: number
        for number in (1, 2, 3)
        for row in duckdb.connect()
        .execute(f"SELECT patient_id FROM '{laid_out}/patients/part-000{number}.parquet'")
        .fetchall()
    }
    assert part == {patient: _part(patient, 3) for patient in ("P1", "P2", "P3", "M-7", "P5")}


def _part(patient: str, parts: int) -> int:
    return int.from_bytes(hashlib.md5(patient.encode()).digest()[8:], "little") % parts + 1  # noqa: S324


def test_parts_may_be_laid_out_again(drawn, tmp_path):
    again = partition_dataset(drawn, out=tmp_path / "again", parts=2)
    assert check_dataset(again).equals(check_dataset(drawn))
    assert open_dataset(again).table("scores").equals(open_dataset(drawn).table("scores"))


def test_a_small_dataset_is_one_part_and_notices_nothing(tmp_path):
    folder = write_clinic(tmp_path / "clinic")
    laid_out = open_dataset(partition_dataset(folder, out=tmp_path / "parts"))
    (partition,) = laid_out.partitions
    assert (partition.label, partition.parts) == ("parts", 1)
    assert laid_out.connect().execute("SELECT count(*) FROM sessions").fetchone() == (3,)
    (whole,) = open_dataset(folder).partitions
    assert open_partition(whole).table("sessions").equals(laid_out.table("sessions"))


def test_the_definitions_come_along(tmp_path):
    folder = write_clinic(tmp_path / "clinic", settings='definitions = "ours.toml"')
    rules = '[[phase_rules]]\ntreatment = "ketamine"\nroutes = ["oral"]\nrule = "series"\n'
    (folder / "ours.toml").write_text(f'name = "ours"\n{rules}', encoding="utf-8")
    laid_out = partition_dataset(folder, out=tmp_path / "parts", parts=2)
    assert open_dataset(laid_out).definitions == open_dataset(folder).definitions


def test_the_settings_may_be_changed_and_the_checks_run_again(drawn):
    about = drawn / "dataset.toml"
    before = open_dataset(drawn).partitions
    about.write_text(about.read_text().replace('"synthetic"', '"safe-harbor"'))
    assert "age above 90" in set(check_dataset(drawn)["rule"])
    with pytest.raises(DataError, match="not what it was when the dataset was opened"):
        open_partition(before[0])


def test_what_the_checks_found_is_kept_and_an_edited_record_of_it_is_not_believed(drawn):
    told = check_dataset(drawn)
    kept = drawn / "checked.json"
    content = read_sealed(kept)
    content["counts"][0]["tables"]["patients"]["cells"] = {}
    kept.write_text(kept.read_text().replace("age above 90", "out of range"))
    assert read_sealed(kept) is None
    assert check_dataset(drawn).equals(told)
    write_sealed(kept, content | {"key": "of another version"})
    assert check_dataset(drawn).equals(told)


def test_a_dataset_in_several_parts_has_no_one_connection(drawn):
    with pytest.raises(CallError, match="laid out in 5 parts"):
        open_dataset(drawn).connect()


def test_a_table_of_more_than_a_million_rows_is_refused(drawn, monkeypatch):
    monkeypatch.setattr("analysis.intake.dataset.MOST_ROWS", 2)
    with pytest.raises(CallError, match="sessions has 3 rows, more than 2: take a part at a time"):
        open_dataset(drawn).table("sessions")


# ---------------------------------------------------------------- faults


def truncated(part):
    part.write_bytes(part.read_bytes()[:-20])


def changed(part):
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 0xFF
    part.write_bytes(content)


def other_columns(part):
    duckdb.connect().execute(f"COPY (SELECT 2 AS row, 'P1' AS patient) TO '{part}' (FORMAT parquet)")


@pytest.mark.parametrize("damage", [truncated, changed, other_columns])
@pytest.mark.parametrize("checked", [False, True], ids=["never checked", "checked before"])
def test_a_part_that_is_not_as_it_was_written_is_named(drawn, damage, checked):
    partitions = open_dataset(drawn).partitions if checked else ()
    damage(drawn / "sessions" / "part-0002.parquet")
    advice = "the part sessions/part-0002.parquet was cut off or changed since it was written. Lay the original"
    if damage is changed and checked:  # its size is the same: it shows when the part is opened
        with pytest.raises(DataError, match=advice):
            open_partition(partitions[1])
        return
    with pytest.raises(DataError, match=advice):
        open_dataset(drawn)
    (message,) = check_dataset(drawn)["message"]
    assert message.startswith("dataset: the part sessions/part-0002.parquet was cut off")


def test_a_missing_or_additional_part_is_named(drawn):
    (drawn / "scores" / "part-0003.parquet").rename(drawn / "scores" / "part-0009.parquet")
    with pytest.raises(DataError, match="the part scores/part-0003.parquet is missing"):
        open_dataset(drawn)


def test_a_list_of_parts_that_was_edited_is_refused(drawn):
    listed = drawn / "partitions.json"
    listed.write_text(listed.read_text().replace('"rows": 1', '"rows": 2', 1))
    with pytest.raises(DataError, match=r"partitions.json is damaged or was edited"):
        open_dataset(drawn)
    listed.write_text("{")
    with pytest.raises(DataError, match=r"partitions.json is damaged or was edited"):
        open_dataset(drawn)


def test_a_patient_in_the_wrong_part_is_refused(tmp_path):
    """Also where whoever moved the patient wrote the list anew."""
    folder = write_clinic(tmp_path / "clinic")
    laid_out = partition_dataset(folder, out=tmp_path / "parts", parts=2)
    home = _part("P1", 2)
    listed = read_sealed(laid_out / "partitions.json")
    one, other = (laid_out / "sessions" / f"part-000{number}.parquet" for number in (home, 3 - home))
    other.write_bytes(one.read_bytes())
    listed["files"]["sessions"][2 - home] |= {
        key: listed["files"]["sessions"][home - 1][key] for key in ("size", "sha256", "rows")
    }
    write_sealed(laid_out / "partitions.json", listed)
    with pytest.raises(DataError, match=f"the part sessions/part-000{3 - home}.parquet holds patients of another part"):
        open_dataset(laid_out)


def test_files_that_cannot_be_laid_out_are_told_as_by_the_check(tmp_path):
    folder = write_clinic(tmp_path / "clinic", sessions="patient_id | day | treatmint \n P1 | 0 | ketamine")
    with pytest.raises(DataError, match="missing") as told:
        partition_dataset(folder, out=tmp_path / "parts")
    with pytest.raises(DataError) as opened:
        open_dataset(folder)
    assert str(told.value) == str(opened.value)
    assert not (tmp_path / "parts").exists()


def test_damage_inside_a_parquet_file_is_told(tmp_path):
    folder = write_clinic(tmp_path / "clinic")
    as_parquet(folder)
    path = folder / "scores.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:4] + b"\xff" * 60 + content[64:])
    with pytest.raises(DataError, match="the Parquet file is damaged"):
        partition_dataset(folder, out=tmp_path / "parts")
    assert [each.name for each in tmp_path.iterdir()] == ["clinic"]


def test_a_dataset_that_changes_meanwhile_is_refused(tmp_path, monkeypatch):
    folder = write_clinic(tmp_path / "clinic")

    def touching(*_):
        (folder / "scores.csv").write_text("patient_id,day,instrument,total\nP1,0,PHQ-9,9\n")

    monkeypatch.setattr("analysis.intake.partition._copy_settings", touching)
    with pytest.raises(DataError, match="changed while they were read"):
        partition_dataset(folder, out=tmp_path / "parts")
    assert not (tmp_path / "parts").exists()


@pytest.mark.parametrize(("options", "words"), [({"parts": 0}, "parts: from 1"), ({"out": "."}, "out: ")])
def test_a_call_that_makes_no_sense_is_refused(tmp_path, options, words):
    folder = write_clinic(tmp_path / "clinic")
    out = folder / options.pop("out", "../parts")
    with pytest.raises(CallError, match=words):
        partition_dataset(folder, out=out, **options)


def run(code: str, place: Path, **options) -> subprocess.Popen:
    package = Path(sys.modules["analysis"].__file__).parents[1]
    environment = os.environ | {"TMPDIR": str(place), "PYTHONPATH": str(package)}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_a_full_disk_leaves_nothing_half_written(demo_folder, tmp_path):
    out, spill = tmp_path / "parts", tmp_path / "temporary"
    spill.mkdir()
    code = (
        "from analysis.intake.partition import partition_dataset\n"
        f"partition_dataset({str(demo_folder)!r}, out={str(out)!r}, parts=2)"
    )

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    with run(code, spill, preexec_fn=small_files) as process:
        _, said = process.communicate()
    assert process.returncode == 1
    assert said.splitlines()[-1] == "OSError: [Errno 27] File too large"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["temporary"]
    assert list(spill.iterdir()) == []


def test_a_killed_run_leaves_the_old_dataset_and_the_next_one_sweeps_up(demo_folder, tmp_path):
    target, spill = tmp_path / "parts", tmp_path / "temporary"
    spill.mkdir()
    partition_dataset(demo_folder, out=target, parts=2)
    before = contents(target)
    code = (
        "import time; import analysis.intake.partition as partition\n"
        "def stop(*_):\n    print('writing', flush=True)\n    time.sleep(60)\n"
        "partition._copy_settings = stop\n"
        f"partition.partition_dataset({str(demo_folder)!r}, out={str(target)!r}, parts=3, force=True)"
    )
    with run(code, spill) as process:
        assert process.stdout.readline() == "writing\n"
        process.kill()
    assert contents(target) == before
    left = [*tmp_path.glob(".parts.*.writing"), *spill.iterdir()]
    assert len(left) == 2
    for folder in left:
        os.utime(folder / "ketamine-outcomes.lock", (time.time() - 5,) * 2)
    with run(code.replace("partition._copy_settings = stop", ""), spill) as process:
        assert process.wait() == 0
    assert not any(folder.exists() for folder in left)
    assert len(open_dataset(target).partitions) == 3
