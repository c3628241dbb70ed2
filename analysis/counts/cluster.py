"""Running partitions on a Dask cluster: the same job as here, on any machine that sees the same files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

from analysis.cohort.engines import Engine
from analysis.counts.partition_runs import Counts, PartitionJob, run_job
from analysis.vocabulary.errors import CallError, DataError


def run_on_dask(jobs: Sequence[PartitionJob], engine: Engine) -> Iterator[tuple[PartitionJob, Counts]]:
    """Run jobs on a Dask cluster.

    Parameters
    ----------
    jobs : sequence of PartitionJob
    engine : Engine
        With the address of a scheduler; without one, a cluster of this machine's cores is started and stopped.

    Yields
    ------
    tuple of PartitionJob and list of DataFrame
        As they finish. A job whose worker dies is run again elsewhere.

    Raises
    ------
    CallError
        Dask is not installed, or the scheduler does not answer.
    DataError
        A job's worker died each time.
    """
    dask = _distributed()
    with _client(dask, engine) as client:
        running = {client.submit(run_job, job, pure=False): job for job in jobs}
        try:
            for future in dask.as_completed(list(running)):
                try:
                    yield running[future], future.result()
                except dask.KilledWorker:
                    raise DataError(
                        f"{running[future].partition.label}: the Dask worker died each time it was counted, most "
                        "likely for want of memory. Give less (--memory), or lay the dataset out in more parts."
                    ) from None
        finally:
            client.cancel(list(running))


def _distributed() -> ModuleType:
    try:
        return import_module("distributed")
    except ImportError:
        raise CallError("engine: Dask is not installed; run: pip install 'ketamine-outcomes[cluster]'.") from None


@contextmanager
def _client(dask: ModuleType, engine: Engine) -> Iterator[Any]:
    if engine.scheduler is None:
        with (
            dask.LocalCluster(
                n_workers=engine.workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
            ) as cluster,
            dask.Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = dask.Client(engine.scheduler, timeout=10)
    except (OSError, ValueError):
        raise CallError(
            f"scheduler: no Dask scheduler answers at '{engine.scheduler}'; an address looks like tcp://10.0.0.5:8786."
        ) from None
    with client:
        yield client
