"""Reading a mapping from TOML: every key known, every kind right, nothing at odds; errors name the place."""

import tomllib
from pathlib import Path, PurePosixPath

from analysis.intake.mapping_grammar import Block, ColumnRule, Join, LeaveOut, Mapping, Part, SourceFile, Visit
from analysis.intake.schema import layout_tables
from analysis.intake.toml_tables import Settings, TomlTable, cell_text
from analysis.vocabulary.errors import CallError, nearest_name


def read_mapping(path: str | Path) -> Mapping:
    """Read a mapping and check that it contradicts neither itself nor the dataset layout.

    Parameters
    ----------
    path : str or Path
        The TOML file.

    Returns
    -------
    Mapping

    Raises
    ------
    CallError
        Naming the file and the key, such as ``tables.scores.columns.totl``: not readable, not TOML, a key unknown,
        missing, of the wrong kind, or at odds with another.
    """
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CallError(f"{path.name}: the mapping cannot be read ({error.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CallError(f"{path.name}: not valid TOML ({error}).") from None
    try:
        return _mapping(path.name, TomlTable(data))
    except CallError as error:
        raise CallError(f"{path.name}: {error}") from None


def _mapping(name: str, top: TomlTable) -> Mapping:
    top.only("dataset", "definitions", "files", "tables")
    dataset = top.table("dataset")
    dataset.only("name", "basis", "data_cut", "extra_columns")
    extra = {table: dataset.table("extra_columns").texts(table) for table in dataset.table("extra_columns").data}
    settings: Settings = {key: dataset.text(key) for key in ("name", "basis", "data_cut")}
    if extra:
        settings["extra_columns"] = {table: list(columns) for table, columns in extra.items()}
    files = {key: _source_file(key, table) for key, table in top.table("files").tables().items()}
    for file in files.values():
        for other, join in file.joins.items():
            if other not in files or other == file.name:
                known = [each for each in files if each != file.name]
                raise CallError(f"`{join.path}` names no other file of the mapping.{nearest_name(other, known)}")
    tables = top.table("tables")
    blocks = tuple(_block(key, row, files, extra) for key in tables.data for row in tables.rows(key))
    if not files or not blocks:
        raise CallError("a mapping needs at least one file under `files` and one table under `tables`.")
    _check_visits(blocks)
    return Mapping(name, settings, top.table("definitions").data, files, blocks)


def _source_file(name: str, table: TomlTable) -> SourceFile:
    table.only("path", "delimiter", "encoding", "missing", "join", "leave_out", "drop")
    path, encoding = table.text("path"), table.text("encoding", "utf-8")
    parts = PurePosixPath(path.replace("\\", "/")).parts
    if Path(path).is_absolute() or ".." in parts:
        raise CallError(f"`{table.at('path')}` must lie inside the folder that is imported.")
    try:
        "".encode(encoding)
    except LookupError:
        raise CallError(f"`{table.at('encoding')}` is not an encoding Python knows, such as utf-8 or cp1252.") from None
    delimiter = table.data.get("delimiter", ",")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise CallError(f'`{table.at("delimiter")}` must be one character, such as ",", ";" or "\\t".')
    joins = {other: _join(each) for other, each in table.table("join").tables().items()}
    leave_out = tuple(_leave_out(row) for row in table.rows("leave_out"))
    drop = table.table("drop")
    reasons = {column: drop.text(column) for column in drop.data}
    return SourceFile(name, path, delimiter, encoding, table.texts("missing"), joins, leave_out, reasons)


def _join(table: TomlTable) -> Join:
    table.only("on", "to")
    return Join(table.path, table.text("on"), table.text("to", table.text("on")))


def _leave_out(table: TomlTable) -> LeaveOut:
    table.only("column", "is", "missing", "reason")
    which = table.one_of("is", "missing")
    cells = table.texts("is") if which == "is" else None
    if which is None or cells == () or (which == "missing" and table.data["missing"] is not True):
        raise CallError(f"`{table.path}` needs `is = [values]` or `missing = true`.")
    return LeaveOut(table.path, table.text("column"), cells, table.text("reason"))


def _block(name: str, table: TomlTable, files: dict[str, SourceFile], extra: dict[str, tuple[str, ...]]) -> Block:
    layouts = layout_tables()
    if name not in layouts:
        raise CallError(f"`{table.path}`: the layout has no table of this name.{nearest_name(name, list(layouts))}")
    table.only("from", "columns", "needs", "once_per", "repeat")
    file = table.text("from")
    if file not in files:
        raise CallError(f"`{table.at('from')}` names no file of the mapping.{nearest_name(file, list(files))}")
    known = [*layouts[name].columns, *extra.get(name, ())]
    common, needs = _columns(table, known), _needs(table, known)
    parts = []
    for repeat in table.rows("repeat"):
        repeat.only("name", "columns", "needs")
        own = _columns(repeat, known)
        for column in own.keys() & common.keys():
            raise CallError(f"`{own[column].path}` is given in `{table.at('columns')}` already; keep one.")
        parts.append(Part(repeat.text("name"), common | own, needs | _needs(repeat, known)))
    for part in parts or [Part("", common, needs)]:
        for column in layouts[name].required_columns:
            if column not in part.columns:
                raise CallError(f"`{table.at('columns')}.{column}` is missing; the table {name} needs it.")
        for column in part.needs.keys() - part.columns.keys():
            raise CallError(f"`{table.at('needs')}.{column}`: the column is not among `{table.at('columns')}`.")
    once_per = table.texts("once_per")
    for column in once_per:
        if column not in common:
            raise CallError(f"`{table.at('once_per')}` names {column}, which is not in `{table.at('columns')}`.")
    return Block(table.path, name, file, once_per, tuple(parts or [Part("", common, needs)]))


def _columns(table: TomlTable, known: list[str]) -> dict[str, ColumnRule]:
    columns = table.table("columns")
    columns.only(*known)
    return {target: _rule(columns, target) for target in columns.data}


def _needs(table: TomlTable, known: list[str]) -> dict[str, str]:
    needs = table.table("needs")
    needs.only(*known)
    return {target: needs.text(target) for target in needs.data}


def _rule(columns: TomlTable, target: str) -> ColumnRule:
    if isinstance(columns.data[target], str):
        return ColumnRule(columns.at(target), source=columns.text(target))
    rule = columns.table(target)
    rule.only("from", "constant", "values", "number", "visits", "without_session")
    if rule.one_of("from", "constant") is None:
        raise CallError(f"`{rule.path}` needs `from` (a column of the file) or `constant`.")
    if "constant" in rule:
        rule.only("constant")
        return ColumnRule(rule.path, constant=cell_text(rule.data["constant"], rule.at("constant")))
    how = rule.one_of("values", "number", "visits")
    if how != "visits":
        rule.only("from", "values", "number")
    number = rule.text("number") if how == "number" else None
    if number not in {"integer", "decimal", None}:
        raise CallError(f'`{rule.at("number")}` must be "integer" or "decimal".')
    return ColumnRule(
        rule.path,
        source=rule.text("from"),
        translation=rule.cells("values") if how == "values" else None,
        number=number,  # type: ignore[arg-type]
        visits=_visits(rule) if how == "visits" else None,
        without_session=rule.text("without_session") if "without_session" in rule else None,
    )


def _visits(rule: TomlTable) -> dict[str, Visit]:
    labels = rule.table("visits")
    visits = {label: _visit(labels, label) for label in labels.data}
    if any(visit.after for visit in visits.values()) != ("without_session" in rule):
        raise CallError(
            f"`{rule.at('without_session')}` and `after` go together: it is the reason counted for a visit "
            "whose session did not take place."
        )
    return visits


def _visit(labels: TomlTable, label: str) -> Visit:
    if not isinstance(labels.data[label], dict):
        return Visit(labels.whole_number(label))
    visit = labels.table(label)
    visit.only("days", "after")
    after = visit.table("after")
    after.only(*layout_tables()["sessions"].columns)
    if not after.data:
        raise CallError(f'`{after.path}` must say after which session, such as {{ treatment = "ketamine" }}.')
    return Visit(visit.whole_number("days"), tuple(visit.cells("after").items()))


def _check_visits(blocks: tuple[Block, ...]) -> None:
    has_sessions = any(block.table == "sessions" for block in blocks)
    for block in blocks:
        for rule in (rule for part in block.parts for rule in part.columns.values()):
            if rule.without_session is not None and (block.table == "sessions" or not has_sessions):
                raise CallError(f"`{rule.path}.visits` uses `after`, which needs a `tables.sessions` built before it.")
