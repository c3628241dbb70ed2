"""Where resources come from, which version of them counts, and where a file is broken."""

import json

import pytest
from fhir_twins import bundle, observation, write_ndjson

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.fhir_files import AGAIN, EARLIER, Resource, read_resources, superseded_resources
from analysis.vocabulary.errors import DataError

KINDS = {"Observation"}


def options(path: str) -> SourceFile:
    return SourceFile("scores", path, ",", "", (), {}, (), {}, format="fhir", resource="Observation")


def places(folder, path: str) -> list[tuple]:
    return [(each.place, each.body["id"]) for each in read_resources(folder, options(path), KINDS)]


def test_lines_of_ndjson_keep_their_numbers(tmp_path):
    lines = [json.dumps(observation("44261-6", name)) for name in "ab"]
    (tmp_path / "a.ndjson").write_text(f"\ufeff{lines[0]}\r\n\r\n{lines[1]}")
    assert places(tmp_path, "a.ndjson") == [(1, "a"), (3, "b")]


def test_entries_of_a_bundle(tmp_path):
    whole = bundle([observation("44261-6", "a"), observation("44261-6", "b")])
    whole["entry"].insert(1, {"request": {"method": "DELETE"}})
    (tmp_path / "a.json").write_text(json.dumps(whole, indent=2))
    assert places(tmp_path, "a.json") == [(1, "a"), (3, "b")]


def test_ndjson_under_the_name_of_json_and_one_resource_alone(tmp_path):
    write_ndjson(tmp_path / "a.json", [observation("44261-6", "a"), observation("44261-6", "b")])
    (tmp_path / "b.json").write_text("\n" + json.dumps(observation("44261-6", "c"), indent=2))
    assert places(tmp_path, "a.json") == [(1, "a"), (2, "b")]
    assert places(tmp_path, "b.json") == [(1, "c")]


def test_a_folder_by_the_numbers_of_its_files(tmp_path):
    (tmp_path / "export").mkdir()
    write_ndjson(tmp_path / "export" / "b.ndjson", [observation("44261-6", "b"), observation("44261-6", "c")])
    (tmp_path / "export" / "a.json").write_text(json.dumps(bundle([observation("44261-6", "a")])))
    (tmp_path / "export" / "readme.txt").write_text("no JSON")
    assert places(tmp_path, "export") == [("1:1", "a"), ("2:1", "b"), ("2:2", "c")]


def test_what_has_only_a_full_url_is_known_by_it(tmp_path):
    body = observation("44261-6")
    del body["id"]
    entry = {"fullUrl": "urn:uuid:6f1c", "resource": body}
    (tmp_path / "a.json").write_text(json.dumps({"resourceType": "Bundle", "entry": [entry]}))
    assert places(tmp_path, "a.json") == [(1, "6f1c")]


GOOD = json.dumps(observation("44261-6"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.ndjson",
            f'{GOOD}\n{{"id": "Jane',
            "a.ndjson, line 2: not valid JSON. The file is cut off or damaged; export it again.",
        ),
        (
            "a.json",
            '{\n "resourceType": "Bundle",\n "entry": [{"Jane Doe"}]\n}',
            "a.json, line 3: not valid JSON. The file is cut off or damaged; export it again.",
        ),
        ("a.json", json.dumps(bundle([]), indent=1)[:30], "a.json, line 3: not valid JSON. The file is cut off"),
        ("a.ndjson", f'{GOOD}\n{{"name": "Jane"}}', "a.ndjson, line 2: not a FHIR resource (it has no resourceType)."),
        ("a.ndjson", "[1, 2]", "a.ndjson, line 1: not a FHIR resource (it has no resourceType)."),
        ("a.json", "  \n ", "a.json is empty; export it again."),
        ("a.json", "[" * 100_000, "a.json, line 1: nested too deep, or a number too long; export it again."),
        ("a.ndjson", b"\xff\xfe{\x00", "a.ndjson is not UTF-8 text, which FHIR asks for; export it again."),
    ],
)
def test_a_broken_file_is_named_by_its_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as error:
        list(read_resources(tmp_path, options(name), KINDS))
    assert str(error.value).startswith(message)


