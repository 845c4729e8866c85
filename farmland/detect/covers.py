"""What a patch became, from how it behaved on every look since, never from one date.

:mod:`farmland.detect.ground` and the outline give the numbers; what known covers taught weighs them
(rules/covers.toml, fitted by ``benchmarks/calibrate_covers.py``). Beliefs are shares, so a verdict
can say what else it might be.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from farmland.detect import ground
from farmland.detect.ground import Looks, bare_soil
from farmland.detect.outlines import Shape, outline
from farmland.rules.covers import Taught, taught

__all__ = [
    "Behaviour",
    "Looks",
    "Shape",
    "agreed",
    "bare_soil",
    "behaviour",
    "beliefs",
    "decide",
    "measured",
    "outline",
    "shares",
    "slow",
    "taught",
]

NON_GRAIN = {"pond", "greenhouse", "orchard", "nursery", "forest", "turf", "abandoned", "crop"}
"""Covers whose conversion class is ``non_grain`` (DESIGN 4); of all others it is the other one."""

WRITTEN, DOUBT = 0.4, 0.02
"""What written margins count beside what was taught, and the belief no judge goes below: class and
cover hold best on counties and on real series together (0.3 to 0.5 is alike)."""

TIE = 0.15
"""Conversion classes closer than this in share of belief are a tie: ``unknown`` (DOMAIN 2.5)."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a patch behaved; :mod:`farmland.detect.ground` says what each number is.

    ``_own``: of its own dry soil before; ``_early``: while works would show; ``_since``: since
    then; ``_late``: at the end; NaN = could not be measured.
    """

    blue_red_own: float
    green_red_own: float
    swir_fall_own: float
    swir_red_own: float
    blue_red_early: float
    green_red_early: float
    swir_fall_early: float
    swir_red_early: float
    visible_early: float
    nir_early: float
    swir_early: float
    nir_swir_early: float
    ndvi_early: float
    mndwi_early: float
    ndwi_early: float
    swir_low_early: float
    swir_high_early: float
    nir_low_early: float
    nir_high_early: float
    hue_low_early: float
    hue_high_early: float
    span_early: float
    water_high_early: float
    pool_early: float
    ndvi_spread_early: float
    uneven_early: float
    blue_red_late: float
    green_red_late: float
    swir_fall_late: float
    swir_red_late: float
    visible_late: float
    nir_late: float
    swir_late: float
    nir_swir_late: float
    ndvi_late: float
    mndwi_late: float
    ndwi_late: float
    swir_low_late: float
    swir_high_late: float
    nir_low_late: float
    nir_high_late: float
    hue_low_late: float
    hue_high_late: float
    span_late: float
    water_high_late: float
    pool_late: float
    ndvi_spread_late: float
    uneven_late: float
    swir_low_since: float
    swir_high_since: float
    nir_low_since: float
    nir_high_since: float
    hue_low_since: float
    hue_high_since: float
    span_since: float
    water_high_since: float
    pool_since: float
    ndvi_spread_since: float
    uneven_since: float
    ndvi_low: float
    ndvi_high: float
    water_since: float
    water_late: float
    visible_scatter: float
    swir_scatter: float
    visible_leap: float
    swir_leap: float
    age: float
    green_beside: float
    swir_beside: float
    wetting: float
    restless: float
    uneven_past: float
    scatter_past: float


def behaviour(since: Looks, past: Looks) -> Behaviour:
    """Measure a patch: looks from the change on, and looks before it at the same pixels."""
    return Behaviour(**ground.numbers(since, past))


def beliefs(seen: Behaviour, shape: Shape) -> Mapping[str, float]:
    """Belief in each fast cover, adding up to 1."""
    return shares(taught("fast"), measured(seen, shape))


def slow(seen: Behaviour, shape: Shape) -> Mapping[str, float]:
    """Belief in each slow cover, adding up to 1, for a patch that lost its crop but not its green.

    Provisional in year one: saplings look like weeds until their crowns close (METHODS 3.5).
    """
    return shares(taught("slow"), measured(seen, shape))


def measured(seen: Behaviour, shape: Shape) -> dict[str, float]:
    """Every number by name; sizes of the outline as logarithms."""
    sizes = {item.name: float(getattr(shape, item.name)) for item in fields(Shape)}
    logs = {name: math.log(size) for name, size in sizes.items() if name != "fill"}
    looked = {item.name: float(getattr(seen, item.name)) for item in fields(Behaviour)}
    return looked | sizes | logs


def agreed(taught: Mapping[str, float], written: Mapping[str, float]) -> Mapping[str, float]:
    """Beliefs adding up to 1 of two judges that err apart: what was taught, and written margins.

    Their logarithms are averaged (a product of experts, Hinton 2002, Neural Computation 14:1771):
    a cover that one rules out needs the other to be sure of it. On counties that taught nothing
    the first knows more, on published spectra set into real series the second.
    """
    names = sorted({*taught, *written})
    odds = np.array(
        [
            (1 - WRITTEN) * math.log(taught.get(name, 0.0) + DOUBT)
            + WRITTEN * math.log(written.get(name, 0.0) + DOUBT)
            for name in names
        ]
    )
    believed = np.exp(odds - odds.max())
    return dict(zip(names, (believed / believed.sum()).tolist(), strict=True))


def shares(known: Taught, numbers: Mapping[str, float]) -> dict[str, float]:
    """Shares of belief from what known covers taught; a number that is missing says nothing."""
    values = np.array([numbers[name] for name in known.names])
    steps = (values - np.array(known.means)) / np.array(known.scales)
    steps = np.clip(np.nan_to_num(steps, nan=0.0), -known.reach, known.reach)
    answers = np.tanh(np.array(known.questions) @ steps + np.array(known.thresholds))
    odds = np.array(known.answers) @ answers + np.array(known.starts)
    shares = np.exp(odds - odds.max())
    return dict(zip(known.covers, (shares / shares.sum()).tolist(), strict=True))


def decide(believed: Mapping[str, float]) -> str:
    """The most believed cover of the most believed conversion class; ``unknown`` when they tie.

    Two covers of one class that tie are no tie: the law does not tell them apart.
    """
    total = sum(believed.values())
    grain = sum(share for name, share in believed.items() if name in NON_GRAIN)
    if total <= 0 or abs(total - 2 * grain) < TIE:
        return "unknown"
    side = [name for name in sorted(believed) if (name in NON_GRAIN) == (2 * grain > total)]
    return max(side, key=lambda name: believed[name])
