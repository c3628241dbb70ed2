"""Source rows become table rows: translations, numbers, visits, schedules, wide scales, repeats - each by example."""

from pathlib import Path

import pytest

from analysis.intake.mapping_apply import assemble_tables, build_parts
from analysis.intake.mapping_reading import read_mapping
from analysis.intake.sources import read_sources
from analysis.vocabulary.errors import DataError

START = """
dataset = { name = "Trial", basis = "synthetic", data_cut = "2026" }
[files.rows]
path = "rows.csv"
missing = ["n/a"]
"""
SESSIONS = """
[tables.sessions]
from = "rows"
once_per = ["patient_id"]
columns = { patient_id = "id", day.constant = 0, treatment.constant = "ketamine" }
"""


def build(folder: Path, rows: str, tables: str):
    folder.joinpath("rows.csv").write_text(rows)
    folder.joinpath("map.toml").write_text(START + tables)
    mapping = read_mapping(folder / "map.toml")
    parts = build_parts(mapping, read_sources(folder, mapping))
    return parts, assemble_tables(parts, mapping)


def rows_of(table) -> list[tuple]:
    return list(table.fillna("").itertuples(index=False, name=None))


def test_columns_stand_in_the_order_of_the_layout_and_rows_in_the_order_of_the_key(tmp_path):
    columns = 'columns = { treatment = "what", day = "day", patient_id = "id" }'
    rows = "id,what,day\nb,tms,3\na,tms,20\na,tms,3\n"
    _, tables = build(tmp_path, rows, f'[tables.sessions]\nfrom = "rows"\n{columns}\n')
    assert list(tables["sessions"].columns) == ["patient_id", "day", "treatment"]
    assert rows_of(tables["sessions"]) == [("a", "3", "tms"), ("a", "20", "tms"), ("b", "3", "tms")]


def test_values_are_translated_and_missing_stays_missing(tmp_path):
    table = """
    [tables.patients]
    from = "rows"
    columns = { patient_id = "id", sex = { from = "sex", values = { M = "male", F = "female" } } }
    """
    _, tables = build(tmp_path, "id,sex\na,M\nb,F\nc,n/a\nd,\n", table)
    assert rows_of(tables["patients"]) == [("a", "male"), ("b", "female"), ("c", ""), ("d", "")]


def test_a_value_without_translation_is_named_by_place_and_not_shown(tmp_path):
    table = """
    [tables.patients]
    from = "rows"
    columns = { patient_id = "id", sex = { from = "sex", values = { M = "male" } } }
    """
    with pytest.raises(DataError) as error:
        build(tmp_path, "id,sex\na,M\nb,secret\nc,n/a\nd,hidden\n", table)
    assert str(error.value) == (
        "rows.csv, rows 3, 5, column 'sex': a value that `tables.patients.columns.sex.values` does not translate."
    )


@pytest.mark.parametrize(
    ("number", "cell", "written"),
    [
        ("integer", "21.0", "21"),
        ("integer", "21", "21"),
        ("integer", "007", "7"),
        ("integer", "2.", "2"),
        ("integer", "+3.00", "3"),
        ("integer", "n/a", ""),
        ("decimal", "0.50", "0.5"),
        ("decimal", ".5", "0.5"),
        ("decimal", "70", "70.0"),
    ],
)
def test_numbers(tmp_path, number, cell, written):
    table = f"""
    [tables.sessions]
    from = "rows"
    columns.patient_id = "id"
    columns.day.constant = 0
    columns.treatment.constant = "ketamine"
    columns.{"duration_min" if number == "integer" else "dose_mg"} = {{ from = "n", number = "{number}" }}
    """
    _, tables = build(tmp_path, f"id,n\na,{cell}\n", table)
    assert tables["sessions"].iloc[0, -1] == written or (written == "" and tables["sessions"].iloc[0].isna().iloc[-1])


@pytest.mark.parametrize(
    ("number", "cell"),
    [
        ("integer", "21.5"),
        ("integer", "2 1"),
        ("integer", "1e3"),
        ("integer", "x"),
        ("integer", "9" * 16),
        ("decimal", '"1,5"'),
    ],
)
def test_what_is_no_number_is_refused(tmp_path, number, cell):
    table = f"""
    [tables.sessions]
    from = "rows"
    columns.patient_id = "id"
    columns.day = {{ from = "n", number = "{number}" }}
    columns.treatment.constant = "ketamine"
    """
    kind = "a whole number" if number == "integer" else "a number"
    with pytest.raises(DataError) as error:
        build(tmp_path, f"id,n\na,1\nb,{cell}\n", table)
    assert (
        str(error.value) == f"rows.csv, row 3, column 'n': a value that is not {kind} (`tables.sessions.columns.day`)."
    )


