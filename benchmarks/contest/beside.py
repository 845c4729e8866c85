"""Tables of the real sets that are no cases: what a part of our evidence says of them."""

from __future__ import annotations

from pathlib import Path

from record import Table

from contest import pairs, parts
from contest.tables import share


def tables(data: Path) -> list[Table]:
    """One table for each part; ``data`` as in :mod:`contest.real`."""
    return [_familiarity(data), _meadows(data), _pairs(data)]


def _familiarity(data: Path) -> Table:
    rows = [
        (one.series, one.fields, one.looks, f"{100 * one.strange:.1f}", one.candidates)
        for one in parts.familiarity(data)
    ]
    return Table(
        "Quiet fields at 20 m, without a red band",
        ("series", "fields", "looks", "novel looks %", "fields novel like a candidate"),
        rows,
        "Red edge in place of red; novelty against the own first year, nothing else.",
    )


def _meadows(data: Path) -> Table:
    mown = parts.meadows(data)
    lost = [one for one in mown if one.low_looks]
    kept = sum(one.candidate for one in mown)
    longest = max((one.low_days for one in lost), default=0)
    return Table(
        "Meadows after a dated event",
        ("events", "canopy lost", "lost as long as a candidate", "longest, days"),
        [(len(mown), len(lost), share(kept, len(mown)), longest)],
        "A mown meadow loses its canopy and must have it back before it would be listed.",
    )


def _pairs(data: Path) -> Table:
    rows = [
        (one.pair, one.changed, one.unchanged, f"{one.features:.2f}", f"{one.ndvi:.2f}")
        for one in pairs.separations(data)
    ]
    return Table(
        "Two dates with mapped construction (OSCD)",
        ("pair", "changed pixels", "unchanged", "our features, area under ROC", "NDVI alone"),
        rows,
        "Two years and seasons, top of the atmosphere, no mask: the two-date evidence by itself.",
    )
