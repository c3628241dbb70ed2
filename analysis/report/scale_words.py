"""The cut-offs of a scale in words, whichever direction is better."""

from analysis.vocabulary.instruments import Instrument


def entry_words(scale: Instrument) -> str:
    """Say which baselines are eligible.

    Parameters
    ----------
    scale : Instrument
        With an entry score.

    Returns
    -------
    str

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> scales = default_definitions().instruments
    >>> entry_words(scales["PHQ-9"]), entry_words(scales["WHO-5"])
    ('10 or more', '50 or less')
    """
    return f"{scale.entry_score} or {'less' if scale.direction == 'higher' else 'more'}"


def remission_words(scale: Instrument) -> str:
    """Say which totals are a remission.

    Parameters
    ----------
    scale : Instrument
        With a remission score.

    Returns
    -------
    str

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> scales = default_definitions().instruments
    >>> remission_words(scales["PHQ-9"]), remission_words(scales["WHO-5"])
    ('4 or less', '52 or more')
    """
    return f"{scale.remission_score} or {'more' if scale.direction == 'higher' else 'less'}"


def response_words(scale: Instrument, *, percent: int) -> str:
    """Say what a response is.

    Parameters
    ----------
    scale : Instrument
    percent : int
        The share of the baseline that has to be gone, where the scale has no rule in points.

    Returns
    -------
    str

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> scales = default_definitions().instruments
    >>> response_words(scales["PHQ-9"], percent=50)
    'at least half of the score before treatment is gone'
    >>> response_words(scales["WHO-5"], percent=50)
    'the score is at least 10 points higher than before treatment'
    """
    if scale.response_points is not None:
        better = "higher" if scale.direction == "higher" else "lower"
        return f"the score is at least {scale.response_points} points {better} than before treatment"
    return f"{'at least half' if percent == 50 else f'at least {percent} %'} of the score before treatment is gone"
