"""The obvious way to every number of the kernels: slow, plain, and read against its definition."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farmland.rules.detection import Detection

Array = NDArray[Any]


def third_nearest(spectrum: Array, library: Array) -> float:
    """Third smallest Euclidean distance; infinite with fewer than three."""
    distances = sorted(float(np.linalg.norm(other - spectrum)) for other in library)
    return distances[2] if len(distances) > 2 else math.inf


def nearest(spectrum: Array, centres: Array) -> float:
    """Smallest Euclidean distance; infinite where there is nothing."""
    return min((float(np.linalg.norm(other - spectrum)) for other in centres), default=math.inf)


def leaders(spectra: Array, radius: float) -> Array:
    """Spectra that none before them is near, one at a time."""
    centres: list[Array] = []
    for spectrum in spectra:
        if nearest(spectrum, np.array(centres)) > radius:
            centres.append(spectrum)
    return np.array(centres).reshape(-1, spectra.shape[1])


def witnesses(centres: Array, spectra: Array, parcel: Array, reach: float) -> list[int]:
    """Different parcels with a spectrum near each centre."""
    far = np.linalg.norm(centres[:, None] - spectra, axis=2)
    return [len(set(parcel[near])) for near in far <= reach]


def past(
    series: Array, days: Array, history: Array, usual: Array, season: int, green: float
) -> Array:
    """Novelty (g, t) of the history's looks in the eyes of other seasons."""
    out = np.full(series.shape[:2], np.nan)
    for g, t in np.ndindex(*out.shape):
        spectrum = series[g, t]
        if history[t] and not np.isnan(spectrum[0]) and spectrum[0] <= green:
            other = history & (np.abs(days - days[t]) > season) & ~np.isnan(series[g, :, 0])
            out[g, t] = min(third_nearest(spectrum, series[g, other]), nearest(spectrum, usual))
    return out


def novelty(
    features: Array,
    parcel: Array,
    medians: Array,
    usual: Array,
    unit: float,
    history: Array,
    rank: Array,
    wanted: Array,
    green: float,
) -> Array:
    """Novelty (p, t) without any short cut."""
    out = np.full(features.shape[:2], np.nan)
    for p, t in np.ndindex(*out.shape):
        spectrum, own = features[p, t], parcel[p]
        if not wanted[t] or np.isnan(spectrum[0]):
            continue
        if spectrum[0] > green:
            out[p, t] = 0
            continue
        before = np.concatenate([features[p, history], medians[own, history]])
        far = third_nearest(spectrum, before[~np.isnan(before[:, 0])])
        others = np.delete(medians[:, t], own, axis=0)
        near = sorted(np.linalg.norm(others[~np.isnan(others[:, 0])] - spectrum, axis=1))
        alike = near[rank[t] - 1] if len(near) >= rank[t] else math.inf
        out[p, t] = min(far, alike, nearest(spectrum, usual)) / unit
    return out


def apart(first: float, second: float) -> float:
    """Days between two dates of the year, by trying the years around."""
    return min(abs(first - second + years * 365.25) for years in range(-4, 5))


def own_quantile(
    ndvi: Array,
    wanted: Array,
    days: Array,
    history: Array,
    window: float,
    least: int,
    quantile: float,
) -> Array:
    """Quantile (p, t) of the own past at the season of each wanted look."""
    out = np.full(ndvi.shape, np.nan)
    for p, t in zip(*np.nonzero(wanted), strict=True):
        near = np.array([apart(day, days[t]) <= window for day in days])
        near[t] = False
        values = ndvi[p, near & history]
        values = values[~np.isnan(values)]
        if values.size >= least:
            out[p, t] = np.quantile(values, quantile)
    return out


def medians(features: Array, parcel: Array, parcels: int, share: float) -> Array:
    """Median spectrum (g, t, f) of parcels of which enough was seen."""
    looks, width = features.shape[1:]
    out = np.full((parcels, looks, width), np.nan)
    for g, t in np.ndindex(parcels, looks):
        members = features[parcel == g, t]
        seen = ~np.isnan(members).any(axis=1)
        if seen.any() and seen.sum() >= share * len(members):
            out[g, t] = np.median(members[seen], axis=0)
    return out


