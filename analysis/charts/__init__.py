"""Charts of estimate tables: each takes a table and ``ax=None``, and returns the axes.

Nothing is computed here. A table that has not been through `disclose` for the public is stamped "internal".
"""

from analysis.charts.difference_dots import differences
from analysis.charts.estimand_dots import denominators
from analysis.charts.flow_ladder import flow_diagram
from analysis.charts.item_rows import changes_by_item
from analysis.charts.mean_score import mean_score_by_session
from analysis.charts.occupancy_stack import occupancy_by_day
from analysis.charts.phase_response import response_by_phase
from analysis.charts.picture import alt_text, as_html, caption, png_bytes, save_png
from analysis.charts.session_days import sessions_by_day
from analysis.charts.session_response import response_by_session
from analysis.charts.sessions_until_response import responded_by_session
from analysis.charts.time_to_event import curves_over_time
from analysis.charts.trajectory import adjusted_means
from analysis.charts.transition_grid import answer_transitions

__all__ = [
    "adjusted_means",
    "alt_text",
    "answer_transitions",
    "as_html",
    "caption",
    "changes_by_item",
    "curves_over_time",
    "denominators",
    "differences",
    "flow_diagram",
    "mean_score_by_session",
    "occupancy_by_day",
    "png_bytes",
    "responded_by_session",
    "response_by_phase",
    "response_by_session",
    "save_png",
    "sessions_by_day",
]


def __dir__() -> list[str]:
    """List the functions only: the modules they are in would stand between them."""
    return __all__
