"""Scores as the tables of the record (DESIGN 7)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from record import Table

from contest.cases import Case
from contest.measures import FAST, FULL_PIXELS, Score, conversion, timely

PRIOR, PREVALENCE = 0.003, 0.1
"""Base rates at which precision and F1 are printed (DESIGN 7)."""

YOUNGEST, SURE_FROM, SLOW_FROM = 60, 120, 200
"""Days since onset from which a patch should be listed, confirmed, and a slow one listed."""

LARGE_M2, OUTLINED_M2, ROAD_M = 1000.0, 2000.0, 14.0

Rule = Callable[[pd.DataFrame], "pd.Series[bool]"]


def _fast(truths: pd.DataFrame, low: float, high: float = math.inf) -> pd.Series[bool]:
    """Fast covers but roads, old enough to be listed, from ``low`` m2 to under ``high``."""
    size = (truths["area_m2"] >= low) & (truths["area_m2"] < high)
    fast = truths["cover"].isin(FAST) & (truths["cover"] != "road")
    return fast & size & (truths["age"] >= YOUNGEST)


def _road(truths: pd.DataFrame, low: float, high: float = math.inf) -> pd.Series[bool]:
    wide = (truths["width_m"] >= low) & (truths["width_m"] < high)
    return (truths["cover"] == "road") & wide & (truths["age"] >= YOUNGEST)


def _slow(truths: pd.DataFrame) -> pd.Series[bool]:
    """Slow covers that have missed every expected season."""
    return ~truths["cover"].isin(FAST) & (truths["age"] >= SLOW_FROM)


POSITIVES: Mapping[str, tuple[str, Rule]] = {
    "fast ≥ 1,000 m²": ("hit", lambda t: _fast(t, LARGE_M2)),
    "400–1,000 m²": ("hit", lambda t: _fast(t, 400, LARGE_M2)),
    "100–400 m²": ("hit", lambda t: _fast(t, 100, 400)),
    "roads ≥ 14 m": ("hit", lambda t: _road(t, ROAD_M)),
    "roads < 14 m": ("hit", lambda t: _road(t, 0, ROAD_M)),
    "slow ≥ 200 d": ("hit", _slow),
    "confirmed ≥ 120 d": ("confirmed", lambda t: _fast(t, LARGE_M2) & (t["age"] >= SURE_FROM)),
}
"""Column to what is counted, and the truths it is counted on."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927, Journal of the American Statistical Association)."""
    if not of:
        return 0.0, 1.0
    z, share = 1.96, hits / of
    centre = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, centre - half), min(1.0, centre + half)


def share(hits: int, of: int, digits: int = 0) -> str:
    """Percent with its interval and what it is of."""
    if not of:
        return "–"
    low, high = (100 * edge for edge in wilson(hits, of))
    return f"{100 * hits / of:.{digits}f} ({low:.{digits}f}–{high:.{digits}f}; {of})"


def precision(recall: float, false: float, prior: float) -> float:
    """Share of the alarms that are right at a base rate (DESIGN 7); NaN without an alarm."""
    right = recall * prior
    alarms = right + false * (1 - prior)
    return right / alarms if alarms else math.nan


def f1(recall: float, false: float) -> float:
    """F1 at ``PREVALENCE``; 0 without a hit."""
    right = precision(recall, false, PREVALENCE)
    return 2 * right * recall / (right + recall) if recall else 0.0


def cases(scores: Mapping[str, Score], note: str) -> Table:
    """What there was to judge: a score for each group, of a detector that saw all of it."""
    rows = []
    for group, score in scores.items():
        able = score.quiet[score.quiet["full_pixels"] >= FULL_PIXELS]
        unseen = len(able) - int(able["monitorable"].sum())
        fast = score.truths["cover"].isin(FAST)
        years = round(float(score.quiet["years"].sum()))
        rows.append(
            (group, years, int(fast.sum()), int((~fast).sum()), share(unseen, len(able), 1))
        )
    heads = (
        "group",
        "quiet parcel-years",
        "fast patches",
        "slow patches",
        "not monitorable, of parcels with 8 full pixels",
    )
    return Table("What there was to judge", heads, rows, note)


def found(group: str, scores: Mapping[str, Score]) -> Table:
    """Recall, false alarms, and what follows from them."""
    heads = (
        "detector",
        *POSITIVES,
        "false alarms",
        "confirmed false alarms",
        "precision at 0.3 %, confirmed",
        "F1 at 10 %",
        "s per 1,000 parcels",
    )
    rows = [(name, *_found(score)) for name, score in scores.items()]
    note = (
        "Percent (95 % interval; of how many). Sizes are fast covers but roads, 60 days old and "
        "older. False alarms: of quiet parcels, those that could not be monitored too."
    )
    return Table(f"Found and falsely alarmed: {group}", heads, rows, note)


