"""What verified cases have taught: linear models of a patch's numbers, as plain values.

A model says how sure a change is, and what the ground became, from numbers the detector has
anyway. It holds nothing but numbers and names, so it is kept as text that can do no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

AGREED = ("false", "true")
"""Classes of the confirmer, in the order of the first and the second score."""


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """How the numbers of a patch become a vector; n names, m of which have gaps."""

    names: tuple[str, ...]
    means: NDArray[np.float64]
    """(n,) of the cases it was taught with."""
    scales: NDArray[np.float64]
    """(n,) their standard deviations, above 0."""
    gaps: tuple[str, ...]
    """Names that were now and then missing: each has an indicator of its own behind the n."""
    reach: float
    """Standard deviations beyond which a number counts as lying no farther away."""

    def __post_init__(self) -> None:
        count = len(self.names)
        sound = (
            self.means.shape == self.scales.shape == (count,)
            and len(set(self.names)) == count
            and set(self.gaps) <= set(self.names)
            and bool(np.isfinite(self.means).all() and np.isfinite(self.scales).all())
            and bool((self.scales > 0).all())
            and self.reach > 0
        )
        if not sound:
            raise ValueError("means, scales and gaps do not fit the names")


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Multinomial logistic regression; k classes, v = length of a vector."""

    standard: Standard
    classes: tuple[str, ...]
    coefficients: NDArray[np.float64]
    """(k - 1, v) log odds of each further class against the first, for one standard deviation."""
    intercepts: NDArray[np.float64]
    """(k - 1,)"""

    def __post_init__(self) -> None:
        rows = len(self.classes) - 1
        length = len(self.standard.names) + len(self.standard.gaps)
        sound = (
            rows >= 0
            and len(set(self.classes)) == rows + 1
            and self.coefficients.shape == (rows, length)
            and self.intercepts.shape == (rows,)
            and bool(np.isfinite(self.coefficients).all() and np.isfinite(self.intercepts).all())
        )
        if not sound:
            raise ValueError("coefficients do not fit the names and the classes")


@dataclass(frozen=True, slots=True)
class Training:
    """What a model was taught with."""

    cases: int
    agreed: int
    """Cases that were verified; the others were dismissed."""
    blocks: int
    block_km: float
    covers: Mapping[str, int]
    """Verified cases by cover, of those with enough of them."""
    results: tuple[str, ...]
    """File names of the results."""
    periods: tuple[str, ...]
    """Their periods after."""
    box: tuple[float, float, float, float]
    """West, south, east, north of the cases, degrees, snapped outward to halves."""
    validation: Mapping[str, Any]
    """What held-out blocks showed (:mod:`farmland.learning.validation`), as plain JSON."""

    def __post_init__(self) -> None:
        if not 0 < self.agreed < self.cases or self.blocks < 1 or not self.block_km > 0:
            raise ValueError("the counts of the training contradict each other")


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What verified cases have taught."""

    rules: str
    """Id and version of the rules whose results were verified, e.g. ``"cn@2026.1"``."""
    confirmer: Weights
    """Classes ``AGREED``: whether an inspector would agree that the patch changed."""
    covers: Weights | None
    """What it became; None where too few covers were verified or the rules know better."""
    training: Training

    def __post_init__(self) -> None:
        if self.confirmer.classes != AGREED:
            raise ValueError("the confirmer has other classes than false and true")

    @property
    def calibration(self) -> str:
        """What a probability of this model rests on, in one line."""
        told = self.training
        return (
            f"train, n = {told.cases} ({told.agreed} true, {told.cases - told.agreed} false) in "
            f"{told.blocks} blocks of {told.block_km:g} km, {', '.join(told.periods)}"
        )
