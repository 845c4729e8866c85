"""Pictures of a county: ground and sky through the sensor, classified and counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from farmland.grid import PIXEL_M
from farmland.scene import BANDS
from farmland.simulate.clouds import CELL_M, REACH_M, Veil, sample, sun, veil
from farmland.simulate.county import County
from farmland.simulate.ground import show
from farmland.simulate.land import MARGIN_M
from farmland.simulate.layout import SUBPIXEL_M
from farmland.simulate.mixing import BLUR_M, collect, weights
from farmland.simulate.passes import Granule, Pass, Publication, days_of
from farmland.simulate.spectra import DIFFUSE
from farmland.simulate.view import View

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
    """Takes pictures of one county; keeps what is the same for every scene.

    ``quantum``: counts are rounded to multiples of this, which makes a small archive smaller; at 8
    the rounding (standard deviation 2.3 counts) stays far below the noise (15 and more).
    """

    def __init__(self, county: County, quantum: int = 1) -> None:
        self.county = county
        self.quantum = quantum
        self.shares = weights(BLUR_M * county.world.noise)
        self._views: dict[Granule, View] = {}
        self._farmland = int(self._view(county.sky.publications[0].granule).farmland.sum())

    def take(self, publication: Publication, clear_below: float | None = None) -> Picture | None:
        """The picture of one publication, or ``None`` when too little farmland is clear.

        ``clear_below`` is the least share of the county's farmland that must be clear; by default
        a picture with less than a fiftieth is left out.
        """
        view, flight = self._view(publication.granule), publication.flight
        least = 0.02 if clear_below is None else clear_below
        sky = self._sky(flight)
        cloud = sample(sky.cloud, *view.positions(CELL_M, REACH_M))
        seen = view.inside(flight.partial)
        # The classification never finds more clear land than there is under thin or no cloud.
        if ((cloud < 0.75) & view.farmland & seen).sum() < least * self._farmland:
            return None
        rng = np.random.default_rng([self.county.seed, 4, flight.number, publication.sequence])
        light = self._light(view, flight, sky, cloud, rng)
        coarse, opaque = _halve(np.where(seen, light, np.nan)), _halve(cloud[None])[0]
        scl = self.county.world.classify(coarse[:6], opaque, coarse[6], coarse[7], view.luck, rng)
        clear = np.isin(scl, CLEAR).repeat(2, 0).repeat(2, 1) & view.farmland
        share = float(clear.sum() / self._farmland)
        if share < least:
            return None
        bands = {
            name: self._count(light[n] if name in FINE else coarse[n], seen, publication.added, rng)
            for n, name in enumerate(BANDS)
        }
        return Picture(publication, bands, scl, opaque, share, view.footprint(seen))

    def _count(
        self,
        image: NDArray[np.float32],
        seen: NDArray[np.bool_],
        added: int,
        rng: np.random.Generator,
    ) -> NDArray[np.uint16]:
        """Counts as published: noise, 10,000 to a reflectance of one, offset, 0 for no data."""
        level = self.county.world.noise * (0.0015 + 0.006 * image)
        noise = rng.standard_normal(image.shape, np.float32) * level
        counts = np.rint((image + noise) * (10000 / self.quantum)) * self.quantum + added
        valid = seen if image.shape == seen.shape else seen[::2, ::2]
        return np.where(valid, np.clip(counts, 1, 65535), 0).astype(np.uint16)

    def _view(self, granule: Granule) -> View:
        if granule not in self._views:
            self._views[granule] = View(self.county, granule)
        return self._views[granule]

    def _sky(self, flight: Pass) -> Veil:
        county = self.county
        rng = np.random.default_rng([county.seed, 3, flight.number])
        size = (county.window.height * PIXEL_M, county.window.width * PIXEL_M)
        elevation, azimuth = sun(flight.when.date(), county.region.latitude)
        return veil(size, flight.cloud, flight.softness, flight.haze, elevation, azimuth, rng)

    def _light(
        self,
        view: View,
        flight: Pass,
        sky: Veil,
        cloud: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> NDArray[np.float32]:
        """Reflectance at 10 m through the sky, then haze and shadow, shape (8, height, width)."""
        table = show(self.county.ground, days_of(flight), flight.moisture, flight.snow)
        error = self.county.world.noise
        east, south = rng.normal(0, SHIFT_M * error, 2)
        rows, columns = view.positions(SUBPIXEL_M, MARGIN_M, south, east)
        values = collect(self.county.segments, table, rows, columns, self.shares)
        light = values[:6] + values[6:] * (error * view.pattern(flight.when.year))
        light *= _gain(flight, self.county.region.latitude, error, rng)[:, None, None]
        haze = sample(sky.haze, *view.positions(CELL_M, REACH_M))
        place = view.positions(CELL_M, REACH_M, sky.shadow_m[1], -sky.shadow_m[0])
        shadow = sample(sky.cloud, *place) * (1 - cloud)
        materials = self.county.ground.materials
        top = materials["cloud"] * rng.uniform(0.8, 1.15)
        for band in range(6):
            layer = light[band]
            layer *= 1 - shadow * np.float32(1 - DIFFUSE[band])
            layer += haze * (np.float32(materials["haze"][band]) - layer)
            layer += cloud * (np.float32(top[band]) - layer)
        return np.concatenate((light, haze[None], shadow[None]))


def _gain(
    flight: Pass, latitude: float, error: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Radiometric error of the scene and the brightness of its viewing direction, per band.

    2 % in common and 1 % per band (Sentinel-2 L1C requirement 3 %, Gascon et al. 2017, Remote
    Sensing 9:584); the two orbits look from opposite sides: 3-6 % between them (Roy et al. 2017,
    RSE 199:25).
    """
    elevation, _ = sun(flight.when.date(), latitude)
    side = (0.012 + 0.018 * np.cos(np.radians(elevation))) * (1 if flight.orbit else -1)
    gain = (1 + rng.normal(0, 0.02 * error)) * (1 + rng.normal(0, 0.01 * error, 6)) * (1 + side)
    return np.asarray(gain, np.float32)


def _halve(layers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of 2 x 2 pixels."""
    count, height, width = layers.shape
    mean: NDArray[np.float32] = layers.reshape(count, height // 2, 2, width // 2, 2).mean((2, 4))
    return mean


def pictures(
    county: County, clear_below: float | None = None, quantum: int = 1
) -> Iterator[Picture]:
    """All pictures of a county in order of time, without those that show too little farmland."""
    camera = Camera(county, quantum)
    for publication in county.sky.publications:
        picture = camera.take(publication, clear_below)
        if picture is not None:
            yield picture
