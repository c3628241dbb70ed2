"""The physical limit: reading every column that the tallies need from the files, and nothing else.

A hash of each cell is combined, so that no reader can answer from the files' own statistics. Called as:
python bare_scan.py SOURCE OUT.json [THREADS]
"""

import json
import sys
from pathlib import Path

import duckdb
from tally_form import source_files

NEEDED = {
    "patients": ["patient_id", "clinic_id", "prior_ketamine"],
    "sessions": ["patient_id", "day", "sequence", "date", "treatment", "route", "clinic_id", "status"],
    "scores": ["patient_id", "day", "occasion", "instrument", "total", *(f"item_{k}" for k in range(1, 11))],
}

con = duckdb.connect(config={"threads": int(sys.argv[3])} if len(sys.argv) > 3 else {})
read = {}
for table, columns in NEEDED.items():
    hashes = ", ".join(f"bit_xor(hash({column}))" for column in columns)
    read[table] = con.execute(f"SELECT {hashes} FROM read_parquet({source_files(sys.argv[1], table)})").fetchone()
Path(sys.argv[2]).write_text(json.dumps(read), encoding="utf-8")
