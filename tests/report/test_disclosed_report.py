"""Nothing hidden is anywhere in a report: not in the page, the files, the pictures or their descriptions."""

import csv
import re
from pathlib import Path

import pytest
from made_up_clinics import People

SMALL = "Small"


def files_without_hashes(report: Path) -> dict[str, bytes]:
    """Every file of a report but the manifest, without the hash of the dataset."""
    manifest = (report / "manifest.json").read_text(encoding="utf-8")
    dataset = re.search(r'"sha256": "([0-9a-f]{64})"', manifest)[1].encode()
    return {
        path.relative_to(report).as_posix(): path.read_bytes().replace(dataset, b"HASH")
        for path in sorted(report.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def clinics(responders_of_small: int) -> list[People]:
    """Three clinics with 90 responders of 155 in all; the small one and the next smallest share 42 of them."""
    return [
        People(SMALL, responders_of_small, end=8),
        People(SMALL, 15 - responders_of_small, end=18),
        People("Middle", 42 - responders_of_small, end=8),
        People("Middle", 18 + responders_of_small, end=18),
        People("Large", 48, end=8),
        People("Large", 32, end=18),
    ]


@pytest.mark.parametrize("responders", [(9, 6), (12, 14)])
def test_a_report_is_the_same_whatever_was_hidden(report_of, responders):
    """Moving responses between two hidden clinics changes what is hidden and nothing that is shown.

    Few responders and few others are apart: beside few responders that nobody is in remission is hidden as well.
    """
    one, other = (files_without_hashes(report_of(*clinics(number))) for number in responders)
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []


def test_the_same_change_shows_in_an_internal_report(report_of):
    one, other = (files_without_hashes(report_of(*clinics(number), audience="internal")) for number in (12, 9))
    assert one["tables/by_clinic.csv"] != other["tables/by_clinic.csv"]
    assert one["report.html"] != other["report.html"]


def test_the_small_clinic_is_named_and_its_numbers_are_not(report_of):
    with (report_of(*clinics(12)) / "tables" / "by_clinic.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["clinic_id"], row["outcome"]) == (SMALL, "response")]
    assert [row["status"] for row in rows] == ["hidden"] * 3
    assert {row[name] for row in rows for name in ("estimate", "low", "high", "numerator", "denominator")} == {""}
