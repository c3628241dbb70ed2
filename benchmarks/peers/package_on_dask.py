"""The same tallies by the package on a Dask cluster of this machine, one thread for each worker.

The cluster is started before the clock: what is timed is opening, deriving and counting.
Called as: python package_on_dask.py SOURCE OUT.json WORKERS MEMORY SECONDS.json
"""

import json
import sys
import time
from pathlib import Path

from distributed import Client, LocalCluster
from package import count
from tally_form import write_counts


def main() -> None:
    """Start a cluster, count on it, and write the counts and the seconds."""
    source, out, workers, memory, seconds_file = sys.argv[1:6]
    with (
        LocalCluster(
            n_workers=int(workers), threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as cluster,
        Client(cluster) as client,
    ):
        client.run(import_package)
        start = time.perf_counter()
        rows = count(source, memory=memory, engine="dask", scheduler=cluster.scheduler_address)
        seconds = time.perf_counter() - start
    write_counts(rows, out)
    Path(seconds_file).write_text(json.dumps({"counting": seconds}), encoding="utf-8")


def import_package() -> None:
    """Load on a worker what counting needs, as a standing cluster has done before."""
    import analysis.counts.engine  # noqa: F401, PLC0415 - the import is the point


if __name__ == "__main__":
    main()
