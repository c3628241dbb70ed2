"""The own rate beside published ones."""

from pathlib import Path

import analysis
from analysis.disclosure.suppression import disclose
from analysis.estimate.context import in_context
from analysis.vocabulary.published import CERTAINTIES, published_results


def test_the_file_for_people_is_the_file_of_the_package(demo_folder):
    packaged = Path(analysis.__file__).parent / "vocabulary" / "benchmarks.csv"
    assert (demo_folder.parent / "published" / "benchmarks.csv").read_bytes() == packaged.read_bytes()


def test_counts_agree_with_the_printed_percent_and_only_confirmed_ones_are_there():
    table = published_results()
    counted = table[table["denominator"].notna()]
    printed = counted["percent"] - 100 * (counted["numerator"] / counted["denominator"]).astype("float64")
    assert (printed.abs() <= 0.55).all()  # 17 of 41 were printed as 42 %
    assert set(table["certainty"]) == set(CERTAINTIES)
    assert table["verified"].all()
    assert (table["certainty"] == "percent only").equals(table["denominator"].isna())


def test_what_differs_is_spelled_out_and_the_order_is_not_by_rate(demo_cohort):
    table = in_context(demo_cohort, outcome="remission")
    assert table.loc[table["kind"] == "own", "estimand"].tolist() == ["observed", "nonresponder", "starters"]
    theirs = table[table["study"] == "Bio-K, Parikh 2023"].iloc[0]
    assert theirs["differences"].startswith("scale MADRS instead of PHQ-9; remission at under 10 instead of 4 or less;")
    assert (theirs["numerator"], theirs["denominator"]) == (38, 73)
    ours = table[table["study"] == "McInnes 2022"].iloc[0]
    assert "instead of" not in ours["differences"]  # PHQ-9 under 5 is 4 or less
    (summary,) = table.loc[table["kind"] == "summary", "differences"]
    assert summary.startswith("McInnes 2022 and Hull 2022;")


def test_small_own_counts_are_hidden_and_published_ones_are_not(demo_cohort):
    table = in_context(demo_cohort, period="2023Q1")
    public = disclose(table).table
    assert (public.loc[public["kind"] == "own", "status"] == "hidden").all()
    assert public.loc[public["kind"] == "own", ["estimate", "numerator", "denominator"]].isna().all(axis=None)
    assert (public.loc[public["kind"] != "own", "status"] == "ok").all()
