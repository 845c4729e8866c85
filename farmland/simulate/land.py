"""The land of a county before anything happens to it: fields, their soils, what lies between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon, box

from farmland.grid import Window
from farmland.simulate.layout import Piece, draw
from farmland.simulate.phases import Site
from farmland.simulate.regions import Region
from farmland.simulate.spectra import Spectrum, variant

MARGIN_M = 60.0
"""Ground is drawn this much beyond the published window, so that shifted pixels find ground."""

_SETTLED = 0.03
"""Share of the register's parcels that have been orchard, pond or wood for years."""


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


def survey(
    region: Region,
    window: Window,
    materials: Mapping[str, Spectrum],
    rng: np.random.Generator,
) -> Land:
    """Draw the map and give every field its soil."""
    square = box(*window.bounds)
    pieces = draw(region, square.buffer(MARGIN_M, join_style="mitre"), rng)
    parcels = {id(p) for p in pieces if p.use == "field" and square.contains(p.shape)}
    fields = [piece.shape for piece in pieces if id(piece) in parcels]
    centres = np.array([(field.centroid.x, field.centroid.y) for field in fields])
    subsoil = variant(materials[str(rng.choice(region.subsoils))], rng, 0.05)
    sites = [
        Site(region, soil, variant(subsoil, rng, 0.08), field.area, materials)
        for soil, field in zip(_soils(region, centres, materials, rng), fields, strict=True)
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
    region: Region,
    centres: NDArray[np.float64],
    materials: Mapping[str, Spectrum],
    rng: np.random.Generator,
) -> list[Spectrum]:
    """Topsoil of every field: belts of soil types, and each field its own tone."""
    names, shares = list(region.soils), np.array(list(region.soils.values()))
    waves = rng.uniform(1 / 3000, 1 / 800, (6, 2)) * rng.choice((-1, 1), (6, 2))
    belt = np.sin(2 * np.pi * (centres @ waves.T + rng.random(6))).mean(axis=1)
    place = np.argsort(np.argsort(belt)) / max(len(belt), 1)
    middles = np.cumsum(shares) - shares / 2
    types = np.array([materials[name] for name in names])
    near = np.exp(-((place[:, None] - middles) ** 2) / 0.03) + 1e-6
    mixed = near / near.sum(axis=1, keepdims=True) @ types
    return [variant(soil, rng, 0.10) for soil in mixed]
