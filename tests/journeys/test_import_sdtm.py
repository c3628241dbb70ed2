"""SDTM submissions as whole imports: the CDISC pilot recounted, what is broken, and what identifies people."""

import csv
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from real_files import published_folder
from sdtm_writer import make_submission, read_tables, write_submission

from analysis.intake.mapping import import_folder
from analysis.vocabulary.errors import CallError, DataError, OutcomesError

ROOT = Path(__file__).resolve().parents[2]
MAPPINGS = ROOT / "data" / "mappings"
EXAMPLE = (MAPPINGS / "sdtm.toml").read_text(encoding="utf-8")
PEOPLE = 10
Domains = dict[str, list[dict[str, str]]]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


# --- the CDISC pilot: each number counted again from the files with the csv module alone -----------------------------


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    source = published_folder("cdisc_pilot_sdtm_adam")
    place = tmp_path_factory.mktemp("pilot")
    mapping, out = MAPPINGS / "cdisc_pilot.toml", place / "dataset"
    account = import_folder(source, mapping=mapping, out=out, key_file=place / "key.csv")
    names = {row["pseudonym"]: row["original"] for row in read(place / "key.csv") if row["kind"] == "patient_id"}
    tables = {path.stem: read(path) for path in out.glob("*.csv")}
    for rows in tables.values():
        for row in rows:
            row["patient_id"] = names[row["patient_id"]]
    domains = {code: read(source / f"sdtm_{code}.csv") for code in ("dm", "ex", "vs", "ae", "ds")}
    return domains, tables, account, read(source / "adam_adsl.csv")


def days_of(domains: Domains) -> Callable[[str, str], int]:
    """Days from each subject's first dose."""
    first: dict[str, date] = {}
    for row in domains["ex"]:
        start = date.fromisoformat(row["EXSTDTC"])
        first[row["USUBJID"]] = min(start, first.get(row["USUBJID"], start))
    return lambda subject, when: (date.fromisoformat(when[:10]) - first[subject]).days


def test_the_patients_of_the_pilot(pilot):
    domains, tables, _, analysis = pilot
    treated = {row["USUBJID"]: row for row in domains["dm"] if row["ACTARM"] != "Screen Failure"}
    assert len(treated) == 254
    assert {row["patient_id"] for row in tables["patients"]} == set(treated)
    assert set(treated) == {row["USUBJID"] for row in analysis if row["SAFFL"] == "Y"}
    day = days_of(domains)
    for row in tables["patients"]:
        subject = treated[row["patient_id"]]
        assert int(row["age"]) == int(float(subject["AGE"]))
        assert row["sex"] == {"F": "female", "M": "male"}[subject["SEX"]]
        assert row["start_year"] == subject["RFXSTDTC"][:4]
        assert int(row["last_day"]) == day(row["patient_id"], subject["RFPENDTC"])
    died = {row["USUBJID"] for row in domains["dm"] if row["DTHFL"] == "Y"}
    assert {row["patient_id"] for row in tables["patients"] if row["outcome_of_care"] == "died"} == died
    assert sorted(row["patient_id"] for row in tables["events"]) == sorted(died)
    ends = Counter(row["DSDECOD"] for row in domains["ds"] if row["DSCAT"] == "DISPOSITION EVENT")
    assert Counter(row["outcome_of_care"] for row in tables["patients"])["completed"] == ends["COMPLETED"] == 110


def test_the_exposures_of_the_pilot(pilot):
    domains, tables, account, analysis = pilot
    day = days_of(domains)
    treatments = {"XANOMELINE": "other", "PLACEBO": "placebo"}
    expected = Counter(
        (row["USUBJID"], day(row["USUBJID"], row["EXSTDTC"]), treatments[row["EXTRT"]], float(row["EXDOSE"]))
        for row in domains["ex"]
    )
    found = Counter(
        (row["patient_id"], int(row["day"]), row["treatment"], float(row["dose_mg"])) for row in tables["sessions"]
    )
    assert found == expected
    assert len(tables["sessions"]) == 591
    # The reference start of this trial is the first dose: study day 1 is day 0, and there is no study day 0.
    assert Counter((row["USUBJID"], int(float(row["EXSTDY"])) - 1) for row in domains["ex"]) == Counter(
        (name, when) for name, when, *_ in found.elements()
    )
    starts = {row["USUBJID"]: row["TRTSDT"] for row in analysis if row["SAFFL"] == "Y"}
    assert all(day(subject, start) == 0 for subject, start in starts.items())
    assert account.tables.set_index("table").loc["sessions", "written"] == 591