CROSSOVER = """
[[tables.sessions]]
from = "rows"
columns.patient_id = "id"
once_per = ["patient_id"]
[[tables.sessions.repeat]]
name = "first"
columns.day.constant = 0
columns.treatment = { from = "one", values = { k = "ketamine", p = "placebo" } }
needs.treatment = "no first infusion"
[[tables.sessions.repeat]]
name = "second"
columns.day.constant = 14
columns.treatment = { from = "two", values = { k = "ketamine", p = "placebo" } }
needs.treatment = "no second infusion"
[tables.scores]
from = "rows"
needs.day = "no visit label"
[tables.scores.columns]
patient_id = "id"
instrument.constant = "MADRS"
total = "total"
[tables.scores.columns.day]
from = "visit"
without_session = "no such infusion"
[tables.scores.columns.day.visits]
b0 = -2
k2 = { days = 2, after = { treatment = "ketamine" } }
p2 = { days = 2, after = { treatment = "placebo" } }
"""


def test_a_visit_label_counts_from_the_infusion_it_follows(tmp_path):
    rows = """id,one,two,visit,total
a,k,p,b0,30
a,k,p,k2,10
a,k,p,p2,20
b,p,k,k2,11
b,p,k,p2,21
c,k,n/a,k2,12
c,k,n/a,p2,22
d,n/a,n/a,b0,31
d,n/a,n/a,k2,13
d,n/a,n/a,n/a,9
"""
    parts, tables = build(tmp_path, rows, CROSSOVER)
    assert rows_of(tables["sessions"]) == [
        ("a", "0", "ketamine"),
        ("a", "14", "placebo"),
        ("b", "0", "placebo"),
        ("b", "14", "ketamine"),
        ("c", "0", "ketamine"),
    ]
    assert rows_of(tables["scores"][["patient_id", "day", "total"]]) == [
        ("a", "-2", "30"),
        ("a", "2", "10"),
        ("a", "16", "20"),
        ("b", "2", "21"),
        ("b", "16", "11"),
        ("c", "2", "12"),
        ("d", "-2", "31"),
    ]
    first, second, scores = parts
    assert first.not_written.dropna().to_dict() == {
        9: "no first infusion",
        10: "no first infusion",
        11: "no first infusion",
    }
    assert second.not_written.dropna().index.tolist() == [7, 8, 9, 10, 11]
    assert scores.not_written.dropna().to_dict() == {
        8: "no such infusion",
        10: "no such infusion",
        11: "no visit label",
    }


def test_only_given_sessions_count_for_a_visit(tmp_path):
    table = """
    [tables.sessions]
    from = "rows"
    once_per = ["patient_id", "day"]
    columns = { patient_id = "id", day = "day", treatment.constant = "ketamine", status = "status" }
    [tables.scores]
    from = "rows"
    columns.patient_id = "id"
    columns.instrument.constant = "MADRS"
    [tables.scores.columns.day]
    from = "visit"
    without_session = "none"
    visits.k2 = { days = 2, after = { treatment = "ketamine" } }
    """
    rows = "id,day,status,visit\na,0,no-show,k2\nb,3,n/a,k2\nc,5,stopped-early,k2\n"
    _, tables = build(tmp_path, rows, table)
    assert rows_of(tables["scores"][["patient_id", "day"]]) == [("b", "5"), ("c", "7")]


def test_a_visit_without_a_patient_is_not_taken_for_a_missed_session(tmp_path):
    tables = CROSSOVER.replace('from = "rows"\nneeds.day', 'from = "rows"\nneeds.patient_id = "nobody"\nneeds.day')
    tables = tables.replace('once_per = ["patient_id"]', 'once_per = ["patient_id"]\nneeds.patient_id = "nobody"')
    parts, _ = build(tmp_path, "id,one,two,visit,total\na,k,p,b0,30\n,k,p,k2,30\n", tables)
    assert parts[-1].not_written.dropna().to_dict() == {3: "nobody"}


def test_an_unknown_visit_label_is_refused(tmp_path):
    with pytest.raises(DataError) as error:
        build(tmp_path, "id,one,two,visit,total\na,k,p,b0,30\na,k,p,secret,30\n", CROSSOVER)
    assert str(error.value) == (
        "rows.csv, row 3, column 'visit': a visit label that `tables.scores.columns.day.visits` does not name."
    )


