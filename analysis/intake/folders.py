"""Writing a result folder as one: a run that dies leaves the last good result as it was.

The new folder is written beside the old one under a temporary name and renamed at the end. Two renames are needed when
there is an old folder; a run that dies between them leaves the old one as ``NAME.previous``, and the next run (or a
reader) puts it back.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.vocabulary.errors import CallError


@contextmanager
def replacing_folder(target: str | Path, *, force: bool = False, marker: str) -> Iterator[Path]:
    """Give a temporary folder that becomes the target when the block ends well.

    Parameters
    ----------
    target : str or Path
        The folder to write. Its parent is made when it is missing.
    force : bool
        Replace a folder that is there already.
    marker : str
        A file that every folder of this kind holds, such as ``manifest.json``. A folder without it is something else
        and is never replaced.

    Yields
    ------
    Path
        An empty folder beside the target.

    Raises
    ------
    CallError
        When the target is a file, another kind of folder, or is there and ``force`` is False.
    """
    target = Path(target).absolute()
    recover_folder(target, marker=marker)
    _refuse_other(target, force, marker)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".writing", dir=target.parent))
    except OSError as error:
        raise CallError(f"{target.name}: the folder cannot be written here ({error.strerror}).") from None
    try:
        yield work
        work.chmod(0o777 & ~_umask())
        _swap(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def recover_folder(target: Path, *, marker: str) -> None:
    """Put the old folder back when a run died between the two renames.

    Parameters
    ----------
    target : Path
        The folder as its reader names it.
    marker : str
        The file that every folder of this kind holds.
    """
    previous = _previous(target)
    if (previous / marker).is_file() and not target.exists():
        previous.rename(target)


def _refuse_other(target: Path, force: bool, marker: str) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise CallError(f"{target.name} is a file; name a folder to write to.")
    if any(target.iterdir()) and not (target / marker).is_file():
        raise CallError(f"{target.name} holds other files (no {marker}); name a new or empty folder to write to.")
    if any(target.iterdir()) and not force:
        raise CallError(f"{target.name} is there already; allow replacing it (--force).")


def _swap(work: Path, target: Path) -> None:
    previous = _previous(target)
    if target.exists():
        shutil.rmtree(previous, ignore_errors=True)
        target.rename(previous)
    work.rename(target)
    shutil.rmtree(previous, ignore_errors=True)


def _previous(target: Path) -> Path:
    return target.with_name(f"{target.name}.previous")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def file_sha256(path: str | Path) -> str:
    """Hash a file's bytes, streamed.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    str
        SHA-256 as 64 hexadecimal digits.
    """
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
