"""Fit weights to samples: regularised logistic regression, how strong is asked of left-out blocks.

scikit-learn fits; what it gives is kept as plain weights, so nothing of it is needed to detect.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farmland.detect.learned import CHANGE, GROUND, probabilities, scores, vectors
from farmland.errors import UnusableInput, WrongUsage
from farmland.learning.cases import Case
from farmland.model import AGREED, Standard, Weights
from farmland.rules.training import Training

STEPS, TOLERANCE = 10_000, 1e-8
"""Of the solver: far beyond what it needs, so that where it stops changes no digit that counts."""

LEAST_PROBABILITY = 1e-6
"""What a class counts for that was thought impossible, in the logarithm of a score."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Cases as arrays; m cases, n numbers."""

    names: tuple[str, ...]
    values: NDArray[np.float64]
    """(m, n); NaN where a number is missing."""
    classes: tuple[str, ...]
    truth: NDArray[np.int64]
    """(m,) position in ``classes``."""
    blocks: NDArray[np.str_]
    """(m,)"""
    rows: NDArray[np.int64]
    """(m,) position among the cases they were taken from."""

    @classmethod
    def of_change(cls, cases: Sequence[Case]) -> Samples:
        """All cases: whether somebody agreed."""
        return cls._of(cases, range(len(cases)), CHANGE, AGREED, [case.agreed for case in cases])

    @classmethod
    def of_ground(cls, cases: Sequence[Case], rules: Training) -> Samples | None:
        """Verified cases of covers of which there are enough; None when fewer than two have."""
        known = [
            n for n, case in enumerate(cases) if case.cover and set(GROUND) <= set(case.numbers)
        ]
        counts = Counter(cases[n].cover for n in known)
        taught = tuple(sorted(name for name in counts if counts[name] >= rules.least_of_cover))
        rows = [n for n in known if cases[n].cover in taught]
        if len(taught) < 2 or len({cases[n].block for n in rows}) < rules.least_blocks:
            return None
        return cls._of(cases, rows, GROUND, taught, [taught.index(cases[n].cover) for n in rows])

    @classmethod
    def _of(
        cls,
        cases: Sequence[Case],
        rows: Sequence[int],
        names: tuple[str, ...],
        classes: tuple[str, ...],
        truth: Sequence[int],
    ) -> Samples:
        values = [[cases[n].numbers[name] for name in names] for n in rows]
        blocks = np.array([cases[n].block for n in rows])
        return cls(
            names, np.array(values), classes, np.array(truth, np.int64), blocks, np.array(rows)
        )

    def take(self, chosen: NDArray[np.int64]) -> Samples:
        """The samples at some positions."""
        arrays = (self.truth[chosen], self.blocks[chosen], self.rows[chosen])
        return Samples(self.names, self.values[chosen], self.classes, *arrays)

    def counts(self) -> dict[str, int]:
        """How many there are of each class."""
        found = np.bincount(self.truth, minlength=len(self.classes))
        return dict(zip(self.classes, found.tolist(), strict=True))


def hold_installed() -> None:
    """Hold that scikit-learn is there, before any work is lost.

    Raises
    ------
    WrongUsage
        When it is not.
    """
    try:
        import sklearn  # noqa: F401  # asked for ahead of the work
    except ImportError:
        raise WrongUsage(
            "Learning needs scikit-learn: run pip install 'farmland[learn]'.",
            "训练需要 scikit-learn：请运行 pip install 'farmland[learn]'。",
        ) from None


