"""A PostgreSQL server of the test's own: made from the programs of Debian's package, gone when the test ends."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

PROGRAMS = Path("/usr/lib/postgresql")
SETTINGS = """
fsync = off
full_page_writes = off
max_connections = 20
logging_collector = off
lc_messages = 'C'
timezone = 'America/New_York'
"""


@dataclass(frozen=True)
class Server:
    """A server that runs: its folder also holds the socket; ``port`` is open on 127.0.0.1, with passwords."""

    folder: Path
    programs: Path
    port: int

    def address(self, user: str = "postgres", database: str = "postgres") -> str:
        """By the socket, without a password."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def remote_address(self, user: str, password: str) -> str:
        """By the port, with a password."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/postgres"

    def run(self, *statements: str, user: str = "postgres") -> None:
        with psycopg.connect(self.address(user), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def csv_export(self, table: str, user: str = "postgres") -> str:
        """What the server's own program exports: the oracle of the tests."""
        command = [self.programs / "psql", "-X", "-q", self.address(user), "-c", rf"\copy {table} to stdout csv header"]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=_plain_environment()).stdout

    def stop(self) -> None:
        """End at once, as in a power cut."""
        _as_postgres([self.programs / "pg_ctl", "stop", "-D", self.folder / "data", "-m", "immediate", "-w"])


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, or skip the test where PostgreSQL is not installed."""
    found = sorted(PROGRAMS.glob("*/bin/initdb")) if PROGRAMS.is_dir() else []
    if not found:
        pytest.skip("PostgreSQL is not on this machine (Debian: apt-get install postgresql)")
    programs = found[-1].parent
    # Not in pytest's own folder: the server may not run as root, and no other user may look into that folder.
    folder = Path(tempfile.mkdtemp(prefix="outcomes-pg-"))
    server = Server(folder, programs, _free_port())
    try:
        if os.geteuid() == 0:
            os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        options = ["-E", "UTF8", "--locale=C", "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync"]
        _as_postgres([programs / "initdb", "-D", folder / "data", "-U", "postgres", *options])
        with folder.joinpath("data", "postgresql.conf").open("a") as settings:
            settings.write(f"{SETTINGS}port = {server.port}\nlisten_addresses = '127.0.0.1'\n")
            settings.write(f"unix_socket_directories = '{folder}'\n")
        _as_postgres([programs / "pg_ctl", "start", "-D", folder / "data", "-l", folder / "log", "-w", "-t", "60"])
        try:
            yield server
        finally:
            if folder.joinpath("data", "postmaster.pid").exists():
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_postgres(command: list) -> None:
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    run = subprocess.run(
        command, capture_output=True, text=True, cwd="/", check=False, env=_plain_environment(), **user
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
