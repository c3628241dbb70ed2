"""The grammar of a mapping: how a folder of source files becomes a dataset.

::

    [dataset]                      name, basis, data_cut, extra_columns: as in dataset.toml; keep_dates = true writes
                                   the column date where the basis allows it (see Dates)
    [pseudonyms]                   replaces patient_id and referral_id (see Pseudonyms); without it they stay
    [definitions]                  changes of the default definitions; written beside the tables
    [files.NAME]                   path, format and its options (see Formats), decimal ("." or ","), missing (codes that
                                   mean an empty cell)
    [files.NAME.join.OTHER]        on, to: brings the columns of another file along, named OTHER.column; every row needs
                                   its partner there, unless optional = true
    [[files.NAME.leave_out]]       column, is = [values] or missing = true, reason
    [files.NAME.drop]              column = "why it is not used"; every column is used or dropped
    [databases.NAME]               a database that files with the format "sql" are tables of (see Formats)
    [[tables.TABLE]]               from (a file), columns, needs, once_per, repeat
    columns.TARGET                 "source column", or { from, values | number | visits | date, rare, carry_forward },
                                   or { constant }; `from` may list columns: in each row the first that is filled counts
    values                         { "source" = "target" }, for every value there is, unless otherwise = "target" stands
                                   for all the others, which are counted
    needs.TARGET                   the reason counted for rows without a value in that column; they are not written
    once_per                       these columns tell rows apart; rows that repeat them must agree and become one
    [[tables.TABLE.repeat]]        name, columns, needs: each source row gives one row for each of these
    visits                         { label = day } or { label = { days = 2, after = { treatment = "ketamine" } } }
    number                         "integer", "decimal"; "age" (years, 90 for 90 and over); "dose" (mg) and "weight"
                                   (kg) out of what people type (rules: ``amounts.py``; what they do not read is left
                                   empty and counted); "zip3", the first three digits of a ZIP code (``zip_codes.py``);
                                   the decimal sign is the file's
    carry_forward                  { days = 30 }: a number that a given session lacks is taken from the patient's last
                                   session that has it, so many days before at most, and counted (``carried_values.py``)
    rare                           { fewer_than = 11, becomes = "other" }: values of fewer patients become this one

Formats. ``format`` follows from the file's ending unless given.
"text" (.csv, .tsv, .txt): ``delimiter``, ``encoding``.
"xlsx": ``sheet``, a name or a list of sheets with the same columns; ``header_row``: what stands above is passed over.
"parquet": a file or a folder of parts. "spss" (.sav), "stata" (.dta): ``labels = true`` reads labels instead of codes.
"sas" (.sas7bdat), "xport" (.xpt). These four: ``encoding``, when it is another than the file says.
"redcap", the raw export as CSV: ``dictionary``, the data dictionary as CSV; ``rows``, an instrument: only its rows.
What the dictionary flags as an identifier, notes and files are dropped, unless ``keep`` lists the column; texts without
validation, the columns of other instruments and REDCap's own may be passed over.
"fhir" (.ndjson, .json, or a folder of these), R4: ``resource``, which resources become the rows, with columns of plain
names (``readers/fhir*.py``); ``timezone``, in which instants are read as a day (otherwise the day as it is written).
"sdtm", one domain of CDISC SDTM (.csv, .xpt or .sas7bdat): ``domain``; ``with``, the files read beside it; and as the
domain asks, ``intervals``, ``not_given``, ``dose_units`` and ``instruments`` (see SDTM).
The last two are no files and have no path; they are only read, nothing of them is kept on the disk, and columns that
are refused, dropped or passed over are not asked for.
"redcap-api", a project on its server: ``url``, the https address that ends in /api/; ``token_from``, the environment
variable with the token; ``rows`` and ``keep`` as for "redcap". Of the instrument in ``rows``, all but the refused is
asked for, to tell which rows hold it; with nothing but identifiers, it counts if its status is unverified or complete.
"sql": ``database``, ``table``, a table or view ("visits" or "schema.visits"); rows are counted in the order of its
primary key. ``[databases.NAME]`` has ``kind = "postgresql"`` and ``connection_from``, the environment variable with the
connection, or ``kind = "sqlite"`` and ``path``. Cells are as in a CSV export of the table: true is t in PostgreSQL;
``timezone``, in which PostgreSQL writes instants (otherwise the database's own).

SDTM. The rows have their columns by the names SDTM gives them, and plain ones (``readers/sdtm*.py``): ``patient``
(USUBJID), ``date`` where the day is known, ``time``, ``day``, ``year``. Times are read as written, without a look at
their zone. A partial date (2013-05) stays partial: its row is left out and counted, unless the study day tells the day
and ``with.DM`` the start it counts from. ``day`` is for
files without dates: days from the first treatment if ``with.EX`` (or EC) gives one, otherwise from the reference start;
study day 1 is 0 and study day -1 is -1. Identifying columns (SUBJID, INVNAM ...) are refused.
    with.DOMAIN = "path" or { path, ... }. Rows that were read into another row are listed as left out for that reason;
    those of DM, DS, EX and EC are looked up only.
    with.SUPPEX (SUPPDM ...) = { path, qualifiers = ["QNAM", ...] }: these become columns.
    DM: plain ``sex``, ``race_ethnicity``, ``age``, ``start_year``, ``last_date``; with.DS gives ``disposition``.
    EX, EC: a row given on one day is a session; one from a day to a later one, or given several times a day, is left
    out, or with ``intervals = "first-day"`` a session on its first day. ``dose_mg`` from mg, ug and g, from mg/kg with
    the weight of the day (with.VS), and from units of ``dose_units = { TABLET = 20 }``, mg in each; others are refused.
    What was planned and not given (--OCCUR = N) is left out, or with ``not_given = "keep"`` has ``occurred`` = no.
    with.VS, QS, RS or FT = { path, before, after, tests }: what was measured on the day of a session. ``before`` and
    ``after`` list time points (--TPT, --TPTNUM or --ELTM); without them clock times decide. ``tests = { SYSBP =
    "systolic" }`` names the columns: systolic_before (the last before), systolic_peak and systolic_lowest (after),
    systolic (the last without a time point). Blood pressure, weight and pulse are named already for VS.
    QS, RS, FT: one row for each assessment, with ``instrument``, ``item_1`` ... and ``total``, by test codes (defaults:
    ``readers/sdtm_scores.py``) or ``instruments.NAME = { items = ["code", ["one", "or the other"]], total = "code" }``.
    AE: ``onset_min`` and ``resolved_min`` from the start of that day's session, if with.EX (or EC) gives its time.

Dates. ``columns.date = "column"`` or ``{ from, date, pivot }``, in every table with days. ``date`` is one format or a
list, tried in order: ``year``, ``month`` and ``day`` with ``-``, ``/``, ``.`` or a blank between ("month/day/year";
"month day year" reads Jan 3, 2025 too), or "excel" and "excel-1904" for serial numbers. Months may be English names. A
time of day may follow and is cut off. Without ``date``, each cell must leave no doubt: 03/04/2025 is refused. Years of
two digits are refused without a ``pivot`` (30: 00 to 30 are 2000 to 2030).

A table that maps ``date`` and not ``day`` gets its days: the date less that of the patient's first given session. Rows
of patients without one are not written, and counted. ``last_day`` and ``start_year`` may be a ``{ from, date }`` too;
``age`` may be ``{ age_from = "birth date column", date, pivot }``: full years at the first session; ``age_from`` may
list columns too.
``patients.start_year``, ``referrals.start_year`` and ``referrals.wait_days`` follow from the dates unless mapped.

Pseudonyms. ``method = "random"`` (the default) keeps them in the file given as ``--key-file``, and uses it again the
next time; ``method = "hmac-sha256"`` computes them with the secret in the environment variable that ``secret_from``
names. ``clinic_id = "recode"`` replaces clinics too. With ``[pseudonyms]`` no text is copied: ``clinic_id`` and extra
columns need ``values``, ``number`` or a constant.

In every mapping, a cell that the layout has no place for never reaches the dataset: another kind of value, or one
outside a closed list, stops the import; a number out of range is left empty and counted, or its row is not written.

``data/mappings`` holds whole mappings, with comments.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, get_args

from analysis.intake.date_cells import DateRule
from analysis.intake.toml_tables import Settings

Number = Literal["integer", "decimal", "age", "dose", "weight", "zip3"]
NUMBERS: tuple[Number, ...] = get_args(Number)

_HOW = {
    "integer": "whole number",
    "decimal": "decimal number",
    "age": "age, 90 for 90 and over",
    "dose": "dose in mg",
    "weight": "weight in kg",
    "zip3": "first three digits of a ZIP code",
}


@dataclass(frozen=True)
class Visit:
    """The day a visit label stands for: a day of its own, or days after the first session that is as ``after`` says."""

    days: int
    after: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RareRule:
    """Values of fewer patients than this become another one."""

    fewer_than: int
    becomes: str


@dataclass(frozen=True)
class ColumnRule:
    """Where one column of a table comes from and how its values change on the way.

    ``instead`` are further columns, each for the cells that the columns before it leave empty. ``dates`` says how the
    cells are read as dates; ``birth`` that they are birth dates, of which the age is made; ``carried_days`` how long a
    number stands for the sessions that lack it.
    """

    path: str
    source: str | None = None
    constant: str | None = None
    translation: dict[str, str] | None = None
    otherwise: str | None = None
    number: Number | None = None
    visits: dict[str, Visit] | None = None
    without_session: str | None = None
    dates: DateRule | None = None
    birth: bool = False
    rare: RareRule | None = None
    instead: tuple[str, ...] = ()
    carried_days: int | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of the source, in the order in which they are looked at."""
        return () if self.source is None else (self.source, *self.instead)

    @property
    def from_cells(self) -> bool:
        """True when the values are cells or numbers of the source, and not words or days of the mapping."""
        made = self.translation is not None or self.visits is not None or self.dates is not None
        return self.source is not None and not made

    @property
    def how(self) -> str:
        """How the values change, in a few words; empty when they are simply copied."""
        words = []
        if self.translation is not None:
            words.append(f"translated, otherwise '{self.otherwise}'" if self.otherwise else "translated")
        if self.number is not None:
            words.append(_HOW[self.number])
        if self.visits is not None:
            words.append("visit to day")
        if self.dates is not None:
            formats = f" ({', '.join(self.dates.formats)})" if self.dates.formats else ""
            words.append(f"birth date to age{formats}" if self.birth else f"date{formats}")
        if self.rare is not None:
            words.append(f"rare to '{self.rare.becomes}'")
        if self.carried_days is not None:
            words.append(f"carried forward for {self.carried_days} days")
        return ", ".join(words)


