"""The design: what a formula makes of rows, and reference rows for adjusted means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from formulaic import Formula, ModelSpec, SimpleFormula
from formulaic.errors import FormulaicError
from numpy.typing import NDArray

from analysis.vocabulary.errors import CallError, nearest_name

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """A formula made up on some rows.

    Attributes
    ----------
    spec : ModelSpec
        Of formulaic: it makes the same columns from other rows.
    outcome : str
        The left side of the formula.
    terms : tuple of str
        The columns' names.
    visit : str
        The name of the visit column.
    levels : dict of str to list
        The levels of each categorical column in the formula, the visits first.
    centres : dict of str to float
        The mean of each numeric column in the formula, over the rows used.
    """

    spec: ModelSpec
    outcome: str
    terms: tuple[str, ...]
    visit: str
    levels: Mapping[str, Sequence[Any]]
    centres: Mapping[str, float]

    def rows(self, frame: pd.DataFrame) -> Array:
        """Make the columns for other rows."""
        return np.asarray(self.spec.get_model_matrix(frame), dtype=float)

    def term_columns(self, term: str) -> list[int]:
        """Give the columns of a term such as ``arm:visit``."""
        wanted = set(term.replace(" ", "").split(":"))
        for each, columns in self.spec.term_slices.items():
            if {str(factor).replace(" ", "") for factor in each.factors} == wanted:
                return list(range(columns.start, columns.stop))
        terms = [str(each) for each in self.spec.term_slices]
        raise CallError(
            f"'{term}' is not a term of the formula.{nearest_name(term, terms)} There are: {', '.join(terms)}."
        )

    def reference_rows(self, by: Sequence[str], at: Mapping[str, Any]) -> tuple[pd.DataFrame, Array]:
        """Average the design over the levels of what is not named, numbers at their mean.

        Parameters
        ----------
        by : sequence of str
            Categorical columns whose levels stay apart, besides the visits.
        at : mapping of str to value
            Where other columns are held.

        Returns
        -------
        keys : DataFrame
            The levels, one row each; the visits last.
        rows : array
            The averaged rows of the design.
        """
        for name in (*by, *at):
            if name not in self.levels and name not in self.centres:
                known = [each for each in (*self.levels, *self.centres) if each != self.visit]
                raise CallError(
                    f"'{name}' is not in the formula.{nearest_name(name, known)} There are: {', '.join(known)}."
                )
        for name in by:
            if name not in self.levels:
                raise CallError(f"by: '{name}' is a number; give its values with at={{'{name}': ...}}.")
        keys = [*(name for name in by if name != self.visit), self.visit]
        options: dict[str, Sequence[Any]] = {name: self.levels[name] for name in keys}
        for name, levels in self.levels.items():
            options.setdefault(name, levels)
        for name, value in at.items():
            if name in self.levels and value not in list(self.levels[name]):
                raise CallError(f"at: '{name}' has no such level in the data.")
            options[name] = [value]
        frame = pd.DataFrame(list(product(*options.values())), columns=list(options))
        for name, levels in self.levels.items():
            frame[name] = pd.Categorical(frame[name], categories=list(levels))
        for name, centre in self.centres.items():
            frame[name] = float(at.get(name, centre))
        rows = self.rows(frame)
        cells = len(frame) // int(np.prod([len(options[name]) for name in keys]))
        averaged = rows.reshape(-1, cells, rows.shape[1]).mean(axis=1)
        return frame[keys].iloc[::cells].reset_index(drop=True), averaged


def parse_formula(formula: object) -> Formula:
    """Read a formula with an outcome and a right side.

    Parameters
    ----------
    formula : str
        Such as ``change ~ baseline*visit + arm*visit``.

    Returns
    -------
    Formula

    Raises
    ------
    CallError
    """
    if not isinstance(formula, str):
        raise CallError("formula: a text such as 'change ~ baseline*visit + arm*visit' is needed.")
    try:
        parsed = Formula(formula)
    except (FormulaicError, SyntaxError) as problem:
        raise CallError(f"formula: it cannot be read ({str(problem).splitlines()[0]}).") from None
    sides = [getattr(parsed, side, None) for side in ("lhs", "rhs")]
    if not all(isinstance(side, SimpleFormula) for side in sides) or len(list(parsed.lhs)) != 1:
        raise CallError("formula: write outcome ~ terms, such as 'change ~ baseline*visit + arm*visit'.")
    return parsed


def outcome_name(formula: Formula) -> str:
    """Return the column on the left side of a formula.

    Parameters
    ----------
    formula : Formula

    Returns
    -------
    str
    """
    (name,) = (str(term) for term in formula.lhs)
    return name.strip("`")


def build_design(formula: Formula, frame: pd.DataFrame, visit: str) -> tuple[Design, Array]:
    """Make the design of some rows without missing values.

    Parameters
    ----------
    formula : Formula
    frame : DataFrame
        The visits and the columns of the right side, each plain numbers or categorical.
    visit : str

    Returns
    -------
    design : Design
    rows : array
        Rows x coefficients.

    Raises
    ------
    CallError
        When the formula does not fit the columns.
    DataError
        When columns say the same.
    """
    try:
        matrix = formula.rhs.get_model_matrix(frame, context={"np": np}, na_action="raise")
    except Exception as problem:  # formulaic hands on whatever the formula's own functions raise
        words = str(problem).splitlines()[0] if isinstance(problem, FormulaicError) else type(problem).__name__
        raise CallError(f"formula: it cannot be worked out from the columns given ({words}).") from None
    spec = matrix.model_spec
    levels = {
        name: list(frame[name].cat.categories)
        for name in [visit, *(name for name in frame.columns if name != visit)]
        if isinstance(frame[name].dtype, pd.CategoricalDtype)
    }
    centres = {name: float(frame[name].mean()) for name in frame.columns if name not in levels}
    terms = tuple("(Intercept)" if name == "Intercept" else _term(name) for name in spec.column_names)
    rows = np.ascontiguousarray(matrix.to_numpy(dtype=float))
    return Design(spec, outcome_name(formula), terms, visit, levels, centres), rows


def _term(name: str) -> str:
    return re.sub(r"\[T\.([^\]]*)\]", r"[\1]", name)
