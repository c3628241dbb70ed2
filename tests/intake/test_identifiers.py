"""Columns that look like a person are refused by their name or by what they hold; honest codes are not."""

import pytest
from drawn_tables import write_folder
from small_clinic import write_clinic

from analysis.intake.dataset import check_dataset
from analysis.intake.identifiers import identifier_in_name
from analysis.intake.schema import layout_tables


@pytest.mark.parametrize(
    ("kind", "headings"),
    {
        "a person's name": (
            "name, Name, NAME, first_name, FirstName, lastName, last name, Last.Name, LNAME, fname, surname, "
            "Surname_1, patient_name, PatientName, PT NAME, client name, full-name, maiden_name, initials, "
            "middle_name2, provider_name, Emergency Contact Name, next_of_kin"
        ),
        "a telephone or fax number": (
            "phone, Phone, PHONE_NUMBER, phone1, home_phone, HomePhone, cell phone, mobile, Mobile_No, telephone, Tel, "
            "fax, FaxNumber"
        ),
        "an e-mail address": "email, E-mail, e_mail, EMAIL_ADDRESS, EmailAddress, patient_email, mail",
        "an address": "address, Address1, street, Street_Address, city, zip, ZIP Code, zip5, postcode, postal_code",
        "a birth date": "dob, DOB, birth_date, BirthDate, date_of_birth, Date of Birth, DateOfBirth, birthday, pt_dob",
        "a social security number": "ssn, SSN, ssn_last4, social_security, Social Security Number, SocialSecurityNo",
        "a record, account or insurance number": (
            "mrn, MRN, mrn_number, Medical Record Number, medical_record_no, RecordNumber, chart_number, "
            "account_number, insurance_id, member_id, serial number, lot_number"
        ),
        "a web or network address": "url, ip_address, IP",
    }.items(),
)
def test_a_heading_that_names_an_identifier(kind, headings):
    for heading in headings.split(", "):
        assert identifier_in_name(heading) == kind, heading


def test_a_heading_that_names_none():
    headings = (
        "room, clinic_name, drug_name, instrument, session_room, provider_type, hospital, cohort, arm, site, visit, "
        "nurse, telehealth, mobility, addressed, emailed_reminder_count, birthing, phq, pump, block, faxless"
    )
    assert [heading for heading in headings.split(", ") if identifier_in_name(heading)] == []


def test_of_the_layout_only_the_first_digits_of_a_zip_code_read_like_an_identifier():
    names = {name for table in layout_tables().values() for name in table.columns}
    assert {name for name in names if identifier_in_name(name)} == {"zip3"}


def with_ids(tmp_path, ids):
    """A dataset whose patients carry these ids."""
    return write_folder(
        tmp_path / "clinic",
        {
            "sessions": [{"patient_id": each, "day": 0, "treatment": "placebo"} for each in ids],
            "scores": [{"patient_id": each, "day": 0, "instrument": "PHQ-9", "total": 15} for each in ids],
        },
    )


ACCEPTED = {
    "small numbers": [str(number) for number in range(1, 41)],
    "numbers of four signs": [str(4000 + number) for number in range(40)],
    "codes": [f"P{number:05}" for number in range(40)],
    "codes of a public data set": [f"sub-MOA{100 + number}" for number in range(40)],
    "codes with letters and a hyphen": [f"A-{number}" for number in range(40)],
    "site and subject": [f"01-701-{1000 + number}" for number in range(40)],
    "hexadecimal": [f"{number * 2654435761 % 2**32:08x}" for number in range(1, 41)],
    "universal identifiers": [f"3f2a9c1b-0000-4000-8000-{number:012}" for number in range(40)],
    "numbers of twelve signs": [str(100000000000 + number) for number in range(40)],
    "one word in capitals": [f"SUBJ{number}" for number in range(40)],
}


@pytest.mark.parametrize("ids", ACCEPTED.values(), ids=ACCEPTED)
def test_honest_patient_ids_are_accepted(tmp_path, ids):
    assert check_dataset(with_ids(tmp_path, ids)).empty


REFUSED = {
    "e-mail": (["jane.doe@example.org"] + [f"P{number}" for number in range(40)], "e-mail addresses", 1),
    "telephone": (["(212) 555-0147", "+1 212 555 0148"] + [f"P{n}" for n in range(40)], "telephone numbers", 2),
    "telephone with hyphens": (["212-555-0147"] + [f"P{number}" for number in range(40)], "telephone numbers", 1),
    "ten digits": ([f"212555{1000 + number}" for number in range(40)], "telephone or social security numbers", 40),
    "social security": (["123-45-6789"] + [f"P{number}" for number in range(40)], "social security numbers", 1),
    "nine digits": ([str(123450000 + number) for number in range(40)], "telephone or social security numbers", 40),
    "record numbers": (["MRN-004711", "mrn4712"] + [f"P{number}" for number in range(40)], "record numbers", 2),
    "names": (
        ["Doe-Jane", "Roe_Richard", "Poe-Edgar-Allan", "smith_anna", "Garcia"] + [f"P{n}" for n in range(10)],
        "persons' names",
        5,
    ),
}


