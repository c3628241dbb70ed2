"""Rows of a file that are about the same day of the same patient: one row, or a contradiction."""

import pandas as pd

from analysis.intake.drafting.blocks import DraftBlock


def settle_repeats(block: DraftBlock) -> None:
    """Make one row of rows that only repeat each other, and say where rows contradict each other.

    Parameters
    ----------
    block : DraftBlock
    """
    keys = block.keys()
    columns = list(keys.columns)
    if block.table in {"adverse_events", "events"}:
        columns += [name for name in ("term", "event") if name in block.rules]
    elif block.table == "scores" and "instrument" in block.rules:
        columns.append("instrument")
    if block.table == "scores" and "occasion" in block.rules:
        columns.append("occasion")
    keys = keys.assign(**{name: block.rules[name].cells for name in columns if name not in keys})
    repeated = keys.duplicated(keep=False)
    if not repeated.any():
        return
    others = pd.DataFrame({name: rule.cells for name, rule in block.rules.items()}).loc[keys.index]
    others = pd.concat(
        [
            others,
            *(
                pd.DataFrame({f"{part.name} {name}": rule.cells for name, rule in part.rules.items()}).loc[keys.index]
                for part in block.parts
            ),
        ],
        axis="columns",
    )
    distinct = others.drop_duplicates()
    alike = not keys.loc[distinct.index].duplicated().any()
    if alike:
        block.once_per = columns
        block.confirm.append("rows that repeat each other become one (once_per)")
    else:
        count = int(repeated.sum())
        block.confirm.append(
            f"{count:,} rows share their {', '.join(columns)} and differ otherwise; the import stops there and names "
            "the rows. Mend them in the file, or leave some out by `leave_out`"
        )
