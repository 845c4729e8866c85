"""Learn from verified cases: who said what, what follows from it, and how far it can be trusted.

``cases`` brings verdicts of people and numbers of the detector together, ``fitting`` makes
weights of them, ``validation`` asks land that was left out. Nothing here is needed to detect.
"""

from __future__ import annotations

from collections.abc import Sequence

from farmland.learning import fitting, validation
from farmland.learning.cases import Case, together
from farmland.learning.fitting import Samples
from farmland.model import Model, Training
from farmland.progress import Tell, silent
from farmland.rules import Rules

__all__ = ["Case", "together", "train"]

STEPS = 3
"""Validation of change, of the ground, and the weights."""


def train(
    cases: Sequence[Case],
    rules: Rules,
    *,
    block_km: float,
    results: tuple[str, ...],
    periods: tuple[str, ...],
    box: tuple[float, float, float, float],
    tell: Tell = silent,
) -> Model:
    """Fit the confirmer, and the covers where enough were verified, and validate both.

    Covers that the rules alone tell apart better on left-out blocks stay with them. The order
    of the cases changes nothing.

    Raises
    ------
    UnusableInput
        When the cases are too few, or all of one verdict.
    """
    told = tuple(sorted(cases, key=lambda case: (case.block, case.name)))
    fitting.hold_enough(told, rules.training)
    change = Samples.of_change(told)
    ground = Samples.of_ground(told, rules.training)
    tell("learning", 0, STEPS)
    proven = validation.of_change(told, change, rules)
    tell("learning", 1, STEPS)
    if ground is not None:
        proven |= validation.of_ground(told, ground, rules)
    tell("learning", 2, STEPS)
    keeps = ground is not None and validation.as_good(proven["covers"])
    training = Training(
        cases=len(told),
        agreed=sum(case.agreed for case in told),
        blocks=len({case.block for case in told}),
        block_km=block_km,
        covers=ground.counts() if ground else {},
        results=results,
        periods=periods,
        box=box,
        validation=proven,
    )
    model = Model(
        rules=f"{rules.id}@{rules.version}",
        confirmer=fitting.fit(change, rules.training),
        covers=fitting.fit(ground, rules.training) if ground and keeps else None,
        training=training,
    )
    tell("learning", STEPS, STEPS)
    return model
