"""Random numbers of patients: the published generator, one stream for each name, whatever the order."""

import numpy as np
import pytest
from scipy import stats

from analysis.estimate.imputation.patient_draws import exponentials, normals, stream_starts, uniforms


def test_the_numbers_are_those_of_splitmix64():
    """Begun at 0: 0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f, as other implementations print."""
    whole = (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F)
    start = np.zeros(1, dtype=np.uint64)
    found = [float(uniforms(start, place)[0]) for place in range(3)]
    assert found == [((number >> 11) + 0.5) / 2**53 for number in whole]


def test_a_patients_numbers_do_not_depend_on_the_others():
    together = stream_starts(["A", "B", "C"], 1)
    assert stream_starts(["C", "A"], 1).tolist() == [together[2], together[0]]
    assert len(set(together.tolist()) | set(stream_starts(["A", "B", "C"], 2).tolist())) == 6


def test_numbers_are_as_if_independent():
    starts = stream_starts([f"P{number}" for number in range(4000)], 7)
    drawn = normals(starts, [0, 1, 50])
    for column in drawn.T:
        assert stats.kstest(column, "norm").pvalue > 0.001
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 0.06
    assert stats.kstest(exponentials(starts, 3), "expon").pvalue > 0.001
    along = np.array([float(uniforms(starts[:1], place)[0]) for place in range(4000)])
    assert stats.kstest(along, "uniform").pvalue > 0.001
    assert abs(np.corrcoef(along[1:], along[:-1])[0, 1]) < 0.06


def test_no_number_is_at_an_end():
    top = np.array([2**64 - 1], dtype=np.uint64)
    for place in range(200):
        assert 0 < uniforms(top, place)[0] < 1


def test_no_places_are_no_numbers():
    assert normals(stream_starts(["A"], 1), []).shape == (1, 0)


@pytest.mark.parametrize("place", [0, 10**6])
def test_any_place_can_be_asked_for(place):
    assert np.isfinite(normals(stream_starts(["A"], 1), [place])).all()
