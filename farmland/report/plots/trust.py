"""How far a model may be believed: what it foretold on land left out against what was true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from farmland.model import Model
from farmland.report.drawing import FAINT, GREEN, HAIR, INK
from farmland.report.plots.plate import LEFT, Plate, lettering, quiet
from farmland.rules import Words

WIDE, SIDE, GAP = 11.3, 4.6, 1.35
"""Of the plate, of the square of foretold against true, and to the scores, inches."""

SOURCES: Mapping[str, tuple[str, Words]] = {
    "rules": ("#8C8C8C", Words("rules alone", "单用规则")),
    "learned": (GREEN, Words("model", "模型")),
}
"""Who foretold, as :class:`farmland.model.Training` calls them."""

Z = 1.96
"""Of a 95 % interval."""


def picture(model: Model, language: str) -> bytes:
    """Draw the validation of a model as PNG."""
    plate, _ = draw(model, language)
    return plate.png()


def draw(model: Model, language: str) -> tuple[Plate, tuple[Axes, Axes]]:
    """The plate; the axes of foretold and true shares, and those of the scores."""
    told = model.training
    said = Words(
        f"{told.cases:,} cases, {told.agreed:,} of them verified, in {told.blocks:,} blocks of "
        f"{told.block_km:g} km; each block was foretold by what the others taught",
        f"共 {told.cases:,} 例，属实 {told.agreed:,} 例，分布于 {told.blocks:,} 个边长 "
        f"{told.block_km:g} 公里的分块；每个分块由其余分块学得的模型预测",
    )
    note = Words("Bars: 95 % intervals; numbers: cases. On the line a probability is what it says.",
                 "竖线：95% 区间；数字：例数。落在对角线上表示概率与实际相符。")  # fmt: skip
    title = Words("How far the model may be believed", "模型可信程度")
    head, under, foot = (each.text(language) for each in (title, said, note))
    plate = Plate.of(SIDE + 0.5, head, under, foot, WIDE)
    square = plate.axes(LEFT + 0.35, 0.3, SIDE, SIDE)
    scores = plate.axes(LEFT + SIDE + 2 * GAP, 0.3, WIDE - SIDE - 2 * LEFT - 2 * GAP, SIDE)
    _square(square, model, language)
    _scores(scores, model, language)
    plate.legend([
        Line2D([], [], marker="o", color=colour, label=words.text(language))
        for colour, words in SOURCES.values()
    ])  # fmt: skip
    return plate, (square, scores)


def interval(share: float, cases: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    middle = (share + Z**2 / (2 * cases)) / (1 + Z**2 / cases)
    half = Z * np.sqrt(share * (1 - share) / cases + Z**2 / (4 * cases**2)) / (1 + Z**2 / cases)
    return max(0.0, middle - float(half)), min(1.0, middle + float(half))


def _square(axes: Axes, model: Model, language: str) -> None:
    """Foretold to the right, true upward."""
    quiet(axes, grid="both")
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.plot([0, 1], [0, 1], color=HAIR, linewidth=1.2, zorder=1)
    for (name, (colour, _)), shift in zip(SOURCES.items(), (-0.006, 0.006), strict=True):
        bins = model.training.validation[name]["reliability"]
        x = [each["foretold"] + shift for each in bins]
        y = [each["true"] for each in bins]
        for place, each in zip(x, bins, strict=True):
            low, high = interval(each["true"], each["cases"])
            axes.plot([place, place], [low, high], color=colour, linewidth=1.0, alpha=0.6)
        axes.plot(x, y, "-o", color=colour, linewidth=1.4, markersize=6, zorder=3, gid=name)
        for place, height, each in zip(x, y, bins, strict=True):
            side = "left" if name == "learned" else "right"
            axes.annotate(f"{each['cases']}", (place, height), ha=side, va="center",
                          xytext=(7, -8) if side == "left" else (-7, 6), textcoords="offset points",
                          **lettering(7.5, colour))  # fmt: skip
    axes.set_xlabel(FORETOLD.text(language), **lettering(9, FAINT))
    axes.set_ylabel(TRUE.text(language), **lettering(9, FAINT))


def _scores(axes: Axes, model: Model, language: str) -> None:
    """Each score of both on one line from 0 to 1."""
    quiet(axes, grid="x")
    axes.set_xlim(0, 1)
    rows = list(_rows(model.training.validation))
    axes.set_ylim(len(rows) - 0.3, -0.7)
    axes.set_yticks([])
    for place, (name, values) in enumerate(rows):
        known = [value for value in values if value is not None]
        axes.plot([min(known), max(known)], [place, place], color=HAIR, linewidth=3, zorder=1)
        axes.text(-0.05, place, name.text(language), ha="right", va="center", **lettering(9, INK))
        for (source, (colour, _)), value in zip(SOURCES.items(), values, strict=True):
            if value is not None:
                axes.plot([value], [place], "o", color=colour, markersize=8, zorder=3, gid=source)
        for value, colour, above in _labels(values):
            axes.annotate(f"{value:.2f}", (value, place), ha="center", color=colour,
                          xytext=(0, 7 if above else -14), textcoords="offset points",
                          fontsize=8)  # fmt: skip


def _rows(told: Mapping[str, Any]) -> Iterator[tuple[Words, tuple[float | None, ...]]]:
    """Names of scores, and what the rules and the model have."""
    pair = [told[name] for name in SOURCES]
    yield AUC, tuple(each["auc"] for each in pair)
    yield BRIER, tuple(each["brier"] for each in pair)
    at = pair[0]["at"][-1]["threshold"]
    for key, name in (("precision", PRECISION), ("recall", RECALL)):
        words = Words(f"{name.en} at {at:.2f}", f"{name.zh}（≥ {at:.2f}）")
        values = tuple(each["at"][-1][key] for each in pair)
        if any(value is not None for value in values):
            yield words, values


def _labels(values: tuple[float | None, ...]) -> Iterator[tuple[float, str, bool]]:
    """The number of the rules below, that of the model above."""
    for (colour, _), value, above in zip(SOURCES.values(), values, (False, True), strict=True):
        if value is not None:
            yield value, colour, above


FORETOLD, TRUE = (
    Words("foretold probability", "预测概率"),
    Words("share that was true", "实际属实比例"),
)
AUC = Words("AUC (higher is better)", "AUC（越高越好）")
BRIER = Words("Brier score (lower is better)", "Brier 分数（越低越好）")
PRECISION, RECALL = Words("precision", "精确率"), Words("recall", "召回率")
