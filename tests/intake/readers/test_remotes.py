"""What the files of one import share is opened once, closed at the end, and not kept for the next import."""

from contextlib import contextmanager

import pytest

from analysis.intake.mapping_grammar import Block, ColumnRule, Join, LeaveOut, Mapping, Part, SourceFile
from analysis.intake.readers.remotes import Remotes

EMPTY = Mapping("map.toml", {}, {}, {}, ())


@contextmanager
def opened(events: list[str], name: str):
    events.append(f"open {name}")
    yield name
    events.append(f"close {name}")


def test_opened_once_and_closed_at_the_end():
    events: list[str] = []
    with Remotes(EMPTY) as remotes:
        assert [remotes.once("a", lambda: opened(events, "a")) for _ in range(3)] == ["a"] * 3
        assert remotes.once("b", lambda: opened(events, "b")) == "b"
        events.append("read")
    assert events == ["open a", "open b", "read", "close b", "close a"]


def test_closed_after_an_error_too():
    events: list[str] = []

    def broken():
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"), Remotes(EMPTY) as remotes:
        remotes.once("a", lambda: opened(events, "a")) and broken()
    assert events == ["open a", "close a"]


def test_the_next_import_opens_again():
    events: list[str] = []
    for _ in range(2):
        with Remotes(EMPTY) as remotes:
            remotes.once("a", lambda: opened(events, "a"))
    assert events.count("open a") == 2


def test_columns_are_used_by_tables_joins_and_rules_also_from_another_file():
    join = Join("files.visits.join.people", "person", "id")
    rule = LeaveOut("files.visits.leave_out[1]", "people.group", ("test",), "test person")
    visits = SourceFile("visits", "visits.csv", ",", "utf-8", (), {"people": join}, (rule,), {})
    people = SourceFile("people", "people.csv", ",", "utf-8", (), {}, (), {})
    columns = {
        "patient_id": ColumnRule("", source="person"),
        "sex": ColumnRule("", source="people.sex"),
        "route": ColumnRule("", constant="iv"),
    }
    block = Block("tables.sessions", "sessions", "visits", (), (Part("", columns, {}),))
    remotes = Remotes(Mapping("map.toml", {}, {}, {"visits": visits, "people": people}, (block,)))
    assert remotes.used_columns("people") == {"id", "group", "sex"}
    assert {"person"} <= remotes.used_columns("visits")
    assert not {"id", "group", "sex"} & remotes.used_columns("visits")
