"""Composites of one UTM zone: sheets into drafts as they come, then finished files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from farmland.flow import look as looking
from farmland.flow.composite_looks import Field, Theme, Told, field_of
from farmland.flow.look import How
from farmland.flow.sheet_composites import Done, Room, compose
from farmland.grid import Window
from farmland.imagery.compositing import NO_DAY, Composite, Method
from farmland.imagery.looks import Look
from farmland.io import cog
from farmland.io.cog import Kind
from farmland.io.composite_items import Composed, File
from farmland.io.geopackage import rasters
from farmland.periods import Period
from farmland.scene import attribution
from farmland.tiling.sheets import Sheet, Zone

OUTSIDE = 65535
"""Looks at a pixel outside the parcels, where nobody looked."""

DARK = -32768
"""Stored reflectance without data."""

STEP = 1e-4
"""To which indices are rounded, and of stored reflectance."""

CLEAR = Kind("uint16", OUTSIDE, ("clear",), averaged=False)
DAY = Kind("int16", NO_DAY, ("day",), averaged=False)

DRAFTS = ".composites.writing-"
"""How the folder of drafts begins."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One composite in time."""

    period: Period
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """What is done in every zone."""

    steps: Sequence[Step]
    themes: Sequence[Theme]
    how: How
    room: Room
    folder: Path
    done: Callable[[], None]
    """Called when a sheet is done."""


@dataclass(frozen=True, slots=True, eq=False)
class Zoned:
    """What became of a zone."""

    composed: tuple[Composed, ...]
    """What items are to say, in order of time; none where no parcel has an area."""
    told: Told
    """What reading came to."""
    without_looks: tuple[str, ...]
    """Steps in which nothing was acquired, each with the zone."""


@dataclass(frozen=True, slots=True, eq=False)
class _Drafts:
    """Files of a zone on their way, by name."""

    folder: Path
    crs: str
    window: Window
    begun: dict[str, tuple[Kind, Period]] = field(default_factory=dict)
    """What each holds, and of which time."""

    def put(
        self, file: File, period: Period, land: Field, values: NDArray[np.generic], source: str
    ) -> None:
        """Lay numbers (b, p) of a sheet into a file."""
        name, kind = file.name, file.kind
        if name not in self.begun:
            tags = {"TIFFTAG_COPYRIGHT": source, "TIFFTAG_SOFTWARE": "farmland"}
            cog.begin(self.folder / name, kind, self.crs, self.window, tags)
            self.begun[name] = kind, period
        top, left = int(land.rows.min()), int(land.columns.min())
        shape = int(land.rows.max()) - top + 1, int(land.columns.max()) - left + 1
        image = np.full((len(kind.bands), *shape), kind.nodata, kind.dtype)
        image[:, land.rows - top, land.columns - left] = values
        row = land.site.window.row + top - self.window.row
        cog.put(self.folder / name, row, land.site.window.column + left - self.window.column, image)

    def finish(self, folder: Path) -> None:
        """Make all of them what others may see."""
        for name, (kind, period) in self.begun.items():
            cog.finish(self.folder / name, folder / name, kind)
            rasters.dress(folder / name, kind.bands, period)


def compose_zone(zone: Zone, plan: Sequence[Sheet], work: Work) -> Zoned:
    """Write the composites of a zone."""
    window = _window(zone)
    place = looking.outline(zone.crs, window)
    steps = [step for step in work.steps if _shows(step, place)]
    told = [Told() for _ in steps]
    with tempfile.TemporaryDirectory(prefix=DRAFTS, dir=work.folder) as folder:
        drafts = _Drafts(Path(folder), zone.crs, window)
        for sheet in plan:
            land = field_of(zone, sheet)
            if land is not None:
                _sheet(land, steps, work, drafts, told)
            work.done()
        drafts.finish(work.folder)
    composed = [
        _composed(zone.crs, window, step, theme, method, each)
        for step, each in zip(steps, told, strict=True)
        if drafts.begun  # else no parcel has an area
        for theme in work.themes
        for method in theme.methods
    ]
    total = Told()
    for each in told:
        total.add(each)
    missing = (step.period.label for step in work.steps if step not in steps)
    named = (f"{label}_{zone_name(zone.crs)}" for label in missing)
    return Zoned(tuple(composed), total, tuple(named))


