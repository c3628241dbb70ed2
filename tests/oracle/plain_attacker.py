"""An outsider with pencil and paper, written apart from the auditor: subtracts, adds, and tries small denominators.

Reads the printed tables only. Everything is kept as {name: [lowest, highest]} and a list of sums; each round takes
every sum and narrows every member by the others. It knows the ladder, groups, quarters within years and remission
within response, not what `hidden` says.
"""

from fractions import Fraction

MANY = 10**6
RUNGS = ("started", "with_baseline", "eligible", "scored")
BELOW = dict(zip(("observed", "nonresponder", "starters"), ("scored", "eligible", "started"), strict=True))
STEPS = {"baseline": "with_baseline", "responded": "response"}
FIXED = {"instrument", "window", "outcome", "estimand", "estimate", "low", "high", "method", "numerator", "denominator",
         "status", *RUNGS, "period", "due", "definitions", "assumption"}  # fmt: skip


class PlainAttacker:
    """What can be worked out of some reports, each a dictionary of tables of text."""

    def __init__(self, reports):
        self.range, self.sums, self.hidden = {}, [], set()
        for tables in reports:
            for name, table in tables.items():
                if "instrument" in table and name != "rows":  # the others are not of the ladder
                    self.read(table)
        self.add_ladders()
        self.add_groups()
        self.add_quarters()
        self.work()

    def see(self, name, text):
        known = self.range.setdefault(name, [0, MANY])
        if text == "":
            self.hidden.add(name)
        else:
            value = int(float(text))
            assert known[0] <= value <= known[1], "the reports contradict each other"
            self.range[name] = [value, value]

    def read(self, table):
        for row in table.to_dict("records"):
            if "count" in row:
                about = (row["period"], (), row["instrument"], row["window"])
                self.see((STEPS.get(row["name"], row["name"]), *about), row["count"])
                continue
            groups = tuple((column, row[column]) for column in table.columns if column not in FIXED)
            about = (row["period"], groups, row["instrument"], row["window"])
            for rung in RUNGS:
                self.see((rung, *about), row[rung])
            if "outcome" in row and row["estimand"] in BELOW:
                name = (row["outcome"], *about)
                self.see(name, row["numerator"])
                if row["numerator"] == "" and row["estimate"] != "":
                    self.try_small(name, (BELOW[row["estimand"]], *about), row["estimate"])

    def try_small(self, above, below, text):
        """A share that is printed without its counts: keep the fractions that print like it."""
        digits = len(text.split(".")[-1])
        pairs = [
            (x, n)
            for n in range(1, 60)
            for x in range(n + 1)
            if abs(Fraction(x, n) - Fraction(text)) * 2 <= Fraction(1, 10**digits)
        ]
        if self.range[below][1] < 60 and pairs:
            for name, values in ((above, [x for x, _ in pairs]), (below, [n for _, n in pairs])):
                self.range[name] = [max(self.range[name][0], min(values)), min(self.range[name][1], max(values))]

    def add_ladders(self):
        for what, *about in list(self.range):
            above = {"with_baseline": "started", "eligible": "with_baseline", "scored": "eligible"}.get(what)
            if what in {"response", "remission"}:
                above = "scored"
            if above:
                self.sum((above, *about), [(what, *about), (f"not {what}", *about)])
            if what == "remission":
                self.sum(("response", *about), [("remission", *about), ("response only", *about)])
            if what == "treated":
                self.sum(("treated", *about), [(each, *about) for each in ("prior_ketamine", "not_due", "started")])
            if what == "loading_completed":
                kinds = [f"loading_{each}" for each in ("completed", "stopped", "open", "unknown")]
                self.sum(("started", *about), [(each, *about) for each in kinds])

    def add_groups(self):
        parts = {}
        for what, period, groups, *rest in self.range:
            for column, _ in groups:
                parts.setdefault((what, period, (), *rest, column), []).append((what, period, groups, *rest))
        for (*total, _), names in parts.items():
            self.sum(tuple(total), names)

    def add_quarters(self):
        for what, period, *rest in list(self.range):
            if "Q" in period:
                continue
            quarters = [(what, f"{period}Q{k}", *rest) for k in (1, 2, 3, 4)]
            seen = [name for name in quarters if name in self.range]
            if seen:
                self.sum(
                    (what, period, *rest), [*seen, *([] if len(seen) == 4 else [(f"rest of {what}", period, *rest)])]
                )

    def sum(self, total, parts):
        for name in (total, *parts):
            self.range.setdefault(name, [0, MANY])
        self.sums.append((total, parts))

    def work(self):
        changed = True
        while changed:
            changed = False
            for total, parts in self.sums:
                low = sum(self.range[each][0] for each in parts)
                high = sum(self.range[each][1] for each in parts)
                changed |= self.keep(total, low, high)
                for each in parts:
                    others_low = low - self.range[each][0]
                    others_high = high - self.range[each][1]
                    changed |= self.keep(each, self.range[total][0] - others_high, self.range[total][1] - others_low)
                    low = others_low + self.range[each][0]
                    high = others_high + self.range[each][1]

    def keep(self, name, low, high):
        now = self.range[name]
        better = [max(now[0], low), min(now[1], high)]
        assert better[0] <= better[1], "the reports contradict each other"
        self.range[name] = better
        return better != now

    def pinned(self, most=10):
        """Every count that is known to the last person and is small, printed as hidden or not printed at all."""
        return {name: low for name, (low, high) in self.range.items() if low == high and 1 <= low <= most}
