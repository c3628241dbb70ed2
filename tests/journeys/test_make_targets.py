"""On a machine with only Python and make, a downloaded copy becomes a report."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")

# What a fresh copy holds: all that is kept, and none of what make creates.
NOT_IN_A_COPY = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "[0-9]*Q[1-4]")

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not on this machine")


def make(
    *arguments: str, folder: Path = PROJECT, seconds: int = 120, path: str | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    if path is not None:
        environment["PATH"] = path
    return subprocess.run(
        [shutil.which("make"), *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The Makefile and the two files that it watches, in a folder whose name has a blank."""
    folder = tmp_path / "Ketamine outcomes"
    folder.mkdir()
    for name in ["Makefile", "requirements.lock", "pyproject.toml"]:
        shutil.copy(PROJECT / name, folder)
    return folder


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder of programs to stand for a whole machine: a shell's basics, no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ["sh", "awk", "cat", "find", "rm"]:
        (folder / name).symlink_to(shutil.which(name))
    return folder


def test_help_lists_every_target() -> None:
    declared = re.search(r"^\.PHONY: (.*)", MAKEFILE, flags=re.MULTILINE)[1].split()
    listed = re.findall(r"^  make ([a-z-]+) +\S", make("help").stdout, flags=re.MULTILINE)
    assert sorted(listed) == sorted(declared)


def test_make_alone_is_help() -> None:
    assert make().stdout == make("help").stdout


def test_an_old_python_is_refused_with_advice(copy: Path, tools: Path) -> None:
    old = tools / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = make("setup", folder=copy, path=str(tools))
    assert done.returncode != 0
    assert "This needs Python 3.11 or later, and none was found (tried: python3 python3.14" in done.stderr
    assert "make setup PYTHON=/path/to/python3" in done.stderr
    assert not (copy / ".venv").exists()


def test_a_newer_python_beside_an_old_one_is_found(copy: Path, tools: Path) -> None:
    for name, code in {"python3": 1, "python3.12": 0}.items():
        program = tools / name
        program.write_text(f'#!/bin/sh\n[ "$1" = -m ] && {{ echo "would make it: $*"; exit 1; }}\nexit {code}\n')
        program.chmod(0o755)
    done = make("setup", folder=copy, path=str(tools))
    assert "would make it: -m venv --clear .venv" in done.stdout
    assert "apt-get install python3-venv" in done.stderr


def test_the_environment_is_made_once_and_again_when_needed(copy: Path) -> None:
    def to_do() -> str:
        return make("--dry-run", "setup", folder=copy).stdout

    assert "pip install" in to_do()
    (copy / ".venv").mkdir()
    ready = copy / ".venv" / "ready"
    ready.write_text(f"{copy}\n")
    assert "pip install" not in to_do()
    for watched in ["requirements.lock", "pyproject.toml"]:
        later = ready.stat().st_mtime + 10
        os.utime(copy / watched, (later, later))
        assert "pip install" in to_do()
        os.utime(ready, (later + 10, later + 10))
        assert "pip install" not in to_do()
    ready.write_text("/where/it/was/before\n")
    assert "pip install" in to_do()


def test_every_package_is_installed_by_its_hash() -> None:
    installs = re.findall(r"pip install (.*)", MAKEFILE)
    assert len(installs) == 3
    assert "--require-hashes --requirement requirements.lock" in installs[0]
    assert "--no-deps --no-build-isolation" in installs[1]
    assert "--require-hashes --requirement benchmarks/requirements.txt" in installs[2]


def test_clean_keeps_data_and_reports(copy: Path) -> None:
    for kept in ["data/clinic/sessions.csv", "reports/2026Q3/report.html", ".venv/ready", "analysis/__pycache__/x.pyc"]:
        (copy / kept).parent.mkdir(parents=True, exist_ok=True)
        (copy / kept).touch()
    assert make("clean", folder=copy).returncode == 0
    assert (copy / "data/clinic/sessions.csv").exists()
    assert (copy / "reports/2026Q3/report.html").exists()
    assert not (copy / ".venv").exists()
    assert not (copy / "analysis/__pycache__").exists()


@pytest.mark.full
def test_a_downloaded_copy_becomes_a_report(tmp_path: Path) -> None:
    """No git, no environment, and a path with nothing but Python and the basic programs."""
    folder = shutil.copytree(PROJECT, tmp_path / "Ketamine outcomes", ignore=NOT_IN_A_COPY)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ["sh", "awk", "cat", "uname"]:
        (programs / name).symlink_to(shutil.which(name))
    (programs / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    first = make("report", folder=folder, path=str(programs), seconds=900)
    assert first.returncode == 0, first.stderr
    assert "The report is in reports/2026Q3/report.html" in first.stdout
    report = (folder / "reports" / "2026Q3" / "report.html").read_text(encoding="utf-8")
    assert "</html>" in report
    assert len(first.stdout.splitlines()) < 10

    began = time.monotonic()
    again = make("report", folder=folder, path=str(programs), seconds=60)
    assert again.returncode == 0, again.stderr
    assert "of 3:" not in again.stdout
    assert time.monotonic() - began < 30


@pytest.mark.full
def test_lab_opens_on_the_notebooks() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lab = subprocess.Popen(
        [
            *(sys.executable, "-m", "analysis.cli", "lab", "--no-browser", "--allow-root"),
            *(f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=here"),
        ],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert b"00_start_here.ipynb" in answer_of(port, "/api/contents/notebooks?token=here")
        assert b"JupyterLab" in answer_of(port, "/lab?token=here")
    finally:
        lab.terminate()
        lab.wait(timeout=30)


def answer_of(port: int, path: str) -> bytes:
    """Ask the server on this machine, for up to a minute while it starts."""
    deadline = time.monotonic() + 60
    while True:
        server = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            server.request("GET", path)
            return server.getresponse().read()
        except ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        finally:
            server.close()
