"""pyproject.toml says what the package needs; the lock, the conda environment and the citation say the same."""

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import analysis

PROJECT = Path(__file__).parents[1]

# Packages with another name on conda-forge.
CONDA_NAMES = {"duckdb": "python-duckdb", "jupyter-server": "jupyter_server", "matplotlib": "matplotlib-base"}

# What pip installs with the package itself.
BY_PIP = {"typst"}

# What only those who develop with make need: browser tests, lint and types, the lock, building.
NOT_IN_CONDA = {"axe-playwright-python", "playwright", "mypy", "pandas-stubs", "ruff", "uv", "flit-core"}


def project_table() -> dict[str, Any]:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements() -> dict[str, Requirement]:
    project = project_table()
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}


def lock_text() -> str:
    return (PROJECT / "requirements.lock").read_text(encoding="utf-8")


def locked_packages() -> dict[str, list[tuple[Version, str]]]:
    """Read each package of the lock: its versions (one for each marker), with the text below it."""
    packages: dict[str, list[tuple[Version, str]]] = {}
    for entry in re.split(r"^(?=[a-z0-9])", lock_text(), flags=re.MULTILINE)[1:]:
        head, _, below = entry.partition("\n")
        name, version = re.match(r"([\w.-]+)==(\S+)", head).groups()
        packages.setdefault(name, []).append((Version(version), below))
    return packages


def test_the_lock_names_exactly_what_is_required() -> None:
    asked_for = {
        name
        for name, entries in locked_packages().items()
        if any("ketamine-outcomes (pyproject.toml)" in below for _, below in entries)
    }
    assert asked_for == set(requirements())


def test_every_locked_version_is_allowed() -> None:
    locked = locked_packages()
    wrong = {
        name: [str(version) for version, _ in locked[name] if version not in requirement.specifier]
        for name, requirement in requirements().items()
    }
    assert not {name: versions for name, versions in wrong.items() if versions}


def test_every_locked_file_has_a_hash_and_none_an_address() -> None:
    assert all("--hash=sha256:" in below for entries in locked_packages().values() for _, below in entries)
    assert "://" not in lock_text()
    assert "index-url" not in lock_text()


def conda_lines() -> list[str]:
    environment = yaml.safe_load((PROJECT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["dependencies"][-1] == {"pip": ["-e ."]}
    return environment["dependencies"][:-1]


def test_conda_gets_the_same_packages_with_the_same_bounds() -> None:
    expected = {
        f"{CONDA_NAMES.get(name, name)}{requirement.specifier}"
        for name, requirement in requirements().items()
        if name not in NOT_IN_CONDA | BY_PIP
    }
    assert set(conda_lines()) == {*expected, f"python{project_table()['requires-python']}", "pip"}


def test_what_conda_leaves_out_is_for_development_only() -> None:
    needed_to_run = {canonicalize_name(Requirement(line).name) for line in project_table()["dependencies"]}
    assert not needed_to_run & NOT_IN_CONDA


def test_extra_packages_are_for_clusters_and_for_development() -> None:
    assert list(project_table()["optional-dependencies"]) == ["cluster", "dev"]


def test_the_citation_names_this_version_and_licence() -> None:
    citation = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == analysis.__version__
    assert citation["license"] == project_table()["license"]


def test_the_changelog_begins_with_this_version() -> None:
    first = re.search(r"^## (\S+)", (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert first[1] == analysis.__version__
