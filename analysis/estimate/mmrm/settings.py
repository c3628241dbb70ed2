"""How a model is asked for, and what the options can be."""

from dataclasses import dataclass
from typing import Any

from analysis.estimate.mmrm.inference import DEGREES_OF_FREEDOM
from analysis.estimate.mmrm.sandwich import SANDWICHES
from analysis.estimate.mmrm.structures import STRUCTURES
from analysis.vocabulary.errors import CallError, nearest_name

METHODS = {"reml": "restricted maximum likelihood", "ml": "maximum likelihood"}


@dataclass(frozen=True)
class Settings:
    """How a model was asked for; see `analysis.estimate.mmrm.model.mmrm`."""

    formula: str
    covariance: str
    covariance_by: str | None
    method: str
    df: str
    sandwich: str | None
    level: float


def refuse_options(settings: Settings) -> None:
    """Stop at options that are unknown or do not go together.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    CallError
        Naming the option and what it can be.
    """
    options: list[tuple[str, Any, dict[str, str]]] = [
        ("covariance", settings.covariance, STRUCTURES),
        ("method", settings.method, METHODS),
        ("df", settings.df, DEGREES_OF_FREEDOM),
        *([("sandwich", settings.sandwich, SANDWICHES)] if settings.sandwich is not None else []),
    ]
    for option, value, known in options:
        if value not in known:
            hint = nearest_name(str(value), list(known))
            raise CallError(f"{option}: '{value}' is unknown.{hint} There are: {', '.join(known)}.")
    if settings.method == "ml" and settings.df != "satterthwaite":
        raise CallError("df: Kenward-Roger needs method='reml'; with maximum likelihood use df='satterthwaite'.")
    if settings.sandwich is not None and settings.df != "satterthwaite":
        raise CallError("sandwich: it goes with df='satterthwaite'; Kenward-Roger is a correction of its own.")
    if not 0 < settings.level < 1:
        raise CallError("level: a share between 0 and 1, such as 0.95.")
