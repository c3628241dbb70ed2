"""Small estimate tables drawn by hand, and what a reader of a chart would measure."""

import math
from itertools import combinations

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from analysis.disclosure.policy import DEFAULT_POLICY
from analysis.disclosure.suppression import Disclosed

COUNTS = ["numerator", "denominator", "started", "with_baseline", "eligible", "scored"]
VALUES = ["estimate", "low", "high", "numerator", "denominator"]
NAN = float("nan")


def _wilson(k, n, z=1.959963984540054):
    if n == 0:
        return NAN, NAN, NAN
    centre = (k / n + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return k / n, centre - half, centre + half


def _hide(table, windows):
    hidden = table["window"].isin(windows)
    for name in VALUES:
        table[name] = table[name].mask(hidden)
    table["status"] = table["status"].mask(hidden, "hidden")
    return table


@pytest.fixture(scope="session")
def rates():
    """Make rows of `response_rates` from (window, numerator, denominator, started); groups by name."""

    def make(rows, *, hidden=(), estimand="observed", outcome="response", instrument="PHQ-9", due="date", **groups):
        made = []
        for window, k, n, started in rows:
            estimate, low, high = _wilson(k, n)
            made.append(
                {
                    **groups,
                    "instrument": instrument,
                    "window": window,
                    "outcome": outcome,
                    "estimand": estimand,
                    "estimate": estimate,
                    "low": low,
                    "high": high,
                    "method": "Wilson, 95 %",
                    "numerator": k,
                    "denominator": n,
                    "status": "ok" if n else "empty",
                    "started": started,
                    "with_baseline": started,
                    "eligible": started,
                    "scored": n,
                    "due": due,
                    "definitions": "default 1 (3f2a9c1b)",
                }
            )
        table = pd.DataFrame(made)
        return _hide(table.astype(dict.fromkeys(COUNTS, "Int64")), hidden)

    return make


@pytest.fixture(scope="session")
def means():
    """Make rows of `mean_scores` from (window, mean, half the interval, scored, started); groups by name."""

    def make(rows, *, hidden=(), **groups):
        table = pd.DataFrame(
            {
                **groups,
                "instrument": "PHQ-9",
                "window": window,
                "estimate": mean if scored else NAN,
                "low": mean - half if scored else NAN,
                "high": mean + half if scored else NAN,
                "method": "t, 95 %",
                "numerator": round(mean * scored),
                "denominator": scored,
                "status": "ok" if scored else "empty",
                "started": started,
                "eligible": started,
                "definitions": "default 1 (3f2a9c1b)",
            }
            for window, mean, half, scored, started in rows
        )
        counts = ["numerator", "denominator", "started", "eligible"]
        return _hide(table.astype(dict.fromkeys(counts, "Int64")), hidden)

    return make


@pytest.fixture(scope="session")
def public():
    """Mark a table as one that has passed the gate for the public."""

    def mark(table, audience="public"):
        return Disclosed(table, audience, DEFAULT_POLICY, 0)

    return mark


def _drawn(ax):
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    return canvas.get_renderer()


@pytest.fixture(scope="session")
def crowding():
    """List the texts of a chart that touch each other or leave the figure."""

    def look(ax):
        renderer = _drawn(ax)
        around = [*ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.label] if ax.axison else []
        texts = [text for text in [*ax.texts, *around] if text.get_text()]
        boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts]
        page = ax.figure.bbox
        outside = [
            words
            for words, box in boxes
            if box.x0 < page.x0 or box.x1 > page.x1 or box.y0 < page.y0 or box.y1 > page.y1
        ]
        touching = [(a, b) for (a, box_a), (b, box_b) in combinations(boxes, 2) if _overlap(box_a, box_b)]
        return outside + touching

    return look


def _overlap(a, b):
    """Boxes of text hold a little air above and below the letters; half a pixel of it may be shared."""
    return min(a.x1, b.x1) - max(a.x0, b.x0) > 0.5 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1.5


@pytest.fixture(scope="session")
def marks():
    """Find a chart's artists of one kind by their group id: points, interval, connection, hidden, stamp, name ..."""

    def find(ax, kind):
        return [artist for artist in ax.findobj() if artist.get_gid() == kind]

    return find