def test_the_vital_signs_of_the_pilot(pilot):
    domains, tables, account, _ = pilot
    day = days_of(domains)
    lying = {
        (row["USUBJID"], day(row["USUBJID"], row["VSDTC"]), row["VSTESTCD"]): row["VSSTRESN"]
        for row in domains["vs"]
        if row["VSTPTNUM"] == "815.0"
    }
    sessions = [(row["patient_id"], int(row["day"])) for row in tables["sessions"]]
    for column, test in (("systolic_before", "SYSBP"), ("diastolic_before", "DIABP")):
        expected = [str(int(float(lying[*key, test]))) if (*key, test) in lying else "" for key in sessions]
        assert [row[column] for row in tables["sessions"]] == expected
        assert sum(map(bool, expected)) == 40
    pressures = Counter({key[:2]: 1 for key in lying if key[2] == "SYSBP"})
    assert Counter((row["patient_id"], int(row["day"])) for row in tables["scores"]) == pressures
    assert len(tables["scores"]) == 449
    days = set(sessions)
    named = [row for row in domains["vs"] if row["VSTESTCD"] in {"SYSBP", "DIABP", "PULSE", "WEIGHT"}]
    on_days = [row for row in named if (row["USUBJID"], day(row["USUBJID"], row["VSDTC"])) in days]
    reasons = account.left_out.query("file == 'periods'").set_index("reason")["rows"].to_dict()
    assert reasons == {
        "a measurement that the mapping does not name": len(domains["vs"]) - len(named),
        "a measurement that belongs to no session": len(named) - len(on_days),
        "a measurement, read with its session": sum(row["VSTPTNUM"] in {"815.0", ""} for row in on_days),
        "a measurement at a time point that the mapping does not name": sum(
            row["VSTPTNUM"] in {"816.0", "817.0"} for row in on_days
        ),
    }


def test_the_adverse_events_of_the_pilot(pilot):
    domains, tables, account, _ = pilot
    day = days_of(domains)
    whole = [row for row in domains["ae"] if len(row["AESTDTC"]) == 10]
    assert (len(whole), len(domains["ae"]) - len(whole)) == (1165, 26)
    expected = Counter(
        (row["USUBJID"], day(row["USUBJID"], row["AESTDTC"]), int(float(row["AESEQ"])), row["AESEV"].lower())
        for row in whole
    )
    assert expected == Counter(
        (row["patient_id"], int(row["day"]), int(row["sequence"]), row["severity"]) for row in tables["adverse_events"]
    )
    # The sponsor's own study days, which jump from -1 to 1.
    ours = {(row["patient_id"], int(row["sequence"])): int(row["day"]) for row in tables["adverse_events"]}
    odd = [
        row["AESTDY"]
        for row in whole
        if ours[row["USUBJID"], int(float(row["AESEQ"]))] != int(float(row["AESTDY"])) - (float(row["AESTDY"]) > 0)
    ]
    assert odd == ["366.0"]  # of an event on the day of the first dose: the date counts, and not the study day
    assert sum(row["AESTDY"].startswith("-") for row in whole) == 45
    terms = Counter(row["term"] for row in tables["adverse_events"])
    for term, word in (("nausea", "NAUSEA"), ("syncope", "SYNCOPE"), ("headache", "HEADACHE"), ("fall", "FALL")):
        assert terms[term] == sum(row["AEDECOD"] == word for row in whole) > 0
    assert Counter(row["serious"] for row in tables["adverse_events"])["true"] == sum(r["AESER"] == "Y" for r in whole)
    reasons = account.left_out.query("file == 'adverse'").set_index("reason")["rows"].to_dict()
    assert reasons == {"a partial date: its day is not known": 26}


