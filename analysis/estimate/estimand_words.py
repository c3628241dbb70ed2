"""What each estimate of a response rate assumes of the people not seen, and its five attributes after ICH E9(R1)."""

from collections.abc import Sequence

import pandas as pd

from analysis.vocabulary.relapse_rule import KNOWN_DAYS

_GONE_ON = "Treatment policy: stopping, changing or adding treatment changes nothing; every score of the window counts."

ASSUMPTIONS = {
    "observed": "Eligible people who were not scored did as those who were scored.",
    "nonresponder": "No eligible person who was not scored had the outcome.",
    "starters": "Nobody had the outcome who was not scored or not eligible, such as people without a baseline.",
    "completers": "Completers who were not scored did as those who were; of those who stopped loading it says nothing.",
    "bounds of the eligible": "Nothing: between none and all of the eligible who were not scored had the outcome.",
    "bounds of all starters": "Nothing: between none and all of the starters whose outcome is not known had it, "
    "those without a baseline or not eligible among them.",
    "carried-forward": "Nobody changed after their last score, and those without any score since treatment began did "
    "as the others; only to match published tables.",
    "weighted": "Among eligible people alike in {covariates}, those who were not scored did as those who were.",
    "inverse-intensity": "On each day of the window, whether people alike in {covariates}, in what was last seen of "
    f"them and in whether that was in the last {KNOWN_DAYS} days are assessed has nothing to do with how they are "
    "that day.",
    "imputed": "Missing at random: eligible people who were not scored did as those alike in baseline, {covariates} "
    "and the scores that there are, by a normal model of all scores.",
    "imputed-left-worse": "As imputed, but those without any score from the window on did {points} points worse in it.",
    "imputed-back-to-baseline": "As imputed, but those not scored who stopped loading early were around their baseline "
    "again.",
    "model": "Missing at random, and everybody's scores are normal around what baseline, {covariates} and window say; "
    "the share is what that model expects.",
}
"""In one plain sentence each; ``weighted`` and those of the model name their covariates."""

_POPULATION = {
    "completers": "Eligible people who completed loading (known only afterwards)",
    "starters": "Everyone who started treatment and whose window is due",
    "bounds of all starters": "Everyone who started treatment and whose window is due",
}

_EVENTS = {
    "observed": f"{_GONE_ON} Who was not scored is left out.",
    "nonresponder": "Composite: not being scored in the window counts as not having the outcome; stopping treatment by "
    "itself changes nothing.",
    "starters": "Composite: not being scored in the window, and not being eligible, count as not having the outcome.",
    "completers": "Stopping loading early: left out. After loading, stopping, changing or adding treatment changes "
    "nothing.",
    "bounds of the eligible": _GONE_ON,
    "bounds of all starters": _GONE_ON,
    "carried-forward": "Not being scored in the window: the last score before it stands for it, whatever the reason.",
    "weighted": _GONE_ON,
    "inverse-intensity": f"{_GONE_ON} Being seen more often, or less, when unwell is weighted away.",
    "imputed": _GONE_ON,
    "imputed-left-worse": f"{_GONE_ON} Who left without a further score is taken to have done worse.",
    "imputed-back-to-baseline": "Stopping loading early without a score in the window: what was gained is taken to be "
    "lost. Otherwise stopping, changing or adding treatment changes nothing.",
    "model": _GONE_ON,
}

_SUMMARY = {
    "bounds of the eligible": "The range in which the share with the outcome lies",
    "bounds of all starters": "The range in which the share with the outcome lies",
    "weighted": "Share with the outcome, by weights: each stratum's scored stand for all its eligible",
    "inverse-intensity": "Share of the window's days on which people have the outcome, by all assessments of the "
    "window, each weighted by the inverse of the intensity of assessment",
    "imputed": "Share with the outcome, the mean of many imputations",
    "imputed-left-worse": "Share with the outcome, the mean of many imputations",
    "imputed-back-to-baseline": "Share with the outcome, the mean of many imputations",
    "model": "Expected share with the outcome, the mean over the baselines of all eligible people",
}


def assumption_words(estimand: str, covariates: Sequence[str], *, points: float | None = None) -> str:
    """Say in one sentence what an estimate assumes of the people not seen.

    Parameters
    ----------
    estimand : str
        From `ASSUMPTIONS`.
    covariates : sequence of str
        Of the weights and of the model.
    points : float, optional
        By how many those who left did worse.

    Returns
    -------
    str

    Examples
    --------
    >>> assumption_words("weighted", ["sex", "age_band"])
    'Among eligible people alike in sex and age band, those who were not scored did as those who were.'
    """
    names = [name.replace("_", " ") for name in covariates]
    listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1] if names else "their group"]))
    return ASSUMPTIONS[estimand].format(covariates=listed, points=f"{points or 0:g}")


def estimand_attributes(
    estimands: Sequence[str], *, instrument: str, windows: Sequence[str], outcome: str
) -> pd.DataFrame:
    """Give the five attributes of some estimands.

    Parameters
    ----------
    estimands : sequence of str
        From `ASSUMPTIONS`.
    instrument : str
    windows : sequence of str
    outcome : str

    Returns
    -------
    DataFrame
        One row per estimand: ``estimand, population, treatment, variable, intercurrent_events, summary``, the
        attributes of ICH E9(R1) (2019), Addendum on estimands and sensitivity analysis in clinical trials.

    Examples
    --------
    >>> words = estimand_attributes(["starters"], instrument="PHQ-9", windows=["by day 7"], outcome="response")
    >>> words[["population", "variable"]].iloc[0].tolist()
    ['Everyone who started treatment and whose window is due', 'response on PHQ-9, by day 7']
    """
    return pd.DataFrame(
        {
            "estimand": name,
            "population": _POPULATION.get(name, "People who may have the outcome: eligible by their baseline"),
            "treatment": "The person's first course, as it was given; not compared with another treatment",
            "variable": f"{outcome.replace('_', ' ')} on {instrument}, {'; '.join(windows)}",
            "intercurrent_events": _EVENTS[name],
            "summary": _SUMMARY.get(name, "Share with the outcome"),
        }
        for name in estimands
    )
