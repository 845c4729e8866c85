"""Pictures of the pages: one place look by look with its evidence, and what evidence is worth."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from PIL import Image

from contest.seen import Seen, Verdict
from farmland import palette
from farmland.detect.evidence import WEIGHED
from farmland.explanation import words
from farmland.report import fonts
from farmland.report.drawing import FAINT, GREEN, INK
from farmland.report.drawing.evidence import NEAR, OWN
from farmland.report.maps import png
from farmland.rules.detection import Detection

AGAINST, FOR = palette.PARCELS["unsettled_history"], palette.CLASSES["non_agri"]
"""Colours of evidence against a change and for it."""

COLOURS = 48
"""Of a picture: enough for bands, dots and letters, and small."""

STYLE: dict[str, Any] = {"fontfamily": fonts.LATIN, "color": INK}
HIGHEST = 6.0
"""Novelty shown; what lies beyond is drawn at the edge."""


def place(seen: Seen, onset: np.datetime64 | None, title: str, below: str, by: Detection) -> bytes:
    """One place: NDVI with its bands, novelty below, evidence beside; PNG of few colours."""
    figure = Figure(figsize=(10, 5.2), dpi=90, facecolor="white")
    figure.text(0.012, 0.948, title, fontsize=12.5, weight="bold", **STYLE)
    figure.text(0.012, 0.898, below, fontsize=9.5, **STYLE)
    top = figure.add_axes((0.045, 0.41, 0.555, 0.365))
    bottom = figure.add_axes((0.045, 0.15, 0.555, 0.21), sharex=top)
    _ndvi(top, seen, onset)
    _novelty(bottom, seen, by)
    for axes in (top, bottom):
        _lines(axes, seen, onset, named=axes is top)
    beside = figure.add_axes((0.81, 0.15, 0.165, 0.625))
    if seen.verdict is None:
        beside.set_axis_off()
        said = "No candidate: nothing\nstood out long enough\nto be weighed."
        beside.text(-0.6, 0.5, said, fontsize=10, transform=beside.transAxes, **STYLE)
    else:
        _bars(beside, seen.verdict, by)
    handles, labels = top.get_legend_handles_labels()
    where = {"loc": "lower left", "bbox_to_anchor": (0.03, 0.0)}
    figure.legend(handles, labels, ncols=4, frameon=False, fontsize=8.5, **where)
    return few_colours(png(figure))


def few_colours(picture: bytes) -> bytes:
    """The same picture in ``COLOURS`` colours: a fraction of the bytes."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    out = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _ndvi(axes: Axes, seen: Seen, onset: np.datetime64 | None) -> None:
    curve = seen.curve
    days = curve.days.astype("datetime64[D]")
    axes.fill_between(days, curve.own_low, curve.own_high, color=OWN, linewidth=0,
                      label="its own past at this season")  # fmt: skip
    axes.fill_between(days, curve.neighbours_low, curve.neighbours_high, color=NEAR, alpha=0.3,
                      linewidth=0, label="neighbours that day (middle half)")  # fmt: skip
    since = _since(seen, onset)
    for chosen, colour, name in (
        (~since, GREEN, "look before the change"),
        (since, FOR, "look since then"),
    ):
        axes.plot(days[chosen], curve.ndvi[chosen], "o", markersize=3.6, color=colour, label=name)
    axes.set_ylim(-0.3, 1.0)
    axes.tick_params(labelbottom=False)
    _plain(axes, "NDVI (greenness)")


def _since(seen: Seen, onset: np.datetime64 | None) -> np.ndarray:
    """Looks since the true onset; where nothing was converted, since the date that was given."""
    given = seen.verdict.date_to if seen.verdict is not None else None
    first = onset if onset is not None else given
    days = seen.curve.days.astype("datetime64[D]")
    return days >= first if first is not None else np.zeros(days.size, np.bool_)


def _novelty(axes: Axes, seen: Seen, by: Detection) -> None:
    days = seen.curve.days.astype("datetime64[D]")
    shown = np.clip(seen.novelty, 0, HIGHEST)
    past = days < seen.after
    for chosen, colour in ((past, AGAINST), (~past, INK)):
        axes.vlines(days[chosen], 0, shown[chosen], color=colour, linewidth=1.6)
    axes.axhline(by.novel, color=FOR, linewidth=1, linestyle="--")
    axes.text(days[0], by.novel + 0.2, "novel from here", fontsize=8, color=FOR)
    axes.set_ylim(0, HIGHEST)
    locator = AutoDateLocator(maxticks=10)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    _plain(axes, "Novelty of each look (1 = what the past itself varies by)")


