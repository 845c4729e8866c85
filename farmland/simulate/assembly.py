"""From the map to segments: every piece of ground gets a number, a place and a story."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry import Polygon
from shapely.strtree import STRtree

from farmland.grid import Window
from farmland.simulate.conversions import Converted
from farmland.simulate.fields import Crops, Decoy
from farmland.simulate.ground import Ground, Plots, rank
from farmland.simulate.land import MARGIN_M, Land
from farmland.simulate.layout import SUBPIXEL_M
from farmland.simulate.phases import Phase, Site, new_track, standing

_NEW_TRACKS = 0.04
"""Share of the verges that become a track in the last twelve months: pixels at the edge of a field
change, the field does not."""


def assemble(
    land: Land,
    crops: Crops,
    converted: list[Converted],
    after: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[Ground, NDArray[np.int32], list[Decoy]]:
    """Segments, where they lie, and the fields beside which a new track was made.

    Segment 0 is rough grass wherever nothing else is drawn. ``after`` holds the first and last day
    of the last twelve months.
    """
    common = replace(land.sites[0], area_m2=1e4)
    shapes: list[tuple[Polygon, int]] = []
    owner = [-1]
    stories: list[tuple[int, list[Phase]]] = [(0, [standing("verge", common, rng)])]

    def add(shape: Polygon, field: int, story: list[Phase]) -> None:
        if story:
            stories.append((len(owner), story))
        shapes.append((shape, len(owner)))
        owner.append(field)

    tracks = []
    for piece in land.others:
        story = _between(piece.use, common, after, rng)
        tracks += [(piece.shape, phase.start) for phase in story[1:]]
        add(piece.shape, -1, story)
    for number, field in enumerate(land.fields):
        settled = [] if land.farmed[number] else [_settled(land.sites[number], rng)]
        add(field, number, settled)
    for patch in converted:
        for strip, story in patch.strips:
            add(strip, patch.field, story)
    materials = land.sites[0].materials
    ground = Ground(np.array(owner, np.int32), _plots(land, rng), crops, rank(stories), materials)
    return ground, _raster(land.window, shapes), _beside(land, tracks, after[1])


def _between(
    use: str, site: Site, after: tuple[float, float], rng: np.random.Generator
) -> list[Phase]:
    """What lies between the fields; some verges become a track."""
    story = [standing("verge" if use == "field" else use, site, rng)]
    if use == "verge" and rng.random() < _NEW_TRACKS:
        story.append(new_track(rng.uniform(after[0] + 30, after[1] - 30), site, rng))
    return story


def _beside(land: Land, tracks: list[tuple[Polygon, float]], end: float) -> list[Decoy]:
    """Fields within 5 m of a new track."""
    tree = STRtree(land.fields)
    return [
        Decoy(int(number), "track_edge", start, end)
        for shape, start in tracks
        for number in sorted(tree.query(shape.buffer(5), predicate="intersects"))
    ]


def _settled(site: Site, rng: np.random.Generator) -> Phase:
    """A parcel that has been something else than a field since long before the record."""
    use = str(rng.choice(["orchard", "water", "wood"], p=[0.5, 0.3, 0.2]))
    return standing(use, site, rng)


def _plots(land: Land, rng: np.random.Generator) -> Plots:
    """The particulars of every field's ground."""
    fields, warm = len(land.fields), land.region.evergreen
    return Plots(
        soil=np.array([site.soil for site in land.sites]),
        damp=np.clip(rng.normal(0, 0.08, fields), -0.2, 0.3),
        watered=np.where(rng.random(fields) < (0.3 if warm else 0.5), rng.uniform(0.4, 0.8), 0.0),
        weedy=rng.beta(1.2, 2.2 if warm else 4.0, fields),
        phase=rng.random(fields),
        evergreen=warm,
    )


def _raster(window: Window, shapes: list[tuple[Polygon, int]]) -> NDArray[np.int32]:
    """Segment of every sub-pixel."""
    left, bottom, right, top = window.bounds
    margin = int(MARGIN_M / SUBPIXEL_M)
    height = int((top - bottom) / SUBPIXEL_M) + 2 * margin
    width = int((right - left) / SUBPIXEL_M) + 2 * margin
    raster: NDArray[np.int32] = rasterize(
        shapes,
        (height, width),
        fill=0,
        transform=Affine(SUBPIXEL_M, 0, left - MARGIN_M, 0, -SUBPIXEL_M, top + MARGIN_M),
        dtype="int32",
    )
    return raster