def test_wide_scales_become_rows_and_a_repeated_baseline_one_row(tmp_path):
    table = (
        SESSIONS
        + """
    [[tables.scores]]
    from = "rows"
    once_per = ["patient_id", "day", "instrument"]
    columns = { patient_id = "id", day.constant = 0, instrument.constant = "PHQ-9", total = "base" }
    [[tables.scores]]
    from = "rows"
    needs.total = "not scored"
    columns = { patient_id = "id", day = "day" }
    [[tables.scores.repeat]]
    name = "PHQ-9"
    columns.instrument.constant = "PHQ-9"
    columns.total = "phq"
    [[tables.scores.repeat]]
    name = "GAD-7"
    columns.instrument.constant = "GAD-7"
    columns.total = "gad"
    """
    )
    parts, tables = build(tmp_path, "id,day,base,phq,gad\na,7,20,18,9\na,14,20,n/a,8\nb,7,15,n/a,n/a\n", table)
    assert rows_of(tables["scores"]) == [
        ("a", "0", "PHQ-9", "20"),
        ("a", "7", "GAD-7", "9"),
        ("a", "7", "PHQ-9", "18"),
        ("a", "14", "GAD-7", "8"),
        ("b", "0", "PHQ-9", "15"),
    ]
    assert parts[1].merged.to_dict() == {2: False, 3: True, 4: False}
    assert parts[2].not_written.dropna().to_dict() == {3: "not scored", 4: "not scored"}


def test_rows_that_become_one_must_agree(tmp_path):
    table = """
    [tables.patients]
    from = "rows"
    once_per = ["patient_id"]
    columns = { patient_id = "id", sex = "sex", payer = "payer", clinic_id = "clinic" }
    """
    rows = "id,sex,payer,clinic\na,male,va,X\nb,male,va,X\na,male,other,X\na,female,va,X\nb,male,va,X\na,male,other,X\n"
    with pytest.raises(DataError) as error:
        build(tmp_path, rows, table)
    assert str(error.value) == (
        "rows.csv, rows 4, 5, 7: sex, payer not the same as in an earlier row with the same patient_id, though "
        "`tables.patients.once_per` makes one row of them."
    )


def test_missing_and_given_do_not_agree(tmp_path):
    table = """
    [tables.patients]
    from = "rows"
    once_per = ["patient_id"]
    columns = { patient_id = "id", sex = "sex" }
    """
    with pytest.raises(DataError, match=r"rows.csv, row 3: sex not the same"):
        build(tmp_path, "id,sex\na,male\na,n/a\n", table)
    _, tables = build(tmp_path, "id,sex\na,n/a\na,n/a\n", table)
    assert rows_of(tables["patients"]) == [("a", "")]


def test_a_needed_cell_without_a_reason_is_refused(tmp_path):
    table = """
    [tables.sessions]
    from = "rows"
    columns = { patient_id = "id", day = "day", treatment.constant = "ketamine" }
    """
    with pytest.raises(DataError) as error:
        build(tmp_path, "id,day\na,0\nb,n/a\n", table)
    assert str(error.value) == (
        "rows.csv, row 3: no day for the table sessions. To leave them out, say why as `tables.sessions.needs.day`."
    )


def test_a_repeated_key_names_the_source_rows(tmp_path):
    table = """
    [tables.sessions]
    from = "rows"
    columns = { patient_id = "id", day = "day", treatment.constant = "ketamine", sequence = "nth" }
    """
    with pytest.raises(DataError) as error:
        build(tmp_path, "id,day,nth\na,0,\nb,0,1\na,0,1\nb,0,2\n", table)
    assert str(error.value) == (
        "rows.csv, rows 2, 4: the same patient_id, day, sequence more than once in the table sessions. "
        "Tell them apart by a further key column, leave one out, or give `tables.sessions.once_per`."
    )


def test_a_key_repeated_across_blocks(tmp_path):
    table = """
    [[tables.scores]]
    from = "rows"
    columns = { patient_id = "id", day = "day", instrument.constant = "PHQ-9", total = "a" }
    [[tables.scores]]
    from = "rows"
    columns = { patient_id = "id", day = "day", instrument.constant = "PHQ-9", total = "b" }
    """
    with pytest.raises(DataError, match=r"rows.csv, rows 2, 3: the same patient_id, day, instrument more than once"):
        build(tmp_path, "id,day,a,b\na,0,1,2\nb,0,1,2\n", table)


def test_extra_columns_come_last(tmp_path):
    table = SESSIONS.replace('treatment.constant = "ketamine" }', 'treatment.constant = "ketamine", site = "site" }')
    folder_start = START.replace('data_cut = "2026" }', 'data_cut = "2026", extra_columns = { sessions = ["site"] } }')
    tmp_path.joinpath("rows.csv").write_text("id,site\na,north\n")
    tmp_path.joinpath("map.toml").write_text(folder_start + table)
    mapping = read_mapping(tmp_path / "map.toml")
    tables = assemble_tables(build_parts(mapping, read_sources(tmp_path, mapping)), mapping)
    assert rows_of(tables["sessions"]) == [("a", "0", "ketamine", "north")]


