"""The house stands as drawn: imports run one way, names are one module's own, and importing does nothing."""

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import analysis

PACKAGE = Path(analysis.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
LIBRARY = [module for module in MODULES if module != Path("cli.py")]

# Data flows through the folders in this order; a module may import from its own folder and from those before it.
FOLDERS = ["vocabulary", "intake", "cohort", "counts", "estimate", "disclosure", "charts", "report", "audit"]
ALLOWED = {folder: set(FOLDERS[: place + 1]) for place, folder in enumerate(FOLDERS)}
ALLOWED["simulation"] = {"vocabulary", "intake", "simulation"}
ALLOWED["cli"] = {*FOLDERS, "simulation"}

# Type annotations of the package's own face name every folder; nothing of it runs.
FACE = Path("__init__.py")


def tree_of(module: Path) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


def folder_of(module: Path) -> str:
    return module.parts[0].removesuffix(".py")


def imported_folders(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the folder of the package for each import of it, wherever it stands in the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("analysis.") and name != "analysis.__version__":
                yield node.lineno, name.split(".")[1]


@pytest.mark.parametrize("module", [module for module in MODULES if module != FACE], ids=str)
def test_imports_run_down_the_house(module: Path) -> None:
    allowed = ALLOWED[folder_of(module)]
    upward = [f"line {line}: {folder}" for line, folder in imported_folders(tree_of(module)) if folder not in allowed]
    assert not upward, f"{module} may import from {sorted(allowed)} only"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_are_written_in_full(module: Path) -> None:
    assert not [node.lineno for node in ast.walk(tree_of(module)) if isinstance(node, ast.ImportFrom) and node.level]


def test_the_import_test_sees_an_upward_import() -> None:
    tree = ast.parse("def late():\n    from analysis.report import quarterly\nimport analysis.charts.style\n")
    assert sorted(imported_folders(tree)) == [(2, "report"), (3, "charts")]


def test_every_folder_has_its_place() -> None:
    assert {folder_of(module) for module in MODULES if module != FACE} <= set(ALLOWED)


def test_no_two_modules_share_a_public_function() -> None:
    homes = defaultdict(list)
    for module in MODULES:
        for node in tree_of(module).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                homes[node.name].append(str(module))
    assert not {name: modules for name, modules in homes.items() if len(modules) > 1}


@pytest.mark.parametrize("module", LIBRARY, ids=str)
def test_library_code_prints_nothing(module: Path) -> None:
    spoken = [
        node.lineno
        for node in ast.walk(tree_of(module))
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "input"})
        or (isinstance(node, ast.Attribute) and node.attr in {"stdout", "stderr"})
    ]
    assert not spoken


@pytest.mark.parametrize("module", LIBRARY, ids=str)
def test_importing_a_module_does_nothing(module: Path) -> None:
    """A bare call at the top of a module would be an effect of importing it."""
    calls = [
        node.lineno for node in tree_of(module).body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]
    assert not calls


def modules_loaded_by(statement: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", f"{statement}; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.split())


@pytest.mark.parametrize("statement", ["import analysis", "import analysis.cli"])
def test_the_package_and_the_command_load_nothing_heavy(statement: str) -> None:
    heavy = {"pandas", "numpy", "matplotlib", "duckdb", "scipy", "statsmodels", "jinja2", "jupyterlab"}
    assert not modules_loaded_by(statement) & heavy


def test_every_name_that_the_package_offers_is_there() -> None:
    assert set(analysis.__all__) <= set(dir(analysis))
    for name in analysis.__all__:
        assert getattr(analysis, name).__name__.removeprefix("analysis.") == name


def test_editors_are_told_the_same_names() -> None:
    (guarded,) = (node for node in tree_of(FACE).body if isinstance(node, ast.If))
    told = [alias.name for node in guarded.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(told) == sorted(analysis.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'analysis' has no attribute 'respone_rates'"):
        analysis.respone_rates  # noqa: B018
