"""The curves of a cell: whole parcels, and large parts that went another way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.detect.signals import Signals
from farmland.imagery.stack import Stack
from farmland.kernels import parting, season, spectral
from farmland.kernels.patches import sets
from farmland.rules.rhythm import Rhythm


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
    order = np.argsort(stack.parcel, kind="stable")
    count = len(stack.cell.parcels)
    edges = np.searchsorted(stack.parcel[order], np.arange(count + 1))
    full = np.bincount(stack.parcel[stack.full], minlength=count)
    lines, parcels, pixels = [], [], []
    since = np.flatnonzero(read.days > end - rules.least_days)
    whole = read.parcel_ndvi
    for g in np.flatnonzero(full >= rules.pixels).tolist():
        members = order[edges[g] : edges[g + 1]]
        lines.append(whole[g])
        parcels.append(g)
        pixels.append(members)
        if full[g] >= 2 * rules.pixels and since.size >= rules.looks:
            for part, line in _parts(stack, read, members, since, rules):
                lines.append(line)
                parcels.append(g)
                pixels.append(part)
    table = np.array(lines, np.float32).reshape(len(lines), read.days.size)
    kept = tuple(one[stack.full[one]] if stack.full[one].sum() >= 4 else one for one in pixels)
    return Curves(table, np.array(parcels, np.int32), tuple(pixels), kept)


def _parts(
    stack: Stack,
    read: Signals,
    members: NDArray[np.int64],
    since: NDArray[np.int64],
    rules: Rhythm,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Yield the two sides into which a parcel falls since, where they once were alike."""
    values, noise = read.features[:, :, spectral.NDVI], read.noise[spectral.NDVI]
    side = parting.sides(values, members, since)
    large = int(np.count_nonzero(side))
    if min(large, side.size - large) < rules.pixels:
        return
    now = parting.apart(values, members, side, since, rules.clear_share) * noise
    if not now >= rules.parted:
        return
    history = np.flatnonzero(read.history)
    past = parting.apart(values, members, side, history, rules.clear_share) * noise
    if now < rules.parted_rise * past:
        return
    for one in (side, ~side):
        part = _largest(stack, members[one])
        if stack.full[part].sum() >= rules.pixels:
            zero = np.zeros(part.size, np.int32)
            line = season.medians(read.features[part, :, :1], zero, 1, rules.clear_share)
            yield part, np.asarray(line[0, :, 0] * noise)


def _largest(stack: Stack, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The largest connected set among some pixels, ascending."""
    every = np.ones(pixels.size, np.bool_)
    labels = sets(stack.rows[pixels], stack.columns[pixels], every, 1)
    return np.sort(pixels[labels == np.argmax(np.bincount(labels))])
