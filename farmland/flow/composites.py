"""Composites of a county: zone by zone and sheet by sheet into COGs, then their STAC items."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from farmland.errors import UnusableInput
from farmland.flow import index_bands
from farmland.flow.composite_looks import Theme
from farmland.flow.imagery import Imagery
from farmland.flow.reading import how, readers
from farmland.flow.sheet_composites import STRIP_BYTES, Room
from farmland.flow.zone_composites import DRAFTS, Step, Work, compose_zone
from farmland.imagery.compositing import Method
from farmland.io import composite_items
from farmland.io.bands.gdal_rasters import block_cache
from farmland.periods import Period
from farmland.plan import Plan
from farmland.progress import Tell
from farmland.rules.indices import Index
from farmland.scene import BANDS
from farmland.tiling import sheets, tiles

FOLDER = "composites"
"""Of the composites of an output folder."""

DRAWN = tuple(sorted(BANDS, key=("red", "green", "blue", *BANDS).index))
"""Bands of reflectance: those of a picture first, because viewers show the first three."""

SHARE = 0.6
"""Of the memory left by the libraries: for looks that are read at once, and after that for strips
and what they come to; the rest is for arrays on their way to files, and for what lies between."""

LEAST = 1_000_000
"""Bytes of a strip at least."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which composites are asked for."""

    methods: tuple[Method, ...]
    indices: tuple[Index, ...]
    """Of methods that give one number; the others give reflectance."""
    every: str = "month"
    """``dekad``, ``month``, ``year`` or ``period``."""

    def themes(self, has: Set[str]) -> tuple[Theme, ...]:
        """What is composed, given the bands that scenes have."""
        numbers = [method for method in self.methods if not method.spectral]
        spectra = [method for method in self.methods if method.spectral]
        found = [
            Theme.of_index(index, numbers, layer)
            for layer, index in enumerate(self.indices if numbers else ())
        ]
        if spectra:
            bands = [band for band in DRAWN if band in has]
            found.append(Theme.of_bands(bands, spectra, len(found)))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    collection: Path
    """That lists all composites of the folder."""
    items: tuple[str, ...]
    """Ids."""
    needed: int
    """Pixels times looks that a scene shows, or should."""
    unread: int
    """Of these, where something that was needed stayed unread."""
    without_looks: tuple[str, ...]
    """Parts of the period in which nothing was acquired, each with its zone."""


def composites(
    plan: Plan, held: Imagery, period: Period, wanted: Wanted, folder: Path, tell: Tell
) -> Made:
    """Write the composites of a plan's parcels in a period into a folder, whose lock is held.

    Raises
    ------
    FarmlandError
        One of its children: a folder of somebody else's, no scene that can be used, a disk that
        is full.
    """
    composite_items.demand_ours(folder)
    _sweep(folder)
    found, grouped = held.scenes, held.looks
    themes = wanted.themes({band for scene in found for band in scene.assets})
    bands = index_bands.ordered(band for theme in themes for band in theme.bands)
    zones = [
        (zone, zone.sheets(sheets.origin(found, zone.crs)))
        for zone in sheets.zones(held.parcels.frame.geometry)
    ]
    work = Work(
        steps=[
            Step(part, tuple(look for look in grouped if part.holds(look.day)))
            for part in period.parted(wanted.every)
        ],
        themes=themes,
        how=how(plan, held.counts, bands, rescue=False),
        room=_room(plan, themes, bands, folder, readers(plan.worker_count, found)),
        folder=folder,
        done=_counter(tell, sum(len(plan) for _, plan in zones)),
    )
    with block_cache(tiles.CACHE_BYTES):
        written = [compose_zone(zone, plan, work) for zone, plan in zones]
    composed = [each for zoned in written for each in zoned.composed]
    if not composed:
        raise _nothing_shown(plan, period, len(found))
    return Made(
        collection=composite_items.write(folder, composed),
        items=tuple(each.name for each in composed),
        needed=sum(zoned.told.needed for zoned in written),
        unread=sum(zoned.told.unread for zoned in written),
        without_looks=tuple(name for zoned in written for name in zoned.without_looks),
    )


def _sweep(folder: Path) -> None:
    """Remove what a killed run was writing; nobody else writes here while the lock is held."""
    for draft in folder.glob(f"{DRAFTS}*"):
        shutil.rmtree(draft, ignore_errors=True)


def _nothing_shown(plan: Plan, period: Period, scenes: int) -> UnusableInput:
    return UnusableInput(
        f"None of the {scenes} scenes of {plan.catalog} in {period} can be used for the parcels of "
        f"{plan.parcels}: give another --period.",
        f"{plan.catalog} 在 {period} 的 {scenes} 景影像均不能用于 {plan.parcels} 的地块："
        "请更换 --period。",
    )


def _room(
    plan: Plan, themes: Sequence[Theme], bands: Sequence[str], folder: Path, wished: int
) -> Room:
    """How much is done at once, at most the wished readers, so that memory is kept as promised."""
    free = max(0, plan.memory_bytes - tiles.BASE_BYTES)
    wide = max(len(theme.bands) for theme in themes)
    look = tiles.SHEET**2 * (2 * len(bands) + (2 + 4) * wide + 16)
    answers = tiles.SHEET**2 * max(theme.answer_bytes for theme in themes)
    return Room(
        readers=max(1, min(wished, int(free * SHARE) // look)),
        workers=plan.worker_count,
        strip_bytes=max(LEAST, min(STRIP_BYTES, int(free * SHARE - answers) // plan.worker_count)),
        folder=str(folder),
    )


def _counter(tell: Tell, total: int) -> Callable[[], None]:
    """Tells of one more sheet each time it is called."""
    tell("sheets", 0, total)
    count = itertools.count(1)
    return lambda: tell("sheets", next(count), total)
