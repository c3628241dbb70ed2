"""Drafting a mapping for files that a test draws, and importing with it as it is."""

import tomllib
from pathlib import Path
from typing import Any

from dataset_texts import TABLES, read_texts, with_originals

from analysis.intake.drafting.draft import DraftAccount, draft_mapping
from analysis.intake.mapping import import_folder


def write_files(folder: Path, **files: str) -> Path:
    """Write text files; ``visits_csv="..."`` becomes ``visits.csv``. Drawn cells stand between ``|``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        lines = [",".join(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines()]
        path = folder / name.replace("_csv", ".csv")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def draft(folder: Path, **options: Any) -> tuple[DraftAccount, str, dict[str, Any]]:
    """Draft beside the folder: what is said, the text, and what it holds."""
    out = folder.parent / "MAP.toml"
    account = draft_mapping(folder, out=out, force=True, **options)
    text = out.read_text(encoding="utf-8")
    return account, text, tomllib.loads(text)


def import_drafted(folder: Path, **changes: str) -> dict[str, list[dict[str, str]]]:
    """Draft, import with no other change than these of the text, and read the tables with their identifiers back."""
    _, text, _ = draft(folder)
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    place = folder.parent
    (place / "MAP.toml").write_text(text, encoding="utf-8")
    import_folder(folder, mapping=place / "MAP.toml", out=place / "dataset", key_file=place / "key.csv")
    return {
        table: with_originals(read_texts(place / "dataset", table), place / "key.csv")
        for table in TABLES
        if (place / "dataset" / f"{table}.csv").exists()
    }
