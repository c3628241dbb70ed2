"""What every test may use: the demo, opened and derived once."""

from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run: a check that passed here passes there.
settings.register_profile("steady", derandomize=True, database=None)
settings.load_profile("steady")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def demo_folder() -> Path:
    """The demo dataset's folder."""
    return ROOT / "data" / "demo"


@pytest.fixture(scope="session")
def demo(demo_folder):
    """The demo dataset, opened."""
    from analysis.intake.dataset import open_dataset

    return open_dataset(demo_folder)


@pytest.fixture(scope="session")
def demo_cohort(demo):
    """The demo dataset, derived."""
    from analysis.cohort.cohort import derive

    return derive(demo)
