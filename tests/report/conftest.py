"""Made-up clinics as content and as written reports."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_up_clinics import TWO_CLINICS, People, write_clinics


@pytest.fixture
def dataset_of(tmp_path: Path) -> Callable[..., Any]:
    """Write groups of people as a dataset and open it."""
    from analysis.intake.dataset import open_dataset

    made = iter(range(100))

    def make(*groups: People, **options: str) -> Any:
        return open_dataset(write_clinics(tmp_path / f"dataset-{next(made)}", *groups, **options))

    return make


@pytest.fixture
def content_of(dataset_of: Callable[..., Any]) -> Callable[..., Any]:
    """Make the content of a report on groups of people; ``period`` as text."""
    from analysis.cohort.cohort import derive
    from analysis.report.content import make_content
    from analysis.vocabulary.periods import parse_period

    def make(*groups: People, period: str | None = "2025", audience: str = "public", **options: str) -> Any:
        cohort = derive(dataset_of(*groups, **options))
        return make_content(cohort, period=parse_period(period) if period else None, audience=audience)

    return make


@pytest.fixture(scope="session")
def two_clinics(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The content of the report of 2025 on the two clinics."""
    from analysis.cohort.cohort import derive
    from analysis.intake.dataset import open_dataset
    from analysis.report.content import make_content
    from analysis.vocabulary.periods import parse_period

    folder = write_clinics(tmp_path_factory.mktemp("two") / "dataset", *TWO_CLINICS)
    return make_content(derive(open_dataset(folder)), period=parse_period("2025"))


@pytest.fixture
def report_of(dataset_of: Callable[..., Any], tmp_path: Path) -> Callable[..., Path]:
    """Write a report on groups of people and return its folder; ``period`` as text."""
    from analysis.report.quarterly import write_report
    from analysis.vocabulary.periods import parse_period

    made = iter(range(100))

    def make(*groups: People, period: str | None = "2025", audience: str = "public", **options: str) -> Path:
        asked = parse_period(period) if period else None
        out = tmp_path / f"report-{next(made)}"
        return write_report(dataset_of(*groups, **options), period=asked, out=out, audience=audience).parent

    return make


@pytest.fixture(scope="session")
def demo_report(demo: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo's report of 2026Q3."""
    from analysis.report.quarterly import write_report
    from analysis.vocabulary.periods import parse_period

    return write_report(demo, period=parse_period("2026Q3"), out=tmp_path_factory.mktemp("demo") / "report").parent
