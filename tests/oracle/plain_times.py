"""Slow, plain second opinions on times to an event, person by person."""

import math
from typing import Any

import numpy as np


def plain_incidence(
    times: list[int], causes: list[int], weights: list[float], days: int
) -> tuple[list[float], list[float]]:
    """Give the share free of any cause and with cause 1 on each day, from weighted people, by loops."""
    free, happened, s, f = [], [], 1.0, 0.0
    for day in range(days):
        at_risk = sum(w for t, w in zip(times, weights, strict=True) if t >= day)
        if at_risk > 0:
            any_cause = sum(w for t, c, w in zip(times, causes, weights, strict=True) if t == day and c > 0)
            first = sum(w for t, c, w in zip(times, causes, weights, strict=True) if t == day and c == 1)
            f += s * first / at_risk
            s *= 1 - any_cause / at_risk
        free.append(s)
        happened.append(f)
    return free, happened


def jackknife_error(times: list[int], causes: list[int], days: int, value: Any) -> float:
    """Give the infinitesimal jackknife's standard error of a value of (free, happened), by numeric derivatives."""
    people, step, total = len(times), 1e-5, 0.0
    for who in range(people):
        values = []
        for sign in (1, -1):
            weights = [1.0] * people
            weights[who] += sign * step
            values.append(value(*plain_incidence(times, causes, weights, days)))
        total += ((values[0] - values[1]) / (2 * step)) ** 2
    return math.sqrt(total)


def plain_gray(times: list[int], causes: list[int], groups: list[int]) -> float:
    """Give Gray's statistic, written out from sections 2 and 3 of the paper (1988) as sums over people and days.

    The variance is that of the scores as sums over independent people of what each of their moments changes: by day,
    group and cause, with the paper's covariance terms; nothing is shared with the package but the formulas.
    """
    labels = sorted(set(groups))
    rows = list(zip(times, causes, groups, strict=True))
    days = sorted({t for t, c, _ in rows if c > 0})
    number = len(labels)
    s_before = dict.fromkeys(labels, 1.0)
    f_before = dict.fromkeys(labels, 0.0)
    pooled = 0.0
    score = np.zeros(number)
    moments: list[dict[str, Any]] = []
    left: list[np.ndarray] = []
    for day in days:
        risk = {g: sum(1 for t, _, h in rows if h == g and t >= day) for g in labels}
        first = {g: sum(1 for t, c, h in rows if h == g and t == day and c == 1) for g in labels}
        other = {g: sum(1 for t, c, h in rows if h == g and t == day and c == 2) for g in labels}
        scaled = {g: risk[g] / s_before[g] if risk[g] else 0.0 for g in labels}
        h_sum = sum(scaled.values())
        r_sum = sum(scaled[g] * (1 - f_before[g]) for g in labels)
        d1 = sum(first.values())
        for i, g in enumerate(labels):
            if risk[g]:
                score[i] += first[g] - d1 * scaled[g] * (1 - f_before[g]) / r_sum
        a = np.zeros((number, number))
        for i, g in enumerate(labels):
            for j, h in enumerate(labels):
                a[i, j] = scaled[g] * ((g == h) - scaled[h] / h_sum)
        left.append(a * d1 / (h_sum * (1 - pooled)))
        pooled += d1 / h_sum
        after = {}
        for g in labels:
            if risk[g]:
                f_before[g] += s_before[g] * first[g] / risk[g]
                after[g] = s_before[g] * (risk[g] - first[g] - other[g]) / risk[g]
        moments.append(
            {"a": a, "risk": risk, "d1": d1, "other": other, "sum": h_sum, "s": dict(s_before), "after": dict(after),
             "pooled": pooled}
        )  # fmt: skip
        s_before.update(after)
    covariance = np.zeros((number, number))
    for place, m in enumerate(moments):
        to_come = sum(left[place + 1 :], np.zeros((number, number)))
        for k, g in enumerate(labels):
            if not m["risk"][g]:
                continue
            ratio = (1 - m["pooled"]) / m["after"][g] if m["after"][g] > 0 else 0.0
            if m["d1"]:
                tied = 1 - (m["d1"] - 1) / (m["sum"] * m["s"][g] - 1) if m["d1"] > 1 else 1.0
                change = m["a"][:, k] + (1 - ratio) * to_come[:, k]
                covariance += np.outer(change, change) * tied * m["s"][g] * m["d1"] / (m["sum"] * m["risk"][g])
            if m["other"][g] and m["after"][g] > 0:
                tied = 1 - (m["other"][g] - 1) / (m["risk"][g] - 1) if m["other"][g] > 1 else 1.0
                change = ratio * to_come[:, k]
                covariance += np.outer(change, change) * tied * m["s"][g] ** 2 * m["other"][g] / m["risk"][g] ** 2
    part = covariance[:-1, :-1]
    return float(score[:-1] @ np.linalg.solve(part, score[:-1]))


def plain_turnbull(intervals: list[tuple[float, float]], rounds: int = 200_000) -> dict[tuple[float, float], float]:
    """Give Turnbull's estimate by his self-consistency alone, person by person, until nothing moves."""
    lefts, rights = {a for a, _ in intervals}, {b for _, b in intervals}
    cells = []
    for left in sorted(lefts):
        later = [right for right in rights if right > left]
        if later:
            right = min(later)
            if not any(left < other < right for other in lefts):
                cells.append((left, right))
    inside = np.array([[a <= left and right <= b for left, right in cells] for a, b in intervals], dtype=float)
    share = np.full(len(cells), 1 / len(cells))
    for _ in range(rounds):
        of_each = inside * share
        new = (of_each / of_each.sum(axis=1, keepdims=True)).mean(axis=0)
        done = np.abs(new - share).max() < 1e-13
        share = new
        if done:
            break
    return dict(zip(cells, share.tolist(), strict=True))
