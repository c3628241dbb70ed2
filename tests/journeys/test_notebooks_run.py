"""The notebooks: a question, an answer computed from the data, and saved results that a rerun gives again."""

import ast
import base64
import io
import re
import shutil
from pathlib import Path

import matplotlib.image
import nbformat
import numpy as np
import pandas as pd
import pytest
from small_clinic import write_clinic

from analysis.report.notebook_results import MADE_UP, results_sha256
from analysis.report.notebooks import rerun_notebooks
from analysis.simulation import simulate, write_clinic_export
from analysis.vocabulary.errors import DataError

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PICTURE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")

# This one opens no dataset: it makes up a clinic's export and imports it.
OWN_FILES = FOLDER / "08_your_own_data.ipynb"
OPENING = [path for path in NOTEBOOKS if path != OWN_FILES]
# This one fits a model, which says what it lacks when there are too few people.
MODEL = FOLDER / "04_trajectories.ipynb"

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_that_counts = pytest.mark.parametrize(
    "path", [path for path in OPENING if path != MODEL], ids=lambda path: path.stem
)
each_that_opens_the_demo = pytest.mark.parametrize("path", OPENING, ids=lambda path: path.stem)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client", "ignore::ResourceWarning")


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def sources(path: Path, kind: str) -> list[str]:
    return [cell.source for cell in read(path).cells if cell.cell_type == kind]


def outputs(path: Path) -> list[str]:
    """What the code cells show, as text and HTML, in order."""
    shown = []
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            assert output.output_type in {"execute_result", "display_data"}, f"{cell.id} says {output.output_type}"
            shown += [text for kind, text in sorted(output.data.items()) if kind.startswith("text/")]
    return shown


def without_pictures(text: str) -> str:
    return PICTURE.sub("", text)


def pictures(path: Path) -> list[np.ndarray]:
    found = [coded for text in outputs(path) for coded in PICTURE.findall(text)]
    return [matplotlib.image.imread(io.BytesIO(base64.b64decode(coded))) for coded in found]