@pytest.mark.parametrize(("ids", "kind", "count"), REFUSED.values(), ids=REFUSED)
def test_patient_ids_that_look_like_a_person_are_refused(tmp_path, ids, kind, count):
    problems = check_dataset(with_ids(tmp_path, ids))
    refused = problems[(problems["rule"] == "identifier") & (problems["table"] == "sessions")]
    assert refused[["severity", "column", "count"]].values.tolist() == [["error", "patient_id", count]]
    assert f"{count} of its {len(ids)} different values look like {kind}" in refused["message"].item()


def test_a_few_words_among_many_codes_are_not_taken_for_names(tmp_path):
    ids = ["test-patient", "demo-patient"] + [f"P{number}" for number in range(40)]
    assert check_dataset(with_ids(tmp_path, ids)).empty


def test_the_name_of_a_clinic_is_not_a_person(tmp_path):
    sessions = "patient_id | day | treatment | clinic_id \n P1 | 0 | ketamine | River-Side \n P2 | 0 | ketamine | North"
    assert check_dataset(write_clinic(tmp_path, sessions=sessions)).empty


def test_a_column_named_after_an_identifier_is_refused_even_when_listed(tmp_path):
    sessions = "patient_id | day | treatment | last_name \n P1 | 0 | ketamine | Zebedee \n P2 | 0 | ketamine |"
    clinic = write_clinic(tmp_path, sessions=sessions, settings='extra_columns.sessions = ["last_name"]')
    (message,) = check_dataset(clinic)["message"]
    assert message == (
        "sessions, column last_name: its name reads like a person's name (cells filled: 1). "
        "Delete the column: no identifiers may be in a dataset."
    )


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("jane@example.org", "e-mail addresses"),
        ("call 212-555-0147", "telephone numbers"),
        ("https://example.org/p/1", "web addresses"),
        ("Jane Doe", "persons' names"),
        ("1985-03-01", "dates"),
        ("3/1/85", "dates"),
        ("123-45-6789", "social security numbers"),
    ],
)
def test_what_an_extra_column_may_not_hold(tmp_path, cell, kind):
    sessions = f"patient_id | day | treatment | room \n P1 | 0 | ketamine | {cell} \n P2 | 0 | ketamine | blue"
    clinic = write_clinic(tmp_path, sessions=sessions, settings='extra_columns.sessions = ["room"]')
    (message,) = check_dataset(clinic)["message"]
    assert f"1 of its 2 different values look like {kind}" in message
    assert cell not in message


def test_an_identifier_in_a_column_for_something_else_is_refused(tmp_path):
    sessions = "patient_id | day | treatment | dose_mg | route \n P1 | 0 | ketamine | 212-555-0147 | a@b.org"
    problems = check_dataset(write_clinic(tmp_path, sessions=sessions))
    assert problems[problems["severity"] == "error"]["column"].tolist() == ["dose_mg", "route"]


def room_folder(tmp_path, rooms):
    rows = [{"patient_id": f"P{n}", "day": 0, "treatment": "placebo", "room": room} for n, room in enumerate(rooms)]
    clinic = write_clinic(tmp_path, settings='extra_columns.sessions = ["room"]')
    write_folder(tmp_path / "rows", {"sessions": rows})
    (tmp_path / "rows" / "sessions.csv").replace(clinic / "sessions.csv")
    return clinic


def test_an_extra_column_holds_fifty_values_and_no_more(tmp_path):
    assert check_dataset(room_folder(tmp_path / "fifty", [f"R{number}" for number in range(50)])).empty
    problems = check_dataset(room_folder(tmp_path / "more", [f"R{number}" for number in range(51)]))
    assert problems[["severity", "rule", "column"]].values.tolist() == [["error", "free text", "room"]]


def test_an_extra_column_holds_values_of_forty_signs_and_no_longer(tmp_path):
    assert check_dataset(room_folder(tmp_path / "forty", ["r" * 40])).empty
    problems = check_dataset(room_folder(tmp_path / "longer", ["r" * 41]))
    assert problems["rule"].tolist() == ["free text"]
