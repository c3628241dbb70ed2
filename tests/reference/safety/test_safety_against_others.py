"""Event rates, means and minutes against R and statsmodels; the published CDISC pilot against counts by hand."""

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from real_files import ROOT, published_folder

from analysis.cohort.cohort import derive
from analysis.estimate.minutes import minutes_curve
from analysis.estimate.patient_sums import PatientSums, exact_poisson, patient_mean, patient_rate
from analysis.estimate.safety.summary import safety
from analysis.intake.dataset import open_dataset
from analysis.intake.mapping import import_folder

FOUND = json.loads(Path(__file__).with_name("event_rates.json").read_text(encoding="utf-8"))


def sums(x, m):
    x, m = np.array(x), np.array(m)
    return PatientSums(x.sum(), m.sum(), xx=(x * x).sum(), xm=(x * m).sum(), mm=(m * m).sum(), patients=len(x))


@pytest.mark.parametrize("cohort", FOUND["cohorts"], ids=lambda each: f"{len(each['events'])} patients")
def test_rates_and_means_are_those_of_r(cohort):
    events, sessions = cohort["events"], cohort["sessions"]
    assert exact_poisson(sum(events), sum(sessions)) == pytest.approx(cohort["exact"], rel=1e-9)
    assert patient_rate(sums(events, sessions)) == pytest.approx(cohort["clustered"], rel=1e-7)
    assert patient_mean(sums(cohort["values"], sessions)) == pytest.approx(cohort["mean"], rel=1e-9)


@pytest.mark.parametrize("cohort", FOUND["cohorts"], ids=lambda each: f"{len(each['events'])} patients")
def test_the_clustered_variance_is_that_of_statsmodels(cohort):
    """Session by session, the events of a patient spread over the sessions in any way: only their sum matters."""
    rows = [
        (patient, events // m + (place < events % m))
        for patient, (events, m) in enumerate(zip(cohort["events"], cohort["sessions"], strict=True))
        for place in range(m)
    ]
    patients, events = (np.array(each) for each in zip(*rows, strict=True))
    model = sm.GLM(events, np.ones(len(events)), family=sm.families.Poisson())
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": patients})
    assert np.exp(fit.params[0]) == pytest.approx(cohort["rate"][0])
    assert fit.bse[0] == pytest.approx(cohort["robust_error"][0], rel=1e-6)


@pytest.mark.parametrize("curve", FOUND["curves"], ids=lambda each: f"{len(each['minute'])} people")
def test_minutes_are_those_of_survfit(curve):
    times, over = np.array(curve["minute"]), np.array(curve["over"])
    minutes = np.unique(times)
    found = minutes_curve(
        minutes,
        [int(over[times == each].sum()) for each in minutes],
        [int((1 - over[times == each]).sum()) for each in minutes],
    )
    for minute in (50, 60):
        ours, theirs = found.over_by(minute), curve[f"over_by_{minute}"]
        known = [place for place in range(3) if np.isfinite(ours[place])]
        assert [ours[place] for place in known] == pytest.approx([theirs[place] for place in known], rel=1e-9)
    # Where exactly half are over after a minute, R gives the middle between it and the next end.
    flat = np.flatnonzero(np.isclose(found.still, 0.5, rtol=0, atol=1e-12))
    half = (found.minute[flat[0]] + found.minute[flat[0] + 1]) / 2 if len(flat) else found.median()[0]
    theirs = [float("nan") if each is None else each for each in curve["median"]]
    assert (half, *found.median()[1:]) == pytest.approx(theirs, nan_ok=True)


# --- the CDISC pilot: a real submission ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    source = published_folder("cdisc_pilot_sdtm_adam")
    place = tmp_path_factory.mktemp("pilot")
    mapping = ROOT / "data" / "mappings" / "cdisc_pilot.toml"
    import_folder(source, mapping=mapping, out=place / "dataset", key_file=place / "key.csv")

    def read(code):
        with (source / f"sdtm_{code}.csv").open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    return safety(derive(open_dataset(place / "dataset"))), read("ae"), read("ex")


def hand_counts(adverse, exposures):
    """Whole-dated events of those treated, from the first dose on; and the doses of each patient."""
    first: dict[str, date] = {}
    for row in exposures:
        start = date.fromisoformat(row["EXSTDTC"])
        first[row["USUBJID"]] = min(start, first.get(row["USUBJID"], start))
    after = [
        row
        for row in adverse
        if len(row["AESTDTC"]) == 10
        and row["USUBJID"] in first
        and date.fromisoformat(row["AESTDTC"]) >= first[row["USUBJID"]]
    ]
    return after, Counter(row["USUBJID"] for row in exposures)


@pytest.mark.parametrize(("term", "word"), [("nausea", "NAUSEA"), ("headache", "HEADACHE"), ("syncope", "SYNCOPE")])
def test_the_rates_of_the_pilot_are_hand_counts(pilot, term, word):
    found, adverse, exposures = pilot
    after, doses = hand_counts(adverse, exposures)
    own = Counter(row["USUBJID"] for row in after if row["AEDECOD"] == word)
    rows = found.events.query(f"split == 'all' and source == 'reported' and term == '{term}'").set_index("measure")
    of_patients, per_sessions = rows.loc["patients with the event"], rows.loc["events per 100 sessions"]
    assert (of_patients["numerator"], of_patients["denominator"]) == (len(own), len(doses)) == (len(own), 254)
    assert (
        (per_sessions["numerator"], per_sessions["denominator"]) == (own.total(), doses.total()) == (own.total(), 591)
    )
    assert own.total() > 0
    x, m = [own[patient] for patient in doses], list(doses.values())
    low, high = patient_rate(sums(x, m))
    assert [per_sessions["low"], per_sessions["high"]] == pytest.approx([100 * float(low), 100 * float(high)])


def test_every_event_of_the_pilot_is_placed(pilot):
    found, adverse, exposures = pilot
    after, _ = hand_counts(adverse, exposures)
    whole = sum(len(row["AESTDTC"]) == 10 for row in adverse)
    fates = found.recorded[found.recorded["share_of"] == "rows of adverse events"].set_index("name")["numerator"]
    assert fates.sum() == whole
    assert fates["adverse event: before any session"] == whole - len(after)
    any_event = found.events.query("split == 'all' and term == 'any' and measure == 'events per 100 sessions'")
    assert any_event["numerator"].tolist() == [len(after)]


def test_severity_and_seriousness_of_the_pilot(pilot):
    found, adverse, exposures = pilot
    after, _ = hand_counts(adverse, exposures)
    rows = found.events[(found.events["term"] == "any") & (found.events["measure"] == "events per 100 sessions")]
    severity = rows[rows["split"] == "severity"].set_index("level")["numerator"].to_dict()
    assert severity == Counter(row["AESEV"].lower() for row in after)
    serious = found.serious.set_index(["source", "term", "seriousness"])["count"]
    assert serious["reported", "any", "serious"] == sum(row["AESER"] == "Y" for row in after) > 0


def test_what_the_pilot_does_not_hold_is_said(pilot):
    found, *_ = pilot
    assert set(found.sessions.query("name == 'systolic rise'")["status"]) == {"none recorded"}
    assert any(note.startswith("CADSS: ") and "never record it" in note for note in found.notes)
