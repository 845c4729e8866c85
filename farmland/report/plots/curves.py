"""Indices through time: the middle of all parcels with bands around it, and a few parcels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, date2num
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from farmland.report.drawing import GREEN, HAIR
from farmland.report.explained import GAP, band, pieces
from farmland.report.plots.plate import LEFT, RIGHT, WIDE, Plate, lettering, quiet, written
from farmland.rules import Words

MOST = 2000
"""Parcels that are kept for the picture, spread over the layer."""

FEW = 5
"""With fewer parcels each has its own line and there is no band."""

WHOLE_SHARE = 0.5
"""Of the pixels of a parcel that have to be clear on a look for it to count here."""

DEKAD = 10
"""Days over which looks are put together, so that parcels of other orbits meet."""

PANEL, APART = 2.7, 0.55
"""Height of the panel of an index, and the space above it for its name, inches."""

MOST_PANELS = 6

SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Quantiles of the bands and of the line."""

OUTER, INNER = "#DDEBDD", "#A9CBA9"

THREADS = ("#C4543A", "#2F6F9F", "#8A6D00", "#7A4FA3")
"""Colours of single parcels."""

Row = tuple[str, date, Sequence[float | None], float, float, float, bool]
"""As in a table of indices: id, day, indices, pixels clear, seen and in all, whether unread."""


