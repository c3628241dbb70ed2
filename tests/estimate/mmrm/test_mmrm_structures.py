"""Covariance structures: their definition, their derivatives and where the search starts."""

import numpy as np
import pytest
from dense_mmrm import covariance_of, differences

from analysis.estimate.mmrm.structures import STRUCTURES, covariance_structure
from analysis.vocabulary.errors import CallError

COUNTS = {
    "unstructured": 10,
    "compound-symmetry": 2,
    "heterogeneous-compound-symmetry": 5,
    "ar1": 2,
    "heterogeneous-ar1": 5,
    "toeplitz": 4,
    "heterogeneous-toeplitz": 7,
}
ROUGH = 9 * 0.6 ** np.abs(np.subtract.outer(range(4), range(4))) * np.outer([1, 1.2, 1.1, 1.4], [1, 1.2, 1.1, 1.4])


@pytest.mark.parametrize("name", STRUCTURES)
def test_definition_and_derivatives(name):
    structure = covariance_structure(name, 4)
    parameters = structure.start(ROUGH)
    assert len(parameters) == len(structure.names(["1", "2", "3", "4"])) == COUNTS[name]
    assert structure.matrix(parameters) == pytest.approx(covariance_of(name, parameters, 4), rel=1e-14)

    def at(k, value):
        return structure.matrix(np.where(np.arange(len(parameters)) == k, value, parameters))

    def slopes_at(k, value):
        return structure.slopes(np.where(np.arange(len(parameters)) == k, value, parameters))

    slopes, curvatures = structure.slopes(parameters), structure.curvatures(parameters)
    curvatures = np.zeros((len(parameters),) * 2 + (4, 4)) if curvatures is None else curvatures
    for k, value in enumerate(parameters):
        assert slopes[k] == pytest.approx(differences(lambda q, k=k: at(k, q), value), abs=1e-9)
        assert curvatures[k] == pytest.approx(differences(lambda q, k=k: slopes_at(k, q), value), abs=1e-9)


@pytest.mark.parametrize("name", STRUCTURES)
def test_the_start_of_a_covariance_of_the_structure_is_its_parameters(name):
    structure = covariance_structure(name, 4)
    parameters = structure.start(ROUGH)
    assert structure.start(structure.matrix(parameters)) == pytest.approx(parameters, rel=1e-12)


def test_parameters_are_named_by_visit():
    assert covariance_structure("unstructured", 2).names(["week 1", "week 2"]) == [
        "variance week 1",
        "covariance week 1, week 2",
        "variance week 2",
    ]
    assert covariance_structure("heterogeneous-ar1", 2).names(["a", "b"]) == ["variance a", "variance b", "correlation"]


def test_braces_in_a_visit_are_a_visit():
    assert covariance_structure("unstructured", 2).names(["{0}", "b"])[0] == "variance {0}"


def test_an_unknown_name():
    with pytest.raises(CallError, match="'toepliz' is unknown. Did you mean 'toeplitz'"):
        covariance_structure("toepliz", 3)