def rescue(clear: Array, lonely: Array, least: int, share: float) -> Array:
    """Clear looks, and lonely cloud after the first date from which it is too often for cloud."""
    out = clear.copy()
    for p, t in zip(*np.nonzero(lonely), strict=True):
        alone = lonely[p, t:].sum()
        seen = (lonely | clear)[p, t:].sum()
        if alone >= least and alone >= share * seen:
            out[p, t + 1 :] |= lonely[p, t + 1 :]
    return out


def without_spikes(
    values: Array, clear: Array, days: Array, rise: int, fall: float, reach: int, keep: int
) -> Array:
    """Clear looks without haze and shadow: each is held against the last that stayed before it, or
    the second after it where none did, and the next after it."""
    out = clear.copy()
    for p in range(len(clear)):
        looks = [int(t) for t in np.flatnonzero(clear[p])]
        for i, t in enumerate(looks[: len(looks) - max(keep, 1)]):
            stayed = [s for s in looks[:i] if out[p, s]]
            witnesses = [*(stayed or looks[i + 2 : i + 3])[-1:], looks[i + 1]]
            if all(abs(int(days[t]) - int(days[s])) <= reach for s in witnesses):
                blue, _, _, nir, swir, _ = values[p, t].astype(int)
                others = values[p, witnesses].astype(int)
                haze = blue > others[:, 0].max() + rise
                shadow = nir < fall * others[:, 3].min() and swir < fall * others[:, 4].min()
                out[p, t] = not (haze or shadow)
    return out


def suffix(score: Array, interrupted: float) -> tuple[float, int]:
    """Largest sum of a tail and where it starts: all tails are looked at, longest last."""
    best, start = 0.0, -1
    for t in reversed(range(len(score))):
        total = float(np.nansum(score[t:]))
        if np.isnan(score[t]):
            continue
        if total > best:
            best, start = total, t
        elif total < best - interrupted:
            break
    return best, start


Pixels = frozenset[tuple[int, int]]


def components(values: Array, corners: bool) -> list[Pixels]:
    """Connected pixels of one value other than 0: neighbours are added until none is left."""
    reach = 2 if corners else 1
    free = {(int(y), int(x)) for y, x in zip(*np.nonzero(values), strict=True)}
    found: list[Pixels] = []
    for place in sorted(free):
        if any(place in part for part in found):
            continue
        part = {place}
        while grown := {
            (r, c)
            for r, c in free - part
            if values[r, c] == values[place]
            and any(
                max(abs(r - y), abs(c - x)) == 1 and abs(r - y) + abs(c - x) <= reach
                for y, x in part
            )
        }:
            part |= grown
        found.append(frozenset(part))
    return found


def nested(height: dict[tuple[int, int], float], levels: Array, least: int) -> list[Pixels]:
    """Sets at each level and all pixels, without those of which 0.85 is another's."""
    shape = [max(place[axis] for place in height) + 1 for axis in (0, 1)]
    tried: list[Pixels] = []
    for level in levels:
        reached = np.zeros(shape, int)
        for place, value in height.items():
            reached[place] = value >= level
        tried += components(reached, corners=True)
    found: list[Pixels] = []
    for part in [*tried, frozenset(height)]:
        alike = any(len(part & one) > 0.85 * max(len(part), len(one)) for one in found)
        if len(part) >= least and not alike:
            found.append(part)
    return found


def extents(mask: Array) -> tuple[float, float]:
    """Extents along the axes of a singular value decomposition, the last pixel counted."""
    points = np.argwhere(mask).astype(np.float64)
    points -= points.mean(axis=0)
    axes = np.linalg.svd(points, full_matrices=False)[2] if len(points) > 1 else np.eye(2)
    along, across = np.ptp(points @ axes.T, axis=0) + 1.0
    return float(along), float(across)


def steps(mask: Array) -> Array:
    """Steps of each pixel to the outside: the edge is peeled off, by sides and corners in turn."""
    sheet = np.pad(mask, 1)
    out = np.zeros(sheet.shape, int)
    corners = False
    while sheet.any():
        out += sheet
        inner = sheet.copy()
        for by in (1, -1):
            inner &= np.roll(sheet, by, 0) & np.roll(sheet, by, 1)
            if corners:
                inner &= np.roll(sheet, (by, by), (0, 1)) & np.roll(sheet, (by, -by), (0, 1))
        sheet, corners = inner, not corners
    return out[1:-1, 1:-1]


