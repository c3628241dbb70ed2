"""Honest outcome statistics for ketamine and esketamine clinics.

``import analysis as ko`` gives the names below; each is loaded when it is first used, so the import itself is instant.

- data: `open_dataset`, `check_dataset`, `draft_mapping`, `import_folder`, `update_dataset`, `partition_dataset`,
  `simulate`
- words: `default_definitions`, `read_definitions`, `parse_period`
- courses and outcomes: `derive`
- results: `response_rates`, `flow`, `mean_scores`, `phases`, `measure`, `item_changes`,
  `item_transitions`, `mmrm`, `count_patterns`, `estimands`, `tipping_point`, `impute_rates`,
  `responses_by_session`, `compare`, `compare_periods`, `compare_repeated`, `mean_changes`, `changes_before_treatment`,
  `regression_to_mean`
- how fast and how long: `time_to`, `interval_time_to`, `occupancy`, `current_response`, `maintenance_trial`,
  `maintenance_landmark`, `maintenance_hazard`, `holding_by_gap`, `response_again`, `early_response`,
  `change_trajectories`
- harm, access and clinics: `safety`, `baseline_table`, `access`, `access_gaps`, `waiting_times`, `waiting_curve`,
  `attendance`, `responder_costs`, `read_prices`, `completeness`, `overdue`, `clinics`, `monitor`, `in_context`,
  `published_results`, `random_effects`
- what may leave: `disclose`, `reidentification_risk`
- pictures, words and reports: `charts`, `rate_in_words`, `share_in_words`, `write_report`
- cohorts with a known truth: `simulation`
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis import charts, simulation
    from analysis.cohort.cohort import derive
    from analysis.counts.patterns import count_patterns
    from analysis.disclosure.suppression import disclose
    from analysis.estimate.access import access
    from analysis.estimate.access_gaps import access_gaps
    from analysis.estimate.attendance import attendance
    from analysis.estimate.baseline import baseline_table
    from analysis.estimate.clinics import clinics
    from analysis.estimate.comparisons import compare
    from analysis.estimate.completeness import completeness, overdue
    from analysis.estimate.context import in_context
    from analysis.estimate.early_response import early_response
    from analysis.estimate.estimands import estimands
    from analysis.estimate.flow import flow
    from analysis.estimate.imputation.imputed_rates import impute_rates
    from analysis.estimate.interval_time_to import interval_time_to
    from analysis.estimate.items import item_changes, item_transitions
    from analysis.estimate.maintenance_hazard import holding_by_gap, maintenance_hazard
    from analysis.estimate.maintenance_landmark import maintenance_landmark
    from analysis.estimate.maintenance_trial import maintenance_trial
    from analysis.estimate.mean_changes import changes_before_treatment, mean_changes
    from analysis.estimate.mean_reversion import regression_to_mean
    from analysis.estimate.means import mean_scores
    from analysis.estimate.measures import measure
    from analysis.estimate.mmrm.model import mmrm
    from analysis.estimate.monitoring import monitor
    from analysis.estimate.occupancy import current_response, occupancy
    from analysis.estimate.period_comparisons import compare_periods
    from analysis.estimate.phases import phases
    from analysis.estimate.random_effects import random_effects
    from analysis.estimate.rates import response_rates
    from analysis.estimate.repeated_comparisons import compare_repeated
    from analysis.estimate.responder_costs import responder_costs
    from analysis.estimate.response_again import response_again
    from analysis.estimate.safety.summary import safety
    from analysis.estimate.session_responses import responses_by_session
    from analysis.estimate.time_to import time_to
    from analysis.estimate.tipping import tipping_point
    from analysis.estimate.trajectories import change_trajectories
    from analysis.estimate.waiting import waiting_curve, waiting_times
    from analysis.intake.dataset import check_dataset, open_dataset
    from analysis.intake.drafting.draft import draft_mapping
    from analysis.intake.mapping import import_folder
    from analysis.intake.partition import partition_dataset
    from analysis.intake.risk import reidentification_risk
    from analysis.intake.update import update_dataset
    from analysis.report.quarterly import write_report
    from analysis.report.rate_words import rate_in_words, share_in_words
    from analysis.simulation import simulate
    from analysis.vocabulary.definitions import default_definitions, read_definitions
    from analysis.vocabulary.periods import parse_period
    from analysis.vocabulary.prices import read_prices
    from analysis.vocabulary.published import published_results

__version__ = "0.1.0"

_SUBMODULES = ("charts", "simulation")

_HOME = {
    "open_dataset": "analysis.intake.dataset",
    "check_dataset": "analysis.intake.dataset",
    "draft_mapping": "analysis.intake.drafting.draft",
    "import_folder": "analysis.intake.mapping",
    "update_dataset": "analysis.intake.update",
    "partition_dataset": "analysis.intake.partition",
    "simulate": "analysis.simulation",
    "default_definitions": "analysis.vocabulary.definitions",
    "read_definitions": "analysis.vocabulary.definitions",
    "parse_period": "analysis.vocabulary.periods",
    "derive": "analysis.cohort.cohort",
    "response_rates": "analysis.estimate.rates",
    "flow": "analysis.estimate.flow",
    "mean_scores": "analysis.estimate.means",
    "phases": "analysis.estimate.phases",
    "measure": "analysis.estimate.measures",
    "item_changes": "analysis.estimate.items",
    "item_transitions": "analysis.estimate.items",
    "mmrm": "analysis.estimate.mmrm.model",
    "count_patterns": "analysis.counts.patterns",
    "estimands": "analysis.estimate.estimands",
    "tipping_point": "analysis.estimate.tipping",
    "impute_rates": "analysis.estimate.imputation.imputed_rates",
    "responses_by_session": "analysis.estimate.session_responses",
    "compare": "analysis.estimate.comparisons",
    "compare_periods": "analysis.estimate.period_comparisons",
    "compare_repeated": "analysis.estimate.repeated_comparisons",
    "mean_changes": "analysis.estimate.mean_changes",
    "changes_before_treatment": "analysis.estimate.mean_changes",
    "regression_to_mean": "analysis.estimate.mean_reversion",
    "time_to": "analysis.estimate.time_to",
    "interval_time_to": "analysis.estimate.interval_time_to",
    "occupancy": "analysis.estimate.occupancy",
    "current_response": "analysis.estimate.occupancy",
    "maintenance_trial": "analysis.estimate.maintenance_trial",
    "maintenance_landmark": "analysis.estimate.maintenance_landmark",
    "maintenance_hazard": "analysis.estimate.maintenance_hazard",
    "holding_by_gap": "analysis.estimate.maintenance_hazard",
    "response_again": "analysis.estimate.response_again",
    "early_response": "analysis.estimate.early_response",
    "change_trajectories": "analysis.estimate.trajectories",
    "safety": "analysis.estimate.safety.summary",
    "baseline_table": "analysis.estimate.baseline",
    "access": "analysis.estimate.access",
    "access_gaps": "analysis.estimate.access_gaps",
    "waiting_times": "analysis.estimate.waiting",
    "waiting_curve": "analysis.estimate.waiting",
    "attendance": "analysis.estimate.attendance",
    "responder_costs": "analysis.estimate.responder_costs",
    "read_prices": "analysis.vocabulary.prices",
    "completeness": "analysis.estimate.completeness",
    "overdue": "analysis.estimate.completeness",
    "clinics": "analysis.estimate.clinics",
    "monitor": "analysis.estimate.monitoring",
    "in_context": "analysis.estimate.context",
    "published_results": "analysis.vocabulary.published",
    "random_effects": "analysis.estimate.random_effects",
    "disclose": "analysis.disclosure.suppression",
    "reidentification_risk": "analysis.intake.risk",
    "rate_in_words": "analysis.report.rate_words",
    "share_in_words": "analysis.report.rate_words",
    "write_report": "analysis.report.quarterly",
}

__all__ = [
    "access",
    "access_gaps",
    "attendance",
    "baseline_table",
    "change_trajectories",
    "changes_before_treatment",
    "charts",
    "check_dataset",
    "clinics",
    "compare",
    "compare_periods",
    "compare_repeated",
    "completeness",
    "count_patterns",
    "current_response",
    "default_definitions",
    "derive",
    "disclose",
    "draft_mapping",
    "early_response",
    "estimands",
    "flow",
    "holding_by_gap",
    "import_folder",
    "impute_rates",
    "in_context",
    "interval_time_to",
    "item_changes",
    "item_transitions",
    "maintenance_hazard",
    "maintenance_landmark",
    "maintenance_trial",
    "mean_changes",
    "mean_scores",
    "measure",
    "mmrm",
    "monitor",
    "occupancy",
    "open_dataset",
    "overdue",
    "parse_period",
    "partition_dataset",
    "phases",
    "published_results",
    "random_effects",
    "rate_in_words",
    "read_definitions",
    "read_prices",
    "regression_to_mean",
    "reidentification_risk",
    "responder_costs",
    "response_again",
    "response_rates",
    "responses_by_session",
    "safety",
    "share_in_words",
    "simulate",
    "simulation",
    "time_to",
    "tipping_point",
    "update_dataset",
    "waiting_curve",
    "waiting_times",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"analysis.{name}")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'analysis' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
