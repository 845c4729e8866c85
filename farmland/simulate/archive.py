"""Publication of a county as a static STAC catalog of COGs, in the layout of Earth Search v1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine
from shapely.geometry import mapping

from farmland.grid import PIXEL_M
from farmland.scene import BANDS, SCL
from farmland.simulate.camera import Picture, pictures
from farmland.simulate.county import County
from farmland.simulate.passes import Granule, Publication

COLLECTION = "sentinel-2-l2a"

_EXTENSIONS = "https://stac-extensions.github.io"
_EXTENDS = ("eo/v1.1.0", "projection/v1.1.0", "raster/v1.1.0", "grid/v1.0.0")


def write(county: County, folder: str | Path, clear_below: float | None = None) -> Path:
    """Publish a county as a folder: static STAC catalog, ``parcels.gpkg``, ``truth.gpkg``.

    Parameters
    ----------
    county : County
    folder : path
        Made when it is not there.
    clear_below : float, optional
        Scenes with a smaller share of clear farmland are dropped; by default only those with
        less than a fiftieth.

    Returns
    -------
    Path
        Of ``catalog.json``.
    """
    return publish([county], folder, clear_below)


def publish(
    counties: Sequence[County],
    folder: str | Path,
    clear_below: float | None = None,
    *,
    crs: str = "",
    quantum: int = 1,
) -> Path:
    """Publish several counties in one catalog; returns the path of ``catalog.json``.

    Parameters
    ----------
    counties : sequence of County
        On different tiles.
    folder, clear_below
        As in ``write``.
    crs : str
        Of parcels and truth; that of the first county when empty.
    quantum : int
        Counts are multiples of this (see ``Camera``).
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    items = [
        _write_item(picture, folder)
        for county in counties
        for picture in pictures(county, clear_below, quantum)
    ]
    _write_catalog(items, folder)
    crs = crs or counties[0].crs
    for layer, file in (("parcels", "parcels"), ("truth", "truth")):
        table = joined([getattr(county, layer) for county in counties], crs)
        table.to_file(folder / f"{file}.gpkg", layer=layer, driver="GPKG")
    for layer, frames in (
        ("decoys", [county.decoys for county in counties]),
        ("scenes", [statements(county) for county in counties]),
    ):
        rows = pd.concat(frames, ignore_index=True)
        table = gpd.GeoDataFrame(rows, geometry=[None] * len(rows), crs=crs)
        table.to_file(folder / "truth.gpkg", layer=layer, driver="GPKG")
    return folder / "catalog.json"


def joined(frames: Sequence[gpd.GeoDataFrame], crs: str) -> gpd.GeoDataFrame:
    """Layers of several counties as one, in one CRS."""
    return gpd.GeoDataFrame(pd.concat([f.to_crs(crs) for f in frames], ignore_index=True), crs=crs)


def statements(county: County) -> pd.DataFrame:
    """What is true of every planned item: counts added to its pixels, and how the metadata lie."""
    said = county.sky.publications
    return pd.DataFrame(
        {
            "item_id": [publication.item_id for publication in said],
            "counts_added": [publication.added for publication in said],
            "statement": [publication.statement for publication in said],
            "cloud": [round(publication.flight.cloud, 4) for publication in said],
        }
    )


def _write_item(picture: Picture, folder: Path) -> dict[str, Any]:
    """Write the files of one picture; returns its item."""
    item = describe(picture)
    place = folder / item["id"]
    place.mkdir(exist_ok=True)
    for name in (*BANDS, SCL):
        data = picture.scl if name == SCL else picture.bands[name]
        write_cog(place / f"{name}.tif", data, picture.publication.granule)
    (place / f"{item['id']}.json").write_text(json.dumps(item), "utf-8")
    return item