def test_a_broken_file_in_a_folder_is_named_by_its_number(tmp_path):
    (tmp_path / "export").mkdir()
    write_ndjson(tmp_path / "export" / "a.ndjson", [observation("44261-6")])
    (tmp_path / "export" / "Jane Doe.json").write_text(f"{GOOD}\n{{")
    with pytest.raises(DataError) as error:
        list(read_resources(tmp_path, options("export"), KINDS))
    assert str(error.value).startswith("export, file 1 in order of name, line 2: not valid JSON.")


def test_a_folder_without_json(tmp_path):
    (tmp_path / "export").mkdir()
    with pytest.raises(DataError, match=r"^export: the folder holds no \.json or \.ndjson file\.$"):
        list(read_resources(tmp_path, options("export"), KINDS))


def test_lines_of_other_types_are_not_read(tmp_path):
    """Not even when they are damaged: each type is read by the file of the mapping that asks for it."""
    write_ndjson(tmp_path / "a.ndjson", [{"resourceType": "Patient", "id": "p"}, observation("44261-6", "a")])
    with (tmp_path / "a.ndjson").open("a") as stream:
        stream.write('{"resourceType": "Patient", "id": \n')
    assert places(tmp_path, "a.ndjson") == [(2, "a")]
    with pytest.raises(DataError, match=r"^a\.ndjson, line 3: not valid JSON"):
        list(read_resources(tmp_path, options("a.ndjson"), {"Patient"}))


def test_a_resource_inside_another_one_does_not_hide_it(tmp_path):
    inner = {"contained": [{"resourceType": "Patient", "id": "x"}]}
    write_ndjson(tmp_path / "a.ndjson", [inner | observation("44261-6", "a")])
    assert places(tmp_path, "a.ndjson") == [(1, "a")]


def test_the_list_of_files_of_a_bulk_export_is_passed_over(tmp_path):
    manifest = {"transactionTime": "2026-01-05T00:00:00Z", "request": "x", "output": [{"type": "Patient", "url": "x"}]}
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "manifest.json").write_text(json.dumps(manifest))
    write_ndjson(tmp_path / "export" / "observations.ndjson", [observation("44261-6", "a")])
    assert places(tmp_path, "export") == [("2:1", "a")]


def test_bundles_in_a_bundle(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(bundle([bundle([observation("44261-6", n)]) for n in "ab"])))
    assert places(tmp_path, "a.json") == [(1, "a"), (2, "b")]


def test_the_same_resource_once_more_is_told_from_an_earlier_version():
    bodies = [observation("44261-6"), observation("44261-6"), observation("44261-6", valueInteger=4)]
    assert superseded_resources([Resource(n, body) for n, body in enumerate(bodies)]) == {0: EARLIER, 1: EARLIER}
    assert superseded_resources([Resource(n, bodies[0]) for n in range(2)]) == {0: AGAIN}


def versions(*bodies: dict) -> set:
    return set(superseded_resources([Resource(n, observation("44261-6") | body) for n, body in enumerate(bodies)]))


def saved(when: str) -> dict:
    return {"meta": {"lastUpdated": when}}


@pytest.mark.parametrize(
    ("bodies", "earlier"),
    [
        (({}, {}), {0}),
        (({}, {"id": "o2"}), set()),
        (({"status": "corrected"}, {}), {1}),
        (({"status": "entered-in-error"}, {"status": "amended"}, {}), {1, 2}),
        (({"meta": {"versionId": "10"}}, {"meta": {"versionId": "9"}}), {1}),
        ((saved("2026-01-05T12:00:00Z"), saved("2026-01-05T12:30:00+01:00")), {1}),
        ((saved("2026-02-05T12:00:00Z") | {"status": "final"}, saved("2026-01-05") | {"status": "amended"}), {1}),
        ((saved("2026-02-05T12:00:00Z"), {"status": "amended"}), {0}),
        (({"id": None}, {"id": None}), set()),
    ],
)
def test_the_latest_version_counts(bodies, earlier):
    assert versions(*bodies) == earlier
