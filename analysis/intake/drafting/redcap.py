"""REDCap projects in a folder: the data dictionary, the export it belongs to, and the forms as tables."""

import re
from pathlib import Path

import pandas as pd

from analysis.intake.drafting.found import Folder, FoundTable, read_like_import
from analysis.intake.drafting.headers import header_words, target_of_header
from analysis.intake.readers.redcap import HEADINGS, REPEATED
from analysis.vocabulary.errors import DataError

_LABELS = ("Field Label", "field_label")
_CHOICES = ("Choices, Calculations, OR Slider Labels", "select_choices_or_calculations")
_WITH_CHOICES = {"radio", "dropdown", "yesno", "truefalse", "checkbox"}
_DATES = ("date_", "datetime_")
FEWEST_FIELDS = 0.5


def find_projects(found: Folder, folder: Path) -> None:
    """Put the forms of REDCap projects in place of the text files that hold them.

    Parameters
    ----------
    found : Folder
        Its tables are changed.
    folder : Path
    """
    for dictionary in [table for table in found.tables if _is_dictionary(table)]:
        fields = _fields(dictionary.rows)
        found.tables.remove(dictionary)
        data = next((table for table in found.tables if _belongs(table, fields)), None)
        if data is None:
            found.unread[dictionary.path] = "a REDCap data dictionary, and no file that holds its fields"
            continue
        found.tables.remove(data)
        for form in _forms(data, fields):
            _add_form(found, folder, data, dictionary.path, fields=fields, form=form)


def _is_dictionary(table: FoundTable) -> bool:
    wanted = [HEADINGS[key] for key in ("name", "form", "type")]
    return all(any(name in table.rows for name in names) for names in wanted)


def _fields(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the dictionary as one row for each field, with columns of plain names."""
    wanted = {**HEADINGS, "label": _LABELS, "choices": _CHOICES}
    found = {key: next((name for name in names if name in rows), None) for key, names in wanted.items()}
    table = pd.DataFrame({key: rows[name] if name else None for key, name in found.items()}).fillna("")
    return table[table["name"] != ""].set_index("name", drop=False)


def _belongs(table: FoundTable, fields: pd.DataFrame) -> bool:
    known = sum(column.partition("___")[0] in fields.index for column in table.rows.columns)
    return known > FEWEST_FIELDS * len(table.rows.columns) and fields.index[0] in table.rows


def _forms(data: FoundTable, fields: pd.DataFrame) -> list[str]:
    """Return the forms to read; one empty name, for all of them at once, where the date stands in another form."""
    forms = list(dict.fromkeys(fields["form"]))
    if REPEATED in data.rows:
        return forms
    dated = [form for form in forms if _has_date(fields[fields["form"] == form])]
    undated = [form for form in forms if form not in dated and (fields["form"] == form).sum() > 1]
    return [*forms, ""] if dated and undated else forms


def _has_date(form: pd.DataFrame) -> bool:
    dates = form[form["validation"].str.startswith(_DATES)]
    return any(_target(str(name), str(label)) == "date" for name, label in dates["label"].items())


def _target(*headings: str) -> str:
    hits = [
        hit
        for heading in headings
        if heading
        for table in ("scores", "sessions")
        if (hit := target_of_header(heading, table))
    ]
    return min(hits, key=lambda hit: hit[1])[0] if hits else ""


def _add_form(
    found: Folder, folder: Path, data: FoundTable, dictionary: str, *, fields: pd.DataFrame, form: str
) -> None:
    own = fields[fields["form"] == form] if form else fields
    guarded = [name for name in own["name"] if own.loc[name, "validation"].startswith(_DATES) and name in data.rows]
    options = {key: value for key, value in data.options.items() if key != "format"}
    options |= {"format": "redcap", "dictionary": dictionary}
    options |= {"rows": form} if form else {}
    name = found.name_for(form or Path(data.path).stem)
    try:
        table = read_like_import(folder, name, options)
        kept = frozenset(column for column in guarded if column in table.refused)
        if kept:
            table = read_like_import(folder, name, options | {"keep": sorted(kept)})
    except DataError as error:
        found.unread[data.path] = str(error)
        return
    used = table.rows[~table.rows.index.isin(list(table.left_out))]
    record = str(fields.index[0])
    spare = frozenset(table.spare) | kept | {record}
    mine = [column for column in map(str, used) if column == record or column.partition("___")[0] in own.index]
    labels = {column: _label(column, own) for column in mine if column != record}
    choices = {column: known for column in mine if (known := _choices(column, own))}
    found.tables.append(
        FoundTable(
            name,
            options,
            used[mine].mask(used[mine] == ""),
            "form of a REDCap project",
            data.decimal,
            spare | (frozenset(used.columns) - frozenset(mine)),
            labels,
            choices,
            kept,
            {"any": {record: "patient_id"}},
        )
    )


def _label(column: str, fields: pd.DataFrame) -> str:
    name, _, choice = column.partition("___")
    label = " ".join(re.sub(r"<[^>]*>", " ", str(fields.loc[name, "label"])).split()) or " ".join(header_words(name))
    return f"{label} {_listed(fields.loc[name, 'choices']).get(choice, '')}".strip() if choice else label


def _choices(column: str, fields: pd.DataFrame) -> dict[str, str]:
    name, _, choice = column.partition("___")
    if name not in fields.index or fields.loc[name, "type"] not in _WITH_CHOICES:
        return {}
    if choice or fields.loc[name, "type"] in {"yesno", "truefalse"}:
        return {"1": "Yes", "0": "No"}
    return _listed(fields.loc[name, "choices"])


def _listed(choices: object) -> dict[str, str]:
    """Read "1, Male | 2, Female".

    Examples
    --------
    >>> _listed("1, Male | 2, Female")
    {'1': 'Male', '2': 'Female'}
    """
    parts = [part.partition(",") for part in str(choices).split("|")]
    return {code.strip(): word.strip() for code, comma, word in parts if comma and code.strip()}
