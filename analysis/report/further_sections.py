"""The sections of a report beside the scores in their windows: each subject draws and words its own tables."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.axes import Axes

from analysis.disclosure.suppression import Disclosed
from analysis.report.blocks import Section
from analysis.report.content import Content

Drawing = tuple[str, Disclosed, Callable[[Disclosed], Axes]]
"""A figure's name, the disclosed table it is drawn from, and the chart."""


@dataclass(frozen=True)
class FurtherSections:
    """One subject; a section or drawing whose table is not among the content's is left out."""

    drawings: Callable[[Content], list[Drawing]]
    sections: Callable[[Content], list[Section]]


FURTHER_SECTIONS: tuple[FurtherSections, ...] = ()
"""In the order of the report."""