def _found(score: Score) -> list[str]:
    truths, quiet = score.truths, score.quiet
    counts = {
        name: (int(truths.loc[rule(truths), what].sum()), int(rule(truths).sum()))
        for name, (what, rule) in POSITIVES.items()
    }
    years = quiet["years"].sum()
    false, sure = (int(quiet[tier].sum()) for tier in ("alarm", "confirmed"))
    recall, confirmed = (_rate(counts[n]) for n in ("fast ≥ 1,000 m²", "confirmed ≥ 120 d"))
    parcels = len(quiet) + len(truths)
    return [
        *(share(*count) for count in counts.values()),
        share(false, len(quiet), 2),
        share(sure, len(quiet), 3),
        " / ".join(
            _percent(precision(r, f / years, PRIOR))
            for r, f in ((recall, false), (confirmed, sure))
        ),
        f"{f1(recall, false / years):.2f}",
        f"{1000 * score.seconds / parcels:.1f}",
    ]


def _rate(count: tuple[int, int]) -> float:
    return count[0] / count[1] if count[1] else 0.0


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.0f}"


def described(group: str, scores: Mapping[str, Score], lags: Mapping[str, pd.DataFrame]) -> Table:
    """What was said of the hits: class, cover, dates, outline, and how soon."""
    heads = (
        "detector",
        "conversion right",
        "cover macro-F1",
        "onset inside",
        "median interval",
        "date_to late by",
        "IoU ≥ 2,000 m²",
        "listed after",
        "confirmed after",
    )
    rows = [
        (name, *_described(score.truths), *_lags(lags.get(name))) for name, score in scores.items()
    ]
    note = (
        "Hits of 1,000 m² and more, 60 days old and older. Onset inside [date_from, date_to] "
        "within 10 days; interval, delay and lags: medians in days. Lags: replay in steps of 10 "
        "days on two cells of each county, fast covers, onset in a growing season and 120 days "
        "before the end; a patch never listed is infinitely late. –: not said, or not replayed."
    )
    return Table(f"Described: {group}", heads, rows, note)


def _described(truths: pd.DataFrame) -> list[str]:
    hits = truths[truths["hit"] & (truths["area_m2"] >= LARGE_M2) & (truths["age"] >= YOUNGEST)]
    if hits.empty:
        return ["–"] * 6
    dated = hits[hits["dated"].astype(bool)]
    named = hits[hits["called"] != ""]
    outlined = hits.loc[hits["area_m2"] >= OUTLINED_M2, "iou"]
    right = named["called"].map(conversion) == named["cover"].map(conversion)
    return [
        share(int(right.sum()), len(named)),
        f"{macro_f1(named):.2f}" if len(named) else "–",
        share(int(dated["inside"].sum()), len(dated)),
        f"{dated['interval'].median():.0f}" if len(dated) else "–",
        f"{hits['late'].median():.0f}",
        f"{outlined.median():.2f}" if len(outlined) else "–",
    ]


def _lags(lags: pd.DataFrame | None) -> list[str]:
    """Medians over the truths that count as large."""
    if lags is None or lags.empty:
        return ["–", "–"]
    large = lags[lags["cover"].isin(FAST) & (lags["area_m2"] >= LARGE_M2)]
    if large.empty:
        return ["–", "–"]
    return [
        "never" if math.isinf(middle) else f"{middle:.0f} ({len(large)})"
        for middle in (np.median(large[tier]) for tier in ("listed", "confirmed"))
    ]


def lag_count(case: Case) -> int:
    """Truths of a case that its replay would count."""
    return sum(t.cover in FAST and t.area_m2 >= LARGE_M2 for t in timely(case))


def macro_f1(hits: pd.DataFrame) -> float:
    """Mean F1 over the covers that truly are there; ``unknown`` is never right."""
    values = []
    for cover in hits["cover"].unique():
        true, called = hits["cover"] == cover, hits["called"] == cover
        both = (true & called).sum()
        values.append(2 * both / (true.sum() + called.sum()))
    return float(np.mean(values))


def by_cover(name: str, score: Score) -> Table:
    """Recall of one detector by cover and size."""
    edges = (100, 400, 1000, 3000, math.inf)
    old = score.truths[score.truths["age"] >= YOUNGEST]
    rows = []
    for cover, part in old.groupby("cover", sort=True):
        aged = part if cover in FAST else part[part["age"] >= SLOW_FROM]
        sized = [
            aged[(aged["area_m2"] >= low) & (aged["area_m2"] < high)]
            for low, high in pairwise(edges)
        ]
        rows.append((str(cover), *(share(int(bin_["hit"].sum()), len(bin_)) for bin_ in sized)))
    heads = ("cover", "100–400 m²", "400–1,000 m²", "1,000–3,000 m²", "≥ 3,000 m²")
    note = "Fast covers 60 days old and older, slow ones 200."
    return Table(f"Recall by cover and size: {name}", heads, rows, note)


def confusion(name: str, score: Score) -> Table:
    """What hits of one detector were called: truth in rows."""
    hits = score.truths[score.truths["hit"] & (score.truths["age"] >= YOUNGEST)]
    counts = pd.crosstab(hits["cover"], hits["called"])
    rows = [
        (str(cover), *(int(n) for n in row))
        for cover, row in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    return Table(f"Covers of hits, truth in rows: {name}", ("truth", *counts.columns), rows)
