"""A raw table of a report, before the gate."""

from dataclasses import dataclass

import pandas as pd

from analysis.vocabulary.periods import Period


@dataclass(frozen=True)
class Result:
    """A raw table. Several of one name make one table of the report; each passes the gate by itself."""

    name: str
    title: str
    frame: pd.DataFrame
    period: Period | None