def _window(zone: Zone) -> Window:
    """Everything the parcels of a zone cover."""
    top, bottom, left, right = zone.outlines.boxes()
    row, column = int(np.floor(np.nanmin(top))), int(np.floor(np.nanmin(left)))
    last = int(np.ceil(np.nanmax(bottom))), int(np.ceil(np.nanmax(right)))
    return Window(row, column, max(1, last[0] - row), max(1, last[1] - column))


def _shows(step: Step, place: BaseGeometry) -> bool:
    return any(scene.footprint.intersects(place) for look in step.looks for scene in look.scenes)


def _sheet(
    land: Field, steps: Sequence[Step], work: Work, drafts: _Drafts, told: Sequence[Told]
) -> None:
    """Compose one sheet into the drafts."""
    given = [(step.period.start, step.looks) for step in steps]
    composed = compose(land, given, work.themes, work.how, work.room)
    for step, total, (told_here, found) in zip(steps, told, composed, strict=True):
        total.add(told_here)
        source = attribution(_years(step))
        for done in found:
            _put(drafts, land, step, done, source)


def _put(drafts: _Drafts, land: Field, step: Step, done: Done, source: str) -> None:
    """Lay one theme of one step into its files; those that methods share once."""
    theme, held = done.theme, set[str]()
    for method, found in zip(theme.methods, done.composites, strict=True):
        files = _files(theme, method, step.period, drafts.crs)
        for file, values in zip(files, _numbers(theme, found, done), strict=True):
            if file.name not in held:
                held.add(file.name)
                drafts.put(file, step.period, land, values, source)


def _numbers(theme: Theme, found: Composite, done: Done) -> list[NDArray[np.generic]]:
    """What the files of a composite hold (b, p), as :func:`_files` lists them."""
    if theme.index is not None:
        values: NDArray[np.generic] = np.round(found.values, 4)
    else:
        counts = np.rint(found.values.astype(np.float64) / STEP)
        values = np.where(np.isnan(counts), DARK, counts).astype(np.int16)
    days = [] if found.days is None else [found.days[None]]
    return [values, done.clear[None], *days]


def _files(theme: Theme, method: Method, period: Period, crs: str) -> list[File]:
    """The files of a composite; methods of a theme share the file of its counts."""
    place = f"{period.label}_{zone_name(crs)}.tif"
    if theme.index is not None:
        kind = Kind("float32", float("nan"), (theme.name,))
    else:
        kind = Kind("int16", DARK, theme.bands, STEP)
    main = f"{theme.name}_{method.name}"
    files = [
        File(theme.name, f"{main}_{place}", kind, f"{theme.title}, {method.name}", main=True),
        File("clear", f"{theme.name}_clear_{place}", CLEAR, "Clear looks at the pixel"),
    ]
    if method.dated:
        said = f"Days from {period.start.isoformat()} to the look"
        files.append(File("day", f"{main}_day_{place}", DAY, said))
    return files


def _composed(
    crs: str, window: Window, step: Step, theme: Theme, method: Method, told: Told
) -> Composed:
    name = f"{theme.name}_{method.name}_{step.period.label}_{zone_name(crs)}"
    what = f"{theme.title} = {theme.index.formula}" if theme.index else "Reflectance"
    return Composed(
        name=name,
        title=f"{theme.title}, {method.name}, {step.period.label}, {crs}",
        lineage=f"{what}; {method.name} of the clear looks of Sentinel-2 L2A at each pixel that "
        f"a parcel touches. {attribution(_years(step))}",
        theme=theme.name,
        method=method.name,
        crs=crs,
        window=window,
        footprint=looking.outline(crs, window),
        period=step.period,
        days=tuple(sorted(told.clear_days)),
        unread_days=tuple(sorted(told.unread_days)),
        files=tuple(_files(theme, method, step.period, crs)),
    )


def _years(step: Step) -> set[int]:
    """In which the scenes of a step were acquired."""
    return {scene.datetime.year for look in step.looks for scene in look.scenes}


def zone_name(crs: str) -> str:
    """``EPSG:32650`` as ``utm50n``."""
    number = int(crs.removeprefix("EPSG:"))
    return f"utm{number % 100:02d}{'n' if number < 32700 else 's'}"
