"""Make `paths.csv`: people going between states, for R and for the tests. `python make_data.py`.

One row for each person and stretch of days in one state. The sets: ``ragged`` (people differ in how fast they move, so
the process is not Markov; following ends early for many, for some on day 0), ``complete`` (the same, nobody's following
ends early), ``large`` (ragged, 400 people) and ``deaths`` (two states, the second for good).
"""

import csv
from pathlib import Path
from random import Random

LAST_DAY = 60


def path(chance: Random, *, states: int, absorbing: bool, followed_to: int) -> list[tuple[int, int]]:
    pace = chance.choice([2.0, 30.0])
    state, day = (0, 0) if absorbing else (chance.randrange(2), 0)
    found = [(day, state)]
    while True:
        day += 1 + int(chance.expovariate(1 / (120 if absorbing else pace)))
        if day > followed_to or (absorbing and state == 1):
            return found
        # The last state is died: nobody leaves it.
        if state == states - 1:
            return found
        others = [each for each in range(states) if each != state]
        weights = [0.05 if each == states - 1 and not absorbing else 1.0 for each in others]
        state = chance.choices(others, weights)[0]
        found.append((day, state))


def main() -> None:
    rows = []
    for name, people, states, ragged in (
        ("ragged", 60, 5, True),
        ("complete", 40, 5, False),
        ("large", 400, 5, True),
        ("deaths", 80, 2, True),
    ):
        chance = Random(name)  # noqa: S311 - no secrets here
        for person in range(people):
            followed_to = chance.randrange(LAST_DAY + 1) if ragged and chance.random() < 0.6 else LAST_DAY
            found = path(chance, states=states, absorbing=name == "deaths", followed_to=followed_to)
            ends = [*(day - 1 for day, _ in found[1:]), followed_to]
            rows += [(name, person, day, end, state) for (day, state), end in zip(found, ends, strict=True)]
    with (Path(__file__).parent / "paths.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("set", "person", "from_day", "to_day", "state"), *rows])


if __name__ == "__main__":
    main()
