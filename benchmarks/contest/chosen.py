"""How often each kind of failure happens, and which case of it is typical: by rule, not by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from contest.failures import USUAL_YEARS, Found
from contest.kinds import Kind, listed
from contest.measures import conversion
from contest.tables import wilson


def rows_of(kind: Kind, found: Found) -> pd.DataFrame:
    """The rows a kind is counted in, each with whether it was hit with the usual history."""
    rows: pd.DataFrame = getattr(found, kind.table)
    own = rows[rows["years"] == kind.years]
    if kind.table == "quiet" or kind.years == USUAL_YEARS:
        return own
    place = ["county", "cell", "truth"]
    usual = rows.loc[rows["years"] == USUAL_YEARS, [*place, "hit"]]
    return own.merge(usual.rename(columns={"hit": "usual_hit"}), on=place).astype(
        {"usual_hit": bool}
    )


def counted(kind: Kind, found: Found) -> str:
    """How often a kind of failure happens, in its own sentence."""
    rows = rows_of(kind, found)
    among = rows[kind.among(rows)]
    failed = int(kind.failed(among).sum())
    text = kind.said.format(failed=failed, among=len(among), share=share(failed, len(among)))
    if kind.against is None:
        return text
    other = rows[kind.against(rows)]
    return (
        f"{text} {kind.against_said.format(share=share(int(kind.failed(other).sum()), len(other)))}"
    )


def share(part: int, of: int) -> str:
    """Percent with its interval."""
    if not of:
        return "none to count"
    low, high = (100 * edge for edge in wilson(part, of))
    digits = 1 if 100 * part < 5 * of else 0
    return f"{100 * part / of:.{digits}f} % ({low:.{digits}f}–{high:.{digits}f})"


def typical(kind: Kind, found: Found) -> Mapping[str, object] | None:
    """The failure that lies in the middle of its kind; None where none was counted.

    In the middle: its ranks in the columns ``like`` are together nearest to those of the medians.
    """
    rows = rows_of(kind, found)
    rows = rows[kind.among(rows)]
    rows = rows[kind.failed(rows) & (rows["pixels"].astype(float) > 0)]
    if rows.empty:
        return None
    ranks = rows[list(kind.like)].astype(float).rank(pct=True)
    apart = (ranks - ranks.median()).abs().sum(axis=1)
    row: Mapping[str, object] = rows.loc[apart.idxmin()].to_dict()
    return row


def miscalled(found: Found) -> pd.DataFrame:
    """What large listed patches truly are and are called: cover, called, count, share."""
    rows = found.truths[found.truths["years"] == USUAL_YEARS]
    hits = rows[listed(rows)]
    pairs = hits.groupby(["cover", "called"]).size().rename("count").reset_index()
    pairs["of"] = pairs.groupby("cover")["count"].transform("sum")
    wrong = pairs[pairs["cover"] != pairs["called"]]
    return wrong.sort_values(["count", "cover", "called"], ascending=[False, True, True])


def classed(found: Found) -> tuple[int, int]:
    """On how many large listed patches the conversion is right, and of how many."""
    rows = found.truths[found.truths["years"] == USUAL_YEARS]
    hits = rows[listed(rows)]
    return int((hits["called"].map(conversion) == hits["cover"].map(conversion)).sum()), len(hits)
