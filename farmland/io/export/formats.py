"""One writer for each format; each writes into a place that is nobody's yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import geopandas as gpd

from farmland.delivery import Delivery, Filled
from farmland.io.export import features, shapefile, spreadsheet
from farmland.io.geopackage import wording
from farmland.rules import Words

Notes = tuple[Words, ...]


def file_gdb(delivery: Delivery, path: Path) -> Notes:
    """A File GDB with every table."""
    for filled in delivery.tables:
        features.append(filled, path, "OpenFileGDB", {})
    return ()


def geopackage(delivery: Delivery, path: Path) -> Notes:
    """A GeoPackage with every table and the words of its fields."""
    for filled in delivery.tables:
        title = filled.table.title
        features.append(filled, path, "GPKG", {"IDENTIFIER": f"{title.zh} {title.en}"})
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN")
        wording.prepare(database)
        for filled in delivery.tables:
            for field in filled.table.fields:
                wording.name(database, filled.table.name, field.name, field.title, field.about)
        database.execute("COMMIT")
    return ()


def parquet(delivery: Delivery, folder: Path) -> Notes:
    """A GeoParquet for each table with a geometry, a plain Parquet for others."""
    folder.mkdir()
    for filled in delivery.tables:
        filled.frame.to_parquet(folder / f"{filled.table.name}.parquet", index=False)
    return ()


def geojson(delivery: Delivery, folder: Path) -> Notes:
    """A GeoJSON in WGS 84 for each table with a geometry (RFC 7946), a CSV for others."""
    folder.mkdir()
    for filled in delivery.tables:
        name = filled.table.name
        if filled.table.geometry:
            moved = Filled(filled.table, gpd.GeoDataFrame(filled.frame).to_crs("EPSG:4326"))
            features.write(moved, folder / f"{name}.geojson", "GeoJSON", {"RFC7946": "YES"})
        else:
            spreadsheet.write(filled, folder / f"{name}.csv")
    return (OF_GEOJSON,)


OF_GEOJSON = Words(
    "GeoJSON stands in WGS 84 with seven decimals of a degree, as RFC 7946 wants it; that is "
    "within a metre of CGCS2000.",
    "GeoJSON 按 RFC 7946 采用 WGS 84 坐标，保留七位小数；与 CGCS2000 相差在 1 米以内。",
)

WRITERS: Mapping[str, tuple[str, Callable[[Delivery, Path], Notes]]] = {
    "shp": ("_shp", shapefile.write),
    "gdb": (".gdb", file_gdb),
    "gpkg": (".gpkg", geopackage),
    "parquet": ("_parquet", parquet),
    "geojson": ("_geojson", geojson),
}
"""Ending of the name of what is written, and who writes it."""
