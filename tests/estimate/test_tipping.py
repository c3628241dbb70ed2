"""How badly the unseen must have done for the rate of the eligible to fall under a value: exact, in whole numbers."""

import pytest
from made_up_clinics import People, write_clinics

from analysis.cohort.cohort import derive
from analysis.estimate.tipping import tipping_point
from analysis.intake.dataset import open_dataset
from analysis.vocabulary.errors import CallError

ASKED = {"instrument": "PHQ-9", "window": "end of loading"}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """40 eligible: 20 responded, 10 did not, 10 were not seen; West has nobody unseen, East nobody with a baseline."""
    folder = write_clinics(
        tmp_path_factory.mktemp("tipping") / "clinics",
        People("North", 20, end=8),
        People("North", 10, end=18),
        People("North", 10, end=None),
        People("West", 6, end=8),
        People("West", 4, end=18),
        People("East", 3, end=8, baseline=None),
    )
    return derive(open_dataset(folder))


def of_clinic(cohort, rate, clinic="North"):
    table = tipping_point(cohort, **ASKED, rate=rate, by="clinic_id")
    return table.set_index("clinic_id").loc[clinic]


@pytest.mark.parametrize(
    ("rate", "least", "share", "status"),
    [
        (0.6, 4, 0.4, "ok"),  # 24 of 40; with 3 of the unseen it is 23, under 60 %
        (0.61, 5, 0.5, "ok"),  # 24.4, so 25
        (0.55, 2, 0.2, "ok"),  # exactly 22 of 40, though 0.55 x 40 is 22.000000000000004 on a computer
        (0.75, 10, 1.0, "ok"),  # all of them: 30 of 40
        (0.5, 0, 0.0, "stays whatever the unseen did"),  # 20 of 40 without any of them
        (0.76, None, None, "never reaches whatever the unseen did"),
        (1, None, None, "never reaches whatever the unseen did"),
    ],
)
def test_the_least_number_of_the_unseen(cohort, rate, least, share, status):
    found = of_clinic(cohort, rate)
    assert found["status"] == status
    assert found["denominator"] == 10
    if least is None:
        assert found[["numerator", "estimate"]].isna().all()
    else:
        assert (found["numerator"], found["estimate"]) == (least, pytest.approx(share))


@pytest.mark.parametrize("percent", range(1, 101))
def test_at_the_least_number_the_rate_is_reached_and_with_one_fewer_it_is_not(cohort, percent):
    found = of_clinic(cohort, percent / 100)
    reached = [unseen for unseen in range(11) if 100 * (20 + unseen) >= percent * 40]
    if not reached:
        assert found["status"] == "never reaches whatever the unseen did"
    else:
        assert found["numerator"] == reached[0]
        assert (found["status"] == "ok") == (reached[0] > 0)


def test_what_was_seen_stands_beside_it(cohort):
    found = of_clinic(cohort, 0.6)
    assert found["observed_share"] == pytest.approx(2 / 3)
    assert found["observed_low"] < 2 / 3 < found["observed_high"]
    assert found[["with_outcome", "started", "with_baseline", "eligible", "scored"]].tolist() == [20, 40, 40, 40, 30]
    assert found[["low", "high"]].isna().all()


def test_without_unseen_people_it_stays_or_never_reaches(cohort):
    stays, never = of_clinic(cohort, 0.6, "West"), of_clinic(cohort, 0.61, "West")
    assert (stays["status"], never["status"]) == (
        "stays whatever the unseen did",
        "never reaches whatever the unseen did",
    )
    assert stays["denominator"] == 0
    assert (stays["numerator"], str(stays["estimate"])) == (0, "nan")


def test_a_clinic_without_eligible_people_is_kept_and_empty(cohort):
    assert of_clinic(cohort, 0.6, "East")["status"] == "empty"


@pytest.mark.parametrize("rate", [0, -0.1, 1.01, 30, "much", float("nan"), True, None])
def test_a_rate_that_is_no_share_is_refused(cohort, rate):
    with pytest.raises(CallError, match=r"rate: '.*' is no share over 0 and at most 1; write 30 percent as 0.3"):
        tipping_point(cohort, **ASKED, rate=rate)


def test_wrong_questions_are_those_of_the_rates(cohort):
    with pytest.raises(CallError, match="outcome: 'respons' is unknown"):
        tipping_point(cohort, **ASKED, rate=0.3, outcome="respons")


def test_several_windows_and_a_period(cohort):
    table = tipping_point(cohort, instrument="PHQ-9", window=["end of loading", "by day 7"], rate=0.3, period=2025)
    assert table["window"].tolist() == ["end of loading", "by day 7"]
    assert (table["period"] == "2025").all()
    assert table["status"].tolist() == ["ok", "ok"] or table["numerator"].notna().any()