@pytest.fixture(scope="module")
def rerun(tmp_path_factory) -> Path:
    """The folder of a rerun: each notebook in a fresh kernel, in a copy of the project with the demo and the maps."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(FOLDER, project / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copytree(ROOT / "data" / "demo", project / "data" / "demo")
    shutil.copytree(ROOT / "data" / "mappings", project / "data" / "mappings")
    before = {path.relative_to(project) for path in project.rglob("*")}
    assert len(list(rerun_notebooks(project / "notebooks", dataset=project / "data" / "demo"))) == len(NOTEBOOKS)
    assert {path.relative_to(project) for path in project.rglob("*")} == before, "a notebook leaves files behind"
    return project / "notebooks"


def test_the_notebooks_are_there_and_listed() -> None:
    listed = re.findall(r"\(([^)]+\.ipynb)\)", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert {path.name for path in NOTEBOOKS} == set(listed)
    assert {"00_start_here.ipynb", "01_data_check.ipynb", "02_response_by_phase.ipynb", OWN_FILES.name} <= set(listed)


@each_notebook
def test_it_asks_a_question_answers_it_and_says_what_it_cannot_tell(path: Path) -> None:
    texts = sources(path, "markdown")
    title = texts[0].splitlines()[0]
    assert title.startswith("# ")
    assert title.endswith("?")
    assert ("**The data:** made up here" if path == OWN_FILES else "**The data:** the demo") in texts[0]
    assert "## The answer" in texts
    assert any(text.startswith("## What this cannot tell") for text in texts)
    assert len(read(path).cells) <= 20


@each_notebook
def test_the_first_code_cell_holds_the_parameters(path: Path) -> None:
    first = next(cell for cell in read(path).cells if cell.cell_type == "code")
    assert first.metadata.tags == ["parameters"]
    assert first.source.splitlines()[0] == ("EXPORT = None" if path == OWN_FILES else 'DATASET = "../data/demo"')


@each_notebook
def test_it_uses_the_package_and_holds_no_analysis_of_its_own(path: Path) -> None:
    code = [ast.parse(source) for source in sources(path, "code")]
    nodes = [node for tree in code for node in ast.walk(tree)]
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert modules <= {"analysis", "pandas", "IPython.display"} | (
        {"pathlib", "tempfile"} if path == OWN_FILES else set()
    )
    called = {node.func.attr for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
    assert not called & {"groupby", "merge", "mean", "apply", "iterrows"}


@each_notebook
def test_no_result_is_written_by_hand(path: Path) -> None:
    """Numbers in the prose would stay when the data change; the computed sentences do not."""
    written = sources(path, "markdown") + [
        node.value
        for source in sources(path, "code")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    results = re.compile(r"\d+ in 100|\d of \d|\d,\d{3}|0\.\d|\d ?% of|\d+ (people|patients|scores)")
    assert not [text for text in written if results.search(text)]


@each_notebook
def test_it_says_which_data_the_results_are_from(path: Path, demo) -> None:
    origin = {"dataset": MADE_UP} if path == OWN_FILES else {"dataset": "demo", "sha256": demo.sha256}
    notebook = read(path)
    assert notebook.metadata.ketamine_outcomes == {**origin, "results": results_sha256(notebook)}


@each_notebook
def test_a_rerun_gives_the_same_text_and_numbers(path: Path, rerun: Path) -> None:
    saved, again = ([without_pictures(text) for text in outputs(folder / path.name)] for folder in (FOLDER, rerun))
    assert saved == again
    assert len(saved) > 3


@each_notebook
def test_a_rerun_gives_the_same_pictures(path: Path, rerun: Path) -> None:
    """Other machines may round a shade; a moved point or another digit is a pixel that turns from paper to ink."""
    saved, again = pictures(path), pictures(rerun / path.name)
    assert [picture.shape for picture in saved] == [picture.shape for picture in again]
    assert all(np.abs(one - other).max() < 0.25 for one, other in zip(saved, again, strict=True))


@each_notebook
def test_every_picture_has_its_alternative_text(path: Path) -> None:
    images = [image for text in outputs(path) for image in re.findall(r"<img[^>]*>", text)]
    assert images
    assert len(images) == len(pictures(path))
    for image in images:
        (alternative,) = re.findall(r'alt="([^"]*)"', image)
        assert len(alternative) > 80
        assert "PHQ-9" in alternative


@each_notebook
def test_no_person_and_no_machine_is_in_it(path: Path, demo) -> None:
    text = without_pictures(path.read_text(encoding="utf-8"))
    words = set(re.findall(r"\w+", text))
    people = set(demo.table("patients")["patient_id"])
    assert people
    assert not words & people
    assert not re.search(r"P\d{5}", text)
    # The map in the one notebook names the column; its rows are looked for below, cell by cell.
    assert path == OWN_FILES or "patient_id" not in text
    assert not re.search(r"/(home|Users|root|tmp|work|mnt|var|opt)/|[A-Z]:\\\\", text)
    assert str(ROOT) not in text


def test_nobody_of_the_made_up_export_is_in_the_notebook_that_imports_it(tmp_path: Path) -> None:
    """No cell that could be one person's: names, addresses, numbers, birth dates, and what people wrote.

    Pseudonyms are drawn anew in each run, so one of them would stand out in the comparison with a rerun.
    """
    made = re.search(
        r"ko\.simulate\(patients=(\d+), clinics=(\d+), seed=(\d+)\)", "\n".join(sources(OWN_FILES, "code"))
    )
    patients, clinics, seed = map(int, made.groups())
    export = write_clinic_export(
        simulate(patients=patients, clinics=clinics, seed=seed), tmp_path / "export", seed=seed
    )
    clients = pd.read_csv(export / "List - All Clients.csv", dtype=str, keep_default_na=False)
    intake = pd.read_csv(export / "Intake Data.csv", dtype=str, keep_default_na=False)
    own = ["client_id", "first_name", "last_name", "email", "phone", "date_of_birth"]
    written = intake[["client_name", "What do you hope for?"]]
    cells = {*clients[own].to_numpy().ravel(), *written.to_numpy().ravel()} - {""}
    text = without_pictures(OWN_FILES.read_text(encoding="utf-8"))
    assert len(cells) > 5 * patients / 2
    assert not [cell for cell in cells if re.search(rf"\b{re.escape(cell)}\b", text)]


def run_in_one_process(path: Path, **parameters: str) -> list[object]:
    """Run the code cells with other parameters, and return what each cell shows."""
    names: dict[str, object] = {}
    shown = []
    for source in sources(path, "code"):
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), names)  # noqa: S102
        names |= {name: value for name, value in parameters.items() if name in names}
        if last is not None:
            shown.append(eval(compile(ast.Expression(last.value), path.name, "eval"), names))  # noqa: S307
    return shown


def as_text(shown: object) -> str:
    """What a reader sees of it: Markdown, a table, or a picture's words."""
    if isinstance(shown, pd.DataFrame):
        return shown.to_string()
    return without_pictures(getattr(shown, "data", None) or shown._repr_html_())