@dataclass(frozen=True)
class Part:
    """One row of a table for each source row. A block without ``repeat`` has one part without a name."""

    name: str
    columns: dict[str, ColumnRule]
    needs: dict[str, str]


@dataclass(frozen=True)
class Block:
    """What one file gives to one table."""

    path: str
    table: str
    file: str
    once_per: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Join:
    """The column ``on`` of this file names the row of another file whose column ``to`` is the same.

    ``optional`` allows rows for which the other file has none.
    """

    path: str
    on: str
    to: str
    optional: bool = False


@dataclass(frozen=True)
class LeaveOut:
    """Rows that are not used, and why; ``cells`` None means rows where the cell is missing."""

    path: str
    column: str
    cells: tuple[str, ...] | None
    reason: str


@dataclass(frozen=True)
class PseudonymRules:
    """Which columns hold identifiers to replace, and the variable that holds the secret to compute with, if any."""

    kinds: tuple[str, ...]
    secret_from: str | None = None


@dataclass(frozen=True)
class Database:
    """Where tables come from: a file of the folder, or a server whose connection is in an environment variable."""

    name: str
    kind: Literal["postgresql", "sqlite"]
    path: str = ""
    connection_from: str = ""


@dataclass(frozen=True)
class Beside:
    """A domain of SDTM that is read beside another: its time points before and after a session, its tests by column."""

    path: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    tests: dict[str, str] = field(default_factory=dict)
    qualifiers: tuple[str, ...] = ()


