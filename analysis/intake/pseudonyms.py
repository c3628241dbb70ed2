"""Pseudonyms in place of identifiers: drawn at random and kept in a key file, or computed with a secret.

The key file is the only place where identifiers and pseudonyms stand together. It belongs to those who may know the
patients: it is readable by its owner only, and never lies in a dataset or among the source files.
"""

import csv
import hashlib
import hmac
import io
import os
import re
import secrets
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from analysis.intake.cells import ID_PATTERN
from analysis.intake.distinct_rows import by_distinct
from analysis.intake.mapping_grammar import PseudonymRules
from analysis.vocabulary.errors import CallError, DataError

KEY_COLUMNS = ["kind", "original", "pseudonym"]
LETTERS = {"patient_id": "P", "referral_id": "R", "clinic_id": "C"}

# Neither look-alikes (0 O, 1 I L, 2 Z, 5 S, 8 B, 6 G, U V) nor vowels, which make words.
_SIGNS = "3479CDFHJKMNPQRTWXY"
_RANDOM_SIGNS = 8
_COMPUTED_SIGNS = 20
_SHORTEST_SECRET = 32
_ADVICE = "Restore it from a copy: other pseudonyms would tear the patients' records apart."


@dataclass
class Pseudonyms:
    """The pseudonyms of an import: those known from the key file, and those it adds.

    Attributes
    ----------
    key_file : Path or None
        Where they are kept; None when they are computed with the secret.
    secret : bytes or None
    known : dict
        By kind (a column of the layout), the pseudonym of each identifier.
    """

    key_file: Path | None
    secret: bytes | None = field(repr=False)
    kinds: tuple[str, ...]
    known: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    read: bytes | None = field(default=None, repr=False)
    _taken: dict[str, set[str]] = field(default_factory=dict, repr=False)

    def replace(self, kind: str, identifiers: pd.Series) -> pd.Series:
        """Put a pseudonym in place of each identifier; one that has none yet is given one.

        Parameters
        ----------
        kind : str
            ``patient_id``, ``referral_id`` or ``clinic_id``.
        identifiers : Series
            Texts, missing as NA.

        Returns
        -------
        Series
        """
        return by_distinct(identifiers, partial(self._replaced, kind))

    def _replaced(self, kind: str, identifiers: pd.Series) -> pd.Series:
        own = self.known.setdefault(kind, {})
        if kind not in self._taken:
            self._taken[kind] = set(own.values())
        taken = self._taken[kind]
        replaced: list[str | None] = []
        for identifier in identifiers.to_numpy(dtype=object):
            pseudonym = own.get(identifier)
            if pseudonym is None and isinstance(identifier, str):
                pseudonym = own[identifier] = self._new(kind, identifier, taken)
                taken.add(pseudonym)
            replaced.append(pseudonym)
        return pd.Series(replaced, index=identifiers.index, dtype="str")

    def _new(self, kind: str, identifier: str, taken: set[str]) -> str:
        if self.secret is not None:
            digest = hmac.digest(self.secret, f"{kind}\0{identifier}".encode(), hashlib.sha256)
            return LETTERS[kind] + _spelled(int.from_bytes(digest), _COMPUTED_SIGNS)
        while True:
            drawn = LETTERS[kind] + _spelled(secrets.randbelow(len(_SIGNS) ** _RANDOM_SIGNS), _RANDOM_SIGNS)
            if drawn not in taken:
                return drawn

    def save(self) -> None:
        """Write the key file as one, readable by its owner only. Without a key file there is nothing to do.

        Raises
        ------
        CallError
            The file cannot be written, or another import has changed it in the meantime.
        """
        if self.key_file is None:
            return
        text = io.StringIO(newline="")
        rows = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
        rows.writerow(KEY_COLUMNS)
        rows.writerows((kind, *pair) for kind in sorted(self.known) for pair in sorted(self.known[kind].items()))
        if _bytes(self.key_file) != self.read:
            raise CallError(f"{self.key_file.name} was changed while the import ran; run the import again.")
        _write_secretly(self.key_file, text.getvalue().encode("utf-8"))


