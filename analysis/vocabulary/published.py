"""Published results, as they were printed, with who was counted and how sure the counts are.

The file ``benchmarks.csv`` beside this module is the same as ``data/published/benchmarks.csv``; here it is found when
the package is installed. Results that could not be confirmed in a source are not in it.
"""

from importlib.resources import files

import pandas as pd

from analysis.vocabulary.errors import CallError, nearest_name

CERTAINTIES = ("counts printed", "counts from the printed percent", "percent only")
_WHOLE = ["numerator", "denominator"]


def published_results(
    *, instrument: str | None = None, outcome: str | None = None, phase: str | None = None
) -> pd.DataFrame:
    """Load published results.

    Parameters
    ----------
    instrument : str, optional
        Only those of this scale.
    outcome : str, optional
        Only ``response``, ``remission`` or ``worsening``.
    phase : str, optional
        Only ``end of loading``, ``maintenance`` or ``single dose``.

    Returns
    -------
    DataFrame
        One row per result: ``study, year, reference, design, treatment, route, arm, instrument, outcome, cut_off,
        window`` (as the study has it), ``phase``, ``counted`` (whom the rate is a share of, in the words of
        `response_rates`: ``observed``, ``nonresponder``; ``carried-forward``, ``model`` or ``not known``),
        ``denominator_words, numerator, denominator`` (missing where they are not confirmed), ``percent`` (as printed),
        ``low, high`` (percent, where an interval was printed), ``certainty`` (`CERTAINTIES`), ``verified, note``.

    Raises
    ------
    CallError
        For a name that no result has.

    Examples
    --------
    >>> found = published_results(instrument="QIDS-SR16", phase="end of loading")
    >>> found[["study", "numerator", "denominator"]].values.tolist()
    [['Sakurai 2020', 15, 82], ['ELEKT-D, Anand 2023', 108, 195]]
    """
    with files("analysis.vocabulary").joinpath("benchmarks.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype=dict.fromkeys(_WHOLE, "Int64"))
    table["note"] = table["note"].fillna("")
    for name, value in (("instrument", instrument), ("outcome", outcome), ("phase", phase)):
        if value is None:
            continue
        known = sorted(table[name].unique())
        if value not in known:
            hint = nearest_name(str(value), known)
            raise CallError(f"{name}: no published result has '{value}'.{hint} There are: {', '.join(known)}.")
        table = table[table[name] == value]
    return table.reset_index(drop=True)
