"""Worked examples out of the project's own specification: the drawn tables of a test, with nothing of its code.

A specification draws small tables, asks the package, and draws the answer. Here its text is read, not run: a table is
shown exactly as the tests hold it.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from analysis.vocabulary.errors import DataError, nearest_name

Table = list[list[str]]

_GIVEN = ("sessions", "scores", "patients")
_HELPERS = {
    "each_given": "Everyone has sessions on {days}, and scored 20 on day 0 before the first.",
    "given_on": "Everyone has sessions on {days}.",
    "treated_twice": "Everyone has sessions on days 0 and 7.",
}
"""What the specification's own helpers stand for."""

_NAMES = {
    "phq 9": "PHQ-9", "gad 7": "GAD-7", "drr e": "DRR-E", "cms159": "CMS159", "re loading": "re-loading",
    "qids": "QIDS", "c ssrs": "C-SSRS", "who 5": "WHO-5", "wsas": "WSAS", "shaps": "SHAPS", "bdi pcl": "BDI-II, PCL-5",
    "cadss": "CADSS",
}  # fmt: skip
"""What a test's name cannot write."""

_HEADERS = {
    "answers": ["patient_id", "PHQ-9 before", "GAD-7 before", "PHQ-9 after", "GAD-7 after"],
    "answered": ["patient_id", "answers before", "answers after"],
}
"""What stands over the columns of a deck that a helper of the specification reads."""

_ANSWERS = (
    (r"answer\(\w+, '([^']+)', '(\w+)'", "{1}, {0}"),
    (r"answers\(.*'(\w+)'\)$", "{0}, end of loading"),
    (r"each_person\(measure\(\w+, '([\w-]+)'", "measure {0}, person by person"),
    (r"measure\(\w+, '([\w-]+)'.*\.ladder", "measure {0}, step by step"),
    (r"measure\(\w+, '([\w-]+)'", "measure {0}"),
    (r"picked\(\w+, '([^']+)'", "the score that is picked, {0}"),
    (r"flow\(.*window='([^']+)'", "the flow of people, {0}"),
    (r"response_rates\(.*window='([^']+)'", "the rates, {0}"),
    (r"item_transitions", "from before to after"),
    (r"\.maintenance", "maintenance"),
    (r"\.courses", "the courses"),
    (r"\.sessions", "the sessions"),
    (r"\.outcomes", "the scores with their outcomes"),
)
"""What an answer is called, by what is asked for."""


@dataclass
class Example:
    """A worked example: what is given, in words and tables, and the answer."""

    title: str
    note: str
    said: list[str] = field(default_factory=list)
    given: list[tuple[str, Table]] = field(default_factory=list)
    answers: list[tuple[str, Table]] = field(default_factory=list)


def spec_example(file: Path, name: str) -> Example:
    """Read one worked example.

    Parameters
    ----------
    file : Path
        A module of specifications.
    name : str
        The test's name without ``test_``.

    Returns
    -------
    Example

    Raises
    ------
    DataError
        When there is no such file or test, or the test draws no table in a way that can be read.
    """
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{file.name}: the specification cannot be read ({error.strerror}).") from None
    tests = {node.name.removeprefix("test_"): node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if name not in tests:
        raise DataError(f"{file.name}: there is no test '{name}'.{nearest_name(name, list(tests))}")
    test = tests[name]
    texts = dict(_constants(tree.body)) | dict(_constants(test.body))
    title = name.replace("_", " ")
    for written, meant in _NAMES.items():
        title = title.replace(written, meant)
    example = Example(title[:1].upper() + title[1:], " ".join((ast.get_docstring(test) or "").split()))
    calls = [node for node in ast.walk(test) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        called = ast.unparse(call.func)
        if called in {"cohort_of", "dataset_of"}:
            _read_given(example, call, texts)
        elif called in _HEADERS and (text := _text(call.args[0], texts)):
            example.given.append(("Scores", [_HEADERS[called], *drawn_table(text)]))
    example.answers += _answers(test, texts)
    if not example.answers:
        raise DataError(f"{file.name}: the tables of '{name}' cannot be read from its text.")
    return example


def drawn_table(text: str) -> Table:
    r"""Read a table drawn with ``|`` between its cells.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of list of str
        Header and rows.

    Examples
    --------
    >>> drawn_table("day | total \n 0 | 20")
    [['day', 'total'], ['0', '20']]
    """
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]


def _read_given(example: Example, call: ast.Call, texts: dict[str, str]) -> None:
    named = dict(zip(_GIVEN, call.args, strict=False))
    named |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    for name, node in list(named.items()):
        inner = node.value if isinstance(node, ast.Starred) else node
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
            arguments = [_text(each, texts) or "" for each in inner.args]
            if inner.func.id in _HELPERS:
                example.said.append(_HELPERS[inner.func.id].format(days=_days(arguments[0])))
            if inner.func.id in {"each_given", "drawn_scores"}:
                example.given.append(("Scores", drawn_table(arguments[-1])))
        elif text := _text(inner, texts):
            if name in _GIVEN:
                example.given.append((name.capitalize(), drawn_table(text)))
            elif name == "data_cut":
                example.said.append(f"Records end on {text}.")
            elif name == "definitions":
                example.said.append(f"In the definitions, `{' '.join(text.split())}`.")


def _answers(test: ast.FunctionDef, texts: dict[str, str]) -> Iterator[tuple[str, Table]]:
    """Find the drawn tables that `same` expects, and the answers by person that an assertion spells out."""
    made = {
        node.targets[0].id: ast.unparse(node.value)
        for node in ast.walk(test)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in test.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called, arguments = ast.unparse(node.value.func), node.value.args
            text = _text(arguments[-1], texts) if arguments else None
            if called == "same" and text:
                yield _answer_name(arguments[0], made), drawn_table(text)
            elif called == "check_forms" and text:
                yield "each form, and the total that is used", drawn_table(text)
        elif isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare):
            expected = node.test.comparators[0]
            if isinstance(expected, ast.Dict) and expected.values:
                yield _answer_name(node.test.left, made), _by_person(ast.literal_eval(expected))


def _by_person(answers: dict[str, object]) -> Table:
    rows = [[name, *(value if isinstance(value, tuple) else (value,))] for name, value in answers.items()]
    header = ["patient_id", "eligible", "outcome"] if len(rows[0]) > 2 else ["patient_id", "outcome"]
    return [header, *([str(cell) if isinstance(cell, str) else str(cell).lower() for cell in row] for row in rows)]


def _days(text: str) -> str:
    days = text.split()
    return f"day {days[0]}" if len(days) == 1 else f"days {', '.join(days[:-1])} and {days[-1]}"


def _constants(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = _text(node.value, {})
            if text is not None:
                yield node.targets[0].id, text


def _text(node: ast.expr, texts: dict[str, str]) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return texts.get(node.id) if isinstance(node, ast.Name) else None


def _answer_name(asked: ast.expr, made: dict[str, str]) -> str:
    """Name an answer by what is asked for, or by what the names in it were made of."""
    named = [made[node.id] for node in ast.walk(asked) if isinstance(node, ast.Name) and node.id in made]
    for text in (ast.unparse(asked), *named):
        for pattern, words in _ANSWERS:
            if found := re.search(pattern, text):
                return words.format(*(part.replace("_", " ") for part in found.groups()))
    return ""
