"""What sums say of whole numbers, beside every possible world counted out."""

from itertools import product

import numpy as np
import pytest

from analysis.audit.counts import Count
from analysis.audit.search import search_ranges
from analysis.audit.system import ContradictionError, System, narrow, too_narrow


def count(name):
    return Count(name, "2025")


def ranges(system):
    low, high = np.array(system.low, dtype=float), np.array(system.high, dtype=float)
    return narrow(system.sums(), low, high, system.spans)


def drawn_system(seed, cells=4, most=14):
    """A total over some cells, and a second total over a part of them, of numbers drawn at random."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, most, cells)
    system = System()
    names = [count(f"c{k}") for k in range(cells)]
    for name in names:
        system.cell(name)
    system.add_total(count("all"), names)
    system.add_total(count("part"), names[:2])
    system.fix(count("all"), int(truth.sum()))
    if seed % 2:
        system.fix(count("part"), int(truth[:2].sum()))
    if seed % 3 == 0:
        system.limit(names[0], [(0, int(truth[0])), (int(truth[0]) + 4, 60)])
    worlds = [
        world
        for world in product(range(int(truth.sum()) + 1), repeat=cells)
        if sum(world) == truth.sum()
        and (seed % 2 == 0 or sum(world[:2]) == truth[:2].sum())
        and (seed % 3 or world[0] <= truth[0] or world[0] >= truth[0] + 4)
    ]
    return system, names, np.array(worlds)


def test_two_hidden_parts_of_12_are_at_most_12():
    system = System()
    system.add_total(count("all"), [count("a"), count("b")])
    system.fix(count("all"), 12)
    low, high = ranges(system)
    assert (low[system.index[count("a")]], high[system.index[count("a")]]) == (0, 12)


def test_numbers_that_contradict_each_other_are_noticed():
    system = System()
    system.add_total(count("all"), [count("a")])
    system.fix(count("all"), 12)
    system.fix(count("a"), 11)
    with pytest.raises(ContradictionError):
        ranges(system)


@pytest.mark.parametrize("seed", range(12))
def test_the_ranges_hold_every_world_and_the_verdict_is_that_of_counting_them_out(seed):
    system, names, worlds = drawn_system(seed, cells=3, most=18)
    low, high = ranges(system)
    low, high, found = search_ranges(system.sums(), low, high, system.spans, most=10)
    cells = [system.index[name] for name in names]
    least, most = worlds.min(axis=0), worlds.max(axis=0)
    assert (low[cells] <= least).all()
    assert (high[cells] >= most).all()
    narrow_cells = too_narrow(least.astype(float), most.astype(float), 10)
    assert list(too_narrow(low, high, 10)[cells]) == list(narrow_cells)
    safe = found.certify(10)[cells] | (low[cells] > 10) | (high[cells] == 0)
    assert list(safe) == list(~narrow_cells)
