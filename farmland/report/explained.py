"""The picture of an explanation: the parcel's curve, each patch's curve, each test's number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from numpy.typing import NDArray

from farmland import layers, palette
from farmland.explanation import USED, Change, Explanation
from farmland.explanation import words as said
from farmland.report import fonts, words
from farmland.report.drawing import FAINT, GREEN, INK
from farmland.report.drawing.evidence import NEAR, OWN
from farmland.report.maps import png
from farmland.report.plots.plate import written
from farmland.result import Curve

GRID, AGAINST = "#E6EAE7", "#9AA6A0"
REJECTED = {
    "cloud": "#A9B3AD",
    "haze": "#D98E04",
    "no_data": "#D5DAD7",
    "unread": "#B3261E",
    "set_aside": "#7A4FA3",
}
"""Colours of the ticks under the curve."""

MOST = 4
"""Patches that are drawn; the text lists all."""

LEFT, RIGHT, SPLIT = 0.045, 0.985, 0.665
"""Edges of the drawing, and where curves end and tests begin, as shares of the width."""

ROW, HEAD, FOOT = 2.75, 0.75, 0.45
"""Heights in inches."""

GAP = 40
"""Days over which a band is drawn although no look in between knows it."""


def picture(explained: Explanation, language: str) -> bytes:
    """Draw an explanation as PNG, curves on the left, tests on the right."""
    drawn = fonts.language_of_pictures(language)
    changes = explained.changes[:MOST]
    rows = 1 + len(changes)
    height = HEAD + rows * ROW + FOOT
    figure = Figure(figsize=(13.0, height), dpi=110, facecolor="white")
    style: dict[str, Any] = {
        "fontfamily": fonts.families(),
        "color": INK,
        "parse_math": False,
    }
    _title(figure, explained, drawn, height, style)
    wide = SPLIT if changes else RIGHT
    frames = [_frame(row, height) for row in range(rows)]
    axes = figure.add_axes((LEFT, frames[0][0], wide - LEFT, frames[0][1]))
    _curve(axes, explained.curve, said.PARCEL.text(drawn), drawn, style)
    _parcel_dots(axes, explained, drawn)
    _limits(axes, explained, drawn, style)
    _legend(axes, drawn)
    if changes:
        right = figure.add_axes((SPLIT + 0.02, frames[0][0], RIGHT - SPLIT - 0.02, frames[0][1]))
        _conditions(right, changes, drawn, style)
    for change, frame in zip(changes, frames[1:], strict=True):
        _change(figure, change, explained, frame, drawn, style)
    clue = explained.run.get("clue", {})
    sources = f"{words.IMAGERY.text(drawn)} · {explained.run.get('attribution', '')}"
    note = {"fontsize": 8.5, **(style | {"color": FAINT})}
    figure.text(LEFT, 0.30 / height, str(clue.get(drawn, "")), **note)
    figure.text(LEFT, 0.12 / height, sources, **note)
    return png(figure)


def _frame(row: int, height: float) -> tuple[float, float]:
    """Bottom and height of a row of drawings, as shares of the figure."""
    bottom = height - HEAD - (row + 1) * ROW + 0.62
    return bottom / height, (ROW - 0.92) / height


def _title(
    figure: Figure, explained: Explanation, language: str, height: float, style: dict[str, Any]
) -> None:
    """The parcel, its status, and how many looks were used."""
    parcel, counts = explained.parcel, explained.counts()
    status = layers.words("parcels", "status", parcel["status"]).text(language)
    name = f"{said.PARCEL.text(language)} {written(str(parcel['parcel_id']), 60)} · {status}"
    used = said.LOOKS.text(language).format(
        used=counts[USED], rejected=len(explained.looks) - counts[USED]
    )
    figure.text(LEFT, 1 - 0.38 / height, name, fontsize=14, weight="bold", **style)
    figure.text(LEFT, 1 - 0.64 / height, used, fontsize=9.5, **(style | {"color": FAINT}))


def _curve(axes: Axes, curve: Curve, title: str, language: str, style: dict[str, Any]) -> None:
    """Both bands and the frame around them."""
    days = np.array(curve.days.astype("datetime64[D]").astype(object))
    band(axes, days, curve.own_low, curve.own_high, OWN, 1.0, words.UI["key_own"].text(language))
    near = words.UI["key_near"].text(language)
    band(axes, days, curve.neighbours_low, curve.neighbours_high, NEAR, 0.3, near)
    axes.set_ylim(-0.18, 1.0)
    axes.set_title(f"NDVI · {title}", fontsize=9.5, loc="left", pad=4, **style)
    axes.tick_params(labelsize=8, colors=FAINT, length=2)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def band(
    axes: Axes,
    days: NDArray[Any],
    low: NDArray[np.float32],
    high: NDArray[np.float32],
    colour: str,
    alpha: float,
    label: str,
) -> None:
    """A band between two edges, in pieces where it is not known for longer than ``GAP``."""
    known = np.flatnonzero(np.isfinite(low) & np.isfinite(high))
    parts = pieces(days[known].astype("datetime64[D]"), GAP)
    for number, piece in enumerate(known[part] for part in parts):
        axes.fill_between(days[piece], low[piece], high[piece], color=colour, alpha=alpha,
                          linewidth=0, label="" if number else label)  # fmt: skip


def pieces(days: NDArray[np.datetime64], gap: int) -> list[NDArray[np.intp]]:
    """Positions of days, parted where two that follow each other lie further apart than ``gap``."""
    apart = np.diff(days).astype(np.int64) > gap
    return np.split(np.arange(days.size), np.flatnonzero(apart) + 1)


def _parcel_dots(axes: Axes, explained: Explanation, language: str) -> None:
    """Looks that were used as dots, the others as ticks in the colour of their reason."""
    used = [(look.day, look.ndvi) for look in explained.looks if look.said == USED]
    if used:
        days, values = zip(*used, strict=True)
        axes.plot(days, values, "-", color=GREEN, linewidth=0.6, alpha=0.5)
        axes.plot(days, values, "o", color=GREEN, markersize=3.4,
                  label=said.SAID[USED].text(language))  # fmt: skip
    for level, (reason, colour) in enumerate(REJECTED.items()):
        lost = np.array([look.day for look in explained.looks if look.said == reason])
        if lost.size:
            height = np.full(lost.size, -0.15 + 0.018 * level)
            axes.plot(lost, height, "|", color=colour, markersize=6, markeredgewidth=1.3,
                      label=said.SAID[reason].text(language))  # fmt: skip


def _limits(axes: Axes, explained: Explanation, language: str, style: dict[str, Any]) -> None:
    """Where the period after begins, and the same span of time for every curve."""
    start, _, end = str(explained.run["periods"]["after"]).partition("/")
    first = min((look.day for look in explained.looks), default=date.fromisoformat(start))
    begin = date2num(date.fromisoformat(start))
    axes.set_xlim(date2num(first) - 8, date2num(date.fromisoformat(end)) + 8)
    axes.axvline(begin, color=FAINT, linewidth=0.9, linestyle=(0, (3, 3)))
    after = said.PERIODS["after"].text(language)
    axes.text(begin, 1.0, f" {after}", fontsize=8, va="top", **(style | {"color": FAINT}))


def _legend(axes: Axes, language: str) -> None:
    """One line under the curve."""
    del language
    axes.legend(loc="upper left", bbox_to_anchor=(-0.01, -0.1), ncols=8, frameon=False,
                prop={"family": fonts.families(), "size": 8}, handletextpad=0.4,
                columnspacing=1.4)  # fmt: skip


def _change(
    figure: Figure,
    change: Change,
    explained: Explanation,
    frame: tuple[float, float],
    language: str,
    style: dict[str, Any],
) -> None:
    """One patch: its curve with the date of change, its tests as bars."""
    facts = change.facts
    colour = palette.CLASSES[palette.class_of(facts["conversion"], facts["cover"])]
    axes = figure.add_axes((LEFT, frame[0], SPLIT - LEFT, frame[1]))
    names = [
        layers.words("conversions", key, facts[key]).text(language) for key in ("cover", "stage")
    ]
    title = f"{said.PATCH.text(language)} {facts['patch_id']} · {' · '.join(names)}"
    if change.curve is not None:
        _curve(axes, change.curve, title, language, style)
        _patch_dots(axes, change.curve, facts["date_to"], colour, language)
    _limits(axes, explained, language, style)
    _dates(axes, facts, colour)
    _legend(axes, language)
    right = figure.add_axes((SPLIT + 0.155, frame[0], RIGHT - SPLIT - 0.185, frame[1]))
    _bars(right, change, colour, language, style)


def _patch_dots(axes: Axes, curve: Curve, changed: str, colour: str, language: str) -> None:
    """Looks of a patch, those since the change in the colour of its class."""
    days = curve.days.astype("datetime64[D]")
    since = days >= np.datetime64(changed)
    shown = np.array(days.astype(object))
    for chosen, paint, key in ((~since, GREEN, "key_dot"), (since, colour, "key_hit")):
        axes.plot(shown[chosen], curve.ndvi[chosen], "o", markersize=3.4, color=paint,
                  label=words.UI[key].text(language))  # fmt: skip


def _dates(axes: Axes, facts: Any, colour: str) -> None:
    """Between which looks it changed, and which look confirmed it."""
    last = date2num(date.fromisoformat(facts["date_to"]))
    first = date2num(date.fromisoformat(facts["date_from"])) if facts["date_from"] else last - 1
    axes.axvspan(first, last, color=INK, alpha=0.14, linewidth=0)
    if facts["confirmed_on"]:
        day = date2num(date.fromisoformat(facts["confirmed_on"]))
        axes.axvline(day, color=colour, linewidth=1.1)


def _bars(axes: Axes, change: Change, colour: str, language: str, style: dict[str, Any]) -> None:
    """What each test added, largest numbers told at the bars."""
    tests = [test for test in change.verdict.tests if test.odds is not None]
    lines = [(said.in_short(test.name).text(language), test.value, test.odds) for test in tests]
    lines.append((said.SUM.text(language), None, change.odds))
    for place, (name, value, odds) in enumerate(lines):
        amount = odds or 0.0
        whole = place == len(lines) - 1
        axes.barh(-place, amount, height=0.62,
                  color=INK if whole else colour if amount > 0 else AGAINST)  # fmt: skip
        told = name if value is None else f"{name} {value:.2f}"
        axes.text(-0.04, -place, told, fontsize=8, ha="right", va="center",
                  transform=axes.get_yaxis_transform(), **style)  # fmt: skip
        axes.text(max(amount, 0.0), -place, f" {amount:+.1f}", fontsize=8, va="center", **style)
    axes.axvline(0, color=FAINT, linewidth=0.8)
    axes.margins(x=0.12)
    axes.set_yticks([])
    axes.tick_params(labelsize=8, colors=FAINT, length=2)
    axes.set_title(said.TEST_HEADS[3].text(language), fontsize=9.5, loc="left", pad=4, **style)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _conditions(
    axes: Axes, changes: Sequence[Change], language: str, style: dict[str, Any]
) -> None:
    """What a confirmation needs, patch by patch."""
    axes.set_axis_off()
    lines = list(_lines(changes, language))
    for place, (text, faint) in enumerate(lines):
        look = style | ({"color": FAINT} if faint else {})
        axes.text(0.0, 1.0 - 0.095 * place, text, fontsize=8.5, va="top", **look)


def _lines(changes: Sequence[Change], language: str) -> Iterator[tuple[str, bool]]:
    """Lines of text; True = said faintly."""
    for change in changes[: 2 if len(changes) > 1 else 1]:
        yield f"{said.PATCH.text(language)} {change.facts['patch_id']}", False
        for test in change.verdict.tests:
            if test.odds is None and test.value is not None and test.threshold is not None:
                places = 2 if test.name == "confidence" else 0
                mark = "✓" if test.value >= test.threshold else "✗"
                name = said.in_short(test.name).text(language)
                number = f"{test.value:.{places}f} (≥{test.threshold:.{places}f})"
                yield f"  {mark} {name} {number}", True
    yield said.UNCALIBRATED.text(language), True
