"""A layer of permanent basic farmland of any size, with 46 attributes and some faults in it.

Fields are those of YJJBNTBHTB (DOMAIN 3.1); neighbours share their boundaries vertex for vertex, as
in a survey, so that every overlap was planted.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

CRS = 4526
EAST, NORTH, SIDE = 38_480_000.0, 4_000_000.0, 60.0
"""Where the layer begins, and the mean distance of its corners; metres."""

POINTS = 4
"""Vertices between two corners."""

SHARES = {"bow_tie": 0.002, "missing": 0.001, "moved": 0.002, "again": 0.001, "codes": 0.005}
"""How many of all parcels have each fault."""


def make(count: int, path: Path, seed: int = 1) -> None:
    """Write a layer of about ``count`` parcels as a GeoPackage."""
    draw = np.random.default_rng(seed)
    shapes = outlines(round(count**0.5), draw)
    area = shapely.area(shapes).round(2)
    table = attributes(area, draw)
    plant(shapes, table, draw)
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)
    pyogrio.write_dataframe(frame, path, layer="YJJBNTBHTB", geometry_type="Polygon")


def outlines(side: int, draw: np.random.Generator) -> NDArray[np.object_]:
    """``side`` x ``side`` irregular fields that fill a square without gaps."""
    rows, columns = np.mgrid[0 : side + 1, 0 : side + 1] * SIDE
    corner = np.stack([columns, rows], -1) + draw.uniform(-15, 15, (side + 1, side + 1, 2))
    across = _edges(corner[:, :-1], corner[:, 1:], draw)
    up = _edges(corner[:-1], corner[1:], draw)
    south, north = across[:-1], across[1:]
    west, east = up[:, :-1], up[:, 1:]
    ring = np.concatenate(
        [south[..., :-1, :], east[..., :-1, :], north[..., :0:-1, :], west[..., ::-1, :]], axis=2
    )
    ring = ring.reshape(side * side, -1, 2) + np.array([EAST, NORTH])
    return np.asarray(shapely.polygons(ring))


def _edges(
    begin: NDArray[np.float64], end: NDArray[np.float64], draw: np.random.Generator
) -> NDArray[np.float64]:
    """Crooked lines from corners to corners: (rows, columns, vertices, 2)."""
    place = np.linspace(0, 1, POINTS + 2)[:, None]
    line = begin[..., None, :] * (1 - place) + end[..., None, :] * place
    line[..., 1:-1, :] += draw.uniform(-2, 2, (*line.shape[:-2], POINTS, 2))
    return line


def attributes(area: NDArray[np.float64], draw: np.random.Generator) -> pd.DataFrame:
    """The 46 fields, as a county fills them; persons are invented."""
    count = len(area)
    number = np.arange(count)
    village = np.array([f"4101051{each:02d}2{each % 7:02d}" for each in range(60)])[number % 60]
    code = np.array(["0101", "0102", "0103"])[draw.integers(0, 3, count)]
    share = np.where(code == "0103", 0.0825, 0.05)
    deducted = (area * share).round(2)
    text = {"0101": "水田", "0102": "水浇地", "0103": "旱地"}
    columns = {
        "BSM": [f"4101052110{each:08d}" for each in number],
        "YSDM": "2005010300",
        "XZQDM": village,
        "XZQMC": "河东村",
        "YJJBNTTBBH": [f"41010500000{each:08d}" for each in number],
        "TBBH": [f"{each % 10**8:08d}" for each in number],
        "DLBM": code,
        "DLMC": [text[each] for each in code],
        "QSXZ": "30",
        "QSDWDM": [f"{each}0000000" for each in village],
        "QSDWMC": "河东村村民委员会",
        "ZLDWDM": [f"{each}0000000" for each in village],
        "ZLDWMC": "河东村",
        "YJJBNTTBMJ": area,
        "KCDLBM": "1203",
        "KCXS": share,
        "KCMJ": deducted,
        "YJJBNTMJ": (area - deducted).round(2),
        "GDLX": "PD",
        "GDPDJB": "2",
        "GGBZL": "一般满足",
        "TBXHDM": None,
        "TBXHMC": None,
        "ZZSXDM": "LS",
        "ZZSXMC": "种植粮食作物",
        "GDDB": draw.integers(1, 15, count),
        "GDDJ": draw.integers(1, 10, count),
        "ZLFLDM": "411211111101",
        "FRDBS": "0",
        "SJNF": 2023,
        "CFZR": "某人",
        "ZMC": "一组",
        "ZZRR": "某人",
        "ZRRZJHM": "410105190001010000",
        "ZRRMC": "某人",
        "LXDH": "13000000000",
        "JZDZ": "河东村",
        "BHKSSJ": "2023-01-01",
        "BHJSSJ": None,
        "SJBH": "0001",
        "SJMC": "责任书",
        "ZRSYX": None,
        "WDGD": "是",
        "SFWYYJJBNT": "是",
        "FWDGDHRLY": None,
        "BZ": None,
    }
    return pd.DataFrame(columns, index=range(count))


def plant(shapes: NDArray[np.object_], table: pd.DataFrame, draw: np.random.Generator) -> None:
    """Put faults into a layer, in place; each row gets one at most."""
    rows = draw.permutation(len(shapes))
    faulty = {}
    for fault, share in SHARES.items():
        size = max(1, round(share * len(shapes)))
        faulty[fault], rows = rows[:size], rows[size:]
    for row in faulty["bow_tie"]:
        corners = shapely.get_coordinates(shapes[row])
        corners[[6, 12]] = corners[[12, 6]]
        shapes[row] = shapely.Polygon(corners)
    moved = shapes[faulty["moved"]]
    shapes[faulty["moved"]] = shapely.transform(moved, lambda xy: np.add(xy, 5))
    shapes[faulty["again"]] = shapes[np.maximum(faulty["again"] - 1, 0)]
    shapes[faulty["missing"]] = None
    table.loc[faulty["codes"], "ZZSXDM"] = "JKHF"
