"""FHIR R4: the resources of one type as rows with plain columns."""

from collections.abc import Hashable, Iterator
from pathlib import Path

import pandas as pd

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.fhir_files import Resource, earlier_versions, read_resources
from analysis.intake.readers.fhir_observations import observation_rows
from analysis.intake.readers.fhir_questionnaires import response_rows
from analysis.intake.readers.fhir_records import Cells, Context, record_cells
from analysis.intake.readers.fhir_values import text_at
from analysis.intake.readers.source_table import SourceTable
from analysis.vocabulary.errors import DataError

Row = tuple[Hashable, Cells, str]

UNUSED = "not used by the mapping"

# Resources that others refer to for what is needed here.
EXPLAINING = ("Questionnaire", "Medication", "Organization")


def read_fhir(folder: Path, file: SourceFile) -> SourceTable:
    """Read the resources of one type.

    Parameters
    ----------
    folder : Path
    file : SourceFile
        With ``resource``, the type, and ``timezone``. Its path is NDJSON, a bundle, one resource, or a folder of these.

    Returns
    -------
    SourceTable
        One row for each resource, in files by its line or entry, in folders by ``file:line``. Left out with a reason:
        earlier versions, what was entered in error or is not finished, scores that contradict themselves, and
        observations that were read with the panel they belong to. Any column may be passed over.

    Raises
    ------
    DataError
        Not JSON, not FHIR, or no resource of this type.
    """
    kinds = {file.resource, *EXPLAINING}
    resources = [each for each in read_resources(folder, file) if each.body["resourceType"] in kinds]
    earlier = earlier_versions(resources)
    current = [resource for resource in resources if resource.place not in earlier]
    others = {resource.key: resource.body for resource in current if resource.key}
    others |= {text_at(each.body, "url"): each.body for each in current if each.body["resourceType"] == "Questionnaire"}
    context = Context(others, file.timezone)
    wanted = [resource for resource in current if resource.body["resourceType"] == file.resource]
    if not wanted:
        raise DataError(f"{file.path} holds no resource of the type {file.resource} (`files.{file.name}.resource`).")
    superseded = [each for each in resources if each.place in earlier and each.body["resourceType"] == file.resource]
    rows = list(_rows(wanted, context, file.resource))
    rows += [
        (place, cells, earlier[each.place])
        for each in superseded
        for place, cells, _ in _rows([each], context, file.resource)
    ]
    table = pd.DataFrame([cells for _, cells, _ in rows], index=_places([place for place, _, _ in rows]), dtype="str")
    left_out = {place: reason for place, _, reason in rows if reason}
    return SourceTable(table, left_out, dict.fromkeys(map(str, table.columns), UNUSED))


def _places(places: list[Hashable]) -> pd.Index:
    numbered = all(isinstance(place, int) for place in places)
    return pd.Index(places, dtype="int64" if numbered else "object")


def _rows(resources: list[Resource], context: Context, kind: str) -> Iterator[Row]:
    if kind == "QuestionnaireResponse":
        yield from response_rows(resources, context)
    elif kind == "Observation":
        yield from observation_rows(resources, context)
    else:
        for resource in resources:
            cells, reason = record_cells(kind, resource.body, context)
            yield resource.place, cells, reason