@dataclass(slots=True)
class Gathered:
    """What a picture needs of a table of indices, taken down while it is written."""

    names: Sequence[str]
    parcel_ids: Sequence[str]
    days: dict[str, list[date]] = field(default_factory=lambda: defaultdict(list))
    """Of the kept parcels, by id."""
    values: dict[str, list[Sequence[float | None]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same rows; what the picture needs of them is kept."""
        step = -(-len(self.parcel_ids) // MOST) or 1
        wanted = set(self.parcel_ids[::step])
        for row in rows:
            name, day, values, clear, _, pixels, _ = row
            if name in wanted and clear >= WHOLE_SHARE * pixels > 0:
                self.days[name].append(day)
                self.values[name].append(values)
            yield row

    def series(self, name: str, index: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Days (``datetime64[D]``) and values of one parcel where there are any."""
        days = np.array(self.days[name], "datetime64[D]")
        values = np.array([row[index] for row in self.values[name]], np.float64)
        known = np.isfinite(values)
        return days[known], values[known]


def fan(gathered: Gathered, index: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Middle days (n,) of dekads and the quantiles (5, n) of what parcels had in them on average.

    Only dekads in which half as many parcels were seen as in a usual one.
    """
    together: defaultdict[int, list[float]] = defaultdict(list)
    for name in gathered.days:
        days, values = gathered.series(name, index)
        dekads = days.astype(np.int64) // DEKAD
        for dekad in np.unique(dekads):
            together[int(dekad)].append(float(values[dekads == dekad].mean()))
    usual = float(np.median([len(held) for held in together.values()])) if together else 0.0
    kept = sorted(dekad for dekad, held in together.items() if len(held) >= 0.5 * usual)
    middles = np.array([dekad * DEKAD + DEKAD // 2 for dekad in kept], "datetime64[D]")
    quantiles = [np.quantile(together[dekad], SHARES) for dekad in kept]
    return middles, np.array(quantiles, np.float64).reshape(-1, len(SHARES)).T


def examples(gathered: Gathered) -> list[str]:
    """Ids of a parcel that is low, one in the middle and one that is high on the first index."""
    names = [name for name in gathered.days if gathered.series(name, 0)[1].size]
    if len(names) < FEW:
        return names
    means = [float(gathered.series(name, 0)[1].mean()) for name in names]
    order = np.argsort(means, kind="stable")
    return [names[order[round(share * (len(names) - 1))]] for share in (0.1, 0.5, 0.9)]


def picture(gathered: Gathered, source: str, language: str) -> bytes:
    """Draw what was gathered as PNG."""
    plate, _ = draw(gathered, source, language)
    return plate.png()


def draw(gathered: Gathered, source: str, language: str) -> tuple[Plate, list[Axes]]:
    """The plate, and the axes of each index: x in days, y in its unit."""
    names = list(gathered.names)[:MOST_PANELS]
    height = len(names) * PANEL + (len(names) - 1) * APART
    plate = Plate.of(height + 0.2, *_said(gathered, source, language))
    shown = examples(gathered)
    panels = []
    for number, name in enumerate(names):
        bottom = height - (number + 1) * PANEL - number * APART
        axes = plate.axes(LEFT, bottom + 0.15, WIDE - LEFT - RIGHT, PANEL - 0.15)
        _panel(axes, gathered, number, shown)
        axes.set_title(name.upper(), loc="left", pad=5, **lettering(10, weight="bold"))
        panels.append(axes)
    _together(panels, gathered)
    banded = len(gathered.days) >= FEW
    plate.legend(list(_keys(shown, language, banded=banded)), 6)
    return plate, panels


def _panel(axes: Axes, gathered: Gathered, index: int, shown: Sequence[str]) -> None:
    quiet(axes)
    axes.spines["bottom"].set_visible(True)
    axes.spines["bottom"].set_color(HAIR)
    if len(gathered.days) >= FEW:
        days, (low, lower, middle, upper, high) = fan(gathered, index)
        dates = np.array(days.astype(object))
        band(axes, dates, low, high, OUTER, 1.0, "")
        band(axes, dates, lower, upper, INNER, 1.0, "")
        for piece in pieces(days, GAP):
            axes.plot(dates[piece], middle[piece], "-", color=GREEN, linewidth=1.9, zorder=4)
    for name, colour in zip(shown, THREADS, strict=False):
        days, values = gathered.series(name, index)
        dates = np.array(days.astype(object))
        axes.plot(dates, values, "-o", color=colour, linewidth=0.55, markersize=2.1, zorder=5,
                  alpha=0.9, gid=name)  # fmt: skip


def _together(panels: Sequence[Axes], gathered: Gathered) -> None:
    """One span of time for all."""
    days = [day for held in gathered.days.values() for day in held]
    for axes in panels:
        if days:
            low, high = (float(date2num(day)) for day in (min(days), max(days)))
            spare = max(2.0, (high - low) // 100)
            axes.set_xlim(low - spare, high + spare)
        axes.xaxis.set_major_formatter(DateFormatter("%Y-%m"))


def _said(gathered: Gathered, source: str, language: str) -> tuple[str, str, str]:
    """Title, what is drawn, and where it comes from."""
    kept, every = len(gathered.days), len(gathered.parcel_ids)
    names = ", ".join(name.upper() for name in gathered.names[:MOST_PANELS])
    some = Words(f"{kept:,} of {every:,} parcels", f"{every:,} 个地块中的 {kept:,} 个")
    over = Words("; line and bands over ten days each", "；线与带按十日汇总")
    if kept < FEW:
        over = Words("", "")
    return (
        Words(f"{names} of the parcels through time", f"地块 {names} 时间曲线").text(language),
        Words(
            f"{some.en}, looks on which at least half of a parcel was clear{over.en}",
            f"{some.zh}，只计晴空像元不少于一半的影像{over.zh}",
        ).text(language),
        source,
    )


def _keys(shown: Sequence[str], language: str, *, banded: bool) -> Iterator[Line2D | Patch]:
    if banded:
        yield Line2D([], [], color=GREEN, linewidth=2, label=MEDIAN.text(language))
        yield Patch(facecolor=INNER, label=HALF.text(language))
        yield Patch(facecolor=OUTER, label=MOST_OF_THEM.text(language))
    for name, colour in zip(shown, THREADS, strict=False):
        yield Line2D([], [], color=colour, marker="o", markersize=3, linewidth=0.8,
                     label=written(name, 28))  # fmt: skip


MEDIAN = Words("median", "中位数")
HALF, MOST_OF_THEM = Words("half of the parcels", "半数地块"), Words("80 % of them", "80% 的地块")
