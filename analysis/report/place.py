"""Where results may be written: never among the input, whose files are read and hashed again at the next run."""

from pathlib import Path

from analysis.vocabulary.errors import CallError


def refuse_overlap(out: str | Path, *, dataset: Path) -> None:
    """Refuse a folder for results that lies in the dataset's folder, or around it.

    Parameters
    ----------
    out : str or Path
        The folder that is to be written.
    dataset : Path
        The dataset's folder.

    Raises
    ------
    CallError
        When one of the folders is the other, or lies in it.

    Examples
    --------
    >>> refuse_overlap("reports/2026Q3", dataset=Path("data/demo"))
    """
    target, source = Path(out).resolve(), dataset.resolve()
    if target.is_relative_to(source) or source.is_relative_to(target):
        raise CallError(
            f"{target.name}: results cannot be written to the dataset's folder, nor to one that holds it. "
            "Name a folder elsewhere, such as reports/2026Q3."
        )
