"""From public source files to response rates: the mapping, the derivation and the estimate against a plain recount.

Each journey runs twice: with made-up files of the same shape (always), and with the real ones where they are found, in
the folder named by KETAMINE_OUTCOMES_REAL_DATA or in ``../shared/data`` beside the repository. The recount reads the
source files with the standard library alone, one patient at a time.
"""

import csv
import os
import random
from pathlib import Path

import pytest

from analysis.cohort.cohort import derive
from analysis.estimate.flow import flow
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset
from analysis.intake.mapping import import_folder
from analysis.report.quarterly import write_report

ROOT = Path(__file__).resolve().parents[2]
MAPPINGS = ROOT / "data" / "mappings"
DENOMINATORS = ("observed", "nonresponder", "starters")


def real_folder(name: str) -> Path:
    folder = Path(os.environ.get("KETAMINE_OUTCOMES_REAL_DATA", ROOT.parent / "shared" / "data")) / name
    if not folder.is_dir():
        pytest.skip(f"the real files ({name}) are not on this machine; set KETAMINE_OUTCOMES_REAL_DATA to their folder")
    return folder


def read(path: Path, delimiter: str) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


def write(path: Path, rows: list[dict], delimiter: str) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def counted(cohort, **question) -> dict[tuple, tuple[int, int]]:
    """The package's answer: numerator and denominator by treatment and denominator."""
    table = response_rates(cohort, by=("treatment",), denominator=DENOMINATORS, **question)
    assert (table["estimate"] * table["denominator"] - table["numerator"]).abs().max() < 1e-9
    return {(row.treatment, row.estimand): (row.numerator, row.denominator) for row in table.itertuples()}


def recounted(patients: list[dict], entry: int) -> dict[tuple, tuple[int, int]]:
    """The recount: patients with treatment, baseline and score (None = not recorded)."""
    answer = {}
    for treatment in {patient["treatment"] for patient in patients}:
        started = [patient for patient in patients if patient["treatment"] == treatment]
        eligible = [patient for patient in started if patient["baseline"] is not None and patient["baseline"] >= entry]
        scored = [patient for patient in eligible if patient["score"] is not None]
        responded = sum(2 * patient["score"] <= patient["baseline"] for patient in scored)
        for estimand, people in zip(DENOMINATORS, (scored, eligible, started), strict=True):
            answer[treatment, estimand] = (responded, len(people))
    return answer


# --- the NIMH ketamine crossover -------------------------------------------------------------------------------------

SCALES = {"MADRS": ("MADRS_Total", 20, 60), "HAM-D17": ("HAM17_Total", 17, 52), "HAM-D6": ("HAMD_Bech", None, 22)}