# --- broken submissions ----------------------------------------------------------------------------------------------

SECRET = "ZQXWV"  # noqa: S105 - no password
"""Stands in the broken cell: no message may show it."""


def few(patients: int) -> Domains:
    """The first days of some patients, with everything that the example mapping names."""
    tables = read_tables(ROOT / "data" / "demo", patients)
    events = tables.pop("events")[:1]
    cut = {name: [row for row in rows if int(row.get("day", 0)) < 8] for name, rows in tables.items()}
    missed = next(row for row in tables["sessions"] if row["status"] == "no-show")
    return make_submission(cut | {"sessions": [*cut["sessions"], missed], "events": events})


@pytest.fixture(scope="module")
def submission() -> Domains:
    return few(PEOPLE)


def run(place: Path, domains: Domains, *, text: str = EXAMPLE, spoil: Callable[[Path], object] | None = None):
    source = write_submission(domains, place / "source")
    if spoil is not None:
        spoil(source)
    (place / "map.toml").write_text(text, encoding="utf-8")
    return import_folder(source, mapping=place / "map.toml", out=place / "dataset", key_file=place / "key.csv")


def test_the_submission_that_is_broken_below_is_sound(tmp_path, submission):
    account = run(tmp_path, submission)
    assert account.problems.query("severity == 'error'").empty


CELLS = {
    "a date of a spreadsheet": (
        "EX",
        "EXSTDTC",
        f"1/5/2025 {SECRET}",
        "ex.csv, row 3, column 'EXSTDTC': not a date as",
    ),
    "a date of SAS": ("QS", "QSDTC", "23746.51239", "qs.csv, row 3, column 'QSDTC': not a date as SDTM writes it (ISO"),
    "a day that is none": ("VS", "VSDTC", "2025-02-30", "vs.csv, row 3, column 'VSDTC': not a date as SDTM writes it"),
    "an end that is no date": ("AE", "AEENDTC", SECRET, "ae.csv, row 3, column 'AEENDTC': not a date as SDTM"),
    "a reference start that is none": ("DM", "RFSTDTC", SECRET, "dm.csv, row 3, column 'RFSTDTC': not a date as SDTM"),
    "study day 0": ("EX", "EXSTDY", "0", "ex.csv, row 3, column 'EXSTDY': study day 0, which SDTM does not have"),
    "a word for a study day": (
        "QS",
        "QSDY",
        SECRET,
        "qs.csv, row 3, column 'QSDY': a study day that is no whole number",
    ),
    "a dose in mL": ("EX", "EXDOSU", f"{SECRET}/mL", "ex.csv, row 3, column 'EXDOSU': a unit other than mg, ug, g and"),
    "a dose in words": ("EX", "EXDOSE", SECRET, "ex.csv, row 3, column 'EXDOSE': a dose that is no number."),
    "an age in words": ("DM", "AGE", SECRET, "dm.csv, row 3, column 'AGE': an age that is no number."),
    "an age without unit": ("DM", "AGEU", "", "dm.csv, row 3, column 'AGEU': no unit of age, or another than YEARS"),
    "a sex that is none": (
        "DM",
        "SEX",
        SECRET,
        "dm.csv, row DM:3, column 'sex': a value that is not one of female, male",
    ),
    "a race that is none": ("DM", "RACE", SECRET, "dm.csv, row DM:3, column 'race_ethnicity': a value that is not one"),
    "another domain": ("EX", "DOMAIN", SECRET, "ex.csv, row 3, column 'DOMAIN': rows of another domain than EX."),
    "a supplement of another": ("SUPPEX", "RDOMAIN", SECRET, "suppex.csv, row 3, column 'RDOMAIN': rows for another"),
    "a subject twice": (
        "DM",
        "USUBJID",
        "P00001",
        "dm.csv, rows 2, 3: the same USUBJID more than once; DM has one row",
    ),
    "another treatment": ("EX", "EXTRT", SECRET, "ex.csv, row EX:3, column 'EXTRT': a value that `tables.sessions[1]."),
    "another route": (
        "EX",
        "EXROUTE",
        SECRET,
        "ex.csv, row EX:3, column 'route': a value that is not one of iv, im, sc",
    ),
    "another phase": ("EX", "EPOCH", SECRET, "ex.csv, row EX:3, column 'EPOCH': a value that `tables.sessions[1].colu"),
    "a stranger": ("EX", "USUBJID", SECRET, "ex.csv, row EX:3: the patient of a row for the table sessions is not in"),
    "another time point": ("QS", "QSTPT", SECRET, "qs.csv, row 3, column 'timepoint': a value that `tables.scores[1]."),
    "another rater": ("QS", "QSEVAL", SECRET, "qs.csv, row 3, column 'evaluator': a value that `tables.scores[1].colu"),
    "half an answer": ("QS", "QSSTRESN", "1.5", "qs.csv, row 2, column 'item_2': a value that is not a whole number"),
    "a severity that is none": (
        "AE",
        "AESEV",
        SECRET,
        "ae.csv, row 3, column 'severity': a value that is not one of m",
    ),
    "a seriousness that is none": ("AE", "AESER", SECRET, "ae.csv, row 3, column 'serious': a value that is not true"),
    "another event": ("CE", "CETERM", SECRET, "ce.csv, row 2, column 'term': a value that `tables.events.columns.eve"),
}