PATIENTS = """
[tables.patients]
from = "rows"
columns.patient_id = "id"
"""


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        (
            'sex = "x"',
            "Anna",
            "a value that is not one of female, male, other; translate it by `values` (`tables.patients.columns.sex`).",
        ),
        ('zip3 = "x"', "02139", "a value that is not three digits (`tables.patients.columns.zip3`)."),
        (
            'prior_ketamine = "x"',
            "maybe",
            "a value that is not true or false (`tables.patients.columns.prior_ketamine`).",
        ),
        (
            'failed_trials = "x"',
            "Anna",
            "a value that is not a whole number (`tables.patients.columns.failed_trials`).",
        ),
        (
            'clinic_id = "x"',
            "12 Elm Street",
            "a value that is not 1 to 64 letters, digits, - or _ (`tables.patients.columns.clinic_id`).",
        ),
        (
            'age = "x"',
            "93",
            'an age above 90; `number = "age"` writes 90 for 90 and over (`tables.patients.columns.age`).',
        ),
    ],
)
def test_a_cell_the_layout_has_no_place_for_is_refused_and_not_shown(tmp_path, column, cell, message):
    with pytest.raises(DataError) as error:
        build(tmp_path, f"id,x\na,n/a\nb,{cell}\n", f"{PATIENTS}columns.{column}\n")
    assert str(error.value) == f"rows.csv, row 3, column 'x': {message}"


def test_a_number_out_of_range_is_left_empty_or_its_row_is_not_written(tmp_path):
    table = PATIENTS + 'columns.failed_trials = "n"\n[tables.scores]\nfrom = "rows"\n[tables.scores.columns]\n'
    table += 'patient_id = "id"\nday.constant = 0\ninstrument.constant = "PHQ-9"\n'
    table += 'total = { from = "n", number = "integer" }\n'
    parts, tables = build(tmp_path, "id,n\na,3\nb,6175551000\n", table)
    assert rows_of(tables["patients"]) == [("a", "3"), ("b", "")]
    assert rows_of(tables["scores"]) == [("a", "0", "PHQ-9", "3")]
    assert parts[0].changed_values == [("failed_trials", "not from 0 to 50", 1)]
    assert parts[1].not_written.dropna().to_dict() == {3: "total not from 0 to 1000"}


def test_dates_become_days_across_files_and_dates_that_cannot_be_are_counted(tmp_path):
    table = """
    [tables.sessions]
    from = "rows"
    needs.date = "no date"
    columns = { patient_id = "id", date = "on", treatment.constant = "ketamine" }
    [tables.adverse_events]
    from = "rows"
    needs.term = "none"
    needs.date = "no date"
    columns = { patient_id = "id", date = "on", term = "event" }
    """
    rows = "id,on,event\na,2025-01-10,\na,2025-01-03,nausea\nb,1905-07-17,nausea\nb,,\nb,2025-02-01,\n"
    parts, tables = build(tmp_path, rows, table)
    assert rows_of(tables["sessions"]) == [("a", "0", "ketamine"), ("a", "7", "ketamine"), ("b", "0", "ketamine")]
    assert rows_of(tables["adverse_events"]) == [("a", "0", "nausea")]
    assert parts[0].not_written.dropna().to_dict() == {4: "date not from 1990-01-01 to 2100-12-31", 5: "no date"}


def test_a_missing_date_needs_a_reason(tmp_path):
    table = '[tables.sessions]\nfrom = "rows"\n'
    table += 'columns = { patient_id = "id", date = "on", treatment.constant = "ketamine" }'
    with pytest.raises(
        DataError, match=r"rows.csv, row 3: no date for the table sessions.*`tables.sessions.needs.date`"
    ):
        build(tmp_path, "id,on\na,2025-01-10\nb,\n", table)


def test_a_visit_counts_from_a_session_that_has_a_date(tmp_path):
    table = """
    [tables.sessions]
    from = "rows"
    once_per = ["patient_id", "date"]
    columns = { patient_id = "id", date = "on", treatment = "what" }
    [tables.scores]
    from = "rows"
    needs.day = "no visit"
    columns.patient_id = "id"
    columns.instrument.constant = "PHQ-9"
    [tables.scores.columns.day]
    from = "visit"
    without_session = "none"
    visits.k1 = { days = 1, after = { treatment = "ketamine" } }
    """
    rows = "id,on,what,visit\na,2025-01-03,placebo,\na,2025-01-17,ketamine,k1\n"
    _, tables = build(tmp_path, rows, table)
    assert rows_of(tables["scores"]) == [("a", "15", "PHQ-9")]


def test_a_patient_who_is_not_in_the_table_is_named_by_the_source_rows(tmp_path):
    table = PATIENTS + 'needs.sex = "no sex"\ncolumns.sex = "sex"\n' + SESSIONS
    with pytest.raises(DataError) as error:
        build(tmp_path, "id,sex\na,male\nb,\n", table)
    assert str(error.value).startswith(
        "rows.csv, row 3: the patient of a row for the table sessions is not in the table patients."
    )
