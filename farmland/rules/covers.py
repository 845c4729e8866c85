"""What known covers taught about how ground behaves, as frozen values; data: covers.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

Row = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Taught:
    """Questions about the numbers of a patch, and how each answer speaks for each cover.

    A question is a weighted sum of numbers in standard deviations, answered between -1 and 1 by
    its hyperbolic tangent; answers and sums are those of a perceptron with one hidden layer.
    """

    names: tuple[str, ...]
    """Of the numbers, n of them."""
    means: Row
    """(n,) of the cases that taught."""
    scales: Row
    """(n,) their standard deviations."""
    reach: float
    """Standard deviations beyond which a number counts as lying no farther away."""
    questions: tuple[Row, ...]
    """(q, n) weights for one standard deviation."""
    thresholds: Row
    """(q,) added to the sums."""
    covers: tuple[str, ...]
    """k names."""
    answers: tuple[Row, ...]
    """(k, q) log odds by which a yes speaks for each cover."""
    starts: Row
    """(k,) log odds before any answer."""


@cache
def taught(pace: str) -> Taught:
    """The bundled numbers of covers that come ``"fast"`` or ``"slow"``."""
    text = resources.files(__package__).joinpath("covers.toml").read_text("utf-8")
    table = tomllib.loads(text)[pace]
    numbers = {entry["name"]: entry for entry in table["numbers"]}
    questions = table["questions"]
    covers = table["covers"]
    return Taught(
        names=tuple(numbers),
        means=tuple(float(entry["mean"]) for entry in numbers.values()),
        scales=tuple(float(entry["scale"]) for entry in numbers.values()),
        reach=float(table["reach"]["value"]),
        questions=tuple(tuple(map(float, entry["weights"])) for entry in questions),
        thresholds=tuple(float(entry["threshold"]) for entry in questions),
        covers=tuple(entry["name"] for entry in covers),
        answers=tuple(tuple(map(float, entry["answers"])) for entry in covers),
        starts=tuple(float(entry["start"]) for entry in covers),
    )