def hold_enough(cases: Sequence[Case], rules: Training) -> None:
    """Hold that there is enough to learn from.

    Raises
    ------
    UnusableInput
        When there are too few cases of a verdict, or all lie together; the sentence counts them.
    """
    told = {said: [case for case in cases if case.agreed == said] for said in (True, False)}
    spread = {said: len({case.block for case in part}) for said, part in told.items()}
    enough = all(len(part) >= rules.least_cases for part in told.values())
    if enough and min(spread.values()) >= rules.least_blocks:
        return
    raise UnusableInput(
        f"There are {len(told[True])} verified cases (blocks: {spread[True]}) and "
        f"{len(told[False])} dismissed ones (blocks: {spread[False]}): learning needs "
        f"{rules.least_cases} of each in {rules.least_blocks} blocks; set status in the layer "
        "conversions, or give --labels.",
        f"已核实属实 {len(told[True])} 例（{spread[True]} 个分块）、"
        f"不属实 {len(told[False])} 例（{spread[False]} 个分块）："
        f"训练需要两类各 {rules.least_cases} 例、分布于 {rules.least_blocks} 个分块；"
        "请在 conversions 图层填写 status，或用 --labels 给出标注。",
    )


def fit(samples: Samples, rules: Training) -> Weights:
    """Weights of all samples, regularised as left-out blocks bear it best."""
    tried = [partial(_fit, strength=strength, rules=rules) for strength in rules.strengths]
    losses = [_loss(samples, held_out(samples, rules.folds, each)) for each in tried]
    return tried[int(np.argmin(losses))](samples)


def held_out(
    samples: Samples, folds: int, fitted: Callable[[Samples], Weights]
) -> NDArray[np.float64]:
    """Probabilities (m, k) of each sample by weights that never saw its block."""
    out = np.zeros((samples.truth.size, len(samples.classes)))
    for learnt, asked in _folds(samples, folds):
        weights = fitted(samples.take(learnt))
        found = probabilities(scores(weights, samples.values[asked]))
        for name, column in zip(weights.classes, found.T, strict=True):
            out[asked, samples.classes.index(name)] = column
    return out


def _folds(samples: Samples, folds: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Positions to learn from and to ask, whole blocks on one side."""
    from sklearn.model_selection import GroupKFold

    count = min(folds, np.unique(samples.blocks).size)
    if count > 1:
        yield from GroupKFold(count).split(samples.values, groups=samples.blocks)


def _fit(samples: Samples, *, strength: float, rules: Training) -> Weights:
    """Weights at one strength of regularisation, of the classes that are there."""
    from sklearn.linear_model import LogisticRegression

    standard = _standard(samples, rules)
    there = np.unique(samples.truth)
    length = len(standard.names) + len(standard.gaps)
    coefficients, intercepts = np.zeros((1, length)), np.zeros(1)
    if there.size > 1:
        regression = LogisticRegression(C=strength, tol=TOLERANCE, max_iter=STEPS)
        with _threads().limit(limits=1):  # sums in one order, whatever the machine
            regression.fit(vectors(standard, samples.values), samples.truth)
        coefficients, intercepts = regression.coef_, regression.intercept_
    if there.size != 2:
        coefficients = coefficients[1:] - coefficients[0]
        intercepts = intercepts[1:] - intercepts[0]
    classes = tuple(samples.classes[n] for n in there)
    return Weights(standard, classes, coefficients, intercepts)


@cache
def _threads() -> Any:
    """The thread pools of the libraries that fit; to find them takes longer than a fit."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _standard(samples: Samples, rules: Training) -> Standard:
    """Means and spreads of the numbers that are there; a number that never varies has spread 1."""
    missing = np.isnan(samples.values)
    known = np.maximum((~missing).sum(axis=0), 1)
    means = np.where(missing, 0.0, samples.values).sum(axis=0) / known
    steps = np.where(missing, 0.0, samples.values - means)
    scales = np.sqrt((steps**2).sum(axis=0) / known)
    gaps = [bool(column.any() and not column.all()) for column in missing.T]
    return Standard(
        names=samples.names,
        means=means,
        scales=np.where(scales > 1e-9, scales, 1.0),
        gaps=tuple(name for name, gap in zip(samples.names, gaps, strict=True) if gap),
        reach=rules.reach,
    )


def _loss(samples: Samples, found: NDArray[np.float64]) -> float:
    """Mean logarithm of what the truth was thought to be, negative: a proper score."""
    thought = found[np.arange(samples.truth.size), samples.truth]
    return float(-np.log(np.maximum(thought, LEAST_PROBABILITY)).mean())
