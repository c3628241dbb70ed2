"""Reading the column rules of a mapping: where a column comes from, and how its values change on the way."""

from analysis.intake.date_cells import EXCEL_FORMATS, DateRule, is_date_format
from analysis.intake.mapping_grammar import NUMBERS, ColumnRule, RareRule, Visit
from analysis.intake.schema import layout_tables
from analysis.intake.toml_tables import TomlTable, cell_text
from analysis.vocabulary.errors import CallError

_CONVERSIONS = ("values", "number", "visits", "date")
_FROM_DATES = ("date", "last_day", "start_year")


def read_columns(block: TomlTable, name: str, known: list[str]) -> dict[str, ColumnRule]:
    """Read the table ``columns`` of a block, or of one of its repeats.

    Parameters
    ----------
    block : TomlTable
    name : str
        The table of the layout it makes rows for.
    known : list of str
        The columns there may be.

    Returns
    -------
    dict of str to ColumnRule

    Raises
    ------
    CallError
        Naming the key: unknown, missing, of the wrong kind, or at odds with another.
    """
    columns = block.table("columns")
    columns.only(*known)
    return {target: _rule(columns, target, name) for target in columns.data}


def _rule(columns: TomlTable, target: str, name: str) -> ColumnRule:
    if isinstance(columns.data[target], str):
        dates = DateRule() if target == "date" else None
        return ColumnRule(columns.at(target), source=columns.text(target), dates=dates)
    rule = columns.table(target)
    rule.only(
        "from", "age_from", "constant", *_CONVERSIONS, "without_session", "otherwise", "pivot", "rare", "carry_forward"
    )
    origin = rule.one_of("from", "constant", "age_from")
    if origin is None:
        raise CallError(f"`{rule.path}` needs `from` (a column of the file) or `constant`.")
    how = rule.one_of(*_CONVERSIONS)
    if target == "date" and (origin != "from" or how not in {"date", None} or "rare" in rule):
        raise CallError(f"`{rule.path}` must be a column with dates: `from`, and `date` with their format.")
    if origin == "age_from":
        return _birth_rule(rule, target)
    if origin == "constant":
        rule.only("constant")
        return ColumnRule(rule.path, constant=cell_text(rule.data["constant"], rule.at("constant")))
    if how == "date" and target not in _FROM_DATES:
        raise CallError(f"`{rule.at('date')}`: only {', '.join(_FROM_DATES)} are made of dates (and age, by age_from).")
    dated = target == "date" or how == "date"
    rule.only("from", *_CONVERSIONS, "rare", "carry_forward", *_with_it(how, dated=dated))
    number = rule.text("number") if how == "number" else None
    if number not in {*NUMBERS, None}:
        raise CallError(f"`{rule.at('number')}` must be {_either(NUMBERS)}.")
    source, *instead = _sources(rule, "from")
    return ColumnRule(
        rule.path,
        source=source,
        instead=tuple(instead),
        translation=rule.cells("values") if how == "values" else None,
        otherwise=rule.text("otherwise") if "otherwise" in rule else None,
        number=number,
        visits=_visits(rule) if how == "visits" else None,
        without_session=rule.text("without_session") if "without_session" in rule else None,
        dates=_dates(rule) if dated else None,
        rare=_rare(rule, target, name) if "rare" in rule else None,
        carried_days=_carried_days(rule, target, name) if "carry_forward" in rule else None,
    )


def _with_it(how: str | None, *, dated: bool) -> tuple[str, ...]:
    if dated:
        return ("pivot",)
    return {"visits": ("without_session",), "values": ("otherwise",)}.get(how or "", ())


def _either(words: tuple[str, ...]) -> str:
    quoted = [f'"{word}"' for word in words]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _birth_rule(rule: TomlTable, target: str) -> ColumnRule:
    rule.only("age_from", "date", "pivot")
    if target != "age":
        raise CallError(f"`{rule.at('age_from')}` belongs to the column age.")
    source, *instead = _sources(rule, "age_from")
    return ColumnRule(rule.path, source=source, instead=tuple(instead), dates=_dates(rule), birth=True)


def _sources(rule: TomlTable, key: str) -> tuple[str, ...]:
    if not isinstance(rule.data[key], list):
        return (rule.text(key),)
    sources = rule.texts(key)
    if not sources or len(set(sources)) < len(sources) or not all(each.strip() for each in sources):
        raise CallError(f"`{rule.at(key)}` must be a column of the file, or a list of different ones.")
    return sources


def _carried_days(rule: TomlTable, target: str, name: str) -> int:
    carry = rule.table("carry_forward")
    carry.only("days")
    days, column = carry.whole_number("days"), layout_tables()[name].columns.get(target)
    if days < 1:
        raise CallError(f"`{carry.at('days')}` must be 1 or more.")
    measured = column is not None and column.type in {"integer", "number"} and not column.required
    if name != "sessions" or not measured or target == "sequence" or "number" not in rule:
        raise CallError(f"`{carry.path}` belongs to a number that is measured at sessions, such as weight_kg.")
    return days


def _dates(rule: TomlTable) -> DateRule:
    given = rule.data.get("date", [])
    formats = (given,) if isinstance(given, str) else rule.texts("date")
    for form in formats:
        if not is_date_format(form):
            raise CallError(
                f'`{rule.at("date")}`: a format is year, month and day with "-", "/", "." or a blank between, such as '
                f'"month/day/year", or {_either(EXCEL_FORMATS)}.'
            )
    pivot = rule.whole_number("pivot") if "pivot" in rule else None
    if pivot is not None and not 0 <= pivot <= 99:
        raise CallError(f"`{rule.at('pivot')}` must be from 0 to 99: the last two-digit year after 2000.")
    return DateRule(formats, pivot)


def _rare(rule: TomlTable, target: str, name: str) -> RareRule:
    rare = rule.table("rare")
    rare.only("fewer_than", "becomes")
    fewer_than, becomes = rare.whole_number("fewer_than"), rare.text("becomes")
    column = layout_tables()[name].columns.get(target)
    if fewer_than < 2:
        raise CallError(f"`{rare.at('fewer_than')}` must be 2 or more.")
    if column is not None and column.values and becomes not in column.values:
        raise CallError(f"`{rare.at('becomes')}` must be one of {', '.join(column.values)}.")
    if target == "patient_id" or (column is not None and column.type not in {"text", "id"}):
        raise CallError(f"`{rare.path}` belongs to columns of categories, which {target} is not.")
    return RareRule(fewer_than, becomes)


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