def make_crossover(folder: Path, seed: int, people: int = 90) -> None:
    """Files like the study's: labels, n/a, controls, either order, one infusion or none, visits without scores."""
    draw = random.Random(seed)  # noqa: S311
    participants, visits = [], []
    for number in range(people):
        name, group = f"sub-X{number:04}", draw.choice(["MDD", "MDD", "MDD", "BP", "HC"])
        first = draw.choice(["d", "d", "p", "p", "p", "n/a"])
        second = "n/a" if first == "n/a" or draw.random() < 0.2 else {"d": "p", "p": "d"}[first]
        person = {
            "participant_id": name,
            "age": draw.choice(["n/a", "19", "64"]),
            "sex": draw.choice(["M", "F", "n/a"]),
        }
        participants.append(person | {"BMI": "24.1", "group": group, "infusion_1": first, "infusion_2": second})
        labels = ["b0", *(f"{kind}{day}" for kind in "dp" for day in (2, 10))]
        for label in draw.sample(labels, draw.choice([1, 3, 5])):
            visit = {"participant_id": name, "session_id": f"ses-{label}"}
            severity = draw.randint(4, 46) if label != "b0" else draw.randint(14, 46)
            for _, (column, _, highest) in SCALES.items():
                visit[column] = "n/a" if draw.random() < 0.15 else str(severity * highest // 60)
            visits.append(visit)
        if draw.random() < 0.05:
            visits.append({"participant_id": name, "session_id": "n/a"} | {s[0]: "n/a" for s in SCALES.values()})
    write(folder / "participants.tsv", participants, "\t")
    write(folder / "phenotype.tsv", visits, "\t")


@pytest.fixture(scope="module", params=["made up, 1", "made up, 2", "real"])
def crossover(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("crossover")
    if request.param == "real":
        source = real_folder("nimh_ketamine_ds005917")
    else:
        source = folder / "source"
        source.mkdir()
        make_crossover(source, seed=int(request.param[-1]))
    account = import_folder(source, mapping=MAPPINGS / "nimh_ketamine.toml", out=folder / "dataset")
    return source, account, derive(open_dataset(folder / "dataset"))


def crossover_patients(source: Path, scale: str) -> list[dict]:
    scores = {
        (row["participant_id"], row["session_id"].removeprefix("ses-")): int(row[SCALES[scale][0]])
        for row in read(source / "phenotype.tsv", "\t")
        if row[SCALES[scale][0]] != "n/a"
    }
    return [
        {"id": row["participant_id"], "first": row["infusion_1"], "second": row["infusion_2"], "scores": scores}
        for row in read(source / "participants.tsv", "\t")
        if row["group"] != "HC"
    ]


TREATMENTS = {"d": "ketamine", "p": "placebo"}


@pytest.mark.parametrize("scale", ["MADRS", "HAM-D17"])
@pytest.mark.parametrize("day", [2, 10])
def test_response_after_the_first_infusion(crossover, scale, day):
    source, _, cohort = crossover
    patients = [
        {
            "treatment": TREATMENTS[each["first"]],
            "baseline": each["scores"].get((each["id"], "b0")),
            "score": each["scores"].get((each["id"], f"{each['first']}{day}")),
        }
        for each in crossover_patients(source, scale)
        if each["first"] != "n/a"
    ]
    assert counted(cohort, instrument=scale, window=f"day {day} +- 1") == recounted(patients, SCALES[scale][1])


@pytest.mark.parametrize("day", [2, 10])
def test_response_after_the_second_infusion(crossover, day):
    """Its baseline is the last score before it: 10 or 2 days after the first infusion, or the very first."""
    source, _, cohort = crossover
    patients = []
    for each in crossover_patients(source, "MADRS"):
        if each["second"] != "n/a":
            labels = [f"{each['first']}10", f"{each['first']}2", "b0"]
            before = [each["scores"][each["id"], label] for label in labels if (each["id"], label) in each["scores"]]
            score = each["scores"].get((each["id"], f"{each['second']}{day}"))
            patients.append(
                {"treatment": TREATMENTS[each["second"]], "baseline": before[0] if before else None, "score": score}
            )
    second = cohort.outcomes.query(f"instrument == 'MADRS' and course == 2 and course_day == {day}")
    treatments = cohort.courses.query("course == 2").set_index("patient_id")["treatment"]
    rows = second.assign(treatment=second["patient_id"].map(treatments)).dropna(subset="response")
    answer = {treatment: (int(group["response"].sum()), len(group)) for treatment, group in rows.groupby("treatment")}
    expected = recounted(patients, 20)
    assert answer == {treatment: expected[treatment, "observed"] for treatment in TREATMENTS.values()}


def test_who_is_in_the_crossover(crossover):
    source, account, cohort = crossover
    participants = read(source / "participants.tsv", "\t")
    people = [row for row in participants if row["group"] != "HC"]
    treated = [row for row in people if row["infusion_1"] != "n/a"]
    assert account.files.set_index("file").loc["participants", ["read", "used", "left_out"]].tolist() == [
        len(participants),
        len(people),
        len(participants) - len(people),
    ]
    assert len(cohort.courses.query("course == 1")) == len(treated)
    assert len(cohort.sessions) == sum(row["infusion_1"] != "n/a" for row in people) + sum(
        row["infusion_2"] != "n/a" for row in people
    )
    assert set(cohort.sessions["day"]) == {0, 14}
    steps = flow(cohort, instrument="MADRS", window="day 2 +- 1").set_index("name")["count"]
    assert steps["treated"] == len(treated)


def test_every_visit_of_the_crossover_is_accounted_for(crossover):
    source, account, _ = crossover
    people = {row["participant_id"]: row for row in read(source / "participants.tsv", "\t")}
    visits = read(source / "phenotype.tsv", "\t")
    expected = {"healthy control": 0, "no visit label": 0, "visit of an infusion that did not take place": 0}
    kept = []
    for visit in visits:
        person, label = people[visit["participant_id"]], visit["session_id"].removeprefix("ses-")
        if person["group"] == "HC":
            expected["healthy control"] += 1
        elif label == "n/a":
            expected["no visit label"] += 1
        elif label != "b0" and label[0] not in (person["infusion_1"], person["infusion_2"]):
            expected["visit of an infusion that did not take place"] += 1
        else:
            kept.append(visit)
    silent = sum(all(visit[column] == "n/a" for column, _, _ in SCALES.values()) for visit in kept)
    left_out = account.left_out.query("file == 'phenotype'").set_index("reason")["rows"].to_dict()
    assert expected | {"not recorded at this visit": silent} == {
        **expected,
        **dict.fromkeys(expected, 0),
        "not recorded at this visit": 0,
        **left_out,
    }
    written = account.tables.query("table == 'scores'").set_index("part")["written"].to_dict()
    assert written == {scale: sum(visit[column] != "n/a" for visit in kept) for scale, (column, _, _) in SCALES.items()}


def test_a_scale_without_an_entry_is_listed_as_set_aside(crossover):
    _, account, cohort = crossover
    written = account.tables.query("part == 'HAM-D6'")["written"].sum()
    assert cohort.set_aside.query("reason == 'unknown instrument'")["rows"].sum() == written > 0
    assert account.problems.query("rule == 'unknown instrument'")["count"].tolist() == [written]


def test_the_published_numbers_of_the_crossover(tmp_path):
    """The study's README: 33 MDD, 3 bipolar, 22 controls."""
    source = real_folder("nimh_ketamine_ds005917")
    import_folder(source, mapping=MAPPINGS / "nimh_ketamine.toml", out=tmp_path / "dataset")
    diagnosis = open_dataset(tmp_path / "dataset").table("patients")["diagnosis"]
    assert diagnosis.value_counts().to_dict() == {"mdd": 33, "bipolar": 3}


# --- the antidepressant trial ----------------------------------------------------------------------------------------


def make_trial(folder: Path, seed: int, people: int = 120) -> None:
    """A file like the trial's: one row for each visit, actual days, baseline in each row, drop-out, trailing zeros."""
    draw = random.Random(seed)  # noqa: S311
    rows = []
    for number in range(people):
        baseline, arm = draw.randint(4, 32), draw.choice(["DRUG", "PLACEBO"])
        patient = {"PATIENT": str(1500 + number), "THERAPY": arm, "GENDER": draw.choice("FM"), "POOLINV": "006"}
        total = baseline
        for visit, week in ((4, 1), (5, 2), (6, 4), (7, 6)):
            total = max(0, total - draw.randint(-3, 7))
            rows.append(
                patient
                | {"VISIT": str(visit), "RELDAYS": f"{7 * week + draw.randint(-3, 9)}.0", "HAMATOTL": "11.0"}
                | {"PGIIMP": draw.choice(["", "3.0"]), "BASVAL": f"{baseline}.0", "HAMDTL17": f"{total}.0"}
                | {"CHANGE": f"{total - baseline}.0"}
            )
            if draw.random() < 0.1:
                break
    # A patient's two visits on one day would be a fault of the file, not of its shape.
    rows = list({(row["PATIENT"], row["RELDAYS"]): row for row in rows}.values())
    write(folder / "antidepressant_data.csv", rows, ",")


@pytest.fixture(scope="module", params=["made up, 1", "made up, 2", "real"])
def trial(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trial")
    if request.param == "real":
        source = real_folder("rbmi_antidepressant")
    else:
        source = folder / "source"
        source.mkdir()
        make_trial(source, seed=int(request.param[-1]))
    account = import_folder(source, mapping=MAPPINGS / "antidepressant_trial.toml", out=folder / "dataset")
    return source, account, derive(open_dataset(folder / "dataset"))


@pytest.mark.parametrize("week", [2, 6])
def test_response_by_arm(trial, week):
    """Of the scores within a week of the day, the nearest; of two as near, the earlier."""
    source, _, cohort = trial
    patients: dict[str, dict] = {}
    for row in read(source / "antidepressant_data.csv", ","):
        arm = {"DRUG": "other", "PLACEBO": "placebo"}[row["THERAPY"]]
        patient = patients.setdefault(row["PATIENT"], {"treatment": arm, "baseline": float(row["BASVAL"]), "near": []})
        away = abs(float(row["RELDAYS"]) - 7 * week)
        if away <= 7:
            patient["near"].append((away, float(row["RELDAYS"]), float(row["HAMDTL17"])))
    for patient in patients.values():
        patient["score"] = min(patient["near"])[2] if patient["near"] else None
    answer = counted(cohort, instrument="HAM-D17", window=f"day {7 * week} +- 7")
    assert answer == recounted(list(patients.values()), 8)


def test_every_row_of_the_trial_is_used(trial):
    source, account, cohort = trial
    rows = read(source / "antidepressant_data.csv", ",")
    patients = len({row["PATIENT"] for row in rows})
    assert account.files[["read", "used", "left_out"]].to_numpy().tolist() == [[len(rows), len(rows), 0]]
    written = account.tables.set_index(["table", "part"])["written"].to_dict()
    assert written == {
        ("sessions", ""): patients,
        ("patients", ""): patients,
        ("scores", ""): patients,
        ("scores", "HAM-D17"): len(rows),
        ("scores", "HAM-A"): len(rows),
    }
    assert account.columns.query("fate == 'dropped'")["column"].tolist() == [
        column for column in rows[0] if column in {"PGIIMP", "VISIT", "CHANGE"}
    ]
    assert set(cohort.courses["loading_status"]) == {"completed"}


def test_the_published_numbers_of_the_trial(tmp_path):
    """The help page of the data: 84 patients on the drug, 88 on placebo."""
    source = real_folder("rbmi_antidepressant")
    import_folder(source, mapping=MAPPINGS / "antidepressant_trial.toml", out=tmp_path / "dataset")
    cohort = derive(open_dataset(tmp_path / "dataset"))
    assert cohort.courses["treatment"].value_counts().to_dict() == {"placebo": 88, "other": 84}


# --- to a report -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "mapping", "scale", "window"),
    [
        (make_crossover, "nimh_ketamine.toml", "MADRS", "day 2 +- 1"),
        (make_trial, "antidepressant_trial.toml", "HAM-D17", "day 42 +- 7"),
    ],
)
def test_the_files_reach_a_report(tmp_path, make, mapping, scale, window):
    """What the report publishes in its headline is the rate that was recounted above."""
    source = tmp_path / "source"
    source.mkdir()
    make(source, seed=1, people=600)  # enough that few counts are small enough to be hidden
    import_folder(source, mapping=MAPPINGS / mapping, out=tmp_path / "dataset")
    dataset = open_dataset(tmp_path / "dataset")
    write_report(dataset, period=None, out=tmp_path / "report")
    assert (tmp_path / "report" / "report.html").stat().st_size > 10_000
    rates = response_rates(derive(dataset), instrument=scale, window=window, denominator=DENOMINATORS)
    expected = {row.estimand: (row.numerator, row.denominator) for row in rates.itertuples()}
    published = [
        row
        for row in read(tmp_path / "report" / "tables" / "headline.csv", ",")
        if (row["instrument"], row["window"], row["outcome"]) == (scale, window, "response") and row["status"] == "ok"
    ]
    assert "starters" in {row["estimand"] for row in published}
    for row in published:
        if row["estimand"] in expected:
            assert (int(row["numerator"]), int(row["denominator"])) == expected[row["estimand"]]
