"""Pictures of a county, and their publication as a static STAC catalog of COGs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry import Polygon, box, mapping
from shapely.ops import transform as reproject

from farmland.grid import PIXEL_M
from farmland.scene import BANDS, SCL
from farmland.simulate.clouds import CELL_M, REACH_M, Veil, sample, sun, veil
from farmland.simulate.county import MARGIN_M, County
from farmland.simulate.ground import show
from farmland.simulate.layout import SUBPIXEL_M
from farmland.simulate.mixing import collect, weights
from farmland.simulate.passes import Granule, Pass, Publication, days_of
from farmland.simulate.scl import classify
from farmland.simulate.spectra import DIFFUSE, MATERIALS

COLLECTION = "sentinel-2-l2a"
FINE = BANDS[:4]
"""Bands at 10 m; the others and SCL are at 20 m."""

SHIFT_M = 3.0
"""Standard deviation of geolocation from scene to scene, about 0.3 pixel (METHODS 2.15)."""

CLEAR = (4, 5, 6, 7)
"""SCL classes that count as clear (DESIGN 2)."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One published granule."""

    publication: Publication
    bands: Mapping[str, NDArray[np.uint16]]
    """Counts; 0 is no data."""
    scl: NDArray[np.uint8]
    cloud: NDArray[np.float32]
    """True opacity of cloud at 20 m: what the SCL should have found."""
    clear_share: float
    """Share of the county's farmland that this granule shows as clear (SCL 4, 5, 6, 7)."""
    footprint: Polygon
    """WGS 84."""


