"""What was measured of the two readers, as tables of the README."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from reading_county import Scenario
from reading_job import PART, TOLERANCE, Clean
from reading_path import Cost
from record import Table

FASTER, BYTES, MEMORY_MIB = 3.0, 0.6, 250.0
"""The goals: how many times faster, share of the peer's bytes, memory above an idle import."""

NAMES: Final = {
    "peer": "odc-stac + dask + numpy",
    "limit-needed": "GDAL decodes the needed tiles",
    "limit-all": "GDAL decodes all tiles",
}
COLUMNS = (
    "source", "path", "seconds", "from pixels s", "CPU s", "MB asked", "requests", "peak MiB",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """All turns of one path, on one scenario and from one source."""

    scenario: Scenario
    source: str
    path: str
    costs: tuple[Cost, ...]
    found: Clean
    """What the scenario gives, by whatever path."""

    def median(self, value: Callable[[Cost], float]) -> float:
        """Of all turns."""
        return statistics.median(map(value, self.costs))

    def over(self, other: Measured, value: Callable[[Cost], float]) -> list[float]:
        """Ratios turn by turn, ascending."""
        pairs = zip(self.costs, other.costs, strict=True)
        return sorted(value(mine) / max(value(theirs), 1e-9) for mine, theirs in pairs)


def tables(measured: Sequence[Measured], ours: str, threads: int, load: float) -> list[Table]:
    """One table for each compared scenario, one of memory, one of the goals.

    ``load``: mean of the last fifteen minutes; a reader on its own makes no more than its threads.
    """
    scenarios = list(dict.fromkeys(each.scenario for each in measured))
    compared = [scenario for scenario in scenarios if scenario.compared]
    return [
        *(_costs([e for e in measured if e.scenario == s], ours, threads) for s in compared),
        _memory([each for each in measured if each.path == ours]),
        _goals(measured, ours, load),
    ]


def _costs(measured: Sequence[Measured], ours: str, threads: int) -> Table:
    """All paths over one scenario, the ratio under each pair."""
    rows: list[list[str | int | float]] = []
    for source in dict.fromkeys(each.source for each in measured):
        here = [each for each in measured if each.source == source]
        rows += [_row(each, ours) for each in here if not each.path.startswith("limit")]
        mine, theirs = (_of(here, path) for path in (ours, "peer"))
        rows.append(_ratios(mine, theirs))
        rows += [_row(each, ours) for each in here if each.path.startswith("limit")]
    found, scenario = measured[0].found, measured[0].scenario
    looks, parcels = found.ndvi.shape
    note = (
        f"{looks} looks, {parcels} parcels, {int(found.pixels.sum()):,} pixels of farmland, "
        f"{found.clear.sum() / (looks * found.pixels.sum()):.0%} of them clear; {threads} threads; "
        f"medians of {len(measured[0].costs)} turns, seconds with their range. All clear pixels, "
        f"with their shares, agree within {PART:g} and all means within {TOLERANCE:g}. *From "
        "pixels*: parcels and items are at hand; before that farmland also repairs, measures and "
        "checks the parcels. On disk requests are calls that read, files are in the system's "
        "cache; peak memory is above that of the idle imports."
    )
    return Table(scenario.title[0].upper() + scenario.title[1:], COLUMNS, rows, note)


def _row(each: Measured, ours: str) -> list[str | int | float]:
    seconds = sorted(cost.seconds for cost in each.costs)
    middle = each.median(lambda cost: cost.seconds)
    return [
        each.source,
        "farmland" if each.path == ours else NAMES[each.path],
        f"{middle:.2f} ({seconds[0]:.2f} to {seconds[-1]:.2f})",
        f"{each.median(lambda cost: cost.pixels):.2f}",
        f"{each.median(lambda cost: cost.processor):.2f}",
        f"{each.median(lambda cost: cost.bytes) / 1e6:.1f}",
        round(each.median(lambda cost: cost.requests)),
        round(each.median(lambda cost: cost.peak)),
    ]


def _ratios(mine: Measured, theirs: Measured) -> list[str | int | float]:
    """How many times the peer's cost is ours, turn by turn; bytes and requests the other way."""
    faster = theirs.over(mine, lambda cost: cost.seconds)
    pixels = theirs.over(mine, lambda cost: cost.pixels)
    values: Iterable[Callable[[Cost], float]] = (
        lambda cost: cost.processor,
        lambda cost: cost.bytes,
        lambda cost: cost.requests,
        lambda cost: cost.peak,
    )
    shares = [statistics.median(mine.over(theirs, value)) for value in values]
    return [
        mine.source,
        "**farmland of odc-stac**",
        f"{statistics.median(faster):.1f} times as fast ({faster[0]:.1f} to {faster[-1]:.1f})",
        f"**{statistics.median(pixels):.1f} times as fast** ({pixels[0]:.1f} to {pixels[-1]:.1f})",
        *(f"× {share:.2f}" for share in shares),
    ]


def _memory(measured: Sequence[Measured]) -> Table:
    """What the size of a reading does to its peak."""
    rows: list[list[str | int | float]] = [
        [
            each.scenario.title,
            each.source,
            each.found.ndvi.shape[0],
            f"{int(each.found.pixels.sum()):,}",
            f"{each.median(lambda cost: cost.seconds):.2f}",
            round(max(cost.peak for cost in each.costs)),
        ]
        for each in measured
    ]
    columns = ("county", "source", "looks", "pixels of farmland", "seconds", "peak MiB")
    return Table("Memory of farmland above an idle import", columns, rows)


def _goals(measured: Sequence[Measured], ours: str, load: float) -> Table:
    """What was asked, and what came out."""
    rows: list[list[str | int | float]] = []
    for mine in (each for each in measured if each.path == ours and each.scenario.compared):
        same = [e for e in measured if (e.scenario, e.source) == (mine.scenario, mine.source)]
        faster = statistics.median(_of(same, "peer").over(mine, lambda cost: cost.pixels))
        share = statistics.median(mine.over(_of(same, "peer"), lambda cost: cost.bytes))
        asked = 1.0 if mine.scenario.name == "clear" else FASTER
        where = f"{mine.scenario.title}, {mine.source}"
        rows.append(
            [
                f"times as fast from pixels on: {where}",
                f"≥ {asked:g}",
                f"{faster:.2f}",
                _met(faster >= asked),
            ]
        )
        if asked == FASTER:
            met = _met(share <= BYTES)
            rows.append([f"share of bytes: {where}", f"≤ {BYTES:g}", f"{share:.2f}", met])
    peak = max(cost.peak for each in measured if each.path == ours for cost in each.costs)
    rows.append(["peak MiB, any size", f"≤ {MEMORY_MIB:g}", round(peak), _met(peak <= MEMORY_MIB)])
    note = (
        f"Load of the machine over the last fifteen minutes, this benchmark included: {load:.1f}."
    )
    return Table("Goals", ("what", "goal", "measured", ""), rows, note)


def _met(reached: bool) -> str:
    return "met" if reached else "missed"


def _of(measured: Iterable[Measured], path: str) -> Measured:
    return next(each for each in measured if each.path == path)
