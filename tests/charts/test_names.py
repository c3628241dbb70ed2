"""What `ko.charts.` and `ko.simulation.` offer when completed."""

import pytest

from analysis import charts, simulation


@pytest.mark.parametrize("package", [charts, simulation], ids=["charts", "simulation"])
def test_only_what_is_for_use_is_offered(package):
    assert dir(package) == sorted(package.__all__)
    assert all(callable(getattr(package, name)) for name in dir(package))
