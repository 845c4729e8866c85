"""From pixels with evidence to patches: connected, inside one parcel, read as one curve.

Loose on purpose, because a strict confirmer follows (METHODS 3.2): a change is looked for at
several strengths of evidence, so that a house is found whole in a field that also lies bare, and
in whole parcels, where many small signs add up that no single pixel bears.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from farmland.detect import signals as looks
from farmland.detect.ranks import median
from farmland.detect.signals import Signals
from farmland.imagery.stack import Stack
from farmland.kernels import novelty, onset, season, spectral
from farmland.kernels.levels import nested
from farmland.rules.detection import Detection

ALIKE = 0.85
"""Share of the pixels of both in which two patches are one and the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """Connected pixels of one parcel and what they say together; t = looks of the cell."""

    parcel: int
    """Position in the cell."""
    pixels: NDArray[np.int64]
    """Positions in the stack, ascending."""
    bearing: int
    """How many of them bear evidence of their own."""
    series: NDArray[np.float32]
    """(t, f) median features; NaN where less than the look share was clear."""
    novelty: NDArray[np.float32]
    """(t,) NaN in the history and where unseen."""
    past: NDArray[np.float32]
    """(t,) how strange the looks of its own history were, seasons apart; NaN elsewhere."""
    own_low: NDArray[np.float32]
    """(t,) low edge of the own past at the season."""
    own_high: NDArray[np.float32]
    """(t,) high edge."""
    start: int
    """First look of the change."""
    first: int
    """Position in the stack of the pixel that changed first."""

    def ndvi(self, noise: NDArray[np.float32]) -> NDArray[np.float32]:
        """(t,) median NDVI."""
        return np.asarray(self.series[:, spectral.NDVI] * noise[spectral.NDVI])

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(t,) whether the patch had a look."""
        return ~np.isnan(self.series[:, 0])

    @property
    def changed(self) -> NDArray[np.int64]:
        """Looks from the start of the change on."""
        looks = np.flatnonzero(self.seen)
        return looks[looks >= self.start]


def generate(stack: Stack, signals: Signals, rules: Detection) -> Iterator[Patch]:
    """Yield the candidates of a cell, parcel by parcel; several may lie on top of each other."""
    best, starts = onset.suffix(looks.pixel_scores(stack, signals, rules))
    suspected = _whole_parcels(signals, rules) >= rules.candidate_score
    suspected[stack.parcel[best >= rules.candidate_score]] = True
    order = np.argsort(stack.parcel, kind="stable")
    edges = np.searchsorted(stack.parcel[order], np.arange(suspected.size + 1))
    for g in np.flatnonzero(suspected & (np.diff(edges) > 0)):
        members = order[edges[g] : edges[g + 1]]
        for pixels in _connected(stack, members, best, rules):
            yield from _read(signals, int(g), pixels, best, starts, rules)


def _whole_parcels(signals: Signals, rules: Detection) -> NDArray[np.float32]:
    """Evidence (g,) that each parcel has changed as a whole."""
    every = np.arange(signals.medians.shape[0], dtype=np.int32)
    strange = looks.strangeness(signals.medians, every, signals, rules)
    return onset.suffix(looks.scores(strange, signals.parcel_ndvi, signals, rules)[0])[0]


def _connected(
    stack: Stack, members: NDArray[np.int64], best: NDArray[np.float32], rules: Detection
) -> list[NDArray[np.int64]]:
    """Pixels of each candidate among the members of one parcel, the whole of it among them."""
    levels = np.array(sorted(rules.candidate_strengths), np.float32)
    least = rules.smallest_patch_pixels
    rows, columns = stack.rows[members], stack.columns[members]
    inside, starts = nested(rows, columns, best[members], levels, least, ALIKE)
    return [members[inside[first:after]] for first, after in pairwise(starts)]


def _read(
    signals: Signals,
    parcel: int,
    pixels: NDArray[np.int64],
    best: NDArray[np.float32],
    starts: NDArray[np.int32],
    rules: Detection,
) -> Iterator[Patch]:
    """Read the pixels as one curve, once for every day on which the change may have begun."""
    core = pixels[best[pixels] >= median(best[pixels])]
    series = season.together(signals.features, core, rules.look_clear_share)[None]
    strange = looks.strangeness(series, np.array([parcel], np.int32), signals, rules)
    ndvi = np.asarray(series[:, :, spectral.NDVI] * signals.noise[spectral.NDVI])
    score, _ = looks.scores(strange, ndvi, signals, rules)
    begun = _starts(score, strange, ndvi, rules)
    if not begun:
        return
    order = np.where(starts[pixels] < 0, signals.days.size, starts[pixels])
    patch = _curve(signals, parcel, np.sort(pixels), series, strange, rules)
    patch = replace(
        patch,
        bearing=int((best[pixels] >= rules.candidate_score).sum()),
        first=int(pixels[np.argmin(order)]),
    )
    for start in begun:
        yield replace(patch, start=start)


def since(
    signals: Signals, parcel: int, pixels: NDArray[np.int64], start: int, rules: Detection
) -> Patch:
    """The patch of some pixels (ascending) that changed on a look that is known."""
    series = season.together(signals.features, pixels, rules.look_clear_share)[None]
    strange = looks.strangeness(series, np.array([parcel], np.int32), signals, rules)
    return replace(_curve(signals, parcel, pixels, series, strange, rules), start=start)


def _curve(
    signals: Signals,
    parcel: int,
    pixels: NDArray[np.int64],
    series: NDArray[np.float32],
    strange: NDArray[np.float32],
    rules: Detection,
) -> Patch:
    """A patch with its curve (1, t, f) and novelty (1, t), as if it had changed at once."""
    ndvi = np.asarray(series[:, :, spectral.NDVI] * signals.noise[spectral.NDVI])
    low, high = _own_band(ndvi, signals, rules)
    green = float(rules.green / signals.noise[spectral.NDVI])
    past = novelty.past(
        series, signals.days, signals.history, signals.usual, rules.season_apart, green
    )
    return Patch(
        parcel=parcel,
        pixels=pixels,
        bearing=pixels.size,
        series=series[0],
        novelty=strange[0],
        past=np.asarray(past[0] / signals.unit),
        own_low=low,
        own_high=high,
        start=0,
        first=int(pixels[0]),
    )


def _starts(
    score: NDArray[np.float32],
    strange: NDArray[np.float32],
    ndvi: NDArray[np.float32],
    rules: Detection,
) -> list[int]:
    """Looks (one or two) at which a change may have begun: by all evidence, and by colours alone.

    A field may lie fallow for months before it is built on: greenness tells when the crop was
    missed, colours when the ground changed.
    """
    unexpected = np.zeros_like(ndvi[0])
    colours = onset.score(
        strange,
        ndvi,
        np.full_like(ndvi, np.nan),
        unexpected,
        rules.novel,
        rules.novel_span,
        rules.deficit,
        rules.green,
    )
    begun = []
    for evidence in (score, colours):
        best, start = onset.suffix(evidence)
        if best[0] >= rules.candidate_score and int(start[0]) not in begun:
            begun.append(int(start[0]))
    return begun


def _own_band(
    ndvi: NDArray[np.float32], signals: Signals, rules: Detection
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Low and high edge (t,) of the own past at the season of each look, of NDVI (1, t)."""
    wanted = np.ones(ndvi.shape, np.bool_)
    low, high = (
        season.own_quantile(ndvi, wanted, *signals.past_seasons, rules.season_looks, quantile)[0]
        for quantile in (rules.season_quantile, 1 - rules.season_quantile)
    )
    return low, high
