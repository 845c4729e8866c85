"""Thresholds: bundled numbers of each kind, and what a rules file sets in their place."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

from farmland.rules.checks import Checks
from farmland.rules.detection import Curve, Detection
from farmland.rules.inspection import Inspection
from farmland.rules.radiometry import Radiometry
from farmland.rules.rhythm import Rhythm
from farmland.rules.shape import ANY, DAY, TEXT, TRUTH, Record, check, mistyped, unknown
from farmland.rules.sizes import Sizes
from farmland.rules.training import Training
from farmland.rules.words import Words

THRESHOLDS = {
    "detection": Detection,
    "rhythm": Rhythm,
    "radiometry": Radiometry,
    "training": Training,
    "sizes": Sizes,
    "checks": Checks,
    "inspection": Inspection,
}
"""Each table of thresholds: a TOML file beside this one, and what a rules file may override."""

OVERRIDE = Record(
    {"value": ANY, "unit": TEXT, "source": TEXT, "verified": TRUTH, "valid_from": DAY}, ("value",)
)
"""A threshold with its origin, as the bundled files write it."""


def _frozen(value: Any) -> Any:
    """Lists of a TOML file as tuples, lists in them too."""
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value


def thresholds(kind: str, overrides: Any, name: str) -> Any:
    """The bundled thresholds of one kind with what a rules file sets in their place.

    Parameters
    ----------
    kind : str
        A key of ``THRESHOLDS``.
    overrides : mapping
        Name of a threshold to its value, plainly or as a table with ``value`` and its origin.
    name : str
        What the rules are called in a sentence.

    Raises
    ------
    UnusableInput
        For a threshold that is unknown or of another type than the bundled one.
    """
    if not isinstance(overrides, Mapping):
        raise mistyped(name, kind, overrides, Words("a table of thresholds", "阈值表"))
    bundled = _bundled(kind)
    for key in overrides:
        if key not in bundled:
            raise unknown(name, f"{kind}.{key}", key, bundled)
    values = {
        key: _threshold(f"{kind}.{key}", entry, bundled[key], name)
        for key, entry in overrides.items()
    }
    return THRESHOLDS[kind](**{**bundled, **values})


@cache
def _bundled(kind: str) -> Mapping[str, Any]:
    """Bundled values of one kind by name."""
    text = resources.files(__package__).joinpath(f"{kind}.toml").read_text("utf-8")
    return {key: _frozen(entry["value"]) for key, entry in tomllib.loads(text).items()}


def _threshold(path: str, entry: Any, model: Any, name: str) -> Any:
    """One override, of the type of the bundled threshold ``model``."""
    if isinstance(entry, Mapping):
        check(entry, OVERRIDE, name, path, whole=True)
    given = entry["value"] if isinstance(entry, Mapping) else entry
    value = _like(given, model)
    if value is None:
        raise mistyped(name, path, given, Words(f"a value like {model!r}", f"类似 {model!r} 的值"))
    if _is_curve(model) and not _ascends(value):
        raise mistyped(
            name,
            path,
            given,
            Words(
                "finite points (number, log odds) in ascending order of the number",
                "有限的（数值，对数几率）点，按数值由小到大",
            ),
        )
    return value


def _is_curve(model: Any) -> bool:
    """Whether a threshold is a curve: points of two numbers."""
    return isinstance(model, tuple) and isinstance(model[0], tuple)


def _ascends(curve: Curve) -> bool:
    """Whether the numbers of a curve ascend and all that it holds is finite."""
    finite = all(math.isfinite(value) for point in curve for value in point)
    return finite and all(one[0] < other[0] for one, other in pairwise(curve))


def _like(value: Any, model: Any) -> Any:
    """A value in the type of another; ``None`` when it is none. A whole number is a real too.

    A list keeps its length; a curve may have as many points as it needs.
    """
    if isinstance(model, tuple):
        if not isinstance(value, list) or not value:
            return None
        if len(value) != len(model) and not _is_curve(model):
            return None
        parts = tuple(_like(part, model[0]) for part in value)
        return None if None in parts else parts
    if type(value) is int:
        return type(model)(value)
    return value if type(value) is type(model) else None
