"""How the ground of a patch behaved before and since it changed, in numbers that last.

Every number is a ratio: to the patch's own bare past, between bands, between pixels, to the bare
fields of the day. A sensor's gain, a brighter sky or another soil moves both sides of it alike.

Dims: p = pixels of the patch, t = looks of the cell, n = looks at the patch, b = bands (blue,
green, red, nir, swir16, swir22).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.detect.ranks import median, medians, quantile
from farmland.kernels import spectral
from farmland.kernels.spectral import SCALE

BLUE, GREEN, RED, NIR, SWIR16, SWIR22 = range(6)

Array = NDArray[np.float64]

BARE_NDVI = 0.30
"""NDVI under which a field shows its soil (DOMAIN 2.5: built, earthwork)."""

WATER_INDEX = -0.08
"""MNDWI or NDWI from which a dark look is water; turbid and mixed water lies just below zero."""

WATER_DARK = -0.75
"""Log of SWIR over that of the own dry soil under which a look may be water: half or less. Wet soil
keeps about half (Lobell & Asner 2002), a roof far more."""

EARLY, LATE, LEAST = 25, 60, 4
"""Days from the start in which works show, days before the last look in which what came of them
does, and the least looks of the latter (DOMAIN 2.5: what is built persists)."""

SHARE = 0.5
"""Share of a patch that must be clear for a look to speak for it."""

NEIGHBOURS, SAMPLE = 5, 3000
"""Bare pixels that make the soil of a day, and the pixels of a cell that are asked."""

FLOOR = 0.02
"""Least reflectance in a ratio, as a share of the own soil: what is darker is noise."""

MEAN_LEAST = 0.01
"""Least mean reflectance of a soil: nothing is divided by less."""


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Looks at the pixels of one patch, oldest first."""

    days: NDArray[np.int32]
    """(n,)"""
    spectra: Array
    """(p, n, b) reflectance; NaN where not clear."""
    soil: Array
    """(n, b) reflectance of the bare fields around on the day; NaN where there were too few."""

    @classmethod
    def of(
        cls,
        values: NDArray[np.int16],
        clear: NDArray[np.bool_],
        days: NDArray[np.int32],
        soil: Array,
        pixels: NDArray[np.int64],
        looks: NDArray[np.int64],
    ) -> Looks:
        """The looks among ``looks`` on which enough of the patch was clear.

        values (p, t, b) counts, clear (p, t), days (t,) and soil (t, b) are those of the cell.
        """
        seen = clear[np.ix_(pixels, looks)]
        enough = seen.mean(axis=0) >= SHARE
        if not enough.any():
            enough = seen.any(axis=0)
        counts = values[np.ix_(pixels, looks[enough])]
        spectra = np.where(seen[:, enough, None], counts * SCALE, np.nan)
        return cls(days[looks[enough]], spectra, soil[looks[enough]])

    @classmethod
    def even(cls, spectra: Array, days: NDArray[np.int32]) -> Looks:
        """Looks at a single even surface: spectra (n, b)."""
        return cls(days, spectra[None], np.full(spectra.shape, np.nan))

    @property
    def medians(self) -> Array:
        """(n, b) of the pixels on each look."""
        return medians(self.spectra)


