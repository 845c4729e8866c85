"""What detectors did to the cases of one task or of several, kept between runs."""

from __future__ import annotations

import pickle
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from contest.measures import Score

Key = tuple[str, str]
"""A group of the tables and a detector."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Scores and lags, case by case."""

    scores: dict[Key, list[Score]] = field(default_factory=dict)
    lags: dict[Key, list[pd.DataFrame]] = field(default_factory=dict)

    def add(self, other: Outcome) -> None:
        """Take in what another task gave."""
        for key, scores in other.scores.items():
            self.scores.setdefault(key, []).extend(scores)
        for key, lags in other.lags.items():
            self.lags.setdefault(key, []).extend(lags)

    def without(self, detectors: Collection[str]) -> Outcome:
        """What others did."""
        return Outcome(
            {key: kept for key, kept in self.scores.items() if key[1] not in detectors},
            {key: kept for key, kept in self.lags.items() if key[1] not in detectors},
        )

    def groups(self) -> list[str]:
        """Groups in the order in which they came."""
        return list(dict.fromkeys(group for group, _ in self.scores))


def kept(path: Path) -> Outcome:
    """The outcome of an earlier run; an empty one when there was none."""
    return pickle.loads(path.read_bytes()) if path.exists() else Outcome()  # noqa: S301


def keep(outcome: Outcome, path: Path) -> None:
    """Write an outcome for later runs."""
    path.write_bytes(pickle.dumps(outcome, protocol=5))