def open_pseudonyms(
    rules: PseudonymRules | None, *, key_file: str | Path | None, outside: tuple[Path, ...]
) -> Pseudonyms | None:
    """Get ready to replace identifiers as a mapping says.

    Parameters
    ----------
    rules : PseudonymRules or None
        None: the mapping has no ``[pseudonyms]``, identifiers stay as they are.
    key_file : str, Path or None
        Where random pseudonyms are kept. A file that is there already is used and added to.
    outside : tuple of Path
        The folders in which the key file must not lie.

    Returns
    -------
    Pseudonyms or None

    Raises
    ------
    CallError
        A key file is missing or of no use, lies in one of the folders, or is another kind of file; the secret is not
        set or too short.
    DataError
        The key file is damaged.
    """
    if rules is None:
        if key_file is not None:
            raise CallError("The mapping has no `[pseudonyms]`, so there is no use for a key file.")
        return None
    if rules.secret_from is not None:
        if key_file is not None:
            raise CallError('`pseudonyms.method` "hmac-sha256" keeps no key file; leave out --key-file.')
        return Pseudonyms(None, _secret(rules.secret_from), rules.kinds)
    if key_file is None:
        raise CallError(
            "The mapping replaces identifiers by random pseudonyms, and these are kept in a key file. "
            "Name one with --key-file, outside of the dataset and the source files."
        )
    path = Path(key_file).resolve()
    for folder in outside:
        if path.is_relative_to(folder.resolve()):
            raise CallError(f"{path.name}: the key file must not lie in {folder.name}; keep it apart from the data.")
    if path.is_dir() or not path.parent.is_dir():
        raise CallError(f"{path.name}: name a file in a folder that is there, to keep the pseudonyms in.")
    read = _bytes(path)
    return Pseudonyms(path, None, rules.kinds, _known(path.name, read), read)


def _secret(variable: str) -> bytes:
    secret = os.environ.get(variable, "")
    if len(secret) < _SHORTEST_SECRET:
        raise CallError(
            f"The environment variable {variable}, which `pseudonyms.secret_from` names, must hold a secret of at "
            f"least {_SHORTEST_SECRET} signs (such as `openssl rand -hex 32` makes)."
        )
    return secret.encode()


def _known(name: str, read: bytes | None) -> dict[str, dict[str, str]]:
    if read is None:
        return {}
    try:
        rows = list(csv.reader(io.StringIO(read.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise CallError(f"{name} is not a key file (CSV with {', '.join(KEY_COLUMNS)}).") from None
    if not rows or rows[0] != KEY_COLUMNS:
        raise CallError(f"{name} is not a key file (CSV with {', '.join(KEY_COLUMNS)}).")
    known: dict[str, dict[str, str]] = {}
    given: set[tuple[str, str]] = set()
    for number, row in enumerate(rows[1:], start=2):
        sound = len(row) == len(KEY_COLUMNS) and row[0] in LETTERS and re.fullmatch(ID_PATTERN, row[2])
        if not sound or row[1] in known.get(row[0], {}) or (row[0], row[2]) in given:
            raise DataError(f"{name}, row {number}: not a kind, an identifier and a pseudonym, each once. {_ADVICE}")
        known.setdefault(row[0], {})[row[1]] = row[2]
        given.add((row[0], row[2]))
    return known


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.exists() else None
    except OSError as error:
        raise CallError(f"{path.name}: the key file cannot be read ({error.strerror}).") from None


def _write_secretly(path: Path, content: bytes) -> None:
    try:
        handle, work = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".writing", dir=path.parent)  # mode 600
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(work).replace(path)
        finally:
            Path(work).unlink(missing_ok=True)
    except OSError as error:
        raise CallError(f"{path.name}: the key file cannot be written ({error.strerror}).") from None


def _spelled(number: int, length: int) -> str:
    signs = []
    for _ in range(length):
        number, place = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[place])
    return "".join(signs)
