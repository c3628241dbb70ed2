"""A clinic's way to its report: one command, then a folder that holds together."""

import csv
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from page_reader import read_page


def outcomes(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "analysis.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def report(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the command wrote for the demo."""
    out = tmp_path_factory.mktemp("reports") / "2026Q3"
    run = outcomes("report", demo_folder, "--quarter", "2026Q3", "--out", out)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == f"The report is in {out / 'report.html'}"
    return out


def test_the_folder_holds_what_its_manifest_lists(report):
    manifest = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    found = {
        path.relative_to(report).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in report.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert manifest["outputs"] == found
    assert {name.partition("/")[0] for name in found} == {"report.html", "tables", "figures"}


def test_the_page_says_the_headline_of_the_tables(report):
    """The key message, rebuilt from the file: of 100 who started, and of 100 who were scored."""
    with (report / "tables" / "headline.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["outcome"], row["estimand"]): row for row in csv.DictReader(file)}
    everyone, scored = rows["response", "starters"], rows["response", "observed"]
    message = (
        f"Of 100 people who started treatment, {100 * float(everyone['estimate']):.0f} had responded at the end of "
        f"loading ({everyone['numerator']} of {everyone['denominator']}). "
        f"Of 100 who were scored, {100 * float(scored['estimate']):.0f} had"
    )
    assert message in read_page((report / "report.html").read_text(encoding="utf-8")).every("main")[0].text


def test_the_tables_open_in_pandas_as_numbers(report):
    table = pd.read_csv(report / "tables" / "by_clinic.csv")
    shown = table[table["status"] == "ok"]
    assert (shown["numerator"] / shown["denominator"] - shown["estimate"]).abs().max() < 1e-15
    assert table.loc[table["status"] == "hidden", ["estimate", "low", "high", "numerator"]].isna().all(axis=None)


def test_what_the_tables_say_is_what_the_package_says(report, demo_cohort):
    """The headline, asked for directly."""
    from analysis.estimate.rates import response_rates

    table = pd.read_csv(report / "tables" / "headline.csv").query("outcome == 'response' and estimand == 'observed'")
    asked = response_rates(demo_cohort, instrument="PHQ-9", window="end of loading", period="2026Q3")
    assert (
        table[["numerator", "denominator"]].to_numpy().tolist()
        == asked[["numerator", "denominator"]].to_numpy().tolist()
    )
    assert table["low"].iloc[0] == asked["low"].iloc[0]


def test_the_rungs_of_the_flow_step_down_by_their_reasons(report):
    flow = pd.read_csv(report / "tables" / "flow.csv")
    rungs = flow[flow["kind"] == "rung"]["count"].dropna()
    assert rungs.is_monotonic_decreasing
    left = None
    for _, step in flow[flow["kind"] != "branch"].iterrows():
        if step["kind"] == "reason" and left is not None:
            left -= step["count"]  # NaN from here to the next rung when the reason is hidden
        elif step["kind"] == "rung":
            assert left is None or pd.isna(left) or pd.isna(step["count"]) or left == step["count"]
            left = step["count"]


def test_an_unfinished_quarter_ends_with_its_own_exit_code(demo_folder, tmp_path):
    run = outcomes("report", demo_folder, "--quarter", "2026Q4", "--out", tmp_path / "report")
    assert run.returncode == 3
    said = run.stderr.splitlines()[-1]
    assert re.fullmatch(r"outcomes: 2026Q4 is not over .* records up to 2026-12-31\.", said)
    assert not (tmp_path / "report").exists()