def changed(domains: Domains, code: str, number: int, **cells: str) -> Domains:
    rows = [dict(row) for row in domains[code]]
    rows[number - 2] |= cells
    return domains | {code: rows}


def expect_refusal(place: Path, message: str, error: type[OutcomesError] = DataError, **how) -> None:
    domains = how.pop("domains")
    with pytest.raises(error) as caught:
        run(place, domains, **how)
    assert str(caught.value).startswith(message), str(caught.value)
    assert SECRET not in str(caught.value)
    assert {path.name for path in place.iterdir()} == {"source", "map.toml"}


@pytest.mark.parametrize("what", list(CELLS))
def test_a_broken_cell_is_named_by_its_place(tmp_path, submission, what):
    code, column, value, message = CELLS[what]
    row = int(re.search(r"rows? (?:\w+:)?(?:2, )?(\d+)", message)[1])
    row = 3 if what == "half an answer" else row
    expect_refusal(tmp_path, message, domains=changed(submission, code, row, **{column: value}))


FILES = {
    "no demographics": (
        lambda f: (f / "dm.csv").unlink(),
        "dm.csv: there is no such file in source (`files.subjects.p",
    ),
    "no vital signs": (
        lambda f: (f / "vs.csv").unlink(),
        "vs.csv: there is no such file in source (`files.sessions.wi",
    ),
    "no supplement": (lambda f: (f / "suppex.csv").unlink(), "suppex.csv: there is no such file in source (`files.ses"),
    "an empty file": (lambda f: (f / "ex.csv").write_text(""), "ex.csv is empty"),
    "doses without rows": (
        lambda f: (f / "ex.csv").write_text((f / "ex.csv").read_text().splitlines()[0] + "\n"),
        "The mapped tables have errors; nothing was written.\n  sessions: there is a header but no row.",
    ),
    "another kind of file": (lambda f: (f / "ae.csv").write_bytes(b"PK\x03\x04rest"), "ae.csv is an Excel workbook or"),
    "a quote that does not end": (
        lambda f: (f / "ae.csv").write_text((f / "ae.csv").read_text() + f'KET01,"{SECRET}\n'),
        "ae.csv: a quoted cell does not end, or quotes stand inside a cell; save the file again as CSV.",
    ),
    "a row that is too long": (
        lambda f: (f / "ds.csv").write_text((f / "ds.csv").read_text() + f"{SECRET}," * 30 + "\n"),
        "ds.csv, row 22: not 7 cells like the header.",
    ),
    "another encoding": (
        lambda f: (f / "ce.csv").write_bytes(f"USUBJID,CETERM,CESTDTC\nP1,{SECRET}é,2025\n".encode("cp1252")),
        "ce.csv is not utf-8 text; name its encoding as `files.events.encoding`.",
    ),
    "no subjects": (
        lambda f: (f / "ae.csv").write_text((f / "ae.csv").read_text().replace("USUBJID", "PATIENT")),
        "ae.csv has no column USUBJID; it is not the SDTM domain AE.",
    ),
    "two columns of one name": (
        lambda f: (f / "ae.csv").write_text((f / "ae.csv").read_text().replace("AESEV", "aeser")),
        "ae.csv: columns 8, 9 share their names in the header row; rename them.",
    ),
    "no known test": (
        lambda f: (f / "qs.csv").write_text(re.sub("PHQ01|GAD01", SECRET[:3], (f / "qs.csv").read_text())),
        "qs.csv holds no test of the instruments that are known; name the test codes as `files.questionnaires.instru",
    ),
    "doses by the month": (
        lambda f: (f / "ex.csv").write_text((f / "ex.csv").read_text().replace("ONCE", "BID")),
        "ex.csv: in every row doses on several days, or several a day: not one session.",
    ),
}


