"""The days on which a place was seen, as a calendar: a lane for each tile and year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.dates import date2num, num2date
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from farmland.report.drawing import FAINT, HAIR, INK
from farmland.report.plots.plate import DPI, LEFT, RIGHT, WIDE, Plate, lettering, quiet, written
from farmland.rules import Words

NAMES, SUMS = 1.15, 0.78
"""Room for the names of lanes, and for each column of sums, inches."""

LANE, SLIM, APART = 0.36, 0.16, 0.14
"""Height of a lane, of one of very many, and the space between tiles, inches."""

TALL = 9.0
"""Height up to which lanes share a picture before they become slimmer, inches."""

MOST_LANES, MOST_TILES = 36, 120
"""With more lanes a tile has one for all years; further tiles are only counted."""

YEAR = 366
"""Days of a lane that holds one year: a leap year, so that months lie under each other."""

BAR, BAR_DAYS = 0.052, 2.0
"""Width of a bar in inches, and at most in days: passes are 2.3 to 5 days apart."""

LONG_DAYS = 500
"""With more days in a lane years are named, not months."""

LEAST = 0.07
"""Height of the lowest bar, so that a look of nothing but cloud is seen to be there."""

MONTHS = Words("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
               "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """What bars of one colour mean."""

    colour: str
    label: Words
    sign: str = ""
    """Marker at the foot of a bar, or without one; ``""``: a bar."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One scene."""

    tile: str
    day: date
    kind: str
    """Of its bar; ``""``: it has none."""
    height: float = 1.0
    """Share of the lane, 0-1."""
    flag: str = ""
    """Kind of the sign at its foot; ``""``: none."""
    amount: float = 0.0
    """What columns of sums add up."""


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers at the end of each lane."""

    head: Words
    of: Callable[[Sequence[Mark]], str]


@dataclass(frozen=True, slots=True)
class Span:
    """A period that lies behind the bars."""

    start: date
    end: date
    colour: str
    label: Words


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is drawn; texts may come from outside."""

    title: Words
    said: Words
    sources: Words
    kinds: Mapping[str, Kind]
    marks: Sequence[Mark]
    columns: Sequence[Column]
    spans: Sequence[Span] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """One row: the marks of a tile, in one year or in all."""

    tile: str
    year: int
    """0: all years."""
    top: float
    """Inches below the upper edge of the drawing."""
    height: float
    first: int
    """Day that lies at the left, as matplotlib counts."""
    marks: tuple[Mark, ...]

    def place(self, day: date) -> float:
        """Days from the left edge; years are stretched to that of a leap year."""
        if not self.year:
            return float(date2num(day)) - self.first
        leap = date(2024, day.month, day.day)
        return float((leap - date(2024, 1, 1)).days)


def lanes(marks: Sequence[Mark]) -> tuple[Lane, ...]:
    """Rows in the order of tiles and years; every year between the first and the last has one."""
    tiles: defaultdict[str, list[Mark]] = defaultdict(list)
    for mark in sorted(marks, key=lambda mark: (mark.tile, mark.day)):
        tiles[mark.tile].append(mark)
    days = [mark.day for mark in marks]
    years = range(min(days).year, max(days).year + 1)
    by_year = len(tiles) * len(years) <= MOST_LANES
    found, top = [], 0.0
    for tile, held in list(tiles.items())[:MOST_TILES]:
        height = LANE if by_year else min(LANE, max(SLIM, TALL / len(tiles)))
        for year in years if by_year else (0,):
            mine = tuple(mark for mark in held if year in (0, mark.day.year))
            first = 0 if year else int(date2num(min(days)))
            found.append(Lane(tile, year, top, height, first, mine))
            top += height
        top += APART * by_year
    return tuple(found)


def picture(calendar: Calendar, language: str) -> bytes:
    """Draw a calendar as PNG."""
    plate, _ = draw(calendar, language)
    return plate.png()


def draw(calendar: Calendar, language: str) -> tuple[Plate, Axes]:
    """The plate and the axes of the lanes: x in days, y in inches downward."""
    rows = lanes(calendar.marks)
    height = rows[-1].top + rows[-1].height
    title, said, sources = (
        words.text(language) for words in (calendar.title, calendar.said, calendar.sources)
    )
    plate = Plate.of(height + 0.25, title, said, sources)
    wide = WIDE - LEFT - RIGHT - NAMES - SUMS * len(calendar.columns)
    axes = plate.axes(LEFT + NAMES, 0.0, wide, height)
    quiet(axes, grid="")
    first, last = _span(rows)
    axes.set_xlim(0, last - first)
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    _months(axes, rows, language)
    _spans(axes, rows, calendar.spans)
    for lane in rows:
        axes.plot([0, last - first], [lane.top + lane.height] * 2, color=HAIR, linewidth=0.6)
    _bars(axes, rows, calendar.kinds)
    _names(axes, rows, wide)
    _sums(axes, rows, calendar, wide, language)
    plate.legend(list(_keys(calendar, language)))
    return plate, axes


def _span(rows: Sequence[Lane]) -> tuple[int, int]:
    """First and last day of the lanes, counted as they count."""
    if rows[0].year:
        return 0, YEAR
    last = max(mark.day for lane in rows for mark in lane.marks)
    return rows[0].first, int(date2num(last)) + 3


