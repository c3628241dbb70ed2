"""Reading a mapping from TOML: every key known, every kind right, nothing at odds; errors name the place."""

import tomllib
from pathlib import Path

from analysis.intake.built_parts import counts_days
from analysis.intake.mapping_columns import read_columns
from analysis.intake.mapping_files import read_source_file
from analysis.intake.mapping_grammar import Block, Mapping, Part, PseudonymRules, SourceFile
from analysis.intake.mapping_remotes import read_databases
from analysis.intake.schema import layout_tables
from analysis.intake.toml_tables import Settings, TomlTable
from analysis.vocabulary.errors import CallError, nearest_name

BASES_WITH_DATES = ("limited-data-set", "expert-determination", "synthetic", "public-research")


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
    top.only("dataset", "definitions", "files", "databases", "tables", "pseudonyms")
    dataset = top.table("dataset")
    dataset.only("name", "basis", "data_cut", "extra_columns", "keep_dates")
    extra = {table: dataset.table("extra_columns").texts(table) for table in dataset.table("extra_columns").data}
    settings: Settings = {key: dataset.text(key) for key in ("name", "basis", "data_cut")}
    if extra:
        settings["extra_columns"] = {table: list(columns) for table, columns in extra.items()}
    databases = read_databases(top.table("databases"))
    files = {key: read_source_file(key, table, databases) for key, table in top.table("files").tables().items()}
    for file in files.values():
        for other, join in file.joins.items():
            if other not in files or other == file.name:
                known = [each for each in files if each != file.name]
                raise CallError(f"`{join.path}` names no other file of the mapping.{nearest_name(other, known)}")
    pseudonyms = _pseudonyms(top.table("pseudonyms")) if "pseudonyms" in top else None
    tables = top.table("tables")
    blocks = tuple(_block(key, row, files, extra) for key in tables.data for row in tables.rows(key))
    if not files or not blocks:
        raise CallError("a mapping needs at least one file under `files` and one table under `tables`.")
    _check_visits(blocks)
    _check_days(blocks)
    if pseudonyms is not None:
        _refuse_copied_text(blocks, pseudonyms)
    keep_dates = _keeps_dates(dataset)
    return Mapping(name, settings, top.table("definitions").data, files, blocks, pseudonyms, keep_dates)


def _keeps_dates(dataset: TomlTable) -> bool:
    keep = dataset.flag("keep_dates")
    if keep and dataset.text("basis") not in BASES_WITH_DATES:
        raise CallError(
            f"`{dataset.at('keep_dates')}`: dates may be written with a basis of {', '.join(BASES_WITH_DATES)} only."
        )
    return keep


def _pseudonyms(table: TomlTable) -> PseudonymRules:
    table.only("method", "secret_from", "clinic_id")
    method = table.text("method", "random")
    if method not in {"random", "hmac-sha256"}:
        raise CallError(f'`{table.at("method")}` must be "random" or "hmac-sha256".')
    if (method == "hmac-sha256") != ("secret_from" in table):
        raise CallError(
            f'`{table.at("secret_from")}` names the environment variable that holds the secret of "hmac-sha256"; '
            "the two go together."
        )
    if table.text("clinic_id", "recode") != "recode":
        raise CallError(f'`{table.at("clinic_id")}` can only be "recode".')
    kinds = ("patient_id", "referral_id", *(["clinic_id"] if "clinic_id" in table else []))
    return PseudonymRules(kinds, table.text("secret_from") if "secret_from" in table else None)


def _block(name: str, table: TomlTable, files: dict[str, SourceFile], extra: dict[str, tuple[str, ...]]) -> Block:
    layouts = layout_tables()
    if name not in layouts:
        raise CallError(f"`{table.path}`: the layout has no table of this name.{nearest_name(name, list(layouts))}")
    table.only("from", "columns", "needs", "once_per", "repeat")
    file = table.text("from")
    if file not in files:
        raise CallError(f"`{table.at('from')}` names no file of the mapping.{nearest_name(file, list(files))}")
    known = [*layouts[name].columns, *extra.get(name, ())]
    if "day" in known and "date" not in known:
        known.append("date")  # to count days from, not to be written
    common, needs = read_columns(table, name, known), _needs(table, known)
    parts = []
    for repeat in table.rows("repeat"):
        repeat.only("name", "columns", "needs")
        own = read_columns(repeat, name, known)
        for column in own.keys() & common.keys():
            raise CallError(f"`{own[column].path}` is given in `{table.at('columns')}` already; keep one.")
        parts.append(Part(repeat.text("name"), common | own, needs | _needs(repeat, known)))
    for part in parts or [Part("", common, needs)]:
        for column in layouts[name].required_columns:
            if column not in part.columns and not (column == "day" and "date" in part.columns):
                date = " (or a date)" if column == "day" else ""
                raise CallError(f"`{table.at('columns')}.{column}` is missing; the table {name} needs it{date}.")
        for column in part.needs.keys() - part.columns.keys():
            raise CallError(f"`{table.at('needs')}.{column}`: the column is not among `{table.at('columns')}`.")
    once_per = table.texts("once_per")
    for column in once_per:
        if column not in common:
            raise CallError(f"`{table.at('once_per')}` names {column}, which is not in `{table.at('columns')}`.")
    return Block(table.path, name, file, once_per, tuple(parts or [Part("", common, needs)]))


def _needs(table: TomlTable, known: list[str]) -> dict[str, str]:
    needs = table.table("needs")
    needs.only(*known)
    return {target: needs.text(target) for target in needs.data}


def _check_visits(blocks: tuple[Block, ...]) -> None:
    has_sessions = any(block.table == "sessions" for block in blocks)
    for block in blocks:
        for rule in (rule for part in block.parts for rule in part.columns.values()):
            if rule.without_session is not None and (block.table == "sessions" or not has_sessions):
                raise CallError(f"`{rule.path}.visits` uses `after`, which needs a `tables.sessions` built before it.")


def _check_days(blocks: tuple[Block, ...]) -> None:
    """Refuse days that are to be counted from sessions without dates."""
    dated = any("date" in part.columns for block in blocks if block.table == "sessions" for part in block.parts)
    for block in () if dated else blocks:
        for part in block.parts:
            for target, rule in part.columns.items():
                counts = target in {"age", "last_day"} or (target == "date" and counts_days(block.table, part))
                if rule.dates is not None and counts:
                    raise CallError(f"`{rule.path}` is counted from the first session; `tables.sessions` needs a date.")


def _refuse_copied_text(blocks: tuple[Block, ...], pseudonyms: PseudonymRules) -> None:
    """Refuse to copy what could be anything, such as a name in the wrong column, out of a source with identifiers."""
    for block in blocks:
        layout = layout_tables()[block.table].columns
        for target, rule in ((name, rule) for part in block.parts for name, rule in part.columns.items()):
            anything = target not in layout or layout[target].type == "id"
            if anything and rule.from_cells and rule.number is None and target not in pseudonyms.kinds:
                recode = ', or `pseudonyms.clinic_id = "recode"`' if target == "clinic_id" else ""
                raise CallError(f"`{rule.path}` copies text beside identifiers; give it `values`{recode}.")
