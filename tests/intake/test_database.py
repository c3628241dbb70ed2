"""The database and the folder it works in: bounded, and swept up whatever happens."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pytest

from analysis.intake.database import Workspace, memory_bytes, open_database, raise_machine_fault
from analysis.vocabulary.errors import CallError


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_a_folder_goes_with_its_last_user(own_temporary_folder):
    workspace = Workspace()
    assert list(own_temporary_folder.iterdir()) == [workspace.folder]
    del workspace
    assert list(own_temporary_folder.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_the_folder_of_a_killed_run_is_swept_and_that_of_a_living_one_is_not(own_temporary_folder):
    code = (
        "import time; from analysis.intake.database import Workspace; "
        "workspace = Workspace(); print(workspace.folder, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as run:
        left = Path(run.stdout.readline().strip())
        os.utime(left / "ketamine-outcomes.lock", (time.time() - 5,) * 2)
        living = Workspace()
        assert left.exists()
        run.send_signal(signal.SIGKILL)
    assert left.exists()
    Workspace()
    assert not left.exists()
    assert living.folder.exists()


def test_a_folder_of_somebody_else_is_left_alone(own_temporary_folder):
    other = own_temporary_folder / "ketamine-outcomes-thesis"
    other.mkdir()
    (other / "chapter.txt").touch()
    Workspace()
    assert (other / "chapter.txt").exists()


def test_memory_and_threads_are_as_asked_for():
    con = open_database(Workspace(), memory="200MiB", threads=1)
    assert con.execute("SELECT current_setting('memory_limit'), current_setting('threads')").fetchone() == (
        "200.0 MiB",
        1,
    )


def test_a_quarter_of_the_machine_is_the_default():
    whole = duckdb.connect().execute("SELECT current_setting('memory_limit')").fetchone()[0]
    quarter = open_database(Workspace()).execute("SELECT current_setting('memory_limit')").fetchone()[0]
    assert memory_bytes(quarter) == pytest.approx(memory_bytes(whole) / 0.8 / 4, rel=0.02)


@pytest.mark.parametrize("memory", ["", "much", "-1GB", "1", "1 XB", "10MB"])
def test_what_is_no_amount_of_memory_is_refused(memory):
    with pytest.raises(CallError, match="^memory: "):
        memory_bytes(memory)


def test_no_thread_is_too_few():
    with pytest.raises(CallError, match="^threads: "):
        open_database(Workspace(), threads=0)


def test_a_full_disk_and_too_little_memory_are_told_without_quoting_the_data():
    with pytest.raises(OSError, match="No space left on device") as told:
        raise_machine_fault(duckdb.IOException("Could not write Jane Doe: No space left on device"))
    assert "Jane" not in str(told.value)
    with pytest.raises(CallError, match="allow more"):
        raise_machine_fault(duckdb.OutOfMemoryException("Jane Doe"))
    raise_machine_fault(duckdb.ConversionException("Jane Doe"))
