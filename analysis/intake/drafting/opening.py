"""How a draft begins: what was found, and what only a person can say of the dataset."""

from collections.abc import Iterator

from analysis.intake.drafting.links import Linked
from analysis.intake.drafting.plan import DraftPlan
from analysis.intake.drafting.toml import comment_lines, setting_line


def head_lines(plan: DraftPlan, unread: list[str], *, number: str) -> Iterator[str]:
    """Yield what the draft is, and what became of the files."""
    yield "# A draft of a mapping, made by `outcomes map` from the headings of the files and the kinds of their cells."
    yield f"# Every line is a guess. Search for CONFIRM: {number} places where a person has to look. Then:"
    yield "#"
    yield "#     outcomes import FOLDER --map THIS_FILE --out DATASET --key-file KEY.csv"
    yield "#"
    yield "# KEY.csv keeps who is who: outside of FOLDER and DATASET, and never passed on."
    yield from comment_lines(
        "No cell of the files is shown here, but for words that stand in forms everywhere (IV, Female, Completed ...), "
        "and these in whole lists: that a word is here does not say that it occurs. The grammar of this file stands at "
        "the head of analysis/intake/mapping_grammar.py, examples in data/mappings."
    )
    yield "#"
    yield "# What was found:"
    for source in plan.files:
        gives = list(dict.fromkeys(block.table for block in plan.blocks if block.source is source)) or [
            "joined to others"
        ]
        yield from comment_lines(
            f"{_place(source)}: {len(source.table.rows):,} rows, {len(source.table.rows.columns):,} columns"
            f" ({source.table.kind}): {', '.join(gives)}",
            indent="#   ",
        )
    for place, reason in plan.unused:
        yield from comment_lines(f"{place}: not used: {reason}", indent="#   ")
    for line in unread:
        yield from comment_lines(line, indent="#   ")
    yield ""


def _place(source: Linked) -> str:
    sheet = source.table.options.get("sheet")
    names = ", ".join(sheet) if isinstance(sheet, list) else sheet
    resource = source.table.options.get("resource") or source.table.options.get("rows")
    return source.table.path + (f", {names}" if names else "") + (f", {resource}" if resource else "")


def dataset_lines(year: int, *, known: bool) -> Iterator[str]:
    """Yield the section on the dataset: nothing in it can be known from the files."""
    yield "[dataset]"
    yield setting_line("name", "A clinic", "CONFIRM: the name that reports show")
    yield setting_line("basis", "safe-harbor", "CONFIRM: on what ground the data count as de-identified")
    yield from comment_lines(
        "safe-harbor: days and years only, reports by year. limited-data-set or expert-determination, if you have such "
        "an agreement, allow dates (then add keep_dates = true) and reports by quarter."
    )
    yield setting_line("data_cut", str(year), "CONFIRM: the day of the export, or until which the records are complete")
    if known:
        yield from comment_lines(
            f"{year} is the year of the newest date in the files and stands for 31 December {year}. The exact day is "
            "not shown here, as it is somebody's. Too late a day counts follow-ups as missing that were not due yet."
        )
    else:
        yield from comment_lines("No date was found; it is the year in which this draft was made.")
    yield ""


def pseudonym_lines(plan: DraftPlan) -> Iterator[str]:
    """Yield the section on pseudonyms."""
    yield "# Patients get random names, kept in the key file."
    yield "[pseudonyms]"
    if any("clinic_id" in block.rules for block in plan.blocks):
        yield setting_line(
            "clinic_id", "recode", "CONFIRM: clinics too; leave out if their names may stand in reports, and"
        )
        yield "# give clinic_id = { from, values }."
    else:
        yield 'method = "random"'
    yield ""