def _months(axes: Axes, rows: Sequence[Lane], language: str) -> None:
    """Lines where months begin, their names above; years where a lane holds several."""
    first, last = _span(rows)
    edges, names = _ticks(rows[0], first, last, MONTHS.text(language).split())
    for place, after, name in zip(edges, [*edges[1:], last - first], names, strict=True):
        axes.axvline(place, color=HAIR, linewidth=0.6, zorder=0)
        if after - place > 0.02 * (last - first):
            centre = (place + after) / 2
            axes.text(centre, -0.06, name, ha="center", va="bottom", **lettering(8.5, FAINT))
    axes.set_xticks([])


def _ticks(lane: Lane, first: int, last: int, months: Sequence[str]) -> tuple[list[int], list[str]]:
    """Where months begin, or years where a lane is long, and what they are called."""
    if lane.year:
        return [(date(2024, month, 1) - date(2024, 1, 1)).days for month in range(1, 13)], [*months]
    begin, end = num2date(first).date(), num2date(last).date()
    long = last - first > LONG_DAYS
    days = [
        date(year, month, 1)
        for year in range(begin.year, end.year + 1)
        for month in range(1, 2 if long else 13)
        if (date(year, month, 28) >= begin and date(year, month, 1) <= end) or long
    ]
    edges = [max(0, int(date2num(day)) - first) for day in days]
    named = [f"{months[day.month - 1]} {day.year}" if not n or day.month == 1
             else months[day.month - 1] for n, day in enumerate(days)]  # fmt: skip
    return edges, [str(day.year) for day in days] if long else named


def _spans(axes: Axes, rows: Sequence[Lane], spans: Sequence[Span]) -> None:
    """Periods as tinted stretches of the lanes."""
    for lane in rows:
        for span in spans:
            start, end = span.start, span.end
            if lane.year:
                start = max(start, date(lane.year, 1, 1))
                end = min(end, date(lane.year, 12, 31))
            if start <= end:
                left, right = lane.place(start), lane.place(end) + 1
                axes.fill_between([left, right], lane.top + 0.02, lane.top + lane.height,
                                  color=span.colour, linewidth=0, zorder=0.5)  # fmt: skip


def _bars(axes: Axes, rows: Sequence[Lane], kinds: Mapping[str, Kind]) -> None:
    """Bars kind by kind, and signs for what is no picture of its own."""
    width = _bar_days(axes)
    for name, kind in kinds.items():
        every = ((lane, mark) for lane in rows for mark in lane.marks)
        found = [(lane, mark) for lane, mark in every if name in (mark.kind, mark.flag)]
        if not found:
            continue
        if kind.sign:
            x = [lane.place(mark.day) + 0.5 for lane, mark in found]
            y = [lane.top + lane.height * 0.8 for lane, _ in found]
            size = max(3.2, min(4.2, 14 * rows[0].height))
            axes.plot(x, y, kind.sign, color=kind.colour, markersize=size, zorder=4, gid=name,
                      markeredgecolor="white", markeredgewidth=0.5)  # fmt: skip
            continue
        boxes = [_box(lane, mark, width) for lane, mark in found]
        axes.add_collection(
            PolyCollection(boxes, facecolors=kind.colour, linewidths=0, zorder=3, gid=name)
        )


def _bar_days(axes: Axes) -> float:
    """Width of a bar in days: no wider than the time between two passes, at least seen."""
    inches = axes.get_position().width * WIDE
    inch = axes.get_xlim()[1] / inches
    return float(max(1.6 * inch / DPI, min(BAR_DAYS, BAR * inch)))


def _box(lane: Lane, mark: Mark, width: float) -> list[tuple[float, float]]:
    left, bottom = lane.place(mark.day) + 0.5 - width / 2, lane.top + lane.height
    top = bottom - (lane.height - 0.05) * max(LEAST, min(1.0, mark.height))
    return [(left, bottom), (left, top), (left + width, top), (left + width, bottom)]


def _names(axes: Axes, rows: Sequence[Lane], wide: float) -> None:
    """The tile once, its years below each other."""
    inch = axes.get_xlim()[1] / wide
    seen = ""
    for lane in rows:
        base = lane.top + lane.height * 0.8
        size = min(9.0, 36 * lane.height)
        if lane.tile != seen:
            name = written(lane.tile, 12)
            axes.text(-inch * NAMES, base, name, **lettering(size, weight="bold"))
            seen = lane.tile
        if lane.year:
            axes.text(-inch * 0.08, base, str(lane.year), ha="right", **lettering(8.5, FAINT))


def _sums(axes: Axes, rows: Sequence[Lane], calendar: Calendar, wide: float, language: str) -> None:
    """Numbers behind each lane, their heads above."""
    right = axes.get_xlim()[1]
    inch = right / wide
    for number, column in enumerate(calendar.columns, start=1):
        x = right + inch * SUMS * number
        axes.text(x, -0.06, column.head.text(language), ha="right", va="bottom",
                  **lettering(8.5, FAINT))  # fmt: skip
        for lane in rows:
            size = min(8.5, 36 * lane.height)
            axes.text(x, lane.top + lane.height * 0.8, column.of(lane.marks), ha="right",
                      **lettering(size, INK))  # fmt: skip


def _keys(calendar: Calendar, language: str) -> Iterator[Patch | Line2D]:
    """Only what is drawn."""
    present = {name for mark in calendar.marks for name in (mark.kind, mark.flag)}
    for name, kind in calendar.kinds.items():
        label = kind.label.text(language)
        if name in present and kind.sign:
            yield Line2D([], [], linestyle="", marker=kind.sign, color=kind.colour, label=label,
                         markersize=4.5)  # fmt: skip
        elif name in present:
            yield Patch(facecolor=kind.colour, label=label)
    for span in calendar.spans:
        yield Patch(facecolor=span.colour, label=span.label.text(language))
