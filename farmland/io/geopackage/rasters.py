"""How rasters look in QGIS: a style beside each file, under its name, which QGIS loads by itself.

The same elements stand in the saved project. Words are in both languages, because a raster has one
style only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from markupsafe import Markup

from farmland.io.drafts import replacing
from farmland.io.geopackage import documents
from farmland.periods import Period
from farmland.rules import Words
from farmland.rules.indices import INDICES

PEAK = re.compile(r"ndvi_peak_(before|after)_(\d+)[.]tif")
"""Maps of the greenest look, as they lie in the folder of a result."""

FOLDER = "cogs"

PERIODS = {
    "after": Words("NDVI peak, period after", "后时段 NDVI 峰值"),
    "before": Words("NDVI peak, period before", "前时段 NDVI 峰值"),
}
"""The later period first: it lies on top."""

RAMP = ("#F2EAD8", "#E3D6A3", "#B9C86F", "#6FAE58", "#2E8450", "#0F5440")
"""From bare to densely green. Lightness falls step by step and the hue goes from sand to blue
green, so that the order stays visible to people who do not tell red from green, and in print."""

GREEN_STEPS = (0.1, 0.25, 0.4, 0.55, 0.7, 0.85)
"""NDVI at the colours of the ramp."""

GREEN_WORDS = (
    Words("bare, built, water", "裸地、建成、水体"),
    Words("sparse", "稀疏"),
    Words("", ""),
    Words("growing", "生长"),
    Words("", ""),
    Words("dense", "茂密"),
)

SPREAD = (0.05, 0.25, 0.45, 0.6, 0.75, 0.95)
"""Places of the colours within the range of any other index."""

COUNTS = ("#F4F6F8", "#7FA6C4", "#1F4E79")
"""Numbers of looks."""

DAYS = ("#FBE3C0", "#F0A875", "#CC6373", "#833F7B", "#33295F")
"""Days of looks, the later the darker, in hues that no vegetation index has."""

BRIGHT = 0.2
"""Reflectance that is shown white: fields are dark, and roofs may burn out."""

PICTURE = ("red", "green", "blue")


@dataclass(frozen=True, slots=True)
class Step:
    """One colour of a ramp."""

    value: float
    colour: str
    label: str


@dataclass(frozen=True, slots=True)
class Peak:
    """A map of the greenest look that lies beside a result."""

    name: str
    """Of the file; made by us, so that it can stand in a project as it is."""
    period: str
    """``before`` or ``after``."""
    epsg: int


def _is_green(band: str) -> bool:
    """Whether an index runs from bare to green on the scale of NDVI."""
    return band in {"ndvi", "evi", "evi2", "savi", "msavi", "osavi"}


def pipe(bands: Sequence[str], period: Period | None = None) -> Markup:
    """Elements of the style of a raster with these bands; empty where QGIS had better choose.

    ``period``: of the looks; a raster of days counts from its first.
    """
    if set(PICTURE) <= set(bands):
        order = [bands.index(name) + 1 for name in PICTURE]
        return documents.render("picture.qml", bands=order, top=BRIGHT)
    steps = _days(period) if bands[0] == "day" and period else _steps(bands[0])
    return documents.render("raster.qml", steps=steps) if steps else Markup()


def dress(path: Path, bands: Sequence[str], period: Period | None = None) -> None:
    """Write ``<name>.qml`` beside the raster ``<name>.tif``.

    ``period``: of the looks; a raster of days counts from its first.

    Raises
    ------
    Unreachable, UnusableInput
        When the disk is full or refuses.
    """
    found = pipe(bands, period)
    if not found:
        return
    target = path.with_suffix(".qml")
    text = (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="3.22.0" styleCategories="AllStyleCategories">\n{found}</qgis>\n'
    )
    with replacing(target) as draft:
        draft.write_text(text, "utf-8")


def beside(folder: Path) -> tuple[Peak, ...]:
    """Peak maps in the folder of a result, as they lie over one another."""
    found = [PEAK.fullmatch(path.name) for path in (folder / FOLDER).glob("*.tif")]
    peaks = [Peak(match[0], match[1], int(match[2])) for match in found if match]
    order = list(PERIODS)
    return tuple(sorted(peaks, key=lambda peak: (order.index(peak.period), peak.epsg)))


def _steps(band: str) -> list[Step]:
    if _is_green(band):
        return [
            Step(value, colour, " ".join(filter(None, (f"{value:.2f}", words.zh, words.en))))
            for value, colour, words in zip(GREEN_STEPS, RAMP, GREEN_WORDS, strict=True)
        ]
    if band == "clear":
        return [
            Step(value, colour, f"{value}")
            for value, colour in zip((0, 5, 15), COUNTS, strict=True)
        ]
    index = next((each for each in INDICES.values() if each.name.lower() == band), None)
    if index is None:
        return []
    low, high = index.shown
    values = [low + share * (high - low) for share in SPREAD]
    labels = [f"{value:.2f}" for value in values]
    if high < index.range[1]:
        labels[-1] = f"≥ {labels[-1]}"
    return [
        Step(value, colour, label)
        for value, colour, label in zip(values, RAMP, labels, strict=True)
    ]


def _days(period: Period) -> list[Step]:
    """Steps that say the days by their dates; few days have few steps."""
    last, most = period.days - 1, len(DAYS) - 1
    few = max(min(last, most), 1)
    return [
        Step(
            round(last * n / few),
            DAYS[n * most // few],
            (period.start + timedelta(days=round(last * n / few))).isoformat(),
        )
        for n in range(few + 1 if last else 1)
    ]
