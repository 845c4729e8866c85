"""Clouds, their shadows and haze as fields of light, correlated over the county."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

import numba
import numpy as np
from numpy.typing import NDArray

CELL_M = 40.0
"""Clouds are drawn at this size and interpolated."""

REACH_M = 1600.0
"""Cloud is drawn this far around the county: no shadow falls farther."""

_SLOPE = 1.45
"""Amplitude of cloud water falls with wave number to this power: power 2.9, between the 5/3 and 3
seen in satellite radiances (Davis et al. 1997, Journal of the Atmospheric Sciences 54:1423)."""


@dataclass(frozen=True, slots=True, eq=False)
class Veil:
    """Light taken and added over the county at ``CELL_M``, and where the shadows fall."""

    cloud: NDArray[np.float32]
    """Opacity 0-1 over the county and ``REACH_M`` around it."""
    haze: NDArray[np.float32]
    shadow_m: tuple[float, float]
    """Vector from a cloud to its shadow: metres east and north."""


def sun(day: date, latitude: float) -> tuple[float, float]:
    """Elevation and azimuth of the sun in degrees at half past ten, local solar time."""
    year = 2 * math.pi * (day.timetuple().tm_yday - 81) / 365.25
    declination = math.radians(23.44 * math.sin(year))
    hour, here = math.radians(-22.5), math.radians(latitude)
    up = math.sin(here) * math.sin(declination)
    up += math.cos(here) * math.cos(declination) * math.cos(hour)
    east = math.cos(declination) * math.sin(-hour)
    north = math.cos(here) * math.sin(declination)
    north -= math.sin(here) * math.cos(declination) * math.cos(hour)
    return math.degrees(math.asin(up)), math.degrees(math.atan2(east, north)) % 360


def veil(
    size_m: tuple[float, float],
    cover: float,
    softness: float,
    haze: float,
    elevation: float,
    azimuth: float,
    rng: np.random.Generator,
) -> Veil:
    """Draw the sky of one pass.

    Parameters
    ----------
    size_m : (float, float)
        Height and width of the county.
    cover : float
        Share of cloud over the wider region.
    softness : float
        How slowly a cloud thins towards its edge.
    haze : float
        Mean strength of haze.
    elevation, azimuth : float
        Of the sun, degrees.
    """
    shape = tuple(int((side + 2 * REACH_M) / CELL_M) + 2 for side in size_m)
    water = correlated(shape, rng)
    threshold = NormalDist().inv_cdf(float(np.clip(1 - cover, 1e-4, 1 - 1e-4)))
    cloud = 1 - np.exp(-np.maximum(water - threshold, 0) * 2.4 / softness)
    mist = np.clip(haze * (1 + 0.6 * correlated(shape, rng)), 0, 0.5) if haze else np.zeros(shape)
    distance = min(rng.uniform(700, 3500) / math.tan(math.radians(max(elevation, 12))), REACH_M)
    way = math.radians(azimuth + 180)
    shadow = (distance * math.sin(way), distance * math.cos(way))
    return Veil(cloud.astype(np.float32), mist.astype(np.float32), shadow)


def correlated(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Correlated noise of mean 0 and standard deviation 1 over a domain twice as wide."""
    size = 2 ** math.ceil(math.log2(2 * max(shape)))
    rows, columns = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
    wave = np.hypot(rows, columns)
    wave[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.standard_normal((size, size))) * wave**-_SLOPE
    field = np.fft.irfft2(spectrum, (size, size))
    field = (field - field.mean()) / field.std()
    top, left = rng.integers(0, size - max(shape) + 1, 2)
    part: NDArray[np.float64] = field[top : top + shape[0], left : left + shape[1]]
    return part


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def sample(
    field: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Bilinear values of ``field`` (cell centres at half numbers) at float positions."""
    height, width = rows.shape
    out = np.empty((height, width), np.float32)
    for i in range(height):
        for j in range(width):
            r = min(max(rows[i, j] - 0.5, 0.0), field.shape[0] - 1.001)
            c = min(max(columns[i, j] - 0.5, 0.0), field.shape[1] - 1.001)
            top, left = int(r), int(c)
            down, right = r - top, c - left
            upper = field[top, left] * (1 - right) + field[top, left + 1] * right
            lower = field[top + 1, left] * (1 - right) + field[top + 1, left + 1] * right
            out[i, j] = upper * (1 - down) + lower * down
    return out
