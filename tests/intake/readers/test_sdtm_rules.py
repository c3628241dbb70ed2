"""What a mapping may say of a domain, and what it may not."""

import tomllib

import pytest

from analysis.intake.mapping_grammar import Beside
from analysis.intake.readers.sdtm_rules import read_sdtm_rules
from analysis.intake.toml_tables import TomlTable
from analysis.vocabulary.errors import CallError


def read(text: str):
    return read_sdtm_rules(TomlTable(tomllib.loads(text), "files.x"))


def test_what_stands_beside_a_domain_is_a_path_or_a_table():
    rules = read('domain = "EX"\nwith.DM = "dm.csv"\nwith.VS = { path = "vs.csv", before = ["PRE"], after = ["1 H"] }')
    assert rules.beside["DM"] == Beside("dm.csv")
    vitals = rules.beside["VS"]
    assert (vitals.path, vitals.before, vitals.after) == ("vs.csv", ("PRE",), ("1 H",))
    assert vitals.tests == {"SYSBP": "systolic", "DIABP": "diastolic", "WEIGHT": "weight", "PULSE": "pulse"}


def test_tests_and_instruments_may_be_named():
    rules = read('domain = "EX"\nwith.RS = { path = "rs.csv", tests = { CADSS99 = "cadss" } }\ndose_units.TABLET = 20')
    assert rules.beside["RS"].tests == {"CADSS99": "cadss"}
    assert rules.dose_units == {"tablet": 20.0}
    rules = read('domain = "QS"\ninstruments.PHQ-9 = { items = ["A", ["B1", "B2"]], total = "T" }')
    assert rules.instruments["B2"] == ("PHQ-9", "item_2")
    assert rules.instruments["T"] == ("PHQ-9", "total")
    assert "PHQ0101" not in rules.instruments  # the mapping's own codes stand in place of the known ones
    assert rules.instruments["GAD0107"] == ("GAD-7", "item_7")


def test_intervals():
    assert not read('domain = "EX"').first_day_of_intervals
    assert read('domain = "EX"\nintervals = "first-day"').first_day_of_intervals
    assert not read('domain = "EC"').keep_not_given
    assert read('domain = "EC"\nnot_given = "keep"').keep_not_given


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`files.x.domain` is missing."),
        ('domain = "exposure"', "`files.x.domain` must be the two capital letters of an SDTM domain"),
        ('domain = "AE"\nintervals = "first-day"', "`files.x.intervals` is for the domains EX, EC, and this is AE."),
        ('domain = "EX"\nintervals = "all"', '`files.x.intervals` can only be "first-day"'),
        ('domain = "EC"\nnot_given = "no"', '`files.x.not_given` can only be "keep"'),
        ('domain = "EC"\ndecimal = ","', "`files.x.decimal`: SDTM is read with a decimal point."),
        ('domain = "DM"\ndose_units.ML = 1', "`files.x.dose_units` is for the domains EX, EC, and this is DM."),
        ('domain = "EX"\ndose_units.ML = 0', "`files.x.dose_units.ML` must be the mg in one ML, more than 0."),
        ('domain = "EX"\ndose_units.ML = "5"', "`files.x.dose_units.ML` must be the mg in one ML, more than 0."),
        ('domain = "AE"\nwith.VS = "vs.csv"', "`files.x.with.VS`: beside AE can stand DM, EX, EC, SUPPAE."),
        (
            'domain = "EX"\nwith.SUPPAE = "s.csv"',
            "`files.x.with.SUPPAE`: beside EX can stand DM, VS, QS, RS, FT, SUPPEX.",
        ),
        ('domain = "AE"\nwith.EX = "e"\nwith.EC = "f"', "`files.x.with` has both `EX` and `EC`; keep one."),
        ('domain = "EX"\nwith.DM = "../dm.csv"', "`files.x.with.DM.path` must lie inside the folder"),
        ('domain = "EX"\nwith.DM = { path = "a", before = ["b"] }', "unknown key `files.x.with.DM.before`."),
        ('domain = "EX"\nwith.SUPPEX = "s.csv"', "`files.x.with.SUPPEX.qualifiers` must list the qualifiers to read"),
        (
            'domain = "EX"\nwith.SUPPEX = { path = "s", qualifiers = ["Jane Doe"] }',
            "`files.x.with.SUPPEX.qualifiers`: Jane Doe is not a QNAM in capitals, of at most 8.",
        ),
        ('domain = "EX"\nwith.RS = "rs.csv"', "`files.x.with.RS.tests` must name the tests"),
        (
            'domain = "EX"\nwith.VS = { path = "v", before = ["A"], after = ["A"] }',
            "`files.x.with.VS`: a time point stands both in `before` and in `after`.",
        ),
        (
            'domain = "EX"\nwith.VS = { path = "v", tests = { SYSBP = "Systolic!" } }',
            "`files.x.with.VS.tests`: Systolic! is not a column in small letters.",
        ),
        (
            'domain = "EX"\nwith.VS = "v"\nwith.RS = { path = "r", tests = { A = "pulse" } }',
            "`files.x.with.RS.tests`: pulse comes from another domain too; give one another name.",
        ),
        (
            'domain = "QS"\ninstruments.X = {}',
            "`files.x.instruments.X` needs `items`, a list of test codes, or `total`",
        ),
        ('domain = "QS"\ninstruments.X.items = "A"', "`files.x.instruments.X.items` must be a list of test codes"),
        ('domain = "QS"\ninstruments.X.items = [1]', "`files.x.instruments.X.items` must be a list of test codes"),
        ('domain = "QS"\ninstruments.X.items = ["a b"]', "`files.x.instruments.X`: a b is not test codes."),
        (
            'domain = "QS"\ninstruments.X.total = "GAD0101"',
            "`files.x.instruments`: the test GAD0101 stands for two items.",
        ),
    ],
)
def test_a_mistake_is_named(text, message):
    with pytest.raises(CallError) as error:
        read(text)
    assert str(error.value).startswith(message)
