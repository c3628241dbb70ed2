"""A stand-in for a REDCap server: answers its API's requests out of the raw export and the dictionary of a project.

It answers as REDCap does (API documentation; the texts of its errors as users of PyCap, REDCapR and redcapAPI report
them): everything by POST, the token checked first, errors in the format that was asked for and with their HTTP status;
record export with chosen fields, where the record's number brings the columns that say which row it is, and rows of a
repeating instrument come only with a field of it; survey fields and data access groups only on request.
"""

import csv
import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

PROJECT_KEY = "A1B2C3D4E5F60718293A4B5C6D7E8F90"
HEADINGS = (
    *("field_name", "form_name", "section_header", "field_type", "field_label", "select_choices_or_calculations"),
    *("field_note", "text_validation_type_or_show_slider_number", "text_validation_min", "text_validation_max"),
    *("identifier", "branching_logic", "required_field", "custom_alignment", "question_number", "matrix_group_name"),
    *("matrix_ranking", "field_annotation"),
)
PLACES = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")


class Project:
    """A project as the server holds it. ``fault`` makes it misbehave; ``asked`` keeps every request."""

    def __init__(self, data: str, dictionary: str, *, token: str = PROJECT_KEY) -> None:
        self.rows = list(csv.DictReader(io.StringIO(data)))
        self.columns = next(csv.reader(io.StringIO(data)))
        lines = list(csv.reader(io.StringIO(dictionary)))[1:]
        self.dictionary = [dict(zip(HEADINGS, [*line, *[""] * 18], strict=False)) for line in lines if line]
        self.token = token
        self.fault = ""
        self.forbidden_forms: set[str] = set()
        self.asked: list[dict[str, str]] = []

    @classmethod
    def of_folder(cls, folder: Path) -> "Project":
        return cls(*(folder.joinpath(f"{name}.csv").read_text(encoding="utf-8-sig") for name in ("data", "dictionary")))

    @property
    def record(self) -> str:
        return self.dictionary[0]["field_name"]

    def export_names(self) -> list[dict[str, str]]:
        names = []
        for line in self.dictionary:
            field, kind = line["field_name"], line["field_type"]
            choices = [each.partition(",")[0].strip() for each in line["select_choices_or_calculations"].split("|")]
            if kind == "checkbox":
                names += [(field, code, f"{field}___{code.lower().replace('-', '_')}") for code in choices]
            elif kind not in {"descriptive", "file"}:
                names.append((field, "", field))
        names += [(f"{form}_complete", "", f"{form}_complete") for form in self.forms]
        return [
            {"original_field_name": field, "choice_value": code, "export_field_name": name}
            for field, code, name in names
        ]

    @property
    def forms(self) -> list[str]:
        return list(dict.fromkeys(line["form_name"] for line in self.dictionary))

    def form_of(self, column: str) -> str:
        field = column.partition("___")[0]
        found = [line["form_name"] for line in self.dictionary if line["field_name"] == field]
        return found[0] if found else column.removesuffix("_complete").removesuffix("_timestamp")

    def records(self, request: dict[str, str]) -> list[dict[str, str]]:
        fields = [value for key, value in request.items() if key.startswith("fields[")]
        known = {line["field_name"] for line in self.dictionary} | {f"{form}_complete" for form in self.forms}
        unknown = [field for field in fields if field not in known]
        if unknown:
            raise RefusedError(400, f'The following values in the parameter "fields" are not valid: {unknown}')
        chosen = []
        for column in self.columns:
            wanted = column.partition("___")[0] in fields or not fields
            if column == "redcap_data_access_group":
                wanted = request.get("exportDataAccessGroups") == "True"
            elif column == "redcap_survey_identifier" or column.endswith("_timestamp"):
                wanted = request.get("exportSurveyFields") == "True"
            elif column in PLACES:
                wanted = self.record in fields or not fields
            if wanted and self.form_of(column) not in self.forbidden_forms:
                chosen.append(column)
        forms = {self.form_of(column) for column in chosen if column != self.record}
        rows = [row for row in self.rows if row.get("redcap_repeat_instrument", "") in {"", *forms}]
        return [{column: row[column] for column in chosen} for row in rows]

    def answer(self, request: dict[str, str]) -> tuple[list[dict], str]:
        content = request.get("content")
        if request.get("token") != self.token:
            raise RefusedError(403, "You do not have permissions to use the API")
        if self.fault == "no right to export" and content == "record":
            raise RefusedError(403, "You must have 'API Export' privileges in the project.")
        if content == "metadata":
            return self.dictionary, ""
        if content == "exportFieldNames":
            return self.export_names(), ""
        if content == "project":
            longitudinal = "redcap_event_name" in self.columns
            return [{"project_id": 1, "project_title": "Stand-in", "is_longitudinal": int(longitudinal)}], ""
        if content == "formEventMapping":
            if "redcap_event_name" not in self.columns:
                raise RefusedError(400, "You cannot export form-event mappings for classic projects")
            events = dict.fromkeys(row["redcap_event_name"] for row in self.rows)
            return [
                {"arm_num": event.rpartition("_")[2], "unique_event_name": event, "form": form}
                for event in events
                for form in self.forms
            ], ""
        if content == "record":
            return self.records(request), ""
        raise RefusedError(400, 'The value of the parameter "content" is not valid')


class RefusedError(Exception):
    """An error as REDCap sends it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@contextmanager
def redcap_server(*projects: Project) -> Iterator[str]:
    """Serve projects, each with its own token, and yield the address of the API."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            request = {key: values[0] for key, values in parse_qs(body, keep_blank_values=True).items()}
            project = next((each for each in projects if each.token == request.get("token")), projects[0])
            project.asked.append(request)
            if not _misbehaves(self, project.fault):
                self.reply(project, request)

        def do_GET(self) -> None:
            self.send(405, "text/html", b"<html>The API is used by POST.</html>")

        def reply(self, project: Project, request: dict[str, str]) -> None:
            form = request.get("format", "xml")
            try:
                table, _ = project.answer(request)
                status, text = 200, _written(table, form)
            except RefusedError as error:
                status, text = error.status, _error(str(error), form)
            kind = {"json": "application/json", "csv": "text/csv", "xml": "text/xml"}[form]
            if project.fault == "cut off" and request["content"] == "record":
                text = text[: text.rindex(",")]
            self.send(status, f"{kind}; charset=utf-8", text.encode())

        def send(self, status: int, kind: str, body: bytes, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/redcap/api/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _misbehaves(handler: BaseHTTPRequestHandler, fault: str) -> bool:
    if fault == "page of a login":
        handler.send(200, "text/html", b"<html><body>Log in, Jane Doe</body></html>")
    elif fault == "leads elsewhere":
        handler.send(307, "text/html", b"", Location="http://127.0.0.1:9/elsewhere/api/")
    elif fault == "not found":
        handler.send(404, "text/html", b"<html>Not Found</html>")
    elif fault == "overloaded":
        handler.send(503, "text/html", b"<html>Jane Doe</html>")
    elif fault == "breaks off":
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"[{")
        handler.close_connection = True
    elif fault == "slow":
        time.sleep(1.0)
        handler.close_connection = True
    else:
        return False
    return True


def _written(table: list[dict], form: str) -> str:
    if form == "json":
        return json.dumps(table)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]) if table else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue() if table else "\n"


def _error(text: str, form: str) -> str:
    return {
        "json": json.dumps({"error": text}),
        "csv": f"ERROR: {text}",
        "xml": f'<?xml version="1.0" encoding="UTF-8" ?><hash><error>{text}</error></hash>',
    }[form]