def _lines(axes: Axes, seen: Seen, onset: np.datetime64 | None, *, named: bool) -> None:
    """The period after, the true onset and the dates given."""
    edge, verdict = axes.get_xaxis_transform(), seen.verdict
    axes.axvline(seen.after, color=FAINT, linewidth=1, linestyle=":")
    marks = [(seen.after, "judged from here", FAINT, 0)]
    if onset is not None:
        axes.axvline(onset, color=INK, linewidth=1.5)
        marks.append((onset, "true onset", INK, 1))
    if verdict is not None:
        first = verdict.date_from if verdict.date_from is not None else verdict.date_to
        width = max(verdict.date_to, first + np.timedelta64(2, "D"))
        axes.axvspan(first, width, color=FOR, alpha=0.3, linewidth=0)
        said = "dates given" if verdict.listed else "dates it would give"
        marks.append((verdict.date_to, said, FOR, 2))
    for day, said, colour, line in marks if named else ():
        height = 1.02 + 0.085 * line
        axes.text(day, height, said, fontsize=8, color=colour, ha="right", transform=edge)


def _bars(axes: Axes, verdict: Verdict, by: Detection) -> None:
    """What each number added, and what that makes."""
    names = ("base", *WEIGHED)
    odds = np.array([verdict.evidence.odds[name] for name in names])
    at = np.arange(len(names))[::-1]
    axes.barh(at, odds, color=np.where(odds > 0, FOR, AGAINST), height=0.7)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(at, ["to begin with", *(_named(name, verdict) for name in WEIGHED)])
    axes.set_xlim(-6, 4)
    _plain(axes, "")
    axes.tick_params(axis="y", labelsize=8, length=0)
    together = f"{odds.sum():+.1f} → confidence {verdict.evidence.confidence:.2f}"
    axes.set_title("Evidence, log odds", fontsize=9.5, loc="right", pad=18, **STYLE)
    axes.text(1, 1.02, together, fontsize=8.5, ha="right", transform=axes.transAxes, **STYLE)
    axes.text(1, -0.115, f"listed from {by.listed_confidence:g}, "
              f"confirmed from {by.confirmed_confidence:g}", fontsize=8, ha="right",
              transform=axes.transAxes, color=FAINT)  # fmt: skip


def _named(name: str, verdict: Verdict) -> str:
    """The number with its name."""
    value = getattr(verdict.evidence, name)
    shown = "–" if np.isnan(value) else f"{value:.0f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{words.in_short(name).en}  {shown}"


def _plain(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=9.5, loc="left", pad=4, **STYLE)
    axes.tick_params(labelsize=8, colors=FAINT, length=2)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y" if title else "x", color="#E6EAE7", linewidth=0.7)


def _odds(confidence: float) -> float:
    """Log odds of a confidence."""
    return math.log(confidence / (1 - confidence))


def worth(by: Detection) -> bytes:
    """The curves of the rules: number to log odds, one panel for each."""
    figure = Figure(figsize=(10, 5.6), dpi=90, facecolor="white")
    panels = figure.subplots(3, 5, sharey=True).ravel()
    for axes, name in zip(panels, WEIGHED, strict=False):
        at, odds = zip(*getattr(by, f"odds_{name}"), strict=True)
        axes.axhline(0, color=FAINT, linewidth=0.8)
        axes.plot(at, odds, "o-", color=FOR, markersize=3, linewidth=1.6)
        _plain(axes, words.in_short(name).en)
    for axes in panels[len(WEIGHED) :]:
        axes.set_axis_off()
    listed, sure = (_odds(least) for least in (by.listed_confidence, by.confirmed_confidence))
    said = (
        "Up: log odds for a change.\nAcross: the number itself.\nLevel beyond the ends.\n"
        f"To begin with: {by.odds_base:+.2f}.\n"
        f"Listed from {listed:+.1f}, confirmed\nfrom {sure:+.1f} together."
    )
    figure.text(0.64, 0.1, said, fontsize=10, linespacing=1.5, **STYLE)
    figure.subplots_adjust(0.04, 0.06, 0.98, 0.94, wspace=0.12, hspace=0.5)
    return few_colours(png(figure))
