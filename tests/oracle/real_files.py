"""Where published files are that the tests may read: none of them is part of the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def published_folder(name: str) -> Path:
    """Return the folder, or skip the test where it is not on this machine."""
    folder = Path(os.environ.get("KETAMINE_OUTCOMES_REAL_DATA", ROOT.parent / "shared" / "data")) / name
    if not folder.is_dir():
        pytest.skip(
            f"the published files ({name}) are not on this machine; KETAMINE_OUTCOMES_REAL_DATA names their folder"
        )
    return folder
