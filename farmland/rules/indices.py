"""The table of spectral indices as frozen values; formulas, ranges, sources: indices.toml."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from types import MappingProxyType

from farmland.errors import WrongUsage
from farmland.rules import Words

FUNCTIONS = ("sqrt",)
"""What a formula may call; every other name in it is a band."""


@dataclass(frozen=True, slots=True)
class Index:
    """One spectral index."""

    name: str
    formula: str
    """Over reflectances from 0 to 1, named as in STAC: ``(nir - red) / (nir + red)``."""
    bands: tuple[str, ...]
    """The bands of the formula, each once, in the order of their names."""
    range: tuple[float, float]
    """Lowest and highest value that means something; beyond it a value is missing."""
    shown: tuple[float, float]
    """Values between which land lies, for a map; the range where that is narrow."""
    title: Words
    source: str


def _read() -> Mapping[str, Index]:
    text = resources.files(__package__).joinpath("indices.toml").read_text("utf-8")
    return MappingProxyType(
        {
            name: Index(
                name=name,
                formula=entry["formula"],
                bands=_bands(entry["formula"]),
                range=(entry["range"][0], entry["range"][1]),
                shown=tuple(entry.get("shown", entry["range"])),
                title=Words(entry["en"], entry["zh"]),
                source=entry["source"],
            )
            for name, entry in tomllib.loads(text).items()
        }
    )


def _bands(formula: str) -> tuple[str, ...]:
    names = {node.id for node in ast.walk(ast.parse(formula)) if isinstance(node, ast.Name)}
    return tuple(sorted(names - set(FUNCTIONS)))


INDICES: Mapping[str, Index] = _read()
"""Every index by its name, in the order of the table."""


def named(name: str) -> Index:
    """The index of that name, however it is written.

    Raises
    ------
    WrongUsage
        When there is none; the sentence says which is the nearest.
    """
    known = {key.casefold(): index for key, index in INDICES.items()}
    if name.casefold() in known:
        return known[name.casefold()]
    near = get_close_matches(name.casefold(), known, 1, 0.0)[0]
    raise WrongUsage(
        f"There is no index {name!r}, {known[near].name} is the nearest: give one of "
        f"{', '.join(INDICES)}.",
        f"没有指数 {name!r}，最接近的是 {known[near].name}：请从 {'、'.join(INDICES)} 中选择。",
    )