@each_that_counts
def test_it_also_runs_for_a_clinic_of_two_patients_and_hides_them(path: Path, tmp_path: Path) -> None:
    """Two people without dates: little is known, and what is known must not be shown."""
    shown = [as_text(each) for each in run_in_one_process(path, DATASET=str(write_clinic(tmp_path / "clinic")))]
    assert any("a hidden number (few people stand behind it)" in text for text in shown)
    assert not any(re.search(r"\bnan\b", text) for text in shown if "**" in text)
    assert not any(re.search(r"[1-9]\d* in 100\b", text) for text in shown)


@each_that_counts
def test_it_also_runs_for_a_scale_that_nobody_was_asked(path: Path, tmp_path: Path) -> None:
    parameters = {"DATASET": str(write_clinic(tmp_path / "clinic")), "INSTRUMENT": "MADRS"}
    shown = [as_text(each) for each in run_in_one_process(path, **parameters)]
    assert any("hidden number" in text or "unknown number" in text for text in shown)


@pytest.mark.parametrize(
    ("instrument", "said"), [("PHQ-9", "nobody has an outcome at the visit"), ("MADRS", "nobody has a score in any")]
)
def test_the_one_with_a_model_says_what_it_lacks(tmp_path: Path, instrument: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        run_in_one_process(MODEL, DATASET=str(write_clinic(tmp_path / "clinic")), INSTRUMENT=instrument)


@pytest.fixture
def two_patients(tmp_path: Path) -> dict[str, str]:
    """The parameters with which the notebook for one's own files imports another export, of two patients."""
    simulated = simulate(patients=2, clinics=1, seed=1)
    return {
        "EXPORT": str(write_clinic_export(simulated, tmp_path / "export", seed=1)),
        "MAP": str(ROOT / "data" / "mappings" / "clinic_export.toml"),
        "DATASET": str(tmp_path / "dataset"),
        "KEY_FILE": str(tmp_path / "key.csv"),
    }


@pytest.mark.parametrize("instrument", ["PHQ-9", "HAM-D17"])
def test_the_one_for_own_files_imports_another_export_and_hides_few(two_patients: dict[str, str], instrument) -> None:
    """Its four parameters are all that one's own files need; what is written is a dataset, and the key apart."""
    shown = run_in_one_process(OWN_FILES, **two_patients, INSTRUMENT=instrument)
    texts = [as_text(each) for each in shown]
    assert any("a hidden number (few people stand behind it)" in text for text in texts)
    assert not any(re.search(r"[1-9]\d* in 100\b", text) for text in texts)
    people = set(pd.read_csv(Path(two_patients["DATASET"]) / "patients.csv", dtype=str)["patient_id"])
    assert len(people) == 2
    assert people <= set(pd.read_csv(two_patients["KEY_FILE"], dtype=str)["pseudonym"])
    assert not any(person in text for person in people for text in texts)


def test_a_copy_beside_the_own_data_finds_them(tmp_path: Path, monkeypatch) -> None:
    """As 00_start_here advises: the copy in data/our_notebooks, the data in data/our_clinic."""
    write_clinic(tmp_path / "data" / "our_clinic")
    (tmp_path / "data" / "our_notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "data" / "our_notebooks")
    advice = "\n".join(sources(FOLDER / "00_start_here.ipynb", "markdown"))
    (dataset,) = re.findall(r'DATASET = "([^"]+)"', advice)
    shown = run_in_one_process(FOLDER / "00_start_here.ipynb", DATASET=dataset)
    assert "Drawn" in as_text(shown[0])