@dataclass(frozen=True)
class SdtmRules:
    """How to read one domain of SDTM; ``instruments`` gives by test code the instrument and the column."""

    domain: str
    beside: dict[str, Beside] = field(default_factory=dict)
    first_day_of_intervals: bool = False
    keep_not_given: bool = False
    dose_units: dict[str, float] = field(default_factory=dict)
    instruments: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceFile:
    """How to read one file of the folder, or what is read like one: a project on a server, a table of a database.

    ``path`` is its name in messages and in the account.
    """

    name: str
    path: str
    delimiter: str
    encoding: str
    missing: tuple[str, ...]
    joins: dict[str, Join]
    leave_out: tuple[LeaveOut, ...]
    drop: dict[str, str]
    decimal: str = "."
    format: str = "text"
    sheets: tuple[str, ...] = ()
    header_row: int = 1
    labels: bool = False
    dictionary: str = ""
    rows: str = ""
    keep: tuple[str, ...] = ()
    resource: str = ""
    timezone: str = ""
    url: str = ""
    token_from: str = ""
    database: Database | None = None
    table: str = ""
    sdtm: SdtmRules | None = None


@dataclass(frozen=True)
class Mapping:
    """A whole mapping. ``dataset`` and ``definitions`` are written beside the tables as they are."""

    name: str
    dataset: Settings
    definitions: Settings
    files: dict[str, SourceFile]
    blocks: tuple[Block, ...]
    pseudonyms: PseudonymRules | None = None
    keep_dates: bool = False

    def references(self) -> Iterator[tuple[str, str, str]]:
        """Yield each column the mapping uses: the file it is read with, the column, the place in the mapping."""
        for file in self.files.values():
            for other, join in file.joins.items():
                yield file.name, join.on, f"{join.path}.on"
                yield other, join.to, f"{join.path}.to"
            for rule in file.leave_out:
                yield file.name, rule.column, rule.path
        for block in self.blocks:
            for part in block.parts:
                for target in part.columns.values():
                    for source in target.sources:
                        yield block.file, source, target.path