@pytest.mark.parametrize("what", list(FILES))
def test_a_broken_file_is_named(tmp_path, submission, what):
    spoil, message = FILES[what]
    expect_refusal(tmp_path, message, domains=submission, spoil=spoil)


def test_a_damaged_transport_file_is_named(tmp_path, submission):
    text = EXAMPLE.replace('path = "ce.csv"', 'path = "ce.xpt"')
    for content, message in (
        (b"HEADER RECORD*******" + SECRET.encode() * 60, "ce.xpt is damaged, or is not a SAS transport file (.xpt)"),
        (b"", "ce.xpt is empty; export it again."),
    ):
        place = tmp_path / str(len(content))
        place.mkdir()
        expect_refusal(
            place, message, domains=submission, text=text, spoil=lambda f, c=content: (f / "ce.xpt").write_bytes(c)
        )


def test_a_wrong_mapping_is_named(tmp_path, submission):
    for number, (old, new, message) in enumerate(
        [
            (
                'domain = "EX"',
                'domain = "exposure"',
                "map.toml: `files.sessions.domain` must be the two capital letters",
            ),
            (
                'with.DS = "ds.csv"',
                'with.VS = "vs.csv"',
                "map.toml: `files.subjects.with.VS`: beside DM can stand DS, SUPPDM",
            ),
            (
                '"cadss_peak"',
                '"cadss_highest"',
                "ex.csv has no column 'cadss_highest', which `tables.sessions[1].columns.",
            ),
            (
                'clinic_id = "SITEID"',
                'clinic_id = "SUBJID"',
                "dm.csv: `tables.patients.columns.clinic_id` uses 'SUBJID', wh",
            ),
        ]
    ):
        place = tmp_path / str(number)
        place.mkdir()
        assert EXAMPLE.count(old) == 1
        error = CallError if message.startswith("map") else DataError
        expect_refusal(place, message, error, domains=submission, text=EXAMPLE.replace(old, new))


# --- identifiers -----------------------------------------------------------------------------------------------------


class Planted:
    """A submission of ten people with five identifiers each, and their names in the texts that nobody codes."""

    def __init__(self) -> None:
        self.domains = few(PEOPLE)
        subjects = {row["USUBJID"]: f"KET01-88{n}-70{n}31" for n, row in enumerate(self.domains["DM"])}
        letters = "BCDFGHJKLM"
        self.values: list[str] = []
        for code, rows in self.domains.items():
            for row in rows:
                row["USUBJID"] = subjects[row["USUBJID"]]
                if code == "AE":
                    row["AETERM"] = f"told Dr. {letters[int(row['USUBJID'][8])]}rightwater of it"
        for n, subject in enumerate(self.domains["DM"]):
            told = {"SUBJID": f"70{n}31", "INVNAM": f"DR. {letters[n]}RIGHTWATER", "BRTHDTC": f"19{60 + n}-04-2{n}"}
            subject.update(told)
            initials = f"Q{letters[n]}X"
            more = {"IDVAR": "", "IDVARVAL": "", "QNAM": "INITIALS", "QVAL": initials, "RDOMAIN": "DM"}
            self.domains["SUPPDM"].append({"STUDYID": "KET01", "USUBJID": subject["USUBJID"]} | more)
            self.values += [subject["USUBJID"], *told.values(), initials]

    def leaks(self, text: str) -> list[str]:
        words = [*self.values, "rightwater", "RIGHTWATER"]
        return [each for each in words if re.search(rf"(?<![A-Za-z0-9]){re.escape(each)}(?![A-Za-z0-9])", text)] + [
            each for each in ("rightwater", "RIGHTWATER") if each in text
        ]


