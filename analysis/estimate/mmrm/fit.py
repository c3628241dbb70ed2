"""What a fitted model says: coefficients, covariance, adjusted means, contrasts and tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimate.mmrm.adjusted import differences_table, means_table
from analysis.estimate.mmrm.inference import DEGREES_OF_FREEDOM, Inference
from analysis.estimate.mmrm.likelihood import Point
from analysis.estimate.mmrm.newton import Convergence
from analysis.estimate.mmrm.sandwich import SANDWICHES
from analysis.estimate.mmrm.settings import Settings
from analysis.estimate.mmrm.structures import STRUCTURES
from analysis.estimate.mmrm.summary import summary_html, summary_text
from analysis.estimate.mmrm.table_rows import Source
from analysis.vocabulary.errors import CallError, nearest_name

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class RepeatedMeasures:
    """A fitted repeated-measures model.

    Attributes
    ----------
    settings : Settings
    source : Source
        What it was made from: ``.left_out`` says which rows were not used.
    point : Point
        The likelihood at its highest.
    convergence : Convergence
        ``converged, steps, decrement, reason``.
    inference : Inference
    """

    settings: Settings
    source: Source
    point: Point
    convergence: Convergence
    inference: Inference

    @property
    def converged(self) -> bool:
        """Whether the optimum was found; if not, ``convergence.reason`` says why."""
        return self.convergence.converged

    @cached_property
    def estimates(self) -> Array:
        """The coefficients alone, in the order of `coefficients`."""
        return self.point.estimates

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """The coefficients: ``term, estimate, std_error, df, statistic, p_value, low, high``."""
        rows = np.eye(len(self.estimates))
        found = self.inference.intervals(rows, self.settings.level)
        return pd.DataFrame({"term": list(self.source.design.terms), **found})

    @property
    def coefficient_covariance(self) -> pd.DataFrame:
        """The covariance of the coefficients that their standard errors come from."""
        terms = list(self.source.design.terms)
        return pd.DataFrame(self.inference.covariance, index=terms, columns=terms)

    @cached_property
    def covariance(self) -> pd.DataFrame:
        """The covariance of the visits; with ``covariance_by``, one block of rows for each group."""
        labels = pd.Index(self.source.visits, name="visit")
        blocks = self.point.likelihood.covariances(self.point.parameters)
        frames = [pd.DataFrame(block, index=labels, columns=labels) for block in blocks]
        if not self.source.groups:
            return frames[0]
        return pd.concat(frames, keys=self.source.groups, names=[self.settings.covariance_by])

    @property
    def correlation(self) -> pd.DataFrame:
        """The correlation of the visits, in the form of `covariance`."""
        blocks = self.point.likelihood.covariances(self.point.parameters)
        deviations = np.sqrt(np.einsum("gaa->ga", blocks))
        values = (blocks / deviations[:, :, None] / deviations[:, None, :]).reshape(-1, blocks.shape[1])
        return pd.DataFrame(values, index=self.covariance.index, columns=self.covariance.columns)

    @cached_property
    def covariance_parameters(self) -> pd.DataFrame:
        """The covariance parameters: group (with ``covariance_by``), ``parameter, estimate, std_error``."""
        structure = self.point.likelihood.structure
        names = structure.names([str(visit) for visit in self.source.visits])
        groups = self.source.groups or [None]
        with np.errstate(invalid="ignore"):
            errors = np.sqrt(2 * np.diag(np.linalg.pinv(self.point.observed)))
        table = pd.DataFrame(
            {
                "group": np.repeat(np.array(groups, dtype=object), len(names)),
                "parameter": names * len(groups),
                "estimate": self.point.parameters,
                "std_error": errors,
            }
        )
        by = self.settings.covariance_by
        return table.rename(columns={"group": by}) if by else table.drop(columns="group")

    @property
    def deviance(self) -> float:
        """-2 log likelihood (restricted with REML), all constants included, as SAS prints it."""
        return self.point.value

    @property
    def aic(self) -> float:
        """Akaike's criterion: -2 log likelihood + 2 d; d counts covariance parameters, with ML also coefficients."""
        return self.deviance + 2 * self._counted

    @property
    def bic(self) -> float:
        """Schwarz's criterion: -2 log likelihood + d log(patients), as SAS has it."""
        return self.deviance + self._counted * float(np.log(self.source.moments.patients))

    @property
    def _counted(self) -> int:
        return len(self.point.parameters) + (0 if self.settings.method == "reml" else len(self.estimates))

    @property
    def method(self) -> str:
        """How intervals were made, in words."""
        errors = self.settings.sandwich and SANDWICHES[self.settings.sandwich]
        words = [
            self.settings.method.upper(),
            STRUCTURES[self.settings.covariance],
            errors,
            DEGREES_OF_FREEDOM[self.settings.df],
        ]
        return ", ".join([*filter(None, words), f"{100 * self.settings.level:g} %"])

    def means(self, *, by: str | Sequence[str] = (), at: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Give the adjusted mean at each visit.

        Parameters
        ----------
        by : str or sequence of str
            Categorical columns of the formula whose levels stay apart.
        at : mapping of str to value, optional
            Where other columns are held: numbers are at their mean over the rows used, and categories are averaged with
            equal weights, when left out (as LSMEANS and emmeans do).

        Returns
        -------
        DataFrame
            One row per group and visit: the group columns, the visit under its own name, ``outcome`` (its name),
            ``estimate, low, high`` (in its units), ``method, numerator`` (sum of the outcomes known), ``denominator``
            (how many), ``status, std_error, df, observed`` (their plain mean).

        Raises
        ------
        CallError
            When a column is not in the formula.
        """
        return means_table(self, [by] if isinstance(by, str) else list(by), at or {})

    def differences(
        self, between: str, *, reference: Any, by: str | Sequence[str] = (), at: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """Compare the adjusted means of groups with those of one of them, visit by visit.

        Parameters
        ----------
        between : str
            A categorical column of the formula.
        reference : value
            The level that the others are compared with.
        by : str or sequence of str
            Other columns whose levels stay apart.
        at : mapping of str to value, optional
            As in `means`.

        Returns
        -------
        DataFrame
            One row per other level and visit: the group columns, the visit, ``outcome, estimate`` (level minus
            reference), ``low, high, method, numerator`` (none), ``denominator`` (outcomes known in both groups there),
            ``status, std_error, df, statistic, p_value``.

        Raises
        ------
        CallError
            When a column is not in the formula, or has no such level.
        """
        groups = [by] if isinstance(by, str) else list(by)
        return differences_table(self, between, reference, groups, at or {})

    def contrast(self, weights: Mapping[str, float], *, label: str = "contrast") -> pd.DataFrame:
        """Estimate a weighted sum of coefficients.

        Parameters
        ----------
        weights : mapping of str to float
            Weights by the names in `coefficients`; those not named weigh 0.
        label : str
            What to call it.

        Returns
        -------
        DataFrame
            One row: ``contrast, estimate, std_error, df, statistic, p_value, low, high``.

        Raises
        ------
        CallError
            When a name is not that of a coefficient.
        """
        terms = list(self.source.design.terms)
        row = np.zeros((1, len(terms)))
        for name, weight in weights.items():
            if name not in terms:
                raise CallError(f"contrast: '{name}' is not a coefficient.{nearest_name(name, terms)}")
            row[0, terms.index(name)] = weight
        if not row.any():
            raise CallError("contrast: all weights are 0.")
        found = self.inference.intervals(row, self.settings.level)
        return pd.DataFrame({"contrast": [label], **found})

    def joint_tests(self, terms: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Test terms of the formula: that all coefficients of a term are zero.

        Parameters
        ----------
        terms : str or sequence of str, optional
            Such as ``arm:visit``; all but the intercept when left out. The test of a main effect beside its interaction
            is that of the reference level, as in `coefficients`.

        Returns
        -------
        DataFrame
            One row per term: ``term, statistic`` (F), ``numerator_df, denominator_df, p_value``.

        Raises
        ------
        CallError
            When a term is not in the formula.
        """
        asked = [terms] if isinstance(terms, str) else terms
        if asked is None:
            asked = [str(term) for term in self.source.design.spec.term_slices if str(term) != "1"]
        made = []
        for term in asked:
            rows = np.eye(len(self.estimates))[self.source.design.term_columns(term)]
            tested = self.inference.test(rows)
            made.append((term, tested.statistic, tested.numerator_df, tested.denominator_df, tested.p_value))
        return pd.DataFrame(made, columns=["term", "statistic", "numerator_df", "denominator_df", "p_value"])

    def __repr__(self) -> str:
        return summary_text(self)

    def _repr_html_(self) -> str:
        return summary_html(self)
