"""The files of SDTM, and the qualifiers that supplement them."""

import pyreadstat
import pytest
from sdtm_writer import read_drawn_domain, rows_used, write_submission

from analysis.intake.mapping_grammar import SdtmRules, SourceFile
from analysis.intake.readers.formats import read_table
from analysis.vocabulary.errors import DataError

CE = """
    USUBJID | CESEQ | CETERM | CESTDTC    | VISITNUM
    P1      | 1     | MANIA  | 2025-01-05 | 1
    P1      | 2     | FALL   | 2025-01-06 | 1
    P2      | 1.0   | FALL   | 2025-01-07 | 2
"""


def test_names_in_small_letters_and_codes_for_missing(tmp_path):
    drawn = CE.replace("USUBJID", "usubjid").replace("CETERM", "ceterm").replace("MANIA", "NA")
    table = read_drawn_domain(tmp_path, "CE", 'missing = ["NA"]', CE=drawn)
    assert rows_used(table, "patient term") == [["P1", ""], ["P1", "FALL"], ["P2", "FALL"]]


def test_a_transport_file_gives_what_the_text_gives(tmp_path):
    table = read_drawn_domain(tmp_path, "CE", CE=CE)
    frame = table.rows[["DOMAIN", "CESEQ", "CETERM", "CESTDTC"]].assign(USUBJID=table.rows["patient"])
    frame["CESEQ"] = frame["CESEQ"].astype(float)
    pyreadstat.write_xport(frame, str(tmp_path / "ce.xpt"), file_format_version=5, table_name="CE")
    other = read_table(
        tmp_path, SourceFile("x", "ce.xpt", ",", "", (), {}, (), {}, format="sdtm", sdtm=SdtmRules("CE"))
    )
    assert rows_used(other, "patient term date") == rows_used(table, "patient term date")


SUPPLEMENT = """
    USUBJID | IDVAR    | IDVARVAL | QNAM    | QVAL
    P1      | CESEQ    | 2        | WHERE   | HOME
    P2      | CESEQ    | 1        | WHERE   | CLINIC
    P1      | VISITNUM | 1.0      | SEASON  | WINTER
    P2      |          |          | LEVEL   | 3
    P9      | CESEQ    | 1        | WHERE   | HOME
    P1      | CESEQ    | 9        | WHERE   | HOME
    P1      | CENUM    | 1        | WHERE   | HOME
    P1      | CESEQ    | 1        | COMMENT | asked for her sister
"""
ASKED = 'with.SUPPCE = { path = "suppce.csv", qualifiers = ["WHERE", "SEASON", "LEVEL"] }'


def test_qualifiers_join_by_the_variable_they_name_and_each_is_accounted_for(tmp_path):
    table = read_drawn_domain(tmp_path, "CE", ASKED, CE=CE, SUPPCE=SUPPLEMENT)
    assert rows_used(table, "patient WHERE SEASON LEVEL") == [
        ["P1", "", "WINTER", ""],
        ["P1", "HOME", "WINTER", ""],
        ["P2", "CLINIC", "", "3"],
    ]
    assert list(table.rows.index[:4]) == ["CE:2", "CE:3", "CE:4", "SUPPCE:2"]
    read, alone = "a qualifier, read with its row", "a qualifier of a row that is not in the file"
    unasked = "a qualifier that the mapping does not ask for"
    assert [table.left_out[f"SUPPCE:{row}"] for row in range(2, 10)] == [read] * 4 + [alone] * 3 + [unasked]
    assert "asked for her sister" not in table.rows.to_csv()


@pytest.mark.parametrize(
    ("drawn", "message"),
    [
        ({"CE": CE.replace("USUBJID", "PATIENT")}, "ce.csv has no column USUBJID; it is not the SDTM domain CE."),
        (
            {"CE": CE.replace("CESEQ", "DOMAIN")},
            "ce.csv, rows 2, 3, 4, column 'DOMAIN': rows of another domain than CE.",
        ),
        (
            {"CE": CE.replace("CESEQ", "usubjid")},
            "ce.csv: columns 2, 3 share their names in the header row; rename them.",
        ),
        ({"CE": CE}, "suppce.csv: there is no such file in source (`files.x.with.SUPPCE`)."),
        (
            {"CE": CE, "SUPPCE": SUPPLEMENT.replace("QNAM", "NAME")},
            "suppce.csv has no column QNAM; it is not the SDTM dom",
        ),
        (
            {"CE": CE, "SUPPCE": SUPPLEMENT.replace("P2      | CESEQ    | 1 ", "P1      | CESEQ    | 2 ")},
            "suppce.csv, rows 2, 3: the same qualifier of the same row more than once.",
        ),
        (
            {"CE": CE.replace("VISITNUM", "SEASON"), "SUPPCE": SUPPLEMENT},
            "`files.x.with.SUPPCE.qualifiers`: SEASON is a column of the domain already.",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_named_and_not_shown(tmp_path, drawn, message):
    (tmp_path / "source").mkdir()
    with pytest.raises(DataError) as error:
        read_drawn_domain(tmp_path / "source", "CE", ASKED, **drawn)
    assert str(error.value).startswith(message)


def test_a_supplement_of_another_domain_is_refused(tmp_path):
    rows = [{"USUBJID": "P1", "RDOMAIN": "AE", "IDVAR": "", "IDVARVAL": "", "QNAM": "LEVEL", "QVAL": "1"}]
    write_submission({"SUPPCE": rows}, tmp_path)
    with pytest.raises(DataError, match="suppce.csv, row 2, column 'RDOMAIN': rows for another domain than SUPPCE"):
        read_drawn_domain(tmp_path, "CE", ASKED, CE=CE)
