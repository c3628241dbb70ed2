"""Curves of times to an event in public: steps only where enough people gather, and nothing small to be worked out."""

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure.suppression import disclose
from analysis.estimate.time_to_rows import curve_rows, make_curves, risk_rows
from analysis.vocabulary.errors import CallError


def table(ends, strategy="treatment-policy", route=None, fewest=11):
    """Make the table of people given as (end, time, people)."""
    name = {} if route is None else {"route": route}
    rows = [{**name, "strategy": strategy, "end": end, "time": time, "people": n} for end, time, n in ends]
    made = curve_rows(make_curves(pd.DataFrame(rows), [{**name, "strategy": strategy}], fewest=fewest), "day")
    for place, (column, value) in enumerate({"instrument": "PHQ-9", "event": "relapse", "origin": "o"}.items()):
        made.insert(len(name) + place, column, value)
    return made.assign(definitions="default 1")


def events(disclosed):
    rows = disclosed.table[disclosed.table["happened"] == "event"]
    return list(zip(rows["day"], rows["numerator"], rows["at_risk"], strict=True))


def test_a_step_waits_until_12_have_had_the_event():
    drawn = table([("event", 3, 4), ("event", 5, 4), ("event", 9, 4), ("event", 20, 12), ("censored", 40, 76)])
    assert events(disclose(drawn)) == [(0, 0, 100), (9, 12, 88), (20, 24, 76), (40, 24, 0)]


def test_who_is_at_risk_shows_no_few_who_were_censored():
    drawn = table([("event", 10, 15), ("censored", 11, 3), ("event", 20, 15), ("censored", 21, 9), ("event", 30, 15),
                   ("censored", 40, 43)])  # fmt: skip
    shown = disclose(drawn)
    assert events(shown) == [(0, 0, 100), (10, 15, 85), (21, 30, 58), (30, 45, 43), (40, 45, 0)]
    assert shown.table.loc[shown.table["happened"] == "event", "censored"].tolist() == [0, 0, 12, 12, 55]


def test_few_deaths_are_not_shown_apart_nor_to_be_worked_out_from_what_is():
    drawn = table([("event", 10, 30), ("died", 12, 2), ("censored", 20, 28), ("event", 25, 15), ("censored", 40, 25)])
    shown = disclose(drawn).table
    assert set(shown["happened"]) == {"event"}
    assert shown["censored"].isna().all()
    gone = (shown["denominator"] - shown["numerator"] - shown["at_risk"]).tolist()
    assert gone == [0, 0, 30, 30, 55]


def test_a_small_group_and_the_next_smallest_are_hidden():
    parts = [
        table([("event", 5, n), ("censored", 40, 2 * n)], route=route)
        for route, n in (("im", 3), ("iv", 40), ("sc", 30))
    ]
    shown = disclose(pd.concat(parts, ignore_index=True)).table
    assert shown.loc[shown["status"] == "hidden", "route"].tolist() == ["im", "sc"]
    assert (
        shown.loc[shown["status"] == "hidden", ["estimate", "numerator", "denominator", "at_risk"]]
        .isna()
        .all(axis=None)
    )


def test_shares_are_whole_percent():
    drawn = table([("event", 10, 33), ("censored", 40, 67)])
    shares = disclose(drawn).table["estimate"].astype(float)
    np.testing.assert_allclose(100 * shares, np.round(100 * shares), atol=1e-9)


def test_no_small_number_can_be_worked_out_of_drawn_curves():
    """An outsider takes differences of all that is shown: between days, and between the strategies of a group."""
    draw = np.random.default_rng(3)
    for _ in range(25):
        ends = [("event", "stopped", "died", "censored")[k] for k in draw.choice(4, 120, p=[0.3, 0.3, 0.05, 0.35])]
        whole = [(end, int(draw.integers(0, 200)), int(draw.integers(1, 6))) for end in ends]
        policy = [("censored" if end == "stopped" else end, time, n) for end, time, n in whole]
        both = pd.concat([table(policy), table(whole, strategy="while-on-treatment")], ignore_index=True)
        shown = disclose(both).table
        for _, one in shown[shown["status"] == "ok"].groupby(["strategy", "happened"]):
            rows = one.sort_values("day")
            for name in ("numerator", "at_risk", "censored"):
                if rows["happened"].iloc[0] == "none of these" and name == "numerator":
                    continue
                steps = rows[name].dropna().astype(int).diff().abs().dropna()
                assert not steps.between(1, 10).any(), name
        apart = shown[(shown["happened"] == "event") & (shown["status"] == "ok")]
        apart = apart.pivot_table(index="day", columns="strategy", values="numerator").dropna()
        if apart.shape[1] == 2:
            assert not (apart.iloc[:, 0] - apart.iloc[:, 1]).abs().between(1, 10).any()


def test_inside_everything_stays():
    drawn = table([("event", 3, 4), ("censored", 40, 96)])
    pd.testing.assert_frame_equal(disclose(drawn, audience="internal").table, drawn)


def test_the_numbers_under_a_curve_and_its_quantiles_are_refused():
    rows = pd.DataFrame([{"strategy": "treatment-policy", "end": "event", "time": 3, "people": 50}])
    of = make_curves(rows, [{"strategy": "treatment-policy"}], fewest=1)
    with pytest.raises(CallError, match="a table from"):
        disclose(risk_rows(of, "day", [0]))