def write_cog(path: Path, data: NDArray[Any], granule: Granule) -> None:
    """Write one band as a cloud-optimised GeoTIFF; the pixel size follows from the shape.

    A picture smaller than a block of 512 pixels lies in a block that is just large enough: most of
    the time went into packing the nothing around it.
    """
    step = granule.window.height * PIXEL_M / data.shape[0]
    left, _, _, top = granule.window.bounds
    with rasterio.open(
        path,
        "w",
        driver="COG",
        width=data.shape[1],
        height=data.shape[0],
        count=1,
        dtype=data.dtype,
        crs=granule.crs,
        transform=Affine(step, 0, left, 0, -step, top),
        nodata=0,
        compress="DEFLATE",
        predictor="YES" if data.dtype == np.uint16 else "NO",
        level=9 if data.size <= 2**15 else 6,
        blocksize=min(512, -(-max(data.shape) // 128) * 128),
        overviews="AUTO",
        resampling="NEAREST",
    ) as file:
        file.write(data, 1)


def describe(picture: Picture) -> dict[str, Any]:
    """The STAC item of a picture in the layout of Earth Search v1."""
    said = picture.publication
    data: dict[str, NDArray[Any]] = {**picture.bands, SCL: picture.scl}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [f"{_EXTENSIONS}/{name}/schema.json" for name in _EXTENDS],
        "id": said.item_id,
        "collection": COLLECTION,
        "geometry": mapping(picture.footprint),
        "bbox": list(picture.footprint.bounds),
        "properties": _properties(picture),
        "links": [
            _link("root", "../catalog.json"),
            _link("parent", "../collection.json"),
            _link("collection", "../collection.json"),
        ],
        "assets": {name: _asset(name, said, values) for name, values in data.items()},
    }


def _properties(picture: Picture) -> dict[str, Any]:
    """Properties of an item; what the publication does not state is left out."""
    said = picture.publication
    flight, granule = said.flight, said.granule
    when = flight.when.strftime("%Y-%m-%dT%H:%M:%SZ")
    made = f"{flight.when.year + 2 * said.sequence}{when[4:]}"
    take = f"{flight.when:%Y%m%dT%H%M%S}_{flight.number:06d}_N{said.baseline or '00.00'}"
    properties: dict[str, Any] = {
        "datetime": when,
        "created": made,
        "updated": made,
        "platform": flight.platform,
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "gsd": 10,
        "eo:cloud_cover": round(100 * float(np.isin(picture.scl, (8, 9, 10)).mean()), 4),
        "proj:code": granule.crs,
        "proj:epsg": int(granule.crs[5:]),
        "grid:code": f"MGRS-{granule.tile}",
        "s2:datatake_id": f"G{said.item_id[:3]}_{take}",
        "s2:sequence": str(said.sequence),
        "s2:product_type": "S2MSI2A",
    }
    if said.baseline:
        properties["s2:processing_baseline"] = said.baseline
    if said.flag is not None:
        properties["earthsearch:boa_offset_applied"] = said.flag
    return properties


def _asset(name: str, said: Publication, data: NDArray[Any]) -> dict[str, Any]:
    """One asset of an item."""
    window = said.granule.window
    step = window.height * PIXEL_M // data.shape[0]
    left, _, _, top = window.bounds
    asset: dict[str, Any] = {
        "href": f"./{name}.tif",
        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "proj:shape": list(data.shape),
        "proj:transform": [step, 0, left, 0, -step, top],
        "roles": ["data"] if name == SCL else ["data", "reflectance"],
    }
    band: dict[str, Any] = {"data_type": str(data.dtype), "nodata": 0, "spatial_resolution": step}
    if name != SCL and said.offset is not None:
        band |= {"scale": 0.0001, "offset": said.offset}
    if name == SCL or said.offset is not None:
        asset["raster:bands"] = [band]
    if name != SCL:
        asset["eo:bands"] = [{"name": name, "common_name": name}]
    return asset


def _write_catalog(items: list[dict[str, Any]], folder: Path) -> None:
    """``catalog.json`` and ``collection.json`` over the items."""
    root = _link("root", "./catalog.json")
    catalog = {
        "type": "Catalog",
        "id": "farmland-simulated",
        "stac_version": "1.0.0",
        "description": "A simulated county.",
        "links": [root, _link("child", "./collection.json")],
    }
    collection = {
        "type": "Collection",
        "id": COLLECTION,
        "stac_version": "1.0.0",
        "description": "Simulated Sentinel-2 L2A; no real place is shown.",
        "license": "Apache-2.0",
        "extent": _extent(items),
        "links": [
            root,
            _link("parent", "./catalog.json"),
            *(_link("item", f"./{item['id']}/{item['id']}.json") for item in items),
        ],
    }
    (folder / "collection.json").write_text(json.dumps(collection), "utf-8")
    (folder / "catalog.json").write_text(json.dumps(catalog), "utf-8")


def _extent(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Box and interval of all items."""
    boxes = np.array([item["bbox"] for item in items] or [[0.0] * 4])
    times = sorted(item["properties"]["datetime"] for item in items) or [None]
    box = [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]
    return {"spatial": {"bbox": [box]}, "temporal": {"interval": [[times[0], times[-1]]]}}


def _link(relation: str, href: str) -> dict[str, str]:
    kind = "application/geo+json" if relation == "item" else "application/json"
    return {"rel": relation, "href": href, "type": kind}
