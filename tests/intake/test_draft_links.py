"""Which columns name the patients, and how files are tied together by them."""

from drafted_maps import draft, import_drafted, write_files

CLIENTS = """
    client_id | MRN  | Sex | DOB
    11        | 7001 | F   | 1980-02-03
    12        | 7002 | M   | 1970-02-03
    13        | 7003 | F   | 1960-02-03
"""
VISITS = """
    MRN  | Infusion Date | Dose mg
    7001 | 2025-01-03    | 40
    7001 | 2025-01-06    | 40
    7002 | 2025-01-04    | 35
"""
SCORES = """
    client_id | Date       | PHQ-9
    11        | 2025-01-03 | 18
    12        | 2025-01-04 | 12
"""


def test_the_number_that_ties_most_files_together_names_the_patients_and_the_others_follow_through_it(tmp_path):
    more = VISITS.replace("Dose mg", "GAD-7")
    folder = write_files(tmp_path / "clinic", clients_csv=CLIENTS, visits_csv=VISITS, gad_csv=more, phq_csv=SCORES)
    _, _, held = draft(folder)
    assert held["files"]["phq"]["join"] == {"clients": {"on": "client_id", "optional": True}}
    by_file = {block["from"]: block["columns"]["patient_id"] for block in held["tables"]["scores"]}
    assert by_file == {"gad": "MRN", "phq": "clients.MRN"}
    back = import_drafted(folder)
    assert sorted({row["patient_id"] for row in back["scores"]}) == ["7001", "7002"]


def test_scores_that_only_name_the_visit_get_its_patient_and_date(tmp_path):
    visits = "Visit ID,MRN,Infusion Date,Dose mg\nV1,1,2025-01-03,40\nV2,1,2025-01-10,40\nV3,2,2025-01-04,40\n"
    folder = write_files(tmp_path / "clinic")
    (folder / "visits.csv").write_text(visits)
    (folder / "phq.csv").write_text("Visit ID,PHQ-9\nV1,18\nV2,9\nV3,12\n")
    back = import_drafted(folder)
    assert [(row["patient_id"], row["day"], row["total"]) for row in back["scores"]] == [
        ("1", "0", "18"),
        ("1", "7", "9"),
        ("2", "0", "12"),
    ]


def test_rows_of_patients_who_are_not_listed_are_left_out_and_counted(tmp_path):
    folder = write_files(tmp_path / "clinic", clients_csv=CLIENTS, visits_csv=VISITS + "    7009 | 2025-01-04 | 35\n")
    (folder / "phq.csv").write_text("MRN,Date,PHQ-9\n7001,2025-01-03,18\n")
    _, text, held = draft(folder)
    assert held["files"]["visits"]["leave_out"] == [
        {"column": "clients.MRN", "missing": True, "reason": "patient not in clients.csv"}
    ]
    assert "25 % of the rows are left out" in text
    assert len(import_drafted(folder)["sessions"]) == 3


def test_referrals_of_people_never_treated_stay(tmp_path):
    folder = write_files(tmp_path / "clinic", clients_csv=CLIENTS, visits_csv=VISITS)
    (folder / "phq.csv").write_text("MRN,Date,PHQ-9\n7001,2025-01-03,18\n")
    (folder / "referrals.csv").write_text(
        "Referral ID,MRN,Referral Date,Source\nA,7001,2024-12-03,Self\nB,,2024-12-04,PCP\nC,7088,2024-12-05,Self\n"
    )
    back = import_drafted(folder)["referrals"]
    assert [(row["referral_id"], row["patient_id"]) for row in back] == [("A", "7001"), ("B", ""), ("C", "")]
