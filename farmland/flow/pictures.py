"""The pictures behind a patch: true colour before, at the change and after, on one stretch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from farmland.detect.findings import Finding
from farmland.grid import Window
from farmland.imagery.looks import Look
from farmland.io import bands
from farmland.progress import Tell, counted, silent
from farmland.result import AROUND, Chip, Evidence, surest
from farmland.scene import Scene
from farmland.tables.switches import Field
from farmland.tiling.tiles import SHEET

LARGEST = 240
"""Longest side of a chip in pixels."""

COLOURS = ("red", "green", "blue")

BRIGHTEST = 1200.0
"""Counts that are shown white at least: a dark field stays dark."""


@dataclass(frozen=True, slots=True)
class _View:
    """A place in a scene."""

    item_id: str
    """``""``: there is no scene to show."""
    crs: str
    window: Window

    def inside(self, whole: Window) -> tuple[slice, slice]:
        """Where it lies in a window that holds it."""
        top, left = self.window.row - whole.row, self.window.column - whole.column
        return slice(top, top + self.window.height), slice(left, left + self.window.width)


def evidence(
    findings: Sequence[Finding],
    patches: gpd.GeoDataFrame,
    scenes: Sequence[Scene],
    grouped: Sequence[Look],
    offsets: Mapping[str, int],
    tell: Tell = silent,
) -> dict[str, Evidence]:
    """Curves of all patches, and chips of the surest, by patch id."""
    by_id = {scene.item_id: scene for scene in scenes}
    by_day = _by_day(grouped)
    views = {
        int(n): tuple(_view(findings[n], day, by_day) for day in _days(findings[n]))
        for n in surest(patches["confidence"].to_numpy(np.float64))
    }
    wanted = {view for trio in views.values() for view in trio if view.item_id in by_id}
    images = _images(wanted, by_id, tell)
    out = {}
    for n, (finding, name) in enumerate(zip(findings, patches["patch_id"], strict=True)):
        chips = _chips(finding, views[n], images, offsets) if n in views else (None,) * 3
        before, onset, after = chips
        out[str(name)] = Evidence(str(name), finding.curve, before, after, onset)
    return out


def shown(
    places: Iterable[Finding | Field], grouped: Sequence[Look]
) -> list[tuple[str | None, str | None]]:
    """Item ids to show of each place: before and after, scenes that hold it."""
    by_day = _by_day(grouped)
    return [
        (_item(place, place.day_before, by_day), _item(place, place.day_after, by_day))
        for place in places
    ]


def _by_day(grouped: Sequence[Look]) -> dict[str, Sequence[Scene]]:
    return {look.day.isoformat(): look.scenes for look in grouped}


def _item(
    place: Finding | Field, day: np.datetime64 | None, by_day: Mapping[str, Sequence[Scene]]
) -> str | None:
    """Item id of the scene of a day that shows a place best: it holds it, in its own grid."""
    if day is None:
        return None
    centre = place.window.centre(place.crs)
    order = sorted(
        by_day[str(day)],
        key=lambda scene: (not scene.footprint.covers(centre), scene.crs != place.crs),
    )
    return order[0].item_id


def _days(finding: Finding) -> tuple[np.datetime64 | None, np.datetime64 | None, np.datetime64]:
    """Days to show: before, at the change where that is a third one, and after."""
    onset = finding.date_to
    alike = onset in (finding.day_before, finding.day_after)
    return finding.day_before, None if alike else onset, finding.day_after


def _view(
    finding: Finding, day: np.datetime64 | None, by_day: Mapping[str, Sequence[Scene]]
) -> _View:
    return _View(_item(finding, day, by_day) or "", finding.crs, _around(finding.window))


def _chips(
    finding: Finding,
    views: Sequence[_View],
    images: Mapping[_View, NDArray[np.uint16]],
    offsets: Mapping[str, int],
) -> tuple[Chip | None, ...]:
    """All chips on one stretch; ``None`` where a scene is not there or unreadable."""
    shown = [
        _reflectance(images[view], offsets[view.item_id]) if view in images else None
        for view in views
    ]
    known = [image[image.min(axis=2) > 0] for image in shown if image is not None]
    pixels = np.concatenate(known) if known else np.empty((0, 3))
    if not pixels.size:
        return (None,) * len(views)
    low, high = np.quantile(pixels, (0.01, 0.99)).tolist()
    return tuple(
        None
        if image is None or day is None
        else Chip(
            view.item_id,
            day,
            view.crs,
            view.window,
            _stretched(image, low, max(high, BRIGHTEST)),
        )
        for view, image, day in zip(views, shown, _days(finding), strict=True)
    )


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


def _images(
    wanted: Iterable[_View], by_id: Mapping[str, Scene], tell: Tell
) -> dict[_View, NDArray[np.uint16]]:
    """Counts (y, x, 3) of what can be read; what lies together in a scene is read at once."""
    together: defaultdict[tuple[object, ...], list[_View]] = defaultdict(list)
    for view in wanted:
        place = view.window.row // SHEET, view.window.column // SHEET
        together[view.item_id, view.crs, *place].append(view)
    images: dict[_View, NDArray[np.uint16]] = {}
    for views in counted(tell, "views", together.values(), len(together)):
        scene = by_id[views[0].item_id]
        images |= _read(scene, views) or {
            view: image for one in views for view, image in _read(scene, [one]).items()
        }
    return images


def _read(scene: Scene, views: Sequence[_View]) -> dict[_View, NDArray[np.uint16]]:
    """Views of one scene; none of them where one lies in a part that can't be read."""
    whole = reduce(Window.union, (view.window for view in views))
    needed = np.zeros(whole.shape, np.bool_)
    parts = {view: view.inside(whole) for view in views}
    for part in parts.values():
        needed[part] = True
    crs = views[0].crs
    try:
        counts = [bands.read(scene, band, crs, whole, needed=needed).values for band in COLOURS]
    except bands.Unread:
        return {}
    return {view: np.stack([image[part] for image in counts], 2) for view, part in parts.items()}


def _reflectance(counts: NDArray[np.uint16], offset: int) -> NDArray[np.float64]:
    """Counts (y, x, 3) with the offset applied, at least 1; 0 where there is no data."""
    image = counts.astype(np.float64)
    there = image > 0
    image[there] = np.maximum(1, image[there] + offset)
    return image


def _stretched(image: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    """Counts to 1-255 between two levels, with a gamma that opens dark fields; 0 = no data."""
    share = np.clip((image - low) / max(high - low, 1.0), 0.0, 1.0) ** 0.7
    out = (1 + share * 254).astype(np.uint8)
    out[image.min(axis=2) <= 0] = 0
    return out
