"""Writing the derived tables as Parquet files, for work in other programs."""

from pathlib import Path

from analysis.cohort.cohort import Cohort
from analysis.cohort.derived_tables import DERIVED, WRITTEN
from analysis.intake.folders import replacing_folder


def write_derived(cohort: Cohort, out: str | Path, *, force: bool = False) -> Path:
    """Write the derived tables as Parquet files.

    Parameters
    ----------
    cohort : Cohort
    out : str or Path
        The folder for ``courses.parquet``, ``sessions.parquet`` and ``outcomes.parquet``; replaced as one. Of a dataset
        laid out in partitions, each is a folder of parts.
    force : bool
        Replace the folder when it is there already.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    CallError
        When the folder cannot be written or must not be replaced.
    """
    with replacing_folder(out, force=force, marker="courses.parquet") as work:
        whole = not cohort.dataset.in_parts
        for number, part in enumerate(cohort.parts()):
            for name in WRITTEN:
                relation, columns, order = DERIVED[name]
                path = work / f"{name}.parquet"
                if not whole:
                    path.mkdir(exist_ok=True)
                    path /= f"part-{number:05}.parquet"
                file = str(path).replace("'", "''")
                part.connection.execute(
                    f"COPY (SELECT {columns} FROM {relation} ORDER BY {order}) TO '{file}' (FORMAT parquet)"
                )
    return Path(out)
