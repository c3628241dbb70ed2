"""Charts of estimate tables: each takes a table and ``ax=None``, and returns the axes.

Nothing is computed here. A table that has not been through `disclose` for the public is stamped "internal".
"""

from analysis.charts.access_bars import access_steps
from analysis.charts.adverse_event_rows import adverse_events_by_term
from analysis.charts.clinic_funnel import clinic_rates
from analysis.charts.completeness_grid import completeness_map
from analysis.charts.control_chart import control_chart
from analysis.charts.difference_dots import differences
from analysis.charts.estimand_dots import denominators
from analysis.charts.flow_ladder import flow_diagram
from analysis.charts.habituation_line import habituation_by_session
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
from analysis.charts.vital_sign_rows import vital_signs_over_limits
from analysis.charts.waiting_steps import waiting_time

__all__ = [
    "access_steps",
    "adjusted_means",
    "adverse_events_by_term",
    "alt_text",
    "answer_transitions",
    "as_html",
    "caption",
    "changes_by_item",
    "clinic_rates",
    "completeness_map",
    "control_chart",
    "curves_over_time",
    "denominators",
    "differences",
    "flow_diagram",
    "habituation_by_session",
    "mean_score_by_session",
    "occupancy_by_day",
    "png_bytes",
    "responded_by_session",
    "response_by_phase",
    "response_by_session",
    "save_png",
    "sessions_by_day",
    "vital_signs_over_limits",
    "waiting_time",
]


def __dir__() -> list[str]:
    """List the functions only: the modules they are in would stand between them."""
    return __all__
