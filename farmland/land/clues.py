"""The parts of patches by kind of land: the layer ``overlay``, and what governs a patch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from farmland import areas, layers, policy
from farmland.land import cadastre, overlay, parts
from farmland.land.cadastre import LAND, Ground, Told
from farmland.land.overlay import Pieces, Rows
from farmland.land.parts import Parts
from farmland.policy import Decision
from farmland.rules import Rules

NOT_KIND = ("pbf_id",)
"""Columns that do not part a patch: one part may lie on several parcels of protected farmland."""


@dataclass(frozen=True, slots=True, eq=False)
class Clues:
    """Patches with the land that governs them, and their parts."""

    conversions: gpd.GeoDataFrame
    overlay: gpd.GeoDataFrame
    slivers: int
    """Parts too small to count, merged with a neighbour."""
    slivers_m2: float


def told(
    patches: gpd.GeoDataFrame,
    grounds: Mapping[str, Ground],
    own: Told,
    rows: Rows,
    rules: Rules,
    workers: int,
    *,
    is_pbf: bool,
) -> Clues:
    """Lay patches over the layers of land.

    Parameters
    ----------
    patches : GeoDataFrame
        Layer ``conversions``.
    grounds : mapping
        Layers by kind, in the coordinates of the patches.
    own : Told
        What the parcels tell themselves.
    rows : ndarray of intp, shape (patches,)
        Parcel of each patch.
    rules : Rules
    workers : int
        Threads.
    is_pbf : bool
        Whether the parcels are permanent basic farmland themselves.

    Returns
    -------
    Clues
    """
    if patches.empty:
        return Clues(patches, layers.empty(layers.OVERLAY, patches.crs), 0, 0.0)
    shapes = np.asarray(patches.geometry.array, object)
    sheets = [one.sheet for one in grounds.values()]
    pieces = overlay.cut(shapes, sheets, patches.crs, workers) if sheets else _uncut(shapes)
    ground = cadastre.under(pieces, grounds, own, rows[pieces.shape], is_pbf=is_pbf)
    kinds = ground.drop(columns=list(NOT_KIND)).groupby(
        [name for name in ground if name not in NOT_KIND], dropna=False, sort=False
    ).ngroup()  # fmt: skip
    made = parts.of_pieces(
        pieces,
        np.asarray(kinds, np.int64),
        patches.geometry,
        patches["area_m2"].to_numpy(np.float64),
        rules.sizes.agreement_mu * areas.M2_PER_MU,
    )
    of_land = ground["land"].to_numpy(object)[made.piece]
    decided = _decided(patches.iloc[made.shape], of_land, rules)
    table = _table(patches, made, ground, decided)
    governing = _governing(patches, made, of_land, rules)
    governed = _governed(patches, _decided(patches, governing, rules))
    return Clues(governed, table, made.slivers, made.slivers_m2)


def _uncut(shapes: overlay.Shapes) -> Pieces:
    """Every shape in one piece."""
    rows = np.arange(shapes.size)
    return Pieces(rows, np.empty((shapes.size, 0), np.intp), shapes)


def _decided(patches: pd.DataFrame, of_land: Any, rules: Rules) -> list[Decision]:
    """What the rules say of each row on one kind of land."""

    @cache
    def decided(cover: str, on: str, first: Any, last: Any) -> Decision:
        return policy.decide(cover, on, (first, last), rules)

    days = (patches[name].to_numpy("datetime64[D]") for name in ("date_from", "date_to"))
    return [decided(*each) for each in zip(patches["cover"], of_land, *days, strict=True)]


def _table(
    patches: gpd.GeoDataFrame, made: Parts, ground: pd.DataFrame, decided: list[Decision]
) -> gpd.GeoDataFrame:
    """The layer ``overlay``."""
    below = ground.iloc[made.piece].reset_index(drop=True)
    first = np.searchsorted(made.shape, made.shape)
    own = {
        "patch_id": patches["patch_id"].to_numpy(object)[made.shape],
        "part": np.arange(made.shape.size) - first + 1,
        "pbf_id": _ids(made, ground["pbf_id"].to_numpy(object)),
        "policy_class": [one.policy_class for one in decided],
        "rule": [one.rule for one in decided],
        "legacy": [None if one.legacy is None else int(one.legacy) for one in decided],
        "item": [one.item for one in decided],
        "area_m2": made.area_m2,
        "net_m2": areas.net(made.area_m2, below["ridge_share"].to_numpy(np.float64)),
    }
    frame = below.assign(**{name: pd.Series(values) for name, values in own.items()})
    return layers.coerce(
        layers.OVERLAY, gpd.GeoDataFrame(frame, geometry=made.geometry, crs=patches.crs)
    )


def _ids(made: Parts, ids: NDArray[np.object_]) -> list[str | None]:
    """Ids of the parcels of protected farmland under each part, in the order of their file."""
    held: list[dict[str, None]] = [{} for _ in made.shape]
    for part, one in zip(made.of_piece, ids, strict=True):
        if part >= 0 and isinstance(one, str):
            held[part][one] = None
    return [";".join(each) or None for each in held]


def _governing(
    patches: gpd.GeoDataFrame, made: Parts, of_land: NDArray[np.object_], rules: Rules
) -> NDArray[np.object_]:
    """The land that decides for each patch: protected farmland from a size on, else the largest.

    A patch without geometry lies on land that is not known.
    """
    sums = np.zeros((len(patches), len(LAND)))
    kinds = np.array([LAND.index(one) for one in of_land], np.intp)
    np.add.at(sums, (made.shape, kinds), made.area_m2)
    most = np.array(LAND, object)[np.argmax(sums, axis=1)]
    counts = sums[:, LAND.index("pbf")] >= rules.sizes.pbf_counts_from_m2
    governing = np.where(counts, "pbf", most)
    return np.where(sums.any(axis=1), governing, "unknown").astype(object)


def _governed(patches: gpd.GeoDataFrame, decided: list[Decision]) -> gpd.GeoDataFrame:
    """Patches with class, code and rule of the land that governs them."""
    columns = {
        "policy_class": [one.policy_class for one in decided],
        "land_code": [one.land_code or None for one in decided],
        "rule": [one.rule for one in decided],
    }
    return layers.coerce(layers.CONVERSIONS, patches.assign(**columns))
