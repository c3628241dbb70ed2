"""Results are not written among the input."""

from pathlib import Path

import pytest

from analysis.report.place import refuse_overlap
from analysis.vocabulary.errors import CallError


@pytest.mark.parametrize("out", ["clinic", "clinic/report", "clinic/a/../b/report", "."])
def test_the_datasets_folder_what_is_in_it_and_what_holds_it_are_refused(tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CallError, match="results cannot be written to the dataset's folder"):
        refuse_overlap(out, dataset=tmp_path / "clinic")


def test_a_way_round_by_a_link_is_refused(tmp_path):
    (tmp_path / "clinic").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "clinic")
    with pytest.raises(CallError, match="Name a folder elsewhere"):
        refuse_overlap(tmp_path / "link" / "report", dataset=tmp_path / "clinic")


def test_a_folder_beside_the_dataset_is_fine_also_with_a_name_that_begins_alike():
    refuse_overlap("data/clinic_report", dataset=Path("data/clinic"))
