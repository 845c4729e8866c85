"""From pixels with evidence to patches: connected, inside one parcel, read as one curve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.detect.signals import Signals, scale_of
from farmland.kernels import novelty, onset, season, spectral
from farmland.kernels.patches import components
from farmland.rules.detection import Detection
from farmland.stack import Stack

EDGE_SHARE = 0.25
"""Share of a patch's median evidence under which a pixel is no part of it: a mixed pixel at the
edge has some of what its neighbours have, a noisy one beside it has little."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """Connected pixels of one parcel and what they say together; t = looks of the cell."""

    parcel: int
    """Position in the cell."""
    pixels: NDArray[np.int64]
    """Positions in the stack, ascending."""
    series: NDArray[np.float32]
    """(t, f) median features; NaN where less than the look share was clear."""
    novelty: NDArray[np.float32]
    """(t,) NaN in the history and where unseen."""
    score: NDArray[np.float32]
    """(t,) evidence of each look; NaN where there is none."""
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


def generate(
    stack: Stack, signals: Signals, score: NDArray[np.float32], rules: Detection
) -> Iterator[Patch]:
    """Yield the candidates of a cell: loose, because a strict confirmer follows (METHODS 3.2)."""
    best, starts = onset.suffix(score)
    strong = best >= rules.candidate_score
    if not strong.any():
        return
    weak = best >= rules.candidate_score / 2
    for g in np.unique(stack.parcel[strong]):
        members = np.flatnonzero(stack.parcel == g)
        for connected in _connected(stack, members, strong, weak):
            edge = EDGE_SHARE * np.median(best[connected])
            pixels = connected[best[connected] >= edge]
            if pixels.size >= rules.smallest_patch_pixels:
                patch = _read(signals, int(g), pixels, best, starts, rules)
                if patch is not None:
                    yield patch


def _connected(
    stack: Stack,
    members: NDArray[np.int64],
    strong: NDArray[np.bool_],
    weak: NDArray[np.bool_],
) -> Iterator[NDArray[np.int64]]:
    """Pixels of each patch among the members of one parcel."""
    rows = stack.rows[members] - stack.rows[members].min()
    columns = stack.columns[members] - stack.columns[members].min()
    shape = (int(rows.max()) + 1, int(columns.max()) + 1)
    seed, around = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    seed[rows, columns] = strong[members]
    around[rows, columns] = weak[members] | strong[members]
    labels = components(seed, around)[rows, columns]
    for label in range(1, int(labels.max()) + 1):
        yield members[labels == label]


def _read(
    signals: Signals,
    parcel: int,
    pixels: NDArray[np.int64],
    best: NDArray[np.float32],
    starts: NDArray[np.int32],
    rules: Detection,
) -> Patch | None:
    """Read the pixels as one curve; ``None`` when that curve shows no change."""
    core = pixels[best[pixels] >= np.median(best[pixels])]
    one = np.zeros(core.size, np.int32)
    series = season.medians(signals.features[core], one, 1, rules.look_clear_share)
    strange = _strangeness(series, signals, parcel, rules)
    ndvi = series[:, :, spectral.NDVI] * signals.noise[spectral.NDVI]
    table, size = season.seasons(signals.days, signals.history, rules.season_window)
    wanted = np.ones(ndvi.shape, np.bool_)
    edges = [
        season.own_quantile(ndvi, wanted, table, size, rules.season_looks, quantile)
        for quantile in (rules.season_quantile, 1 - rules.season_quantile)
    ]
    score = onset.score(
        strange,
        ndvi,
        edges[0],
        signals.neighbours_low,
        rules.novel,
        rules.novel_span,
        rules.deficit,
        rules.green,
    )
    _, start = onset.suffix(score)
    if start[0] < 0:
        return None
    return Patch(
        parcel=parcel,
        pixels=pixels,
        series=series[0],
        novelty=strange[0],
        score=score[0],
        own_low=edges[0][0],
        own_high=edges[1][0],
        start=int(start[0]),
        first=int(pixels[np.argmin(starts[pixels])]),
    )


def _strangeness(
    series: NDArray[np.float32], signals: Signals, parcel: int, rules: Detection
) -> NDArray[np.float32]:
    """Novelty (1, t) of a patch against its own past, the parcel's, and the neighbours' day."""
    past = signals.history & ~np.isnan(series[0, :, 0])
    enough = past.sum() >= rules.history_looks
    scale = float(signals.scale[parcel])
    if enough:
        scale = scale_of(series[0][past], signals.days[past], rules)
    scales = signals.scale.copy()
    scales[parcel] = max(scale, float(signals.scale[parcel])) if enough else scale
    return novelty.novelty(
        series,
        np.array([parcel], np.int32),
        signals.medians,
        scales,
        signals.history,
        signals.rank,
        signals.after,
        rules.green / signals.noise[spectral.NDVI],
        0.0,
    )
