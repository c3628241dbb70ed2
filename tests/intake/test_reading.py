"""From files to text cells: which file a table has, its row numbers, and CSV and Parquet alike."""

import duckdb
import pytest

from analysis.intake.reading import find_files, open_table


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        yield connection


def rows_of(con, file):
    return con.execute(f"FROM ({file.relation})").fetchall()


def read_csv(con, tmp_path, content: bytes):
    path = tmp_path / "sessions.csv"
    path.write_bytes(content)
    return open_table(con, "sessions", (path,))


def write_parquet(con, path, query):
    path.parent.mkdir(exist_ok=True, parents=True)
    con.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def test_cells_are_text_and_rows_are_numbered_as_a_spreadsheet_does(con, tmp_path):
    file, problems = read_csv(con, tmp_path, b'patient_id,day\nP1,0\n" P2 ",""\n,7\n')
    assert rows_of(con, file) == [(2, "P1", "0"), (3, "P2", None), (4, None, "7")]
    assert (file.names, file.read, file.filled, problems) == (("patient_id", "day"), 3, (2, 2), [])


def test_a_row_of_empty_cells_is_a_row(con, tmp_path):
    file, _ = read_csv(con, tmp_path, b"patient_id,day\n,\nP1,0\n")
    assert rows_of(con, file) == [(2, None, None), (3, "P1", "0")]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfpatient_id,day\nP1,0\nP2,7\n",
        b"patient_id,day\r\nP1,0\r\nP2,7\r\n",
        b'"patient_id","day"\n"P1","0"\n"P2","7"\n',
        b"patient_id,day\nP1,0\nP2,7\n\n\n",
        b"patient_id,day\nP1, 0\nP2,7 \n",
    ],
    ids=["BOM", "CRLF", "quoted", "blank lines at the end", "spaces"],
)
def test_harmless_forms_are_read_the_same(con, tmp_path, content):
    file, problems = read_csv(con, tmp_path, content)
    assert (file.names, rows_of(con, file), problems) == (
        ("patient_id", "day"),
        [(2, "P1", "0"), (3, "P2", "7")],
        [],
    )


def test_row_numbers_hold_over_a_large_file(con, tmp_path):
    content = b"patient_id,day\n" + b"".join(b"P%d,%d\n" % (number, number) for number in range(200_000))
    file, _ = read_csv(con, tmp_path, content)
    wrong = con.execute(f"SELECT count(*) FROM ({file.relation}) WHERE row <> CAST(c1 AS INTEGER) + 2").fetchone()
    assert (wrong, file.read) == ((0,), 200_000)


def test_rows_hidden_by_an_open_quotation_mark_are_not_swallowed(con, tmp_path):
    """The mark opens in one row and happens to close at the end of another: a lawful cell of three lines."""
    content = b'patient_id,day,note\nP1,0,a\nP2,0,"b\nP3,0,c\nP4,0,d"\nP5,0,e\n'
    file, problems = read_csv(con, tmp_path, content)
    assert file is None
    assert [(problem.rule, problem.rows) for problem in problems] == [("line break in a cell", (3,))]


@pytest.mark.parametrize("name", ["plain", "it's", "data[1]", "a*b?", "übung 2"])
def test_any_folder_name_will_do(con, tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / "data1").mkdir()
    (tmp_path / "data1" / "sessions.csv").write_text("patient_id\nother\n")
    file, _ = read_csv(con, tmp_path / name, b"patient_id\nP1\n")
    assert rows_of(con, file) == [(2, "P1")]


