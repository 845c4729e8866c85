"""The land of a county: fields with their soils, what lies between them, and what all of it shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import from_origin
from shapely.geometry import Polygon, box
from shapely.strtree import STRtree

from farmland.grid import Window
from farmland.simulate.conversions import Converted
from farmland.simulate.covers import Phase, Site, new_track, standing
from farmland.simulate.fields import Crops, Decoy
from farmland.simulate.ground import Ground, Plots, rank
from farmland.simulate.layout import SUBPIXEL_M, Piece, draw
from farmland.simulate.regions import Region
from farmland.simulate.spectra import MATERIALS, Spectrum, variant

MARGIN_M = 60.0
"""Ground is drawn this much beyond the published window, so that shifted pixels find ground."""

_SETTLED = 0.03
"""Share of the register's parcels that have been orchard, pond or wood for years."""

_NEW_TRACKS = 0.04
"""Share of the verges that become a track in the last twelve months: pixels at the edge of a field
change, the field does not."""


@dataclass(frozen=True, slots=True, eq=False)
class Land:
    """Fields and everything else, before anything happens to it."""

    region: Region
    window: Window
    fields: list[Polygon]
    others: list[Piece]
    """Pieces that are no parcels, in drawing order."""
    centres: NDArray[np.float64]
    """Of the fields, metres, shape (fields, 2)."""
    sites: list[Site]
    farmed: list[bool]
    """False: a parcel of the register that has been orchard, pond or wood for years."""


def survey(region: Region, window: Window, rng: np.random.Generator) -> Land:
    """Draw the map and give every field its soil."""
    square = box(*window.bounds)
    pieces = draw(region, square.buffer(MARGIN_M, join_style="mitre"), rng)
    parcels = {id(p) for p in pieces if p.use == "field" and square.contains(p.shape)}
    fields = [piece.shape for piece in pieces if id(piece) in parcels]
    centres = np.array([(field.centroid.x, field.centroid.y) for field in fields])
    subsoil = variant(MATERIALS[str(rng.choice(region.subsoils))], rng, 0.05)
    sites = [
        Site(region, soil, variant(subsoil, rng, 0.08), field.area)
        for soil, field in zip(_soils(region, centres, rng), fields, strict=True)
    ]
    return Land(
        region,
        window,
        fields,
        [piece for piece in pieces if id(piece) not in parcels],
        centres,
        sites,
        [bool(chance > _SETTLED) for chance in rng.random(len(fields))],
    )


def _soils(
    region: Region, centres: NDArray[np.float64], rng: np.random.Generator
) -> list[Spectrum]:
    """Topsoil of every field: belts of soil types, and each field its own tone."""
    names, shares = list(region.soils), np.array(list(region.soils.values()))
    waves = rng.uniform(1 / 3000, 1 / 800, (6, 2)) * rng.choice((-1, 1), (6, 2))
    belt = np.sin(2 * np.pi * (centres @ waves.T + rng.random(6))).mean(axis=1)
    place = np.argsort(np.argsort(belt)) / max(len(belt), 1)
    middles = np.cumsum(shares) - shares / 2
    types = np.array([MATERIALS[name] for name in names])
    near = np.exp(-((place[:, None] - middles) ** 2) / 0.03) + 1e-6
    mixed = near / near.sum(axis=1, keepdims=True) @ types
    return [variant(soil, rng, 0.10) for soil in mixed]


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
    common = Site(land.region, land.sites[0].soil, land.sites[0].subsoil, 1e4)
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
        use = "verge" if piece.use == "field" else piece.use
        story = [standing(use, common, rng)]
        if piece.use == "verge" and rng.random() < _NEW_TRACKS:
            story.append(new_track(rng.uniform(after[0] + 30, after[1] - 30), common, rng))
            tracks.append((piece.shape, story[-1].start))
        add(piece.shape, -1, story)
    for number, field in enumerate(land.fields):
        settled = [] if land.farmed[number] else [_settled(land.sites[number], rng)]
        add(field, number, settled)
    for patch in converted:
        for strip, story in patch.strips:
            add(strip, patch.field, story)
    ground = Ground(np.array(owner, np.int32), _plots(land, rng), crops, rank(stories))
    return ground, _raster(land.window, shapes), _beside(land, tracks, after[1])


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
        transform=from_origin(left - MARGIN_M, top + MARGIN_M, SUBPIXEL_M, SUBPIXEL_M),
        dtype="int32",
    )
    return raster
