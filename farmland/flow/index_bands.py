"""Which bands indices are read from, and what happens where scenes lack some of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from farmland.errors import UnusableInput
from farmland.flow.look import How
from farmland.rules.indices import Index
from farmland.scene import REFLECTANCE, Scene


def ordered(bands: Iterable[str]) -> tuple[str, ...]:
    """Bands, each once, in the order in which they are read."""
    wanted = set(bands)
    return tuple(band for band in REFLECTANCE if band in wanted)


def demand(indices: Iterable[Index], scenes: Sequence[Scene], catalog: str) -> None:
    """Every band of the indices is in some scene.

    Raises
    ------
    UnusableInput
        With the first index and band that no scene has.
    """
    has = {band for scene in scenes for band in scene.assets}
    there = ordered(has)
    for index in indices:
        missing = [band for band in index.bands if band not in has]
        if missing:
            raise UnusableInput(
                f"The index {index.name} needs the band {missing[0]}, which no scene of {catalog} "
                f"has (they have {', '.join(there)}): give another --index or --catalog.",
                f"指数 {index.name} 需要波段 {missing[0]}，而 {catalog} 的影像均不含该波段"
                f"（现有 {'、'.join(there)}）：请更换 --index 或 --catalog。",
            )


def of_look(how: How, scenes: Iterable[Scene]) -> How:
    """How scenes are read that may all lack a band: without it, so that the others are."""
    has = {band for scene in scenes for band in scene.assets}
    held = tuple(band for band in how.bands if band in has)
    return how if held == how.bands else replace(how, bands=held)
