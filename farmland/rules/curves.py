"""The numbers of the fits along time as one frozen value; units and sources: curves.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Curves:
    """One field for each entry of ``curves.toml``, under the same name."""

    stiffness: float
    rounds: int
    noise: float
    harmonics: int
    looks_per_coefficient: float
    price: float
    sweeps: int
    screen: float
    memory: float
    limit: float
    extreme: float
    critical: float


@cache
def bundled() -> Curves:
    """The numbers of ``curves.toml``."""
    text = resources.files(__package__).joinpath("curves.toml").read_text("utf-8")
    return Curves(**{name: entry["value"] for name, entry in tomllib.loads(text).items()})
