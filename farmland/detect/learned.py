"""Judge a patch by what verified cases have taught; without a model the rules stand alone.

The numbers are those the rules weigh: what speaks for a change (:func:`of_change`) and how the
ground looked since (:func:`of_ground`). A model weighs them anew; looks, days and kinds of
evidence that a confirmation needs (DESIGN 4) are not for it to move.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from farmland.detect.evidence import KINDS, Evidence
from farmland.detect.margins import Behaviour
from farmland.detect.outlines import Shape
from farmland.errors import UnusableInput
from farmland.model import Model, Standard, Weights
from farmland.rules import Rules

LEARNED = "learned"
"""Entry of ``Evidence.odds`` that holds what a model adds to the rules."""

MEASURED = tuple(item.name for item in fields(Evidence) if item.type in {"int", "float"})
CHANGE = (
    *(name for name in MEASURED if name != "confidence"),
    "missed",
    *(f"odds_{kind}" for kind in KINDS),
)
"""Names of what speaks for a change."""

GROUND = (*(item.name for item in fields(Behaviour)), *(item.name for item in fields(Shape)))
"""Names of how the ground looked since, and of the outline."""

SUREST = 12.0
"""Log odds beyond which nothing is believed or ruled out."""


def of_change(weighed: Evidence) -> dict[str, float]:
    """What speaks for a change, by ``CHANGE``; NaN = could not be judged."""
    odds = {f"odds_{kind}": weighed.odds_of(kind) for kind in KINDS}
    return {name: float(getattr(weighed, name)) for name in CHANGE if name not in odds} | odds


def of_ground(seen: Behaviour, shape: Shape) -> dict[str, float]:
    """How the ground looked since, by ``GROUND``; lengths, widths and pixels as logarithms."""
    outline = {item.name: float(getattr(shape, item.name)) for item in fields(Shape)}
    sizes = {name: math.log(max(outline[name], 1.0)) for name in ("pixels", "length", "width")}
    looked = {item.name: float(getattr(seen, item.name)) for item in fields(Behaviour)}
    return looked | outline | sizes


def check(model: Model, name: str, rules: Rules) -> None:
    """Hold that a model knows what this detector measures and these rules call a cover.

    Raises
    ------
    UnusableInput
        When it was taught with results of other rules, of another farmland, or of other covers.
    """
    ours = f"{rules.id}@{rules.version}"
    if model.rules != ours:
        raise UnusableInput(
            f"The model {name} was trained on results of the rules {model.rules}, not of {ours}: "
            "train it again on results of these rules.",
            f"模型 {name} 由规则 {model.rules} 的结果训练，与 {ours} 不符："
            "请用当前规则的结果重新训练。",
        )
    strange = set(model.confirmer.standard.names) - set(CHANGE)
    if model.covers:
        strange |= set(model.covers.standard.names) - set(GROUND)
        strange |= set(model.covers.classes) - set(rules.covers)
    if strange:
        raise UnusableInput(
            f"The model {name} rests on {', '.join(sorted(strange)[:3])}, which this farmland does "
            "not know: train it again.",
            f"模型 {name} 依据的 {'、'.join(sorted(strange)[:3])} 在本版本中不存在：请重新训练。",
        )


def judged(weighed: Evidence, model: Model | None) -> Evidence:
    """Evidence with the confidence of a model; its odds still add up to it."""
    if model is None:
        return weighed
    odds = log_odds(model, of_change(weighed))
    own = odds - sum(weighed.odds.values())
    return replace(
        weighed, odds={**weighed.odds, LEARNED: own}, confidence=1 / (1 + math.exp(-odds))
    )


def believed(
    rules: Mapping[str, float], ground: Mapping[str, float], model: Model | None
) -> Mapping[str, float]:
    """Beliefs in covers, adding up to 1: those of the rules, as a model divides them anew."""
    if model is None or model.covers is None:
        return rules
    return mixed(rules, shares(model.covers, ground))


def mixed(rules: Mapping[str, float], taught: Mapping[str, float]) -> dict[str, float]:
    """Beliefs in covers: among those that were ``taught``, their shares say which.

    How much belief falls to them together stays with the ``rules``, and so does every cover that
    was not taught; where the rules believe nothing at all, what was taught decides alone.
    """
    together = sum(rules.get(name, 0.0) for name in taught) if sum(rules.values()) else 1.0
    return {**rules, **{name: together * share for name, share in taught.items()}}


def log_odds(model: Model, numbers: Mapping[str, float]) -> float:
    """Log odds that an inspector would agree, within ``SUREST``."""
    (odds,) = scores(model.confirmer, table(model.confirmer.standard, [numbers]))[0, 1:]
    return float(np.clip(odds, -SUREST, SUREST))


def shares(weights: Weights, numbers: Mapping[str, float]) -> dict[str, float]:
    """Probability of each class, adding up to 1."""
    found = probabilities(scores(weights, table(weights.standard, [numbers])))[0]
    return dict(zip(weights.classes, found.tolist(), strict=True))


def table(standard: Standard, rows: list[Mapping[str, float]]) -> NDArray[np.float64]:
    """Numbers of patches (r, n) in the order of the names; NaN where one is missing."""
    values = [[row.get(name, math.nan) for name in standard.names] for row in rows]
    return np.array(values, np.float64).reshape(len(rows), len(standard.names))


def vectors(standard: Standard, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors (r, v) of numbers (r, n): in standard deviations, the mean where one is missing."""
    missing = np.isnan(values)
    steps = (np.where(missing, standard.means, values) - standard.means) / standard.scales
    gaps = missing[:, [standard.names.index(name) for name in standard.gaps]]
    return np.hstack([np.clip(steps, -standard.reach, standard.reach), gaps.astype(np.float64)])


def scores(weights: Weights, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds (r, k) of every class against the first, of numbers (r, n)."""
    further = vectors(weights.standard, values) @ weights.coefficients.T + weights.intercepts
    return np.hstack([np.zeros((values.shape[0], 1)), further])


def probabilities(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities (r, k), each row adding up to 1."""
    raised = np.exp(odds - odds.max(axis=1, keepdims=True))
    out: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return out
