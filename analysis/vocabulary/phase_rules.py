"""Phase rules of a dataset's own: a name, a kind and its limits under ``[phase_rule.NAME]``, and no code.

A rule is of the kind ``series`` (loading ends by a number of sessions, a day or a gap) or ``label`` (by a day alone,
with a stage of optimisation after it). ``[[phase_rules]]`` says which courses follow it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.vocabulary.errors import nearest_name

OWN_RULES = ("series", "label", "recorded")
"""The rules the package comes with, whose limits stand under their own names."""

_LIMITS = {"series": ("loading_sessions", "loading_gap"), "label": ("optimisation_days",)}
"""What each kind needs besides the limit of days, and the other kind must not have."""


@dataclass(frozen=True)
class PhaseRule:
    """The limits of a phase rule; those that its kind does not have are None."""

    kind: str
    loading_days: int
    completed_sessions: int
    loading_sessions: int | None = None
    loading_gap: int | None = None
    optimisation_days: int | None = None


def contradictory_limits(rule: PhaseRule, *, course_gap: int) -> Iterator[str]:
    """Say what is wrong with the limits of a phase rule.

    Parameters
    ----------
    rule : PhaseRule
    course_gap : int
        The longest gap in days within a course.

    Yields
    ------
    str
        One sentence without its full stop for each fault.

    Examples
    --------
    >>> tms = PhaseRule("series", loading_days=56, completed_sessions=40, loading_sessions=36, loading_gap=10)
    >>> list(contradictory_limits(tms, course_gap=90))
    ['`completed_sessions` (40) must not be more than `loading_sessions` (36)']
    """
    if rule.kind not in _LIMITS:
        yield f"`kind` must be series or label, not '{rule.kind}'.{nearest_name(rule.kind, list(_LIMITS))}".rstrip(".")
        return
    for kind, names in _LIMITS.items():
        for name in names:
            if kind == rule.kind and getattr(rule, name) is None:
                yield f"the key `{name}` is missing, which the kind '{kind}' needs"
            if kind != rule.kind and getattr(rule, name) is not None:
                yield f"`{name}` belongs to the kind '{kind}', and this rule is of the kind '{rule.kind}'"
    for name in ("loading_days", "completed_sessions", "loading_sessions", "loading_gap"):
        limit = getattr(rule, name)
        if limit is not None and limit < 1:
            yield f"`{name}` must be at least 1"
    if rule.loading_sessions is not None and rule.completed_sessions > rule.loading_sessions:
        yield (
            f"`completed_sessions` ({rule.completed_sessions}) must not be more than "
            f"`loading_sessions` ({rule.loading_sessions})"
        )
    if rule.loading_gap is not None and rule.loading_gap > course_gap:
        yield (
            f"`loading_gap` ({rule.loading_gap}) must not be longer than `course.gap_days` ({course_gap}), after which "
            "the next course starts"
        )
    if rule.optimisation_days is not None and rule.optimisation_days < rule.loading_days:
        yield (
            f"`optimisation_days` ({rule.optimisation_days}) must not be less than `loading_days` ({rule.loading_days})"
        )


def unknown_rules(chosen: list[str], added: list[str]) -> Iterator[str]:
    """Say which names of phase rules do not fit together.

    Parameters
    ----------
    chosen : list of str
        The rules that `[[phase_rules]]` names.
    added : list of str
        The names under `[phase_rule]`.

    Yields
    ------
    str
        One sentence for each fault.

    Examples
    --------
    >>> list(unknown_rules(["series", "tmss"], ["tms"]))[0]
    "`phase_rules` names the rule 'tmss'. Did you mean 'tms'? There are: series, label, recorded, tms."
    """
    known = [*OWN_RULES, *added]
    for name in dict.fromkeys(chosen):
        if name not in known:
            yield f"`phase_rules` names the rule '{name}'.{nearest_name(name, known)} There are: {', '.join(known)}."
    for name in added:
        if name in OWN_RULES:
            yield f"`phase_rule.{name}`: there is a rule of this name already; change `{name}`, or choose another name."
        elif name not in chosen:
            yield f"`phase_rule.{name}`: no row of `phase_rules` chooses this rule; add one with a treatment."
