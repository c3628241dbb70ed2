"""Rows that a draft leaves out: marked as archived, deleted or a test, or visits at which nobody is treated."""

from analysis.intake.drafting.blocks import lists_people
from analysis.intake.drafting.headers import header_words, target_of_header
from analysis.intake.drafting.links import Linked, named_columns
from analysis.intake.drafting.scales import find_scales
from analysis.intake.drafting.words import translate_words
from analysis.intake.schema import layout_tables


def leave_void_rows_out(source: Linked, linked: list[Linked]) -> None:
    """Leave out rows that are marked as archived, deleted or a test; of a test person, everywhere."""
    people = lists_people(source)
    for column in named_columns(source.table, "void"):
        cells = source.table.rows[column]
        told = translate_words(cells, "void", ("true", "false"))
        meant = {str(cell): told.meant.get(str(cell), str(cell)) for cell in cells.dropna().unique()}
        words = sorted(cell for cell, value in meant.items() if value == "true")
        test = "test" in header_words(column) or all("test" in header_words(word) for word in words)
        # In a list of people, archived are those who left: they count.
        if told.share < 1 or not words or (people and not test):
            continue
        reason = "test record" if test else f"marked as {' '.join(header_words(column))}"
        void = set(source.ids[cells.isin(words)].dropna())
        source.leave_out.append({"column": column, "is": words, "reason": reason})
        source.frame = source.frame[~source.frame[column].isin(words)]
        for other in linked if people and "." not in source.patient else []:
            if other is not source and other.ids.isin(void).any() and "." not in other.patient:
                name = f"{source.table.name}.{column}"
                other.join(source, on=other.patient, to=source.patient, optional=True)
                other.leave_out.append({"column": name, "is": words, "reason": reason})
                other.frame = other.frame[~other.frame[name].isin(words)]


def leave_other_visits_out(source: Linked) -> None:
    """Leave out appointments at which nobody is treated, where the column of the treatment names them."""
    treatments = layout_tables()["sessions"].columns["treatment"].values
    headings = {column: source.table.headings(column) for column in source.table.columns}
    columns = [column for column in headings if (target_of_header(column, "sessions") or ("",))[0] == "treatment"]
    for column in columns if not find_scales(headings)[0] else []:
        cells = source.frame[column]
        other = translate_words(cells, "no_session", ("true",))
        if other.known and translate_words(cells, "treatment", treatments).known:
            words = list(other.meant)
            source.leave_out.append({"column": column, "is": words, "reason": "no treatment"})
            source.frame = source.frame[~cells.isin(words)]
