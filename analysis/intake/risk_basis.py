"""What a dataset's own content says against the ground on which it is called de-identified."""

from analysis.intake.dataset import Dataset
from analysis.intake.zip_codes import SMALL_AREAS

_DATED = ("sessions", "scores", "events", "referrals")


def basis_findings(dataset: Dataset, *, alone: int) -> tuple[str, ...]:
    """Say what the data shows of the ground on which it may be passed on.

    Parameters
    ----------
    dataset : Dataset
    alone : int
        People with nobody like them in what others may know.

    Returns
    -------
    tuple of str
        Sentences, without a value of the data. That data are de-identified under Safe Harbor is never said: only what
        speaks against it can be seen here, and whether somebody holds other knowledge cannot (45 CFR 164.514(b)).

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> basis_findings(open_dataset("data/demo"), alone=3)[0]
    'The dataset declares the basis synthetic: nobody stands behind its rows.'
    """
    against = _against_safe_harbor(dataset)
    said = [_declared(dataset)]
    if against:
        said.append(f"Safe Harbor cannot be the basis of this data: {'; '.join(against)}.")
        said.append(
            "Such data can be a limited data set, under a data use agreement, or rest on an expert's determination "
            "that the risk is very small (HIPAA, 45 CFR 164.514)."
        )
    else:
        said.append(
            "Nothing seen here speaks against Safe Harbor, which is not the same as meeting it: what others know of a "
            "person is not seen here, nor how the pseudonyms were made."
        )
    if alone:
        said.append(
            f"{alone:,} people have nobody like them in what was counted. An expert's determination has to deal with "
            "them; Safe Harbor does not ask, and they are no less recognisable for it."
        )
    return tuple(said)


def _declared(dataset: Dataset) -> str:
    if dataset.basis == "synthetic":
        return "The dataset declares the basis synthetic: nobody stands behind its rows."
    return f"The dataset declares the basis {dataset.basis}."


def _against_safe_harbor(dataset: Dataset) -> list[str]:
    dated: dict[str, int] = dict.fromkeys(_DATED, 0)
    hashes, people, small = 0, 0, 0
    areas = ", ".join(f"'{area}'" for area in sorted(SMALL_AREAS))
    for part in dataset.opened_parts():
        con = part.connect()
        for table in _DATED:
            dated[table] += _number(con.execute(f"SELECT count(date) FROM {table}").fetchone())
        small += _number(con.execute(f"SELECT count(*) FROM patients WHERE zip3 IN ({areas})").fetchone())
        people += _number(con.execute("SELECT count(DISTINCT patient_id) FROM sessions").fetchone())
        hashes += _number(
            con.execute(
                "SELECT count(DISTINCT patient_id) FROM sessions "
                "WHERE regexp_full_match(patient_id, '[0-9a-fA-F]{16,}')"
            ).fetchone()
        )
    named = [f"{table} ({count:,} rows)" for table, count in dated.items() if count]
    said = [f"there are dates finer than a year, in {', '.join(named)}"] if named else []
    if small:
        said.append(f"{small:,} people live in three-digit ZIP areas of 20,000 people or fewer, which must read 000")
    if people and hashes == people:
        said.append("the pseudonyms look like hashes, and a code derived from what identifies a person is not allowed")
    return said


def _number(row: tuple[object, ...] | None) -> int:
    return int(str(row[0])) if row else 0
