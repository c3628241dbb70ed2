"""Adjusted means and their differences: linear in the coefficients, one row of the averaged design each."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.vocabulary.errors import CallError

if TYPE_CHECKING:
    from analysis.estimate.mmrm.fit import RepeatedMeasures

Array = NDArray[np.float64]


def means_table(fit: "RepeatedMeasures", by: Sequence[str], at: Mapping[str, Any]) -> pd.DataFrame:
    """Give the adjusted means of a fit; see `RepeatedMeasures.means`.

    Parameters
    ----------
    fit : RepeatedMeasures
    by : sequence of str
    at : mapping of str to value

    Returns
    -------
    DataFrame
    """
    keys, rows = fit.source.design.reference_rows(by, at)
    n, total = _known(fit, keys, at)
    with np.errstate(invalid="ignore"):
        observed = np.where(n > 0, total / np.maximum(n, 1), np.nan)
    shown = _shown(fit, keys, rows, numerator=total, denominator=n)
    return shown.drop(columns=["statistic", "p_value"]).assign(observed=observed)


def differences_table(
    fit: "RepeatedMeasures", between: str, reference: Any, by: Sequence[str], at: Mapping[str, Any]
) -> pd.DataFrame:
    """Give the differences of adjusted means; see `RepeatedMeasures.differences`.

    Parameters
    ----------
    fit : RepeatedMeasures
    between : str
    reference : value
    by : sequence of str
    at : mapping of str to value

    Returns
    -------
    DataFrame
    """
    keys, rows = fit.source.design.reference_rows([between, *(name for name in by if name != between)], at)
    base = (keys[between] == reference).to_numpy()
    if not base.any():
        levels = ", ".join(map(str, keys[between].unique()))
        raise CallError(f"reference: {between} has no such level. There are: {levels}.")
    rest = [name for name in keys.columns if name != between]
    places = {key: k for k, key in enumerate(keys.loc[base, rest].itertuples(index=False, name=None))}
    against = [places[key] for key in keys.loc[~base, rest].itertuples(index=False, name=None)]
    n, _ = _known(fit, keys, at)
    others = keys[~base].reset_index(drop=True)
    none = np.full(len(others), np.nan)
    both = n[~base] + n[base][against]
    return _shown(fit, others, rows[~base] - rows[base][against], numerator=none, denominator=both)


def _known(fit: "RepeatedMeasures", keys: pd.DataFrame, at: Mapping[str, Any]) -> tuple[Array, Array]:
    """Count and add the outcomes known of each group and visit."""
    cells, names = fit.source.cells, list(keys.columns)
    for name in set(at) & set(fit.source.design.levels):
        cells = cells[cells[name] == at[name]]
    counted = cells.groupby(names, observed=False)[["n", "total"]].sum()
    counts = counted.reindex(pd.MultiIndex.from_frame(keys) if len(names) > 1 else keys[names[0]]).fillna(0)
    return counts["n"].to_numpy(float), counts["total"].to_numpy(float)


def _shown(
    fit: "RepeatedMeasures", keys: pd.DataFrame, rows: Array, *, numerator: Array, denominator: Array
) -> pd.DataFrame:
    """Put estimates in the columns that every estimate has."""
    found = fit.inference.intervals(rows, fit.settings.level)
    return keys.assign(
        outcome=fit.source.design.outcome,
        estimate=found["estimate"],
        low=found["low"],
        high=found["high"],
        method=fit.method,
        numerator=numerator,
        denominator=pd.array(denominator.astype("int64"), dtype="Int64"),
        status="ok" if fit.converged else "not converged",
        std_error=found["std_error"],
        df=found["df"],
        statistic=found["statistic"],
        p_value=found["p_value"],
    )
