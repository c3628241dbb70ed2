"""The questionnaires of a clinic's export: columns named by the whole question, drafts, repeats, dates left out."""

import numpy as np
import pandas as pd

from analysis.simulation.clinic_export_cells import cell_texts, clock_times, date_texts, translated

PHQ9_QUESTIONS = (
    "Little interest or pleasure in doing things",
    "Feeling down, depressed, or hopeless",
    "Trouble falling or staying asleep, or sleeping too much",
    "Feeling tired or having little energy",
    "Poor appetite or overeating",
    "Feeling bad about yourself - or that you are a failure or have let yourself or your family down",
    "Trouble concentrating on things, such as reading the newspaper or watching television",
    "Moving or speaking so slowly that other people could have noticed? Or the opposite - being so fidgety or restless "
    "that you have been moving around a lot more than usual",
    "Thoughts that you would be better off dead or of hurting yourself in some way",
)
GAD7_QUESTIONS = (
    "Feeling nervous, anxious or on edge",
    "Not being able to stop or control worrying",
    "Worrying too much about different things",
    "Trouble relaxing",
    "Being so restless that it is hard to sit still",
    "Becoming easily annoyed or irritable",
    "Feeling afraid as if something awful might happen",
)
DIFFICULTY = (
    "If you checked off any problems, how difficult have these problems made it for you to do your work, take care of "
    "things at home, or get along with other people?"
)
MOOD = "In your own words, how has your mood been since your last visit?"

_SOURCE: dict[object, str] = {
    "pre": "check-in before visit",
    "post": "check-out after visit",
    "between": "text message",
}
_NOT_SUBMITTED, _OPENED_BEFORE, _REPEATED, _ARCHIVED, _STRANGERS = 0.06, 0.05, 0.01, 0.01, 3
_MOOD_WRITTEN = 0.3
_RATED_ITEMS = 10


def phq9_answers(rng: np.random.Generator, clients: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Write the PHQ-9, with the difficulty question, free text and the birth date as it was typed into the form."""
    forms = _forms(rng, clients, scores, "PHQ-9", PHQ9_QUESTIONS)
    known = clients.reindex(forms["client_id"])
    names = known["first_name"].fillna("Someone")
    births = date_texts(known["entered_birth"], "american")
    table = forms.drop(columns="total")
    table.insert(5, "date_of_birth", births)
    answers = ("", "Not difficult at all", "Somewhat difficult", "Very difficult")
    written = rng.random(len(table)) < _MOOD_WRITTEN
    more = {
        DIFFICULTY: [answers[place] for place in rng.integers(0, len(answers), len(table))],
        MOOD: [
            f"{name}'s family says it is better" if there else "" for name, there in zip(names, written, strict=True)
        ],
        "phq9total": forms["total"],
    }
    return pd.concat([table, pd.DataFrame(more, index=table.index)], axis="columns")


def gad7_answers(rng: np.random.Generator, clients: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Write the GAD-7, from the same software."""
    return _forms(rng, clients, scores, "GAD-7", GAD7_QUESTIONS).rename(columns={"total": "gad7total"})


def _forms(
    rng: np.random.Generator,
    clients: pd.DataFrame,
    scores: pd.DataFrame,
    instrument: str,
    questions: tuple[str, ...],
) -> pd.DataFrame:
    """Write one questionnaire, in order of submission: some repeated, and some drafts, test entries and strangers."""
    rows = scores[scores["instrument"] == instrument]
    days = date_texts(rows["date"], "iso")
    not_submitted = rng.random(len(rows)) < _NOT_SUBMITTED
    # Some open the form the evening before. Where nothing tells when it was submitted, it was on the same day.
    evening_before = ~not_submitted & (rng.random(len(rows)) < _OPENED_BEFORE)
    opened = date_texts(rows["date"] - pd.to_timedelta(evening_before.astype(int), unit="D"), "american")
    clocks = clock_times(rng, len(rows))
    forms = pd.DataFrame(
        {
            "client_id": cell_texts(rows["patient_id"]),
            "archived": "FALSE",
            "source": translated(rows["occasion"], _SOURCE),
            "first_opened": [f"{day} {clock}" for day, clock in zip(opened, clocks, strict=True)],
            "date_submited": np.where(not_submitted, "", days),
            **{question: cell_texts(rows[f"item_{place}"]) for place, question in enumerate(questions, start=1)},
            "total": cell_texts(rows["total"]),
        }
    ).assign(order=days)
    repeated = forms[rng.random(len(forms)) < _REPEATED]
    drafts = forms[rng.random(len(forms)) < _ARCHIVED].assign(archived="TRUE", total="")
    tests = forms[:1].assign(client_id=clients.index[clients["kind"] == "test"][0])
    strangers = forms[:_STRANGERS].assign(client_id="D0001")
    never = clients.index[clients["kind"] == "never"]
    came_not = forms.iloc[np.arange(len(never)) % max(len(forms), 1)].assign(client_id=never) if len(forms) else forms
    everything = pd.concat([forms, repeated, drafts, tests, strangers, came_not])
    return everything.sort_values(["order", "client_id"], kind="stable").drop(columns="order").reset_index(drop=True)


def clinician_ratings(rng: np.random.Generator, scores: pd.DataFrame) -> pd.DataFrame:
    """Write the scales that clinicians fill in, from another program."""
    rows = scores[scores["instrument"].isin(["MADRS", "HAM-D17"])]
    when = np.where(
        rows["hours_after"].notna(), "day after", np.where(rows["occasion"] == "pre", "before visit", "between visits")
    )
    raters = np.array(["Dr. Zoë Lindqvist", "Dr. Ignatius Muñoz", "J. Thistlewood, NP"])
    return pd.DataFrame(
        {
            "client_id": cell_texts(rows["patient_id"]),
            "scale": cell_texts(rows["instrument"]),
            "rated_on": date_texts(rows["date"], "american"),
            "rated_when": when,
            "hours_after_infusion": cell_texts(rows["hours_after"]),
            **{f"item {item}": cell_texts(rows[f"item_{item}"]) for item in range(1, _RATED_ITEMS + 1)},
            "total": cell_texts(rows["total"]),
            "rated_by": raters[rng.integers(0, len(raters), len(rows))],
        }
    )
