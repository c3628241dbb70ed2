"""Auditing folders: what is read, what is refused, and where the findings go."""

import json
import shutil

import pytest

from analysis.audit.audit import audit_published
from analysis.audit.findings import audit_report, audit_text, findings_table
from analysis.audit.published import read_earlier, read_published
from analysis.audit.repair import content_that_passes, repair_content
from analysis.cohort.cohort import derive
from analysis.intake.dataset import open_dataset
from analysis.report.content import make_content, published_share
from analysis.report.quarterly import write_report
from analysis.vocabulary.errors import CallError, DataError, DisclosureError
from analysis.vocabulary.periods import parse_period


@pytest.fixture(scope="module")
def folder(demo, tmp_path_factory):
    place = tmp_path_factory.mktemp("reports")
    write_report(demo, period="2026Q2", out=place / "2026Q2", hide_more=content_that_passes([], name="2026Q2"))
    before = [read_published(place / "2026Q2")]
    write_report(demo, period="2026Q3", out=place / "2026Q3", hide_more=content_that_passes(before, name="2026Q3"))
    return place


def test_the_demos_reports_pass_with_those_before_them_and_most_stays_published(folder, demo_cohort):
    audit = audit_report(folder / "2026Q3")
    assert audit.passed
    assert audit.previous == ("2026Q2",)
    content = make_content(demo_cohort, period=parse_period("2026Q3"))
    assert published_share(repair_content(content).content) >= 0.8


def test_the_findings_are_written_beside_the_report_and_never_into_it(folder):
    audit = audit_report(folder / "2026Q3")
    written = (folder / "2026Q3-audit-internal.csv").read_text(encoding="utf-8").splitlines()
    assert written[0] == "attacker,count,table,lowest,highest,found,verdict"
    assert len(written) == 1 + len(findings_table(audit))
    with pytest.raises(CallError, match="cannot be written into the report's folder"):
        audit_report(folder / "2026Q3", out=folder / "2026Q3" / "audit.csv")


def test_without_the_repair_the_demo_gives_away_what_two_tables_add_up_to(demo_cohort):
    """Remission of month 10 is hidden beside response, but shown with and without maintenance."""
    content = make_content(demo_cohort, period=parse_period("2026Q3"))
    repaired = repair_content(content)
    assert repaired.content.hidden_after_audit > 0
    assert repaired.audit.passed
    shown = {name: table.frame["status"].eq("ok").sum() for name, table in content.tables.items()}
    after = {name: table.frame["status"].eq("ok").sum() for name, table in repaired.content.tables.items()}
    assert {name for name in shown if after[name] != shown[name]} == {"by_clinic", "by_maintenance"}


def test_earlier_reports_are_those_beside_it_that_came_out_before(folder):
    assert [place.name for place in read_earlier(folder / "2026Q3")] == ["2026Q2"]
    assert read_earlier(folder / "2026Q2") == []


def test_what_is_said_is_plain(folder):
    text = audit_text(audit_report(folder / "2026Q3"))
    assert text.startswith("2026Q3 with 2026Q2: ")
    assert text.endswith("Passed: no hidden count can be narrowed to a small one.")


def copied(folder, tmp_path):
    return shutil.copytree(folder / "2026Q3", tmp_path / "2026Q3")


def test_a_folder_that_is_no_report_is_refused(tmp_path):
    with pytest.raises(CallError, match="there is no such folder"):
        audit_report(tmp_path / "nothing")
    with pytest.raises(CallError, match="is no report: it holds no manifest.json"):
        audit_report(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"dataset": 1}), encoding="utf-8")
    with pytest.raises(CallError, match="is no report"):
        audit_report(tmp_path)


def test_an_edited_a_missing_and_an_added_file_are_refused(folder, tmp_path):
    report = copied(folder, tmp_path)
    table = report / "tables" / "by_clinic.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("hidden", "ok", 1), encoding="utf-8")
    with pytest.raises(DataError, match="tables/by_clinic.csv is not as it was written"):
        audit_report(report)
    table.unlink()
    with pytest.raises(DataError, match="tables/by_clinic.csv is missing"):
        audit_report(report)
    table.write_text(text, encoding="utf-8")
    (report / "tables" / "more.csv").write_text("a\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"tables/more.csv is not one of the report's files"):
        audit_report(report)


def test_a_report_before_itself_is_refused(folder):
    with pytest.raises(CallError, match="that is the report itself"):
        audit_report(folder / "2026Q3", previous=[folder / "2026Q3"])


def test_what_an_earlier_publication_gives_away_is_withheld(demo_cohort, folder, tmp_path):
    """The same quarter as it was before the repair is out already: hiding more now helps nobody."""
    content = make_content(demo_cohort, period=parse_period("2026Q3"))
    write_report(open_dataset(demo_cohort.dataset.path), period="2026Q2", out=tmp_path / "old")
    before = [read_published(tmp_path / "old")]
    assert not audit_published(before[0]).passed
    with pytest.raises(DisclosureError, match="2026Q3 is withheld"):
        content_that_passes(before, name="2026Q3")(content)


def test_an_internal_report_is_left_as_it_is(demo_folder):
    content = make_content(derive(open_dataset(demo_folder)), period=parse_period("2026Q3"), audience="internal")
    assert content_that_passes([], name="2026Q3")(content) is content
