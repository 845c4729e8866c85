"""From the integers of a cell to evidence look by look, per pixel and per parcel."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from farmland.detect.ground import bare_soil
from farmland.detect.ranks import quantile
from farmland.imagery.stack import Stack
from farmland.kernels import clearing, novelty, onset, season, spectral, usual
from farmland.periods import Period
from farmland.plan import Periods
from farmland.rules.detection import Detection


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """What each look of a cell says; p = pixels, t = looks, f = features, g = parcels."""

    days: NDArray[np.int32]
    """(t,) days since 1970-01-01."""
    history: NDArray[np.bool_]
    """(t,) whether the look is in the history."""
    after: NDArray[np.bool_]
    """(t,) whether the look is in the period after."""
    clear: NDArray[np.bool_]
    """(p, t) after rescue and without spikes."""
    features: NDArray[np.float32]
    """(p, t, f) in units of noise; NaN where not clear."""
    medians: NDArray[np.float32]
    """(g, t, f) parcel medians; NaN where the parcel was not seen well enough."""
    by_day: NDArray[np.float32]
    """(t, f, g) the same day by day."""
    usual: NDArray[np.float32]
    """(f, c) what several parcels have shown in the history, in any season."""
    unit: float
    """Units of noise by which looks of the history differ from all others, seasons apart."""
    rank: NDArray[np.int32]
    """(t,) how many parcels must look alike on a day to excuse a spectrum."""
    others: NDArray[np.float32]
    """(t, f) middle of all parcels of the day; NaN with too few seen."""
    neighbours_low: NDArray[np.float32]
    """(t,) low edge of the parcels' NDVI of the day; NaN with too few seen."""
    soil: NDArray[np.float64]
    """(t, b) reflectance of the bare pixels of the day; NaN with too few of them."""
    noise: NDArray[np.float32]
    """(f,)"""
    past_seasons: tuple[NDArray[np.int32], NDArray[np.int32]]
    """Looks of the history at the season of each look (t, t), and how many (t,)."""

    @property
    def ndvi(self) -> NDArray[np.float32]:
        """(p, t) NDVI; NaN where not clear."""
        return np.asarray(self.features[:, :, spectral.NDVI] * self.noise[spectral.NDVI])

    @property
    def parcel_ndvi(self) -> NDArray[np.float32]:
        """(g, t) median NDVI of each parcel."""
        return np.asarray(self.medians[:, :, spectral.NDVI] * self.noise[spectral.NDVI])


def read(stack: Stack, periods: Periods, rules: Detection) -> Signals:
    """Clean the looks of a stack and compare them with nothing yet but themselves."""
    clear = clearing.rescue(stack.clear, stack.lonely, rules.rescue_looks, rules.rescue_share)
    clearing.drop_spikes(
        stack.values,
        clear,
        stack.days,
        rules.spike_rise,
        rules.spike_fall,
        rules.spike_reach,
        rules.spike_keep,
    )
    noise = np.array(rules.feature_noise, np.float32)
    features = spectral.features(stack.values, clear, noise)
    parcels = len(stack.cell.parcels)
    medians = season.medians(features, judged(stack), parcels, rules.look_clear_share)
    day = dates(stack.days)
    history = within(day, periods.history.start, periods.history.end)
    seen = (~np.isnan(medians[:, :, 0])).sum(axis=0)
    rank = np.maximum(rules.neighbour_least, np.ceil(rules.neighbour_share * seen))
    ndvi = medians[:, :, spectral.NDVI] * noise[spectral.NDVI]
    low = season.neighbours_quantile(ndvi, rules.neighbour_least + 1, rules.neighbour_quantile)
    common, unit = learned(medians, stack.days, history, rules)
    return Signals(
        days=stack.days,
        history=history,
        after=within(day, periods.after.start, periods.after.end),
        clear=clear,
        features=features,
        medians=medians,
        by_day=day_by_day(medians),
        usual=common,
        unit=unit,
        rank=rank.astype(np.int32),
        others=_middle(medians, seen > rules.neighbour_least),
        neighbours_low=low,
        soil=bare_soil(stack.values, clear),
        noise=noise,
        past_seasons=season.seasons(stack.days, history, rules.season_window),
    )


def day_by_day(medians: NDArray[np.float32]) -> NDArray[np.float32]:
    """Medians (g, t, f) of parcels laid (t, f, g): all parcels of one day side by side."""
    return np.ascontiguousarray(medians.transpose(1, 2, 0))


