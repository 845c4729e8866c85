"""Pictures beside the result: the overview, and one picture for each patch with its evidence."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.image import imsave
from matplotlib.patches import Patch
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from farmland import layers, palette
from farmland.report import fonts, words
from farmland.report.clues import Clue
from farmland.report.maps import Frame, draw_parcels, outline, png
from farmland.result import Chip, Curve, Evidence, Result
from farmland.rules import Words

INK, FAINT, GREEN = "#22302A", "#6B7A72", "#2C7A2C"

OWN, NEAR = "#C4DFBA", "#6D8FB3"
"""Bands of the own past and of the neighbours."""


def chip_png(chip: Chip) -> bytes:
    """The pixels of a chip as PNG, one to one."""
    buffer = io.BytesIO()
    imsave(buffer, _seen(chip), format="png")
    return buffer.getvalue()


def _seen(chip: Chip) -> NDArray[np.uint8]:
    """Red, green, blue and opacity: what no scene covers is clear, not black."""
    opacity = np.where(chip.rgb.any(axis=2), 255, 0).astype(np.uint8)
    return np.dstack([chip.rgb, opacity])


def overview(result: Result, frames: tuple[Frame, ...], language: str) -> bytes:
    """All frames side by side with headline, legend, scale bars and sources."""
    figure = Figure(figsize=(13.5, 8.2), dpi=130, facecolor="white")
    style: dict[str, Any] = {"fontfamily": fonts.families(), "color": INK}
    found = result.conversions
    said = words.headline(len(found), int((found["stage"] == "confirmed").sum()))
    figure.text(0.04, 0.945, words.TITLE.text(language), fontsize=19, weight="bold", **style)
    figure.text(0.04, 0.905, said.text(language), fontsize=11.5, **style)
    widths = [frame.bounds[2] - frame.bounds[0] for frame in frames]
    room = 0.92 - 0.02 * (len(frames) - 1)
    left = 0.04
    for frame, width in zip(frames, widths, strict=True):
        share = room * width / sum(widths)
        axes = figure.add_axes((left, 0.17, share, 0.71))
        draw_parcels(axes, frame, share * 13.5 * 130)
        _draw_patches(axes, frame)
        _draw_bar(axes, frame, style)
        left += share + 0.02
    _legend(figure, result, language)
    clue = _said(result.run.get("clue"), language)
    sources = f"{words.IMAGERY.text(language)} · {result.run.get('attribution', '')}"
    figure.text(0.04, 0.045, clue, fontsize=9, **(style | {"color": FAINT}))
    figure.text(0.04, 0.02, sources, fontsize=9, **(style | {"color": FAINT}))
    return png(figure)


def evidence(
    item: Evidence, clue: Clue, shapes: Mapping[str, BaseGeometry], language: str
) -> bytes:
    """Before, after and NDVI curve of one patch; ``shapes``: its outline by CRS of the chips."""
    figure = Figure(figsize=(12.4, 3.7), dpi=100, facecolor="white")
    style: dict[str, Any] = {"fontfamily": fonts.families(), "color": INK}
    cover = layers.words("conversions", "cover", clue.cover).text(language)
    stage = layers.words("conversions", "stage", clue.stage).text(language)
    figure.text(0.012, 0.93, f"{cover} · {stage}", fontsize=12.5, weight="bold", **style)
    figure.text(0.988, 0.93, clue.patch_id, fontsize=9, ha="right", **(style | {"color": FAINT}))
    for left, chip, title in (
        (0.012, item.before, words.UI["before"]),
        (0.252, item.after, words.UI["after"]),
    ):
        axes = figure.add_axes((left, 0.02, 0.228, 0.80))
        _draw_chip(axes, chip, title, shapes, style, language)
    axes = figure.add_axes((0.525, 0.2, 0.463, 0.62))
    _draw_curve(axes, item.curve, clue, style, language)
    return png(figure)


def _draw_patches(axes: Axes, frame: Frame) -> None:
    """Confirmed patches filled, candidates hatched inside a broken line."""
    for clue, shape in frame.patches:
        axes.add_collection(
            PathCollection(
                [outline(shape)],
                facecolors=f"{clue.colour}{'DD' if clue.confirmed else '44'}",
                edgecolors=clue.colour,
                linewidths=1.6,
                linestyles="solid" if clue.confirmed else "dashed",
                hatch=None if clue.confirmed else "////",
                zorder=3,
            )
        )


def _draw_bar(axes: Axes, frame: Frame, style: dict[str, Any]) -> None:
    """A scale bar in the lower left corner."""
    left, bottom, right, top = frame.bounds
    length = frame.bar()
    x, y = left + (right - left) * 0.02, bottom + (top - bottom) * 0.02
    axes.plot([x, x + length], [y, y], color=INK, linewidth=2, solid_capstyle="butt")
    label = f"{length // 1000} km" if length >= 1000 else f"{length} m"
    axes.text(x, y + (top - bottom) * 0.012, label, fontsize=8.5, **style)


def _legend(figure: Figure, result: Result, language: str) -> None:
    """Only what is on the map."""
    handles: list[Patch] = []
    pairs = zip(result.conversions["conversion"], result.conversions["cover"], strict=True)
    present = {palette.class_of(conversion, cover) for conversion, cover in pairs}
    for name, colour in palette.CLASSES.items():
        if name in present:
            label = layers.words("conversions", "policy_class", name).text(language)
            handles.append(Patch(facecolor=colour, edgecolor=colour, label=label))
    if (result.conversions["stage"] == "candidate").any():
        label = layers.words("conversions", "stage", "candidate").text(language)
        handles.append(Patch(facecolor="#FFFFFF", edgecolor=FAINT, hatch="////", label=label))
    seen = set(result.parcels["status"]) - {"confirmed", "candidate", "invalid_geometry"}
    for status in (name for name in palette.PARCELS if name in seen):
        label = layers.words("parcels", "status", status).text(language)
        quiet, colour = status == "stable", palette.PARCELS[status]
        face = "#EDF4EC" if quiet else f"{colour}66"
        handles.append(Patch(facecolor=face, edgecolor=colour, label=label))
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.033, 0.07),
        ncols=6,
        frameon=False,
        prop={"family": fonts.families(), "size": 9},
    )


def _draw_chip(
    axes: Axes,
    chip: Chip | None,
    title: Words,
    shapes: Mapping[str, BaseGeometry],
    style: dict[str, Any],
    language: str,
) -> None:
    """One picture with the outline of the patch, or a note that there is none."""
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color("#C9D1CB")
    label = title.text(language)
    if chip is None:
        note = words.UI["no_chip"].text(language)
        axes.text(0.5, 0.5, note, ha="center", fontsize=9, transform=axes.transAxes,
                  **(style | {"color": FAINT}))  # fmt: skip
    else:
        left, bottom, right, top = chip.window.bounds
        axes.imshow(_seen(chip), extent=(left, right, bottom, top), interpolation="nearest")
        for colour, width in (("#000000", 2.6), ("#FFE14D", 1.3)):
            axes.add_collection(
                PathCollection([outline(shapes[chip.crs])],
                               facecolors="none", edgecolors=colour, linewidths=width)
            )  # fmt: skip
        label += f"  {words.day(chip.day.item()).text(language)}"
    axes.set_title(label, fontsize=9.5, loc="left", pad=4, **style)


def _draw_curve(axes: Axes, curve: Curve, clue: Clue, style: dict[str, Any], language: str) -> None:
    """The curve with what it was compared with."""
    days = curve.days.astype("datetime64[D]").astype(object)
    axes.fill_between(days, curve.own_low, curve.own_high, color=OWN, linewidth=0,
                      label=words.UI["key_own"].text(language))  # fmt: skip
    axes.fill_between(days, curve.neighbours_low, curve.neighbours_high, color=NEAR, alpha=0.3,
                      linewidth=0.8, label=words.UI["key_near"].text(language))  # fmt: skip
    since = np.array([clue.date_to is not None and day >= clue.date_to for day in days], bool)
    for chosen, paint, key in ((~since, GREEN, "key_dot"), (since, clue.colour, "key_hit")):
        axes.plot(np.array(days)[chosen], curve.ndvi[chosen], "o", markersize=3.2, color=paint,
                  label=words.UI[key].text(language))  # fmt: skip
    missed = [day for day, value in zip(days, curve.ndvi, strict=True) if np.isnan(value)]
    axes.plot(missed, np.full(len(missed), -0.29), "|", color="#A9B3AD", markersize=4)
    if clue.date_from is not None and clue.date_to is not None:
        axes.axvspan(
            date2num(clue.date_from),
            date2num(clue.date_to),
            color="#22302A",
            alpha=0.14,
            linewidth=0,
        )
    axes.set_ylim(-0.33, 1.0)
    axes.set_title("NDVI", fontsize=9.5, loc="left", pad=4, **style)
    axes.tick_params(labelsize=8, colors=FAINT, length=2)
    axes.grid(axis="y", color="#E6EAE7", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.09), ncols=2, frameon=False,
                prop={"family": fonts.families(), "size": 7.5}, handletextpad=0.4)  # fmt: skip


def _said(value: Any, language: str) -> str:
    """A text of the run in one language."""
    return str(value.get(language, "")) if isinstance(value, dict) else str(value or "")
