"""Which columns of the source files a mapping uses: all of them, or each one left has its reason."""

from analysis.intake.mapping_grammar import Mapping, SourceFile
from analysis.intake.mapping_remotes import REMOTE_FORMATS
from analysis.vocabulary.errors import DataError, nearest_name


def check_columns(
    mapping: Mapping,
    headers: dict[str, list[str]],
    *,
    spare: dict[str, dict[str, str]] | None = None,
    refused: dict[str, dict[str, str]] | None = None,
) -> dict[str, dict[str, str]]:
    """Refuse a mapping that names a column there is not, or passes over one there is.

    Parameters
    ----------
    mapping : Mapping
    headers : dict of str to list of str
        The columns of each file.
    spare : dict of str to dict of str to str, optional
        By file, columns that may be passed over, each with its reason.
    refused : dict of str to dict of str to str, optional
        By file, columns that may not be used, each with its reason.

    Returns
    -------
    dict of str to dict of str to str
        By file, the columns that are not used, each with its reason; the mapping's own reason comes first.

    Raises
    ------
    DataError
        Naming the place in the mapping and the nearest column, or every column that is passed over.
    """
    spare, refused = spare or {}, refused or {}
    mentioned: dict[str, set[str]] = {name: set() for name in headers}
    places: dict[tuple[str, str], str] = {}
    for file, column, path in mapping.references():
        owner, own = owner_of(column, mapping.files[file], headers)
        mentioned[owner].add(own)
        places.setdefault((owner, own), path)
    for file, own_columns in mentioned.items():
        # A first row without any of these is no header: it may hold a patient's values, so none of it is shown.
        named = mapping.files[file].format in REMOTE_FORMATS
        if own_columns and own_columns.isdisjoint(headers[file]) and not named:
            raise DataError(
                f"{mapping.files[file].path}: the first row holds none of the columns that the mapping names. "
                f"Is it a header row{_first_row_hint(mapping.files[file])}?"
            )
    for (file, column), path in places.items():
        if column not in headers[file]:
            hint = nearest_name(column, headers[file])
            raise DataError(f"{mapping.files[file].path} has no column '{column}', which `{path}` names.{hint}")
        if column in refused.get(file, {}):
            keep = f" To use it nevertheless, list it under `files.{file}.keep`."
            keepable = mapping.files[file].format in {"redcap", "redcap-api"}
            raise DataError(
                f"{mapping.files[file].path}: `{path}` uses '{column}', which is refused: {refused[file][column]}."
                f"{keep if keepable else ''}"
            )
    for file, spec in mapping.files.items():
        for column in spec.drop.keys() & mentioned[file]:
            raise DataError(f"`files.{file}.drop` drops '{column}', which the mapping also uses; keep one.")
        for column in spec.drop.keys() - set(headers[file]):
            hint = nearest_name(column, headers[file])
            raise DataError(f"{spec.path} has no column '{column}', which `files.{file}.drop` names.{hint}")
    dropped = {
        file: {column: reason for column, reason in spare.get(file, {}).items() if column not in mentioned[file]}
        | refused.get(file, {})
        | spec.drop
        for file, spec in mapping.files.items()
    }
    passed_over = [
        f"{mapping.files[file].path}: {', '.join(columns)}"
        for file, header in headers.items()
        if (columns := [c for c in header if c not in mentioned[file] | dropped[file].keys()])
    ]
    if passed_over:
        raise DataError(
            f"The mapping passes over columns ({'; '.join(passed_over)}). "
            "Use each of them, or name it under `files.NAME.drop` with the reason."
        )
    return dropped


def _first_row_hint(file: SourceFile) -> str:
    option = {"text": "delimiter", "redcap": "delimiter", "xlsx": "header_row"}.get(file.format)
    return f", and is `files.{file.name}.{option}` right" if option else ""


def owner_of(column: str, file: SourceFile, headers: dict[str, list[str]]) -> tuple[str, str]:
    """Say which file a column stands in: the file itself, or a joined one when it is written as ``other.column``.

    Parameters
    ----------
    column : str
        As the mapping writes it.
    file : SourceFile
        The file whose rows are read.
    headers : dict of str to list of str
        The columns of each file.

    Returns
    -------
    tuple of str
        The file's name and the column's name in it.
    """
    other, dot, rest = column.partition(".")
    if dot and other in file.joins and column not in headers[file.name]:
        return other, rest
    return file.name, column