class Camera:
    """Takes pictures of one county; keeps what is the same for every scene."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.shares = weights()
        self._views: dict[Granule, _View] = {}

    def take(self, publication: Publication, clear_below: float | None = None) -> Picture | None:
        """The picture of one publication, or ``None`` when too little farmland is clear.

        ``clear_below`` is the least share of the county's farmland that must be clear; by default
        a picture without any clear farmland is left out.
        """
        view = self._view(publication.granule)
        flight = publication.flight
        least = 0.002 if clear_below is None else clear_below
        sky = self._sky(flight)
        cloud = sample(sky.cloud, *view.positions(CELL_M, REACH_M))
        seen = view.inside(flight.orbit)
        # The classification never finds more clear land than there is under thin or no cloud.
        if ((cloud < 0.75) & view.farmland & seen).sum() < least * self._farmland:
            return None
        rng = np.random.default_rng([self.county.seed, 4, flight.number, publication.sequence])
        light = self._light(view, flight, sky, cloud, rng)
        return self._develop(view, publication, light, cloud, seen, least, rng)

    @cached_property
    def _farmland(self) -> int:
        """Pixels of farmland in the county's own tile."""
        return int(self._view(self.county.sky.publications[0].granule).farmland.sum())

    def _view(self, granule: Granule) -> _View:
        if granule not in self._views:
            self._views[granule] = _View(self.county, granule)
        return self._views[granule]

    def _sky(self, flight: Pass) -> Veil:
        county = self.county
        rng = np.random.default_rng([county.seed, 3, flight.number])
        size = (county.window.height * PIXEL_M, county.window.width * PIXEL_M)
        elevation, azimuth = sun(flight.when.date(), county.region.latitude)
        return veil(size, flight.cloud, flight.softness, flight.haze, elevation, azimuth, rng)

    def _light(
        self,
        view: _View,
        flight: Pass,
        sky: Veil,
        cloud: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> NDArray[np.float32]:
        """Reflectance at 10 m through the sky, shape (7, height, width): six bands and shadow."""
        table = show(self.county.ground, days_of(flight), flight.moisture, flight.snow)
        east, south = rng.normal(0, SHIFT_M, 2)
        rows, columns = view.positions(SUBPIXEL_M, MARGIN_M, (south, east))
        values = collect(self.county.segments, table, rows, columns, self.shares)
        light = values[:6] + values[6:] * view.pattern(flight.when.year)
        light *= _gain(flight, self.county.region.latitude, rng)[:, None, None]
        haze = sample(sky.haze, *view.positions(CELL_M, REACH_M))
        place = view.positions(CELL_M, REACH_M, (sky.shadow_m[1], -sky.shadow_m[0]))
        shadow = sample(sky.cloud, *place) * (1 - cloud)
        top = MATERIALS["cloud"] * rng.uniform(0.8, 1.15)
        for band in range(6):
            layer = light[band]
            layer *= 1 - shadow * np.float32(1 - DIFFUSE[band])
            layer += haze * (np.float32(MATERIALS["haze"][band]) - layer)
            layer += cloud * (np.float32(top[band]) - layer)
        return np.concatenate((light, shadow[None]))

    def _develop(
        self,
        view: _View,
        publication: Publication,
        light: NDArray[np.float32],
        cloud: NDArray[np.float32],
        seen: NDArray[np.bool_],
        least: float,
        rng: np.random.Generator,
    ) -> Picture | None:
        """Classify, add noise and count."""
        coarse = _halve(np.where(seen, light, np.nan))
        opaque = _halve(cloud[None])[0]
        scl = classify(coarse[:6], opaque, coarse[6], view.luck, rng)
        clear = np.isin(scl, CLEAR).repeat(2, 0).repeat(2, 1) & view.farmland
        share = float(clear.sum() / self._farmland)
        if share < least:
            return None
        bands = {}
        for number, name in enumerate(BANDS):
            image = light[number] if name in FINE else coarse[number]
            noise = rng.standard_normal(image.shape, np.float32) * (0.0015 + 0.006 * image)
            counts = np.rint((image + noise) * 10000) + publication.added
            valid = seen if name in FINE else ~np.isnan(image)
            counts = np.where(valid, np.clip(counts, 1, 65535), 0)
            bands[name] = counts.astype(np.uint16)
        return Picture(publication, bands, scl, opaque, share, view.footprint(seen))


class _View:
    """One granule's pixels in the county's own frame."""

    def __init__(self, county: County, granule: Granule) -> None:
        self.county = county
        self.granule = granule
        window = granule.window
        left, _, _, top = window.bounds
        x = left + PIXEL_M * (np.arange(window.width) + 0.5)
        y = top - PIXEL_M * (np.arange(window.height) + 0.5)
        grid = np.meshgrid(x, y)
        if granule.crs != county.crs:
            there = Transformer.from_crs(granule.crs, county.crs, always_xy=True)
            grid = list(there.transform(*grid))
        self.east = grid[0] - county.window.bounds[0]
        self.south = county.window.bounds[3] - grid[1]
        height, width = window.shape
        tile = int.from_bytes(granule.tile.encode(), "big") % 2**31
        rng = np.random.default_rng([county.seed, 5, tile])
        self.luck = rng.random((height // 2, width // 2), np.float32)
        self.still = rng.standard_normal((height, width), np.float32)
        self.farmland = self._farmland()

    def positions(
        self, cell_m: float, margin_m: float, shift: tuple[float, float] = (0.0, 0.0)
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Rows and columns of pixel centres in cells of ``cell_m``; ``shift`` is south, east."""
        rows = ((self.south + shift[0] + margin_m) / cell_m).astype(np.float32)
        columns = ((self.east + shift[1] + margin_m) / cell_m).astype(np.float32)
        return rows, columns

    def inside(self, orbit: int) -> NDArray[np.bool_]:
        """Pixels of the county that the swath covers; whole 20 m pixels."""
        height, width = (side * PIXEL_M for side in self.county.window.shape)
        here = (self.east > 0) & (self.east < width) & (self.south > 0) & (self.south < height)
        if orbit:
            here &= self.east + 0.22 * self.south > 0.62 * width
        pairs: NDArray[np.bool_] = here.reshape(here.shape[0] // 2, 2, -1, 2).all(axis=(1, 3))
        return pairs.repeat(2, 0).repeat(2, 1)

    def pattern(self, year: int) -> NDArray[np.float32]:
        """Unevenness inside the fields, standard deviation about 1: half stays, half is a year's."""
        place = self.positions(CELL_M, REACH_M)
        smooth = [
            sample(_pattern(self.county, number), *place) for number in (0, year)
        ]
        mixed: NDArray[np.float32] = 0.65 * smooth[0] + 0.45 * smooth[1] + 0.6 * self.still
        return mixed

    def footprint(self, seen: NDArray[np.bool_]) -> Polygon:
        """WGS 84 outline of the pixels that hold data."""
        window = self.granule.window
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        left, top = window.bounds[0], window.bounds[3]
        first, last = rows[0], rows[-1] + 1
        edge = [(left + PIXEL_M * np.flatnonzero(seen[row])[[0, -1]]) for row in (first, last - 1)]
        outline = Polygon(
            [
                (edge[0][0], top - first * PIXEL_M),
                (edge[0][1] + PIXEL_M, top - first * PIXEL_M),
                (edge[1][1] + PIXEL_M, top - last * PIXEL_M),
                (edge[1][0], top - last * PIXEL_M),
            ]
        )
        if not len(columns):
            outline = box(*window.bounds)
        degrees = Transformer.from_crs(self.granule.crs, "EPSG:4326", always_xy=True)
        footprint: Polygon = reproject(degrees.transform, outline)
        return footprint

    def _farmland(self) -> NDArray[np.bool_]:
        shapes = self.county.parcels.geometry.to_crs(self.granule.crs)
        window = self.granule.window
        burnt = rasterize(
            list(shapes), window.shape, transform=Affine(*window.transform), dtype="uint8"
        )
        return np.asarray(burnt == 1)


def _pattern(county: County, number: int) -> NDArray[np.float32]:
    """Correlated field of one year over the county, at the size of cloud cells."""
    from farmland.simulate.clouds import _field

    rng = np.random.default_rng([county.seed, 6, number])
    side = int((max(county.window.shape) * PIXEL_M + 2 * REACH_M) / CELL_M) + 2
    rough = _field((side, side), rng)
    local = rng.standard_normal((side, side))
    return (0.5 * rough + 0.85 * local).astype(np.float32)


def _gain(flight: Pass, latitude: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Radiometric error of the scene and the brightness of its viewing direction, per band.

    2 % in common and 1 % per band (Sentinel-2 L1C requirement 3 %, Gascon et al. 2017, Remote
    Sensing 9:584); the two orbits look from opposite sides: 3-6 % between them (Roy et al. 2017,
    RSE 199:25).
    """
    elevation, _ = sun(flight.when.date(), latitude)
    side = (0.012 + 0.018 * np.cos(np.radians(elevation))) * (1 if flight.orbit else -1)
    gain = (1 + rng.normal(0, 0.02)) * (1 + rng.normal(0, 0.01, 6)) * (1 + side)
    return np.asarray(gain, np.float32)


def _halve(layers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of 2 x 2 pixels."""
    count, height, width = layers.shape
    mean: NDArray[np.float32] = layers.reshape(count, height // 2, 2, width // 2, 2).mean((2, 4))
    return mean


def pictures(county: County, clear_below: float | None = None) -> Iterator[Picture]:
    """All pictures of a county in order of time, without those that show too little farmland."""
    camera = Camera(county)
    for publication in county.sky.publications:
        picture = camera.take(publication, clear_below)
        if picture is not None:
            yield picture


def write(county: County, folder: str | Path, clear_below: float | None = None) -> Path:
    """Publish a county as a folder: static STAC catalog, ``parcels.gpkg``, ``truth.gpkg``.

    Parameters
    ----------
    county : County
    folder : path
        Made when it is not there.
    clear_below : float, optional
        Scenes with a smaller share of clear farmland are dropped; by default only those without
        any.

    Returns
    -------
    Path
        Of ``catalog.json``.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    items = [_write_item(picture, folder) for picture in pictures(county, clear_below)]
    _write_catalog(items, folder)
    write_tables([county], folder)
    return folder / "catalog.json"


def write_tables(counties: list[County], folder: Path, crs: str | None = None) -> None:
    """Parcels and truth of one or more counties, in ``crs`` or that of the first."""
    import pandas as pd

    crs = crs or counties[0].crs

    def joined(name: str) -> gpd.GeoDataFrame:
        frames = [getattr(county, name).to_crs(crs) for county in counties]
        return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=crs)

    joined("parcels").to_file(folder / "parcels.gpkg", layer="parcels", driver="GPKG")
    truth = folder / "truth.gpkg"
    joined("truth").to_file(truth, layer="truth", driver="GPKG")
    decoys = pd.concat([county.decoys for county in counties], ignore_index=True)
    gpd.GeoDataFrame(decoys, geometry=[None] * len(decoys), crs=crs).to_file(
        truth, layer="decoys", driver="GPKG"
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


def write_cog(path: Path, data: NDArray[Any], granule: Granule, level: int = 6) -> None:
    """Write one band as a cloud-optimised GeoTIFF; the pixel size follows from the shape."""
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
        level=level,
        blocksize=512,
        overviews="AUTO",
        resampling="NEAREST",
    ) as file:
        file.write(data, 1)


def describe(picture: Picture) -> dict[str, Any]:
    """The STAC item of a picture in the layout of Earth Search v1."""
    said = picture.publication
    flight, granule = said.flight, said.granule
    satellite = said.item_id[:3]
    when = flight.when.strftime("%Y-%m-%dT%H:%M:%SZ")
    properties: dict[str, Any] = {
        "datetime": when,
        "created": when.replace(when[:4], str(flight.when.year + said.sequence * 2), 1),
        "updated": when.replace(when[:4], str(flight.when.year + said.sequence * 2), 1),
        "platform": flight.platform,
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "gsd": 10,
        "eo:cloud_cover": round(100 * float(np.isin(picture.scl, (8, 9, 10)).mean()), 4),
        "proj:code": granule.crs,
        "proj:epsg": int(granule.crs[5:]),
        "grid:code": f"MGRS-{granule.tile}",
        "s2:datatake_id": f"G{satellite}_{flight.when:%Y%m%dT%H%M%S}_{flight.number:06d}"
        f"_N{said.baseline or '00.00'}",
        "s2:sequence": str(said.sequence),
        "s2:product_type": "S2MSI2A",
    }
    if said.baseline:
        properties["s2:processing_baseline"] = said.baseline
    if said.flag is not None:
        properties["earthsearch:boa_offset_applied"] = said.flag
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [
            "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
            "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
            "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
            "https://stac-extensions.github.io/grid/v1.0.0/schema.json",
        ],
        "id": said.item_id,
        "collection": COLLECTION,
        "geometry": mapping(picture.footprint),
        "bbox": list(picture.footprint.bounds),
        "properties": properties,
        "links": [
            {"rel": "root", "href": "../catalog.json", "type": "application/json"},
            {"rel": "parent", "href": "../collection.json", "type": "application/json"},
            {"rel": "collection", "href": "../collection.json", "type": "application/json"},
        ],
        "assets": {
            name: _asset(name, said, picture.scl if name == SCL else picture.bands[name])
            for name in (*BANDS, SCL)
        },
    }


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
    boxes = np.array([item["bbox"] for item in items]) if items else np.zeros((1, 4))
    times = sorted(item["properties"]["datetime"] for item in items) or [None]
    extent = {
        "spatial": {"bbox": [[*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]]},
        "temporal": {"interval": [[times[0], times[-1]]]},
    }
    root = {"rel": "root", "href": "./catalog.json", "type": "application/json"}
    collection = {
        "type": "Collection",
        "id": COLLECTION,
        "stac_version": "1.0.0",
        "description": "Simulated Sentinel-2 L2A; no real place is shown.",
        "license": "Apache-2.0",
        "extent": extent,
        "links": [
            root,
            {"rel": "parent", "href": "./catalog.json", "type": "application/json"},
            *(
                {
                    "rel": "item",
                    "href": f"./{item['id']}/{item['id']}.json",
                    "type": "application/geo+json",
                }
                for item in items
            ),
        ],
    }
    catalog = {
        "type": "Catalog",
        "id": "farmland-simulated",
        "stac_version": "1.0.0",
        "description": "A simulated county.",
        "links": [root, {"rel": "child", "href": "./collection.json", "type": "application/json"}],
    }
    (folder / "collection.json").write_text(json.dumps(collection), "utf-8")
    (folder / "catalog.json").write_text(json.dumps(catalog), "utf-8")
