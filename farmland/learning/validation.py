"""Ask blocks that were left out as a whole: how far a model can be trusted on other land.

The whole fit is repeated without the blocks that are asked, the choice of its regularisation
included. Beside it stands what the rules alone gave the same cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farmland.detect import covers, learned
from farmland.learning import fitting
from farmland.learning.cases import UNKNOWN, Case
from farmland.learning.fitting import Samples
from farmland.rules import Rules
from farmland.rules.training import Training

BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Edges between which predicted and true shares are compared."""


def of_change(cases: Sequence[Case], samples: Samples, rules: Rules) -> dict[str, Any]:
    """Scores of the confirmer and of the rules alone, on blocks left out, as plain JSON."""
    found = fitting.held_out(samples, rules.training.folds, _fit(rules.training))[:, 1]
    alone = np.array([case.confidence for case in cases])
    agreed = samples.truth == 1
    needed = (rules.detection.listed_confidence, rules.detection.confirmed_confidence)
    return {
        "folds": min(rules.training.folds, np.unique(samples.blocks).size),
        "learned": scored(found, agreed, needed),
        "rules": scored(alone, agreed, needed),
    }


def of_ground(cases: Sequence[Case], samples: Samples, rules: Rules) -> dict[str, Any]:
    """Scores of the covers and of the rules alone, on blocks left out, as plain JSON."""
    from sklearn.metrics import f1_score

    truth = [samples.classes[n] for n in samples.truth]
    found = fitting.held_out(samples, rules.training.folds, _fit(rules.training))
    named = []
    for n, shares in zip(samples.rows, found.tolist(), strict=True):
        taught = dict(zip(samples.classes, shares, strict=True))
        named.append(covers.decide(learned.mixed(cases[n].believed, taught)))
    called = {"learned": named, "rules": [cases[n].rules_cover for n in samples.rows]}
    return {
        "covers": {
            name: {
                "right": _rounded(np.mean([a == b for a, b in zip(said, truth, strict=True)])),
                "macro_f1": _rounded(
                    f1_score(
                        truth, said, labels=list(samples.classes), average="macro", zero_division=0
                    )
                ),
                "unknown": said.count(UNKNOWN),
            }
            for name, said in called.items()
        }
    }


def as_good(told: Mapping[str, Any]) -> bool:
    """Whether covers are told apart at least as well as by the rules alone."""
    return bool(told["learned"]["macro_f1"] >= told["rules"]["macro_f1"])


def scored(
    found: NDArray[np.float64], agreed: NDArray[np.bool_], needed: Sequence[float]
) -> dict[str, Any]:
    """How well probabilities (m,) tell and foretell what was agreed (m,).

    ``auc`` orders, ``brier`` is the mean squared error, ``at`` has precision and recall at each
    threshold of ``needed``, ``reliability`` the mean probability and the true share bin by bin.
    """
    from sklearn.metrics import roc_auc_score

    return {
        "auc": _rounded(roc_auc_score(agreed, found)),
        "brier": _rounded(np.mean((found - agreed) ** 2)),
        "at": [_at(threshold, found >= threshold, agreed) for threshold in needed],
        "reliability": _reliability(found, agreed),
    }


def _at(threshold: float, called: NDArray[np.bool_], agreed: NDArray[np.bool_]) -> dict[str, Any]:
    right = int((called & agreed).sum())
    return {
        "threshold": threshold,
        "called": int(called.sum()),
        "precision": _rounded(right / called.sum()) if called.any() else None,
        "recall": _rounded(right / agreed.sum()),
    }


def _reliability(found: NDArray[np.float64], agreed: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Bins that hold cases."""
    bins = np.clip(np.digitize(found, BINS) - 1, 0, len(BINS) - 2)
    return [
        {
            "from": BINS[n],
            "to": BINS[n + 1],
            "cases": int((bins == n).sum()),
            "foretold": _rounded(found[bins == n].mean()),
            "true": _rounded(agreed[bins == n].mean()),
        }
        for n in np.unique(bins).tolist()
    ]


def _fit(rules: Training) -> partial[Any]:
    return partial(fitting.fit, rules=rules)


def _rounded(value: Any) -> float:
    return round(float(value), 4)
