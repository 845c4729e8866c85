"""The curves of a cell: whole parcels, and large parts that went another way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.detect.ranks import medians
from farmland.detect.signals import Signals
from farmland.kernels import season
from farmland.kernels.patches import sets
from farmland.rules.rhythm import Rhythm
from farmland.stack import Stack


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """NDVI of whole parcels and of parts; n = curves, t = looks."""

    ndvi: NDArray[np.float32]
    """(n, t) medians; NaN where too little was clear."""
    parcel: NDArray[np.int32]
    """(n,) position in the cell."""
    pixels: tuple[NDArray[np.int64], ...]
    """n times positions in the stack, ascending."""
    judged: tuple[NDArray[np.int64], ...]
    """Those of them that speak for it: the full ones where there are some, or all."""


def curves(stack: Stack, read: Signals, end: int, rules: Rhythm) -> Curves:
    """Curves of the parcels that are large enough, then of parts that left the rest of theirs."""
    ndvi = read.ndvi
    order = np.argsort(stack.parcel, kind="stable")
    edges = np.searchsorted(stack.parcel[order], np.arange(len(stack.cell.parcels) + 1))
    lines, parcels, pixels = [], [], []
    since = np.flatnonzero(read.days > end - rules.least_days)
    for g, curve in enumerate(read.parcel_ndvi):
        members = np.sort(order[edges[g] : edges[g + 1]])
        full = int(stack.full[members].sum())
        if full < rules.pixels:
            continue
        lines.append(curve)
        parcels.append(g)
        pixels.append(members)
        if full >= 2 * rules.pixels and since.size >= rules.looks:
            for part, line in _parts(stack, read, ndvi, members, since, rules):
                lines.append(line)
                parcels.append(g)
                pixels.append(part)
    table = np.array(lines, np.float32).reshape(len(lines), read.days.size)
    kept = tuple(one[stack.full[one]] if stack.full[one].sum() >= 4 else one for one in pixels)
    return Curves(table, np.array(parcels, np.int32), tuple(pixels), kept)


def _parts(
    stack: Stack,
    read: Signals,
    ndvi: NDArray[np.float32],
    members: NDArray[np.int64],
    since: NDArray[np.int64],
    rules: Rhythm,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Yield the two sides into which a parcel falls since, where they once were alike."""
    side = _sides(ndvi[np.ix_(members, since)])
    if min(side.sum(), side.size - side.sum()) < rules.pixels:
        return
    both = (
        season.medians(
            read.features[members][:, :, :1], side.astype(np.int32), 2, rules.clear_share
        )[:, :, 0]
        * read.noise[0]
    )
    gap = both[1] - both[0]
    now, past = _spread(gap[since]), _spread(gap[read.history])
    if not now >= max(rules.parted, rules.parted_rise * past):
        return
    for one in (side, ~side):
        part = _largest(stack, members[one])
        if stack.full[part].sum() >= rules.pixels:
            zero = np.zeros(part.size, np.int32)
            line = season.medians(read.features[part][:, :, :1], zero, 1, rules.clear_share)
            yield part, np.asarray(line[0, :, 0] * read.noise[0])


def _sides(ndvi: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Side (p,) of each pixel by the first principal component of NDVI (p, t), unseen = middle."""
    seen = ~np.isnan(ndvi).all(axis=0)
    middle = medians(ndvi[:, seen])
    off = np.nan_to_num(ndvi[:, seen] - middle, nan=0.0).astype(np.float64)
    off -= off.mean(axis=0)
    axis = np.linalg.eigh(off.T @ off)[1][:, -1]
    along = off @ axis
    cut = float(along.min() + along.max()) / 2
    for _ in range(5):  # two means; they settle in a few rounds
        low, high = along[along <= cut], along[along > cut]
        if not low.size or not high.size:
            break
        cut = float(low.mean() + high.mean()) / 2
    return np.asarray(along > cut)


def _spread(gap: NDArray[np.float32]) -> float:
    """Root mean square of a difference (t,); NaN with fewer than four looks."""
    known = gap[~np.isnan(gap)]
    return float(np.sqrt(np.mean(known * known))) if known.size >= 4 else float("nan")


def _largest(stack: Stack, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The largest connected set among some pixels, ascending."""
    every = np.ones(pixels.size, np.bool_)
    labels = sets(stack.rows[pixels], stack.columns[pixels], every, 1)
    return np.sort(pixels[labels == np.argmax(np.bincount(labels))])
