"""An attacker who was written apart from the auditor gets nothing small out of repaired reports of small clinics."""

import pandas as pd
import pytest
from plain_attacker import PlainAttacker
from printed_reports import drawn_report, rate_row

from analysis.audit.audit import audit_published
from analysis.audit.published import published_content
from analysis.audit.repair import repair_content
from analysis.cohort.cohort import derive
from analysis.intake.dataset import open_dataset
from analysis.report.content import make_content
from analysis.simulation import simulate, write_dataset
from analysis.vocabulary.periods import parse_period

QUARTERS = ("2025Q3", "2025Q4", "2026Q1", "2026Q2")


def attack(tmp_path, seed, *, quarters=QUARTERS):
    """Publish successive quarters of a small cohort as the repair leaves them, and attack all that passed together."""
    patients, clinics = 40 + 37 * seed % 261, 2 + seed % 4
    simulated = simulate(patients=patients, clinics=clinics, seed=seed, first="2024Q3", last="2026Q2")
    write_dataset(simulated, tmp_path / str(seed))
    cohort = derive(open_dataset(tmp_path / str(seed)))
    published = []
    for quarter in quarters:
        content = make_content(cohort, period=parse_period(quarter))
        repaired = repair_content(content, previous=published, name=quarter)
        if repaired.audit.passed:  # else it is withheld
            published.append(published_content(repaired.content, name=quarter))
    return published, PlainAttacker([report.tables for report in published])


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_small_is_pinned_in_two_quarters_of_a_small_cohort(tmp_path, seed):
    published, attacker = attack(tmp_path, seed, quarters=QUARTERS[2:])
    assert published
    assert attacker.hidden
    assert attacker.pinned() == {}


@pytest.mark.full
@pytest.mark.parametrize("seed", range(30))
def test_nothing_small_is_pinned_in_four_quarters_of_many_small_cohorts(tmp_path, seed):
    _, attacker = attack(tmp_path, seed)
    assert attacker.pinned() == {}


def test_the_attacker_finds_what_a_careless_report_leaves():
    """100 of 120 and the one other clinic hidden: 20 there, of whom 4 had the outcome."""
    whole = {"started": 120, "with_baseline": 110, "eligible": 90, "scored": 70}
    big = {"started": 100, "with_baseline": 92, "eligible": 75, "scored": 58}
    report = drawn_report(
        by_phase=[rate_row(40, **whole)],
        by_clinic=[rate_row(36, clinic_id="C1", **big), rate_row("", clinic_id="C2")],
    )
    about = ("2025", (("clinic_id", "C2"),), "PHQ-9", "end of loading")
    assert PlainAttacker([report.tables]).pinned()["response", *about] == 4


def test_what_the_attacker_pins_the_auditor_finds_too():
    whole = {"started": 120, "with_baseline": 105, "eligible": 90, "scored": 70}
    report = drawn_report(headline=[rate_row(40, **whole), rate_row(38, outcome="remission", **whole)])
    assert PlainAttacker([report.tables]).pinned() == {("response only", "2025", (), "PHQ-9", "end of loading"): 2}
    failed = audit_published(report).failures
    assert any("response without remission" in str(count) for count in pd.Series(failed["count"]))