def count_around(mask: Array, radius: int) -> Array:
    """Set pixels in the square around each, counted one square at a time."""
    out = np.zeros(mask.shape, int)
    for y, x in np.ndindex(*mask.shape):
        rows = slice(max(0, y - radius), y + radius + 1)
        out[y, x] = mask[rows, max(0, x - radius) : x + radius + 1].sum()
    return out


def opened(flags: Array, side: int) -> Array:
    """Bits of flags that fill a square of ``side`` cells; squares are laid one at a time."""
    height, width = flags.shape
    rim = side - 1
    wide = np.pad(flags, rim, constant_values=255)
    out = np.zeros_like(wide)
    for y, x in np.ndindex(height + rim, width + rim):
        square = np.s_[y : y + side, x : x + side]
        out[square] |= np.bitwise_and.reduce(wide[square], axis=None)
    return out[rim : rim + height, rim : rim + width]


def widened(flags: Array, reach: int) -> Array:
    """Bits of flags set anywhere in the square around each cell."""
    out = np.zeros_like(flags)
    for y, x in np.ndindex(*flags.shape):
        rows = slice(max(0, y - reach), y + reach + 1)
        near = flags[rows, max(0, x - reach) : x + reach + 1]
        out[y, x] = np.bitwise_or.reduce(near, axis=None)
    return out


def sky_at_10m(classes: Array, rules: Detection) -> tuple[Array, Array, Array]:
    """Clear, lonely and seen of a classification whose cells are repeated onto pixels of 10 m.

    Every square is summed by itself; its side is an odd number of pixels.
    """
    opening, cloud_reach, shadow_reach, radius = (
        round(length / 10)
        for length in (
            rules.cloud_opening,
            rules.cloud_buffer,
            rules.shadow_buffer,
            rules.lonely_radius,
        )
    )
    cloud, shadow, snow = (
        _opened_by_counting(np.isin(classes, kinds), opening) for kinds in ((8, 9, 10), (3,), (11,))
    )
    seen = classes > 0
    near = (_sums(cloud, cloud_reach) > 0) | (_sums(shadow, shadow_reach) > 0)
    clear = np.isin(classes, (4, 5, 6, 7)) & ~near
    hidden = _sums(cloud | shadow | snow, radius) / np.maximum(_sums(seen, radius), 1)
    return clear, seen & ~clear & (hidden <= rules.lonely_share), seen


def _opened_by_counting(mask: Array, radius: int) -> Array:
    return _sums(_sums(~mask, radius) == 0, radius) > 0


def _sums(mask: Array, radius: int) -> Array:
    """Set pixels in the square around each; outside the image nothing is set."""
    side = 2 * radius + 1
    padded = np.pad(mask, radius)
    rows = np.lib.stride_tricks.sliding_window_view(padded, side, axis=0).sum(axis=2)
    return np.lib.stride_tricks.sliding_window_view(rows, side, axis=1).sum(axis=2)


def lone(asked: Array, hidden: Array, seen: Array, radius: int, share: float) -> Array:
    """Cells asked about with little hidden in the square around, counted one at a time."""
    return asked & (count_around(hidden, radius) <= share * count_around(seen, radius))


def sums_of_distances(spectra: Array) -> dict[int, float]:
    """By look, how far it is from all other looks of (b, t) together; whole looks only."""
    whole = [t for t in range(spectra.shape[1]) if not np.isnan(spectra[:, t]).any()]
    return {t: distance_sum(spectra[:, t], spectra[:, whole]) for t in whole}


def distance_sum(point: Array, spectra: Array) -> float:
    """How far a point (b,) is from all spectra (b, t) together."""
    return float(np.linalg.norm(spectra.astype(float) - point[:, None], axis=0).sum())


def geometric_median(spectra: Array) -> Array:
    """Weiszfeld from the mean, and every spectrum tried as well; spectra (b, t)."""
    point = spectra.mean(axis=1)
    for _ in range(300):
        weights = 1 / np.maximum(np.linalg.norm(spectra - point[:, None], axis=0), 1e-12)
        point = (spectra * weights).sum(axis=1) / weights.sum()
    return min([point, *spectra.T], key=lambda tried: distance_sum(tried, spectra))
