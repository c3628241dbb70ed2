"""How much of `outcomes report` is importing modules and drawing: the same command, with two watches.

    python -m benchmarks.report_parts SECONDS.json DATASET --quarter 2026Q3 --out DIR

Importing is the time within Python's own import of modules not loaded yet, wherever it happens; drawing is the time
within `draw_figures`, without the imports in it.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Watch:
    """The seconds within a function, calls within calls counted once; what ``other`` watches meanwhile is left out."""

    def __init__(self, other: "Watch | None" = None, now: Callable[[], float] = time.perf_counter) -> None:
        self.seconds, self._is_running, self._other, self._now = 0.0, False, other, now

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with this watch around it."""

        def watched(*arguments: Any, **named: Any) -> Any:
            if self._is_running:
                return function(*arguments, **named)
            self._is_running = True
            start, apart = self._now(), self._other.seconds if self._other else 0.0
            try:
                return function(*arguments, **named)
            finally:
                self._is_running = False
                elsewhere = self._other.seconds - apart if self._other else 0.0
                self.seconds += self._now() - start - elsewhere

        return watched


def main() -> int:
    """Run the command and write the seconds."""
    out, *arguments = sys.argv[1:]
    importing = Watch()
    drawing = Watch(other=importing)
    # Every import of a module that is not loaded yet goes through this function.
    bootstrap: Any = vars(importlib)["_bootstrap"]
    bootstrap._find_and_load = importing.around(bootstrap._find_and_load)
    from analysis import cli  # noqa: PLC0415 - after the watch is set

    quarterly: Any = importlib.import_module("analysis.report.quarterly")
    quarterly.draw_figures = drawing.around(quarterly.draw_figures)
    code = cli.main(["report", *arguments])
    seconds = {"importing": importing.seconds, "drawing": drawing.seconds}
    Path(out).write_text(json.dumps(seconds), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