def test_parquet_cells_are_read_as_text(con, tmp_path):
    query = """
        SELECT 'P1' AS patient_id, 3 AS day, 40.5 AS dose_mg, DATE '2026-03-01' AS date, true AS serious,
            5.0::DOUBLE AS total
        UNION ALL SELECT 'P2', NULL, NULL, NULL, NULL, 'nan'::DOUBLE
    """
    path = write_parquet(con, tmp_path / "sessions.parquet", query)
    file, problems = open_table(con, "sessions", (path,))
    assert rows_of(con, file) == [
        (2, "P1", "3", "40.5", "2026-03-01", "true", "5.0"),
        (3, "P2", None, None, None, None, None),
    ]
    assert (file.names[:3], problems) == (("patient_id", "day", "dose_mg"), [])


def test_parquet_parts_are_read_in_the_order_of_their_names(con, tmp_path):
    for number in (2, 1):
        write_parquet(
            con, tmp_path / "sessions" / f"part-{number}.parquet", f"SELECT 'P{number}' AS patient_id, 0 AS day"
        )
    (tmp_path / "scores.csv").write_text("patient_id\n")
    paths, problems = find_files(tmp_path)
    file, _ = open_table(con, "sessions", paths["sessions"])
    assert problems == []
    assert rows_of(con, file) == [(2, "P1", "0"), (3, "P2", "0")]


def test_parquet_parts_with_different_columns_are_refused(con, tmp_path):
    first = write_parquet(con, tmp_path / "sessions" / "a.parquet", "SELECT 'P1' AS patient_id, 0 AS day")
    second = write_parquet(con, tmp_path / "sessions" / "b.parquet", "SELECT 'P2' AS patient_id")
    file, problems = open_table(con, "sessions", (first, second))
    assert (file, problems[0].rule) == (None, "unreadable file")


@pytest.mark.parametrize(
    "kind", ["[1, 2]", "{'a': 1}", "'x'::BLOB", "MAP {'a': 1}"], ids=["list", "structure", "bytes", "map"]
)
def test_parquet_cells_that_are_no_plain_values_are_refused(con, tmp_path, kind):
    path = write_parquet(con, tmp_path / "scores.parquet", f"SELECT 'P1' AS patient_id, {kind} AS total")
    file, problems = open_table(con, "scores", (path,))
    assert file is None
    assert "lists, structures or bytes in total" in problems[0].message


def test_a_damaged_parquet_file_is_refused(con, tmp_path):
    path = write_parquet(con, tmp_path / "sessions.parquet", "SELECT 'P1' AS patient_id")
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"patient_id\nP1\n", content[:4] + b"\xff" * 60 + content[64:]):
        path.write_bytes(damaged)
        file, (problem,) = open_table(con, "sessions", (path,))
        assert (file, problem.rule) == (None, "unreadable file")


def test_a_required_table_must_be_there(tmp_path):
    (tmp_path / "sessions.csv").touch()
    paths, problems = find_files(tmp_path)
    assert list(paths) == ["sessions"]
    assert [(problem.table, problem.rule) for problem in problems] == [("scores", "missing table")]


def test_one_table_has_one_file(tmp_path):
    for name in ("sessions.csv", "sessions.parquet", "scores.csv"):
        (tmp_path / name).touch()
    paths, problems = find_files(tmp_path)
    assert list(paths) == ["scores"]
    assert "sessions.csv and sessions.parquet" in problems[0].message


@pytest.mark.parametrize("name", ["sessions.csv", "sessions.parquet", "sessions"])
def test_a_folder_is_not_a_file(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / "scores.csv").touch()
    paths, problems = find_files(tmp_path)
    assert list(paths) == ["scores"]
    assert [(problem.table, problem.rule) for problem in problems] == [("sessions", "folder")]


def test_files_outside_the_layout_are_counted_and_not_named(tmp_path):
    for name in ("sessions.csv", "scores.csv", "Jane Doe.csv", "adverse_event.csv", "notes.txt", "scores.xlsx"):
        (tmp_path / name).touch()
    _, problems = find_files(tmp_path)
    (warning,) = problems
    assert (warning.rule, warning.severity) == ("unknown file", "warning")
    assert "3 files" in warning.message
    assert "Jane" not in warning.message
