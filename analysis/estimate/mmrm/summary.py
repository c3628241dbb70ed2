"""A fit in print: what was fitted to what, whether it converged, the coefficients and the covariance of the visits."""

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from analysis.estimate.mmrm.inference import DEGREES_OF_FREEDOM
from analysis.estimate.mmrm.sandwich import SANDWICHES
from analysis.estimate.mmrm.structures import STRUCTURES

if TYPE_CHECKING:
    from analysis.estimate.mmrm.fit import RepeatedMeasures


def summary_text(fit: "RepeatedMeasures") -> str:
    """Write a fit as text.

    Parameters
    ----------
    fit : RepeatedMeasures

    Returns
    -------
    str
    """
    lines = ["Mixed model for repeated measures"]
    facts = _facts(fit)
    width = max(len(label) for label, _ in facts)
    lines += [f"  {label + ':':<{width + 1}}  {words}" for label, words in facts]
    lines += ["", "Coefficients:", _coefficients(fit).to_string(index=False)]
    lines += ["", "Covariance of the visits:", fit.covariance.to_string(float_format=lambda x: f"{x:.3f}")]
    return "\n".join(lines)


def summary_html(fit: "RepeatedMeasures") -> str:
    """Write a fit as HTML tables.

    Parameters
    ----------
    fit : RepeatedMeasures

    Returns
    -------
    str
    """
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td>{escape(words)}</td></tr>' for label, words in _facts(fit)
    )
    head = f"<table><caption>Mixed model for repeated measures</caption><tbody>{rows}</tbody></table>"
    return head + _coefficients(fit).to_html(index=False) + fit.covariance.to_html(float_format=lambda x: f"{x:.3f}")


def _facts(fit: "RepeatedMeasures") -> list[tuple[str, str]]:
    settings, moments = fit.settings, fit.source.moments
    by = f", for each {settings.covariance_by}" if settings.covariance_by else ""
    count = len(fit.point.parameters)
    errors = SANDWICHES[settings.sandwich] if settings.sandwich else "of the model"
    ended = fit.convergence
    restricted = settings.method == "reml"
    facts = [
        ("Formula", settings.formula),
        (
            "Data",
            f"{moments.observations:,} outcomes of {moments.patients:,} patients at {moments.visits} visits, "
            f"{len(moments.n):,} patterns",
        ),
        *((f"Left out: {reason}", f"{rows:,}") for reason, rows in fit.source.left_out.items() if rows),
        ("Covariance", f"{STRUCTURES[settings.covariance]}{by} ({count} parameters)"),
        ("Method", "restricted maximum likelihood (REML)" if restricted else "maximum likelihood (ML)"),
        ("Standard errors", errors),
        ("Degrees of freedom", DEGREES_OF_FREEDOM[settings.df]),
        ("-2 log likelihood", f"{fit.deviance:.4f}   AIC {fit.aic:.4f}   BIC {fit.bic:.4f}"),
        (
            "Converged",
            f"yes, in {ended.steps} steps" if ended.converged else f"NO, after {ended.steps} steps: {ended.reason}",
        ),
    ]
    return facts if ended.converged else [facts[-1], *facts[:-1]]


def _coefficients(fit: "RepeatedMeasures") -> pd.DataFrame:
    table = fit.coefficients
    level = f"{100 * fit.settings.level:g} %"
    return pd.DataFrame(
        {
            "": table["term"],
            "Estimate": table["estimate"].map("{:.4f}".format),
            "Std. error": table["std_error"].map("{:.4f}".format),
            "df": table["df"].map("{:.2f}".format),
            "t": table["statistic"].map("{:.3f}".format),
            "p": table["p_value"].map(_p_words),
            f"Low {level}": table["low"].map("{:.4f}".format),
            f"High {level}": table["high"].map("{:.4f}".format),
        }
    )


def _p_words(p: float) -> str:
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"