def everything(place: Path, account=None) -> str:
    """All that was written beside the source, the mapping and the key file; file names too; and all that was said."""
    left = {"source", "map.toml", "key.csv"}
    files = [path for path in place.rglob("*") if path.is_file() and path.relative_to(place).parts[0] not in left]
    written = [f"{path.name}\n{path.read_text(encoding='utf-8')}" for path in files]
    if account is not None:
        tables = [table.to_csv() for table in vars(account).values() if isinstance(table, pd.DataFrame)]
        written += [str(account), account._repr_html_(), *tables]
    return "\n".join(written)


def test_50_identifiers_stay_behind(tmp_path, capfd):
    planted = Planted()
    assert len(set(planted.values)) == 50
    assert len(planted.leaks(str(planted.domains))) > 50  # what it looks for, it would find
    account = run(tmp_path, planted.domains)
    said = everything(tmp_path, account)
    assert "patient_id" in said
    assert planted.leaks(said) == []
    assert capfd.readouterr() == ("", "")
    assert len(read(tmp_path / "dataset" / "patients.csv")) == PEOPLE


def test_no_date_stays_where_the_mapping_does_not_ask_for_it(tmp_path):
    planted = Planted()
    account = run(tmp_path, planted.domains, text=EXAMPLE.replace("keep_dates = true", ""))
    dates = {row[column][:10] for row in planted.domains["EX"] for column in ("EXSTDTC", "EXENDTC")}
    said = everything(tmp_path, account)
    assert not [day for day in dates if day in said]


STRAY = [
    ("DM", "SITEID"), ("SUPPDM", "QNAM"), ("EX", "EXTRT"), ("VS", "VSTPT"), ("QS", "QSTESTCD"), ("AE", "AEDECOD"),
]  # fmt: skip
MORE_STRAY = [
    ("DM", "SEX"), ("DM", "RACE"), ("DM", "AGE"), ("DM", "RFPENDTC"), ("DM", "DOMAIN"), ("SUPPDM", "QVAL"),
    ("SUPPDM", "IDVARVAL"), ("DS", "DSDECOD"), ("EX", "EXDOSE"), ("EX", "EXROUTE"), ("EX", "EXSTDTC"),
    ("EX", "VISITNUM"), ("EX", "EXSEQ"), ("SUPPEX", "QVAL"), ("SUPPEX", "IDVAR"), ("VS", "VSSTRESN"),
    ("VS", "VSTESTCD"), ("QS", "QSSTRESN"), ("QS", "QSTPT"), ("QS", "QSELTM"), ("AE", "AESEV"), ("AE", "AESTDTC"),
    ("AE", "AEOUT"),
]  # fmt: skip


def stray_cells():
    return [*STRAY, *(pytest.param(*each, marks=pytest.mark.full) for each in MORE_STRAY)]


@pytest.mark.parametrize(("code", "column"), stray_cells())
def test_an_identifier_in_the_wrong_cell_stays_behind_too(tmp_path, code, column):
    """The import stops without showing it, or goes on without it."""
    planted = Planted()
    planted.values += ["QSMITHERS"]
    domains = changed(planted.domains, code, 2, **{column: "QSMITHERS"})
    try:
        said = everything(tmp_path, run(tmp_path, domains))
    except OutcomesError as error:
        said = str(error)
        assert {path.name for path in tmp_path.iterdir()} == {"source", "map.toml"}
    assert planted.leaks(said) == []
