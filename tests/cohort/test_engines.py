"""Where partitions run, and with how much memory."""

import pytest

from analysis.cohort.engines import choose_engine, machine_memory
from analysis.vocabulary.errors import CallError


def test_a_quarter_of_the_machine_unless_told():
    assert choose_engine().memory == machine_memory() // 4


@pytest.mark.parametrize(("written", "bytes_"), [("1GB", 10**9), ("500 mb", 5 * 10**8), ("1.5GB", 15 * 10**8)])
def test_memory_is_written_as_an_amount(written, bytes_):
    assert choose_engine(memory=written).memory == bytes_


@pytest.mark.parametrize("written", ["1", "GB", "-1GB", "50MB", "1 million", "1GB;"])
def test_anything_else_is_refused(written):
    with pytest.raises(CallError, match="memory: .* is not an amount of at least 100MB; write 500MB or 1GB"):
        choose_engine(memory=written)


def test_an_unknown_engine_is_named():
    with pytest.raises(CallError, match="engine: 'dusk' is unknown. Did you mean 'dask'"):
        choose_engine("dusk")


def test_a_scheduler_belongs_to_dask():
    with pytest.raises(CallError, match="only the engine 'dask'"):
        choose_engine(scheduler="tcp://10.0.0.5:8786")
