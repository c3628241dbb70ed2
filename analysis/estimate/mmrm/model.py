"""The door: a formula and data in, a fitted repeated-measures model out."""

import warnings

import pandas as pd

from analysis.counts.patterns import PatternCounts
from analysis.estimate.mmrm.checks import refuse_too_few
from analysis.estimate.mmrm.counted_rows import source_of_counts
from analysis.estimate.mmrm.design import parse_formula
from analysis.estimate.mmrm.fit import RepeatedMeasures
from analysis.estimate.mmrm.inference import Inference
from analysis.estimate.mmrm.likelihood import Likelihood, Point
from analysis.estimate.mmrm.newton import lowest_point
from analysis.estimate.mmrm.sandwich import Sandwich
from analysis.estimate.mmrm.settings import Settings, refuse_options
from analysis.estimate.mmrm.start import first_parameters
from analysis.estimate.mmrm.structures import covariance_structure
from analysis.estimate.mmrm.table_rows import Source, source_of_table
from analysis.vocabulary.errors import CallError


class ConvergenceWarning(UserWarning):
    """The search for the highest likelihood did not end at one."""


def mmrm(
    formula: str,
    data: pd.DataFrame | PatternCounts,
    *,
    patient: str | None = None,
    visit: str | None = None,
    covariance: str = "unstructured",
    covariance_by: str | None = None,
    method: str = "reml",
    df: str = "satterthwaite",
    sandwich: str | None = None,
    level: float = 0.95,
) -> RepeatedMeasures:
    """Fit a mixed model for repeated measures: a linear model whose residuals are correlated within a patient.

    Parameters
    ----------
    formula : str
        Outcome and terms, such as ``change ~ baseline*visit + arm*visit``. The visit column is categorical in it,
        whatever it holds; so are columns of texts and truth values.
    data : DataFrame or PatternCounts
        One row per patient and visit. Rows without an outcome are left out; patients stay in with what they have, which
        is right when being missing depends on what was observed only (missing at random). Or counts from
        `count_patterns`, for cohorts of any size: the outcome is ``total`` or ``change`` then, the visits ``visit``.
    patient, visit : str
        The columns of a table that say whose row it is, and of which visit.
    covariance : str
        How the visits of a patient vary together: ``unstructured``, ``compound-symmetry``, ``ar1``, ``toeplitz``, or
        one of the last three with ``heterogeneous-`` before it (a variance for each visit).
    covariance_by : str, optional
        A column of groups of patients; each gets covariance parameters of its own.
    method : {"reml", "ml"}
    df : {"satterthwaite", "kenward-roger", "kenward-roger-linear"}
        Degrees of freedom; Kenward-Roger also corrects the standard errors, and needs REML.
    sandwich : {"empirical", "bias-reduced", "jackknife"}, optional
        A covariance of the coefficients that does not rely on ``covariance``; with Satterthwaite only.
    level : float
        Of the intervals.

    Returns
    -------
    RepeatedMeasures
        With ``.coefficients, .covariance, .means(...), .differences(...), .contrast(...), .joint_tests(...)``, ``.aic,
        .bic, .convergence``; printed, it is a summary.

    Raises
    ------
    CallError
        Naming the option or column that is wrong and what it can be.
    DataError
        When the data do not allow the fit, naming the cause.

    Warns
    -----
    ConvergenceWarning
        When the optimum was not found; the fit says why, and every table made from it has the status ``not converged``.

    Notes
    -----
    ``y_i = X_i b + e_i, e_i ~ N(0, V_i)``, V_i being the rows and columns of the visits that patient i has. The
    covariance parameters maximise the restricted likelihood by Newton's method with exact derivatives; the coefficients
    are those of generalised least squares. References: Mallinckrodt et al. 2008 (the model in trials); Kenward & Roger
    1997; Fai & Cornelius 1996 (Satterthwaite's degrees of freedom).

    Examples
    --------
    >>> scores = pd.DataFrame({
    ...     "person": [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6],
    ...     "week": [1, 2] * 6,
    ...     "total": [14, 9, 18, 12, 11, None, 16, 15, 20, 11, 13, 10],
    ... })
    >>> fit = mmrm("total ~ week", scores, patient="person", visit="week")
    >>> fit.means()[["week", "estimate", "denominator"]].round(2)
      week  estimate  denominator
    0    1     15.33            6
    1    2     11.17            5
    """
    settings = Settings(formula, covariance, covariance_by, method, df, sandwich, level)
    refuse_options(settings)
    parsed = parse_formula(formula)
    if isinstance(data, PatternCounts):
        return fit_source(source_of_counts(parsed, data, covariance_by), settings)
    if not isinstance(data, pd.DataFrame):
        raise CallError(
            f"mmrm: data must be a table (DataFrame) or what count_patterns returned, not {type(data).__name__}."
        )
    if patient is None or visit is None:
        raise CallError("mmrm: name the columns: patient=... and visit=...")
    return fit_source(source_of_table(parsed, data, patient, visit, covariance_by), settings)


def fit_source(source: Source, settings: Settings) -> RepeatedMeasures:
    """Fit the model to what either entry has added up.

    Parameters
    ----------
    source : Source
    settings : Settings

    Returns
    -------
    RepeatedMeasures
    """
    structure = covariance_structure(settings.covariance, len(source.visits))
    likelihood = Likelihood(source.moments, structure, restricted=settings.method == "reml")
    start = first_parameters(source.moments, structure)
    refuse_too_few(
        source.moments,
        source.visits,
        parameters=len(start),
        unstructured=settings.covariance == "unstructured",
        by=settings.covariance_by,
    )
    point, convergence = lowest_point(likelihood, start)
    if not convergence.converged:
        warnings.warn(f"mmrm did not converge: {convergence.reason}.", ConvergenceWarning, stacklevel=3)
    return RepeatedMeasures(settings, source, point, convergence, _inference(source, settings, point))


def _inference(source: Source, settings: Settings, point: Point) -> Inference:
    if settings.sandwich is None:
        return Inference(point, settings.df)
    if source.rows is None:
        raise CallError(
            "sandwich: it needs each patient's residuals, and counts hold sums over patients only. Give the table, or "
            "leave sandwich out."
        )
    made = Sandwich(point, source.rows, settings.sandwich)
    return Inference(point, settings.df, made.covariance, made.degrees)