def _middle(medians: NDArray[np.float32], enough: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Middle (t, f) of all parcels (g, t, f) on looks with ``enough`` (t,) of them; or NaN.

    The middle of one parcel is that parcel itself, and tells nothing of others.
    """
    one = np.zeros(medians.shape[0], np.int32)
    middle: NDArray[np.float32] = season.medians(medians, one, 1, 0.0)[0]
    middle[~enough] = np.nan
    return middle


def dates(days: NDArray[np.int32]) -> NDArray[np.datetime64]:
    """Days since 1970-01-01 (t,) as dates."""
    return np.asarray(days).astype("datetime64[D]")


def moved(signals: Signals, history: Period, after: Period, rules: Detection) -> Signals:
    """The same looks under other periods."""
    day = dates(signals.days)
    past = within(day, history.start, history.end)
    common, unit = learned(signals.medians, signals.days, past, rules)
    return replace(
        signals,
        history=past,
        after=within(day, after.start, after.end),
        usual=common,
        unit=unit,
        past_seasons=season.seasons(signals.days, past, rules.season_window),
    )


def only(stack: Stack, signals: Signals, parcels: NDArray[np.bool_]) -> tuple[Stack, Signals]:
    """The pixels of some parcels (g,); the others stay neighbours through their medians."""
    kept = parcels[stack.parcel]
    pixels = ("parcel", "rows", "columns", "full", "values", "clear", "lonely", "imaged")
    part = replace(stack, **{name: getattr(stack, name)[kept] for name in pixels})
    return part, replace(signals, clear=signals.clear[kept], features=signals.features[kept])


def judged(stack: Stack) -> NDArray[np.int32]:
    """Parcel (p,) of each pixel that speaks for it: the full ones where there are some, or all."""
    parcels = len(stack.cell.parcels)
    full = np.bincount(stack.parcel[stack.full], minlength=parcels)
    enough = full[stack.parcel] >= 4
    return np.where(stack.full | ~enough, stack.parcel, -1).astype(np.int32)


def within(day: NDArray[np.datetime64], first: object, last: object) -> NDArray[np.bool_]:
    """Whether each day (t,) lies from ``first`` to ``last``, both dates included."""
    start, end = np.datetime64(first, "D"), np.datetime64(last, "D")  # type: ignore[call-overload]
    return np.asarray((day >= start) & (day <= end), np.bool_)


def learned(
    medians: NDArray[np.float32],
    days: NDArray[np.int32],
    history: NDArray[np.bool_],
    rules: Detection,
) -> tuple[NDArray[np.float32], float]:
    """What is usual around (f, c), and the unit in which strangeness is measured.

    The unit is what the history itself needs to be explained by other seasons and other parcels:
    a thin history explains little, and then only what is far stranger counts.
    """
    seen = ~np.isnan(medians[:, :, 0]) & history
    spectra, parcel = medians[seen], np.nonzero(seen)[0].astype(np.int32)
    order = np.argsort(spectra[:, 0], kind="stable")
    spectra, parcel = np.ascontiguousarray(spectra[order].T), parcel[order]
    centres = usual.leaders(spectra, rules.usual_radius)
    shown = usual.witnesses(centres, spectra, parcel, rules.usual_reach)
    least = max(rules.neighbour_least, math.ceil(rules.usual_share * medians.shape[0]))
    centres = np.ascontiguousarray(centres[:, shown >= least])
    green = rules.green / rules.feature_noise[spectral.NDVI]
    strange = novelty.past(medians, days, history, centres, rules.season_apart, green)
    known = strange[np.isfinite(strange)]
    if known.size < rules.history_looks:
        return centres, rules.unit_most
    unit = quantile(known, rules.unit_quantile)
    return centres, min(rules.unit_most, max(rules.unit_least, unit))


def strangeness(
    series: NDArray[np.float32], parcels: NDArray[np.int32], signals: Signals, rules: Detection
) -> NDArray[np.float32]:
    """Novelty (n, t) of series (n, t, f) that lie in ``parcels`` (n,), on looks after."""
    return _novelty(series, parcels, signals, rules, 0.0)


def _novelty(
    series: NDArray[np.float32],
    parcels: NDArray[np.int32],
    signals: Signals,
    rules: Detection,
    limit: float,
) -> NDArray[np.float32]:
    return novelty.novelty(
        series,
        parcels,
        signals.medians,
        signals.by_day,
        signals.usual,
        signals.unit,
        signals.history,
        signals.rank,
        signals.after,
        rules.green / signals.noise[spectral.NDVI],
        limit,
    )


def scores(
    strange: NDArray[np.float32],
    ndvi: NDArray[np.float32],
    signals: Signals,
    rules: Detection,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Evidence (n, t) of looks with novelty and NDVI (n, t), and the own low edge it used.

    What is as green as the neighbours misses nothing, whatever its own past was: not asked for.
    """
    wanted = ~np.isnan(strange) & (ndvi <= rules.green) & (ndvi < signals.neighbours_low)
    own_low = season.own_quantile(
        ndvi, wanted, *signals.past_seasons, rules.season_looks, rules.season_quantile
    )
    evidence = onset.score(
        strange,
        ndvi,
        own_low,
        signals.neighbours_low,
        rules.novel,
        rules.novel_span,
        rules.deficit,
        rules.green,
    )
    return evidence, own_low


def pixel_scores(stack: Stack, signals: Signals, rules: Detection) -> NDArray[np.float32]:
    """Evidence (p, t) of each look after, per pixel; NaN elsewhere."""
    familiar = rules.novel + onset.FAMILIAR * rules.novel_span
    strange = _novelty(signals.features, stack.parcel, signals, rules, familiar)
    return scores(strange, signals.ndvi, signals, rules)[0]
