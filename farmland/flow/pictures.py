"""The pictures behind a patch: true colour before and after, on one stretch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from farmland.detect.findings import Finding
from farmland.grid import Window
from farmland.io import bands
from farmland.looks import Look
from farmland.result import Chip, Evidence
from farmland.scene import Scene
from farmland.switches import Field

MOST = 300
"""Patches that get pictures, the most confident first: a report of more is not read."""

AROUND = 20
"""Pixels shown around a patch: 200 m of surroundings tell a yard from a field."""

LARGEST = 240
"""Longest side of a chip in pixels."""

COLOURS = ("red", "green", "blue")


def evidence(
    findings: Sequence[Finding],
    patches: gpd.GeoDataFrame,
    scenes: Sequence[Scene],
    offsets: Mapping[str, int],
) -> dict[str, Evidence]:
    """Curves of all patches and chips of the first ``MOST``, by patch id."""
    by_id = {scene.item_id: scene for scene in scenes}
    order = np.argsort(-patches["confidence"].to_numpy(np.float64), kind="stable")
    pictured = set(order[:MOST].tolist())
    out = {}
    for n, finding in enumerate(findings):
        row = patches.iloc[n]
        pair: tuple[Chip | None, Chip | None] = (None, None)
        if n in pictured:
            ids = (row["scene_before"], row["scene_after"])
            pair = _pair(finding, [by_id.get(name) for name in ids], offsets)
        out[str(row["patch_id"])] = Evidence(str(row["patch_id"]), finding.curve, *pair)
    return out


def shown(
    places: Iterable[Finding | Field], grouped: Sequence[Look]
) -> list[tuple[str | None, str | None]]:
    """Item ids to show of each place: before and after, scenes that hold it."""
    by_day = {look.day.isoformat(): look.scenes for look in grouped}

    def item(place: Finding | Field, day: np.datetime64 | None) -> str | None:
        if day is None:
            return None
        centre = place.window.centre(place.crs)
        order = sorted(
            by_day[str(day)],
            key=lambda scene: (not scene.footprint.covers(centre), scene.crs != place.crs),
        )
        return order[0].item_id

    return [(item(place, place.day_before), item(place, place.day_after)) for place in places]


def _pair(
    finding: Finding, scenes: Sequence[Scene | None], offsets: Mapping[str, int]
) -> tuple[Chip | None, Chip | None]:
    """Both chips on the stretch of the pair; ``None`` where a scene is not there or unreadable."""
    window = _around(finding.window)
    images = [_image(scene, finding.crs, window, offsets) for scene in scenes]
    known = [image[image.min(axis=2) > 0] for image in images if image is not None]
    pixels = np.concatenate(known) if known else np.empty((0, 3))
    if not pixels.size:
        return None, None
    low, high = np.quantile(pixels, 0.01), max(np.quantile(pixels, 0.99), 1200.0)
    days = (finding.day_before, finding.day_after)
    chips = [
        None
        if scene is None or image is None or day is None
        else Chip(scene.item_id, day, finding.crs, window, _stretched(image, low, high))
        for scene, image, day in zip(scenes, images, days, strict=True)
    ]
    return chips[0], chips[1]


def _around(window: Window) -> Window:
    """A window with its surroundings, at most ``LARGEST`` pixels along a side."""
    wide = window.padded(AROUND)
    height, width = min(wide.height, LARGEST), min(wide.width, LARGEST)
    return Window(
        wide.row + (wide.height - height) // 2,
        wide.column + (wide.width - width) // 2,
        height,
        width,
    )


def _image(
    scene: Scene | None, crs: str, window: Window, offsets: Mapping[str, int]
) -> NDArray[np.float64] | None:
    """Counts (y, x, 3) with the offset applied, at least 1; 0 where there is no data."""
    if scene is None:
        return None
    try:
        counts = [bands.read(scene, band, crs, window).values for band in COLOURS]
    except bands.Unread:
        return None
    image = np.stack(counts, axis=2).astype(np.float64)
    there = image > 0
    image[there] = np.maximum(1, image[there] + offsets[scene.item_id])
    return image


def _stretched(image: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    """Counts to 1-255 between two levels, with a gamma that opens dark fields; 0 = no data."""
    share = np.clip((image - low) / max(high - low, 1.0), 0.0, 1.0) ** 0.7
    out = (1 + share * 254).astype(np.uint8)
    out[image.min(axis=2) <= 0] = 0
    return out