def bare_soil(values: NDArray[np.int16], clear: NDArray[np.bool_]) -> Array:
    """Median reflectance (t, b) of a cell's bare pixels on each look; NaN with too few of them.

    values (p, t, b) counts, clear (p, t); of a large cell every so-manieth pixel is asked.
    """
    step = max(1, values.shape[0] // SAMPLE)
    counts = spectral.bare(values, clear, step, BARE_NDVI, NEIGHBOURS)
    return np.asarray(counts * np.float32(SCALE), np.float64)


def numbers(since: Looks, past: Looks) -> Mapping[str, float]:
    """Every number of a behaviour by name; NaN = could not be measured.

    ``past``: the looks at the same pixels while they still were what they had been; where there
    are none, the bare fields around stand for it.
    """
    soil, bare = own_soil(past) if past.days.size else _borrowed(since)
    unit = max(float(soil.mean()), MEAN_LEAST)
    now = np.maximum(since.spectra / unit, FLOOR)
    own = np.maximum(soil / unit, FLOOR)
    middle = medians(now)
    first, half, last = windows(since.days)
    out = _colours(own, "own", relative=None)
    for name, looks in (("early", first), ("late", last)):
        out |= _colours(middle[looks], name, own)
        out |= _pixels(now[:, looks], own, name)
    out |= _pixels(now[:, half], own, "since")
    out |= _over_time(middle, own, last, half, since.days)
    out |= _beside(middle, own, since.soil / unit, last, since.days)
    out |= _before(np.maximum(past.spectra[:, bare] / unit, FLOOR))
    return out


def own_soil(past: Looks) -> tuple[Array, NDArray[np.bool_]]:
    """The patch's own dry soil (b,), and the looks (n,) at it: bare and not flooded, if any."""
    middle = past.medians
    ndvi = difference(middle[:, NIR], middle[:, RED], 0.02)
    bare = ndvi < BARE_NDVI
    dry = bare & (difference(middle[:, GREEN], middle[:, SWIR16], 0.02) <= WATER_INDEX)
    for looks in (dry, bare):
        if looks.sum() >= 3:
            return medians(middle[looks]), looks
    barest = ndvi <= quantile(ndvi, 0.2)
    return medians(middle[barest]), barest


def _borrowed(since: Looks) -> tuple[Array, NDArray[np.bool_]]:
    """The soil of the bare fields around, or the patch itself, for want of a past."""
    known = since.soil[~np.isnan(since.soil).any(axis=1)]
    spectra = known if known.shape[0] else since.medians
    return medians(spectra), np.zeros(0, np.bool_)


def _before(spectra: Array) -> dict[str, float]:
    """How uneven and changeable the patch (p, n, b) was while it lay bare; NaN if it never was."""
    if not spectra.size:
        return {"uneven_past": math.nan, "scatter_past": math.nan}
    swir = np.log(medians(spectra[..., SWIR16]))
    return {
        "uneven_past": _uneven(spectra),
        "scatter_past": math.log(float(swir.std()) + 0.01),
    }


def windows(days: NDArray[np.int32]) -> tuple[slice, slice, slice]:
    """The works, all but the first third, and the latest looks, of days (n,) ascending."""
    count = days.size
    early = max(2, int((days < days[0] + EARLY).sum()))
    late = max(int((days >= days[-1] - LATE).sum()), min(count, LEAST))
    return slice(0, early), slice(count // 3, count), slice(count - late, count)


def difference(first: Array, second: Array, least: float = 5 * FLOOR) -> Array:
    """Normalised difference, tamed where both are dark."""
    return np.asarray((first - second) / np.maximum(first + second, least))


def _colours(spectra: Array, name: str, relative: Array | None) -> dict[str, float]:
    """Brightness against the own soil and colours, medians over spectra (n, b)."""
    blue, green, red, nir, swir16, swir22 = np.atleast_2d(spectra).T
    seen = {
        "blue_red": difference(blue, red),
        "green_red": difference(green, red),
        "swir_fall": difference(swir22, swir16),
        "swir_red": difference(swir16, red),
    }
    if relative is not None:
        seen |= {
            "visible": np.log((blue + green + red) / relative[:3].sum()),
            "nir": np.log(nir / relative[NIR]),
            "swir": np.log(swir16 / relative[SWIR16]),
            "nir_swir": difference(nir, swir16),
            "ndvi": difference(nir, red),
            "mndwi": difference(green, swir16),
            "ndwi": difference(green, nir),
        }
    return {f"{key}_{name}": median(value) for key, value in seen.items()}


def _pixels(spectra: Array, own: Array, name: str) -> dict[str, float]:
    """How pixels differ: quantiles over those of spectra (p, n, b)."""
    ever = ~np.isnan(spectra[..., 0]).all(axis=1)
    each = medians(spectra[ever].swapaxes(0, 1))
    swir = np.log(each[:, SWIR16] / own[SWIR16])
    nir = np.log(each[:, NIR] / own[NIR])
    hue = difference(each[:, BLUE], each[:, RED])
    water = difference(each[:, GREEN], each[:, SWIR16])
    bright = np.log(each[:, :3].mean(axis=1))
    seen = {
        "swir_low": quantile(swir, 0.1),
        "swir_high": quantile(swir, 0.9),
        "nir_low": quantile(nir, 0.1),
        "nir_high": quantile(nir, 0.9),
        "hue_low": quantile(hue, 0.1),
        "hue_high": quantile(hue, 0.9),
        "span": quantile(bright, 0.85) - quantile(bright, 0.15),
        "water_high": quantile(water, 0.9),
        "pool": np.mean((water > WATER_INDEX) & (swir < WATER_DARK)),
        "ndvi_spread": difference(each[:, NIR], each[:, RED]).std(),
        "uneven": _uneven(spectra),
    }
    return {f"{key}_{name}": float(value) for key, value in seen.items()}


def _uneven(spectra: Array) -> float:
    """Log of the variation of brightness between pixels, of spectra (p, n, b)."""
    visible = spectra[..., :3].mean(axis=2)
    known = ~np.isnan(visible)
    count = known.sum(axis=0)
    mean = np.where(known, visible, 0.0).sum(axis=0) / count
    apart = np.where(known, visible - mean, 0.0)
    spread = np.sqrt((apart * apart).sum(axis=0) / count) / mean
    return math.log(median(spread) + 0.01)


def _over_time(
    middle: Array, own: Array, last: slice, half: slice, days: NDArray[np.int32]
) -> dict[str, float]:
    """Seasons, water and steadiness of the patch, of its medians (n, b)."""
    ndvi = difference(middle[:, NIR], middle[:, RED])
    visible = np.log(middle[:, :3].sum(axis=1) / own[:3].sum())
    swir = np.log(middle[:, SWIR16] / own[SWIR16])
    index = np.maximum(
        difference(middle[:, GREEN], middle[:, SWIR16]),
        difference(middle[:, GREEN], middle[:, NIR]),
    )
    wet = (index > WATER_INDEX) & (swir < WATER_DARK)
    return {
        "ndvi_low": quantile(ndvi, 0.1),
        "ndvi_high": quantile(ndvi, 0.9),
        "water_since": float(wet[half].mean()),
        "water_late": float(wet[last].mean()),
        "visible_scatter": math.log(float(visible[last].std()) + 0.01),
        "swir_scatter": math.log(float(swir[last].std()) + 0.01),
        "visible_leap": _leap(visible),
        "swir_leap": _leap(swir),
        "age": math.log(max(float(days[-1] - days[0]), 5.0)),
    }


def _leap(values: Array) -> float:
    """Log of the usual step from one look to the next: soil dries and wets, a roof does not."""
    return math.log(median(np.abs(np.diff(values))) + 0.01) if values.size > 1 else 0.0


def _beside(
    middle: Array, own: Array, soil: Array, last: slice, days: NDArray[np.int32]
) -> dict[str, float]:
    """How far the patch darkens and dries with the bare fields of the day (n, b).

    ``wetting``: log SWIR of the patch per log SWIR of theirs, without the trend of either; bare
    earth follows them, sealed ground does not. ``dryness``: log of what scatters beyond that.
    """
    ratio = np.log(middle[last] / np.maximum(soil[last], FLOOR))
    ratio = ratio[~np.isnan(ratio).any(axis=1)]
    green, swir = median(ratio[:, GREEN]), median(ratio[:, SWIR16])
    out = {
        "green_beside": float(green),
        "swir_beside": float(swir),
        "wetting": 0.0,
        "restless": math.nan,
    }
    known = ~np.isnan(soil[:, SWIR16])
    if known.sum() >= 5:
        theirs = np.log(np.maximum(soil[known, SWIR16], FLOOR))
        ours = np.log(middle[known, SWIR16] / own[SWIR16])
        line = np.stack([np.ones(theirs.size), (days[known] - days[0]) / 100.0], axis=1)
        flat = np.eye(theirs.size) - line @ np.linalg.pinv(line)
        theirs, ours = flat @ theirs, flat @ ours
        slope = float(theirs @ ours / (theirs @ theirs + 0.05))
        out |= {
            "wetting": slope,
            "restless": math.log(float((ours - slope * theirs).std()) + 0.01),
        }
    return out
