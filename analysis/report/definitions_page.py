"""The page `docs/definitions.md`: every definition in words, with worked examples, for a clinician to read."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from analysis.report.spec_examples import Example, Table, spec_example
from analysis.vocabulary.definitions import Definitions, default_definitions
from analysis.vocabulary.instruments import Instrument
from analysis.vocabulary.measure_words import card_sections, filled_card
from analysis.vocabulary.measures import measure_cards
from analysis.vocabulary.settings import settings_of


@dataclass(frozen=True)
class Chapter:
    """A heading, its words, and its examples by file and test."""

    heading: str
    words: str
    examples: tuple[tuple[str, str], ...]


def _chapters() -> list[Chapter]:
    file = "definitions_chapters.toml"
    data = tomllib.loads(files("analysis.report").joinpath(file).read_text(encoding="utf-8"))
    return [settings_of(Chapter, entry, file) for entry in data["chapter"]]


def definitions_page(specs: Path) -> str:
    """Write the page of definitions.

    Parameters
    ----------
    specs : Path
        The folder of the specifications, from which the worked examples are taken.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    DataError
        When an example is not in the specifications.
    """
    definitions, chapters = default_definitions(), _chapters()
    contents = [*(chapter.heading for chapter in chapters), "Scales", "Measures", "Settings"]
    blocks = [
        "# Definitions",
        "What the words in a report mean, exactly, with worked examples. The page is written by `outcomes "
        "definitions-page` from the files of definitions, scales and measures and from the project's specification, "
        "and a test holds it current: change those, not this page.",
        f"Every number here is a setting. These are the defaults, `{definitions.label}`; a dataset may change them in "
        "a file of its own (see [settings](#settings)), and every result names the definitions it was made with.",
        "In the examples a day is counted from the person's first treatment, which is day 0. Where an example does not "
        "say it, the treatment is ketamine by infusion and the scale the PHQ-9. An empty cell is a missing value. What "
        "is neither true nor false is unknown.",
        "**On this page:** " + " · ".join(f"[{name.lower()}](#{_anchor(name)})" for name in contents),
    ]
    caseness = ", ".join(f"{name} {score} or more" for name, score in definitions.outcome.caseness)
    for chapter in chapters:
        blocks += [f"## {chapter.heading}", chapter.words.format(d=definitions, caseness=caseness)]
        blocks += [_example(spec_example(specs / file, name)) for file, name in chapter.examples]
    blocks += _scales(definitions)
    blocks += _measures(definitions)
    blocks += _settings()
    return "\n\n".join(blocks) + "\n"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _example(example: Example) -> str:
    said = " ".join(text for text in (example.note, *dict.fromkeys(example.said)) if text)
    parts = [f"<details>\n<summary>{_escaped(example.title)}</summary>", _escaped(said)]
    tables = [*example.given, *((f"Answer: {name}" if name else "Answer", table) for name, table in example.answers)]
    parts += [f"*{_escaped(name)}*\n\n{_table(table)}" for name, table in tables]
    return "\n\n".join(part for part in [*parts, "</details>"] if part)


def _table(table: Table) -> str:
    header, *rows = table
    lines = [
        ["person" if cell == "patient_id" else cell.replace("_", " ") for cell in header],
        ["---"] * len(header),
        *rows,
    ]
    return "\n".join("| " + " | ".join(_escaped(cell) for cell in line) + " |" for line in lines)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


def _scales(definitions: Definitions) -> Iterator[str]:
    yield "## Scales"
    yield (
        "The rating scales and the numbers used for them. Where a number is empty none is established, and no result "
        "is made of it. A scale that is not checked has numbers in use that were not compared with the original "
        "publication."
    )
    header = ["scale", "range", "better", "eligible", "remission", "reliable change", "missing answers", "looks back"]
    yield _table([header, *(_scale_row(scale) for scale in definitions.instruments.values())])
    for scale in definitions.instruments.values():
        yield "\n".join(_scale_lines(scale))


def _scale_row(scale: Instrument) -> list[str]:
    over, under = ("or less", "or more") if scale.direction == "higher" else ("or more", "or less")
    recall = "" if scale.recall_days is None else f"{scale.recall_days} days" if scale.recall_days else "right now"
    return [
        scale.name,
        f"{'categories ' if scale.score_kind == 'category' else ''}{scale.total_min} to {scale.total_max}",
        scale.direction,
        "" if scale.entry_score is None else f"{scale.entry_score} {over}",
        "" if scale.remission_score is None else f"{scale.remission_score} {under}",
        "" if scale.reliable_change is None else f"{scale.reliable_change} points",
        f"up to {scale.missing_items_allowed}" if scale.missing_items_allowed else "none allowed",
        recall,
    ]


def _scale_lines(scale: Instrument) -> Iterator[str]:
    rater = "the person" if scale.rater == "self" else "a clinician"
    yield f"**{scale.name}**: {_escaped(scale.title)}. {scale.items} questions, rated by {rater}.\n"
    if scale.severity:
        yield "- Bands: " + ", ".join(f"{name} from {low}" for low, name in scale.severity) + "."
    if scale.response_points is not None:
        yield f"- Response: at least {scale.response_points} points better, in place of a share of the baseline."
    if scale.remission_alternatives:
        yield f"- Other remission cut-offs in use: {', '.join(map(str, scale.remission_alternatives))}."
    for values, unit in ((scale.meaningful_change, "points"), (scale.meaningful_percent, "% of the baseline")):
        for value, source, verified in values:
            check = "" if verified else " (not checked against the original)"
            yield f"- A change that matters: {value:g} {unit}, {_escaped(source)}{check}."
    if scale.suicide_item:
        yield f"- Question {scale.suicide_item} asks about suicide; it is never filled in."
    check = "checked" if scale.verified else "not checked against the original"
    yield f"- Source ({check}): {_escaped(scale.source)}"
    if scale.loinc:
        yield f"- LOINC code of the total: {scale.loinc}."
    if scale.licence:
        yield f"- Licence: {_escaped(scale.licence)}"


def _measures(definitions: Definitions) -> Iterator[str]:
    yield "## Measures"
    yield "`outcomes measures` lists them, `outcomes measures NAME` prints one, and `measure(cohort, NAME)` counts it."
    for card in measure_cards().values():
        yield f"### {card.title}"
        yield f"`{card.name}`, version {card.version}"
        yield "\n".join(
            f"- **{heading}:** {_escaped(text)}" for heading, text in card_sections(filled_card(card, definitions))
        )


def _settings() -> Iterator[str]:
    yield "## Settings"
    yield (
        "The file of the defaults, with what each number does. To change one, write a file with the changed lines "
        'only, give it a name of its own (`name = "mine"`), and name the file in `dataset.toml`: '
        '`definitions = "definitions.toml"`. Scales are changed or added under `[instruments.NAME]`.'
    )
    text = files("analysis.vocabulary").joinpath("definitions.toml").read_text(encoding="utf-8")
    yield f"```toml\n{text.rstrip()}\n```"
