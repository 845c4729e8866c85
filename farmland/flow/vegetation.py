"""Clean NDVI of every parcel on every look: from pixels to a table, sheet by sheet.

What is held at once is a few looks at one sheet and the sums of its parcels, so memory does not
grow with the area or the number of dates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from farmland import schedule, sheets
from farmland.flow import look as looking
from farmland.flow.look import How, Shot, Site
from farmland.kernels import ground
from farmland.kernels.coverage import AFTER, FIRST, LABEL, ONE, WEIGHT
from farmland.looks import Look
from farmland.scene import Scene
from farmland.sheets import Sheet, Zone

BANDS = ("red", "nir")


@dataclass(frozen=True, slots=True, eq=False)
class Vegetation:
    """NDVI of some parcels; g = parcels, t = looks of the record."""

    rows: NDArray[np.int64]
    """(g,) positions in the input layer, ascending."""
    pixels: NDArray[np.float64]
    """(g,) pixels of 10 m, each by how much of it the parcel covers."""
    seen: NDArray[np.float64]
    """(t, g) pixels for which a scene has data, whatever the weather."""
    clear: NDArray[np.float64]
    """(t, g) pixels that count: the ground was seen, and both bands have data."""
    unread: NDArray[np.bool_]
    """(t, g) whether something that was needed stayed unread."""
    ndvi: NDArray[np.float64]
    """(t, g) mean over the clear pixels, weighted like them, NaN where there is none."""


Row = tuple[str, date, float | None, float, float, float, bool]
"""Parcel id, solar day, NDVI or ``None``, pixels clear, seen and in all, whether unread."""


@dataclass(frozen=True, slots=True, eq=False)
class NdviRecord:
    """The NDVI of a plan's parcels, to be read once."""

    parcel_ids: tuple[str, ...]
    """In input order."""
    looks: tuple[Look, ...]
    """Ascending in time: the rows t of the tables."""
    tables: Iterator[Vegetation]
    """Every parcel once, a sheet at a time; files are read as it is taken."""

    def rows(self) -> Iterator[Row]:
        """One row per parcel and look that shows it, or should: parcel by parcel, in time."""
        for table in self.tables:
            for g, row in enumerate(table.rows):
                for t in np.flatnonzero((table.seen[:, g] > 0) | table.unread[:, g]):
                    mean = float(table.ndvi[t, g])
                    yield (
                        self.parcel_ids[row],
                        self.looks[t].day,
                        None if np.isnan(mean) else mean,
                        float(table.clear[t, g]),
                        float(table.seen[t, g]),
                        float(table.pixels[g]),
                        bool(table.unread[t, g]),
                    )


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """What sheets have told about some parcels; whole numbers, so any order adds up the same.

    Pixels are weights (:data:`coverage.ONE`), NDVI is in :data:`ground.FINE`.
    """

    pixels: NDArray[np.int64]
    seen: NDArray[np.int64]
    clear: NDArray[np.int64]
    unread: NDArray[np.bool_]
    ndvi: NDArray[np.int64]

    @classmethod
    def nothing(cls, parcels: int, looks: int) -> _Sums:
        shape = looks, parcels
        return cls(
            pixels=np.zeros(parcels, np.int64),
            seen=np.zeros(shape, np.int64),
            clear=np.zeros(shape, np.int64),
            unread=np.zeros(shape, np.bool_),
            ndvi=np.zeros(shape, np.int64),
        )

    def part(self, chosen: NDArray[np.int64]) -> _Sums:
        """Some of the parcels."""
        return _Sums(
            self.pixels[chosen],
            self.seen[:, chosen],
            self.clear[:, chosen],
            self.unread[:, chosen],
            self.ndvi[:, chosen],
        )

    def add(self, at: NDArray[np.int64], other: _Sums) -> None:
        """Add what other sheets tell about the parcels ``at`` these positions."""
        self.pixels[at] += other.pixels
        self.seen[:, at] += other.seen
        self.clear[:, at] += other.clear
        self.unread[:, at] |= other.unread
        self.ndvi[:, at] += other.ndvi


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """The farmland of a sheet, and what its looks have told; g = members of the sheet."""

    sheet: Sheet
    site: Site | None
    """``None`` when no parcel touches a pixel of it."""
    runs: NDArray[np.int32]
    """(k, 5) of pixels of the site's window, labelled with positions among the members."""
    sums: _Sums


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """One look at one sheet; no scenes: the sheet ends here."""

    field: _Field
    look: int = -1
    scenes: tuple[Scene, ...] = ()


def ndvi(
    geometry: gpd.GeoSeries,
    looks: Sequence[Look],
    how: How,
    *,
    readers: int = 4,
    done: Callable[[int, int], None] = lambda _done, _total: None,
) -> Iterator[Vegetation]:
    """Count the NDVI of every parcel on every look.

    Parameters
    ----------
    geometry : GeoSeries
        Parcels in any CRS; null and empty ones are left out.
    looks : sequence of Look
        Ascending in time: the rows t of the answer.
    how : How
        Its bands must be :data:`BANDS`.
    readers : int
        Looks read ahead, each on a thread of its own.
    done : callable
        Called with the number of finished and of all sheets.

    Yields
    ------
    Vegetation
        Every parcel once, in the order in which sheets complete them, which depends on neither
        threads nor servers.
    """
    scenes = [scene for look in looks for scene in look.scenes]
    plans = [
        (zone, zone.sheets(sheets.origin(scenes, zone.crs))) for zone in sheets.zones(geometry)
    ]
    del geometry  # its outlines are all that is needed from here on
    total, finished = sum(len(plan) for _, plan in plans), 0
    for zone, plan in plans:
        waiting = _Waiting(zone, plan)
        tasks = _tasks(zone, plan, looks, how)
        for task, _ in schedule.ahead(partial(_do, how), tasks, readers):
            if task.look < 0:
                finished += 1
                done(finished, total)
                yield from waiting.close(task.field)


def _tasks(zone: Zone, plan: Sequence[Sheet], looks: Sequence[Look], how: How) -> Iterator[_Task]:
    """Every look at every sheet with farmland, sheet by sheet, each with a task that ends it."""
    for sheet in plan:
        field = _field(zone, sheet, len(looks))
        for position, look in enumerate(looks if field.site is not None else ()):
            if field.site and (scenes := looking.touching(look.scenes, field.site, how)):
                yield _Task(field, position, scenes)
        yield _Task(field)


def _field(zone: Zone, sheet: Sheet, looks: int) -> _Field:
    """The farmland of a sheet, its window cut to where it lies."""
    corner = (sheet.window.row, sheet.window.column, *sheet.window.shape)
    runs = zone.outlines.chosen(sheet.members).covered_by_row(corner)
    sums = _Sums.nothing(sheet.members.size, looks)
    weights = (runs[:, AFTER] - runs[:, FIRST]).astype(np.int64) * runs[:, WEIGHT]
    np.add.at(sums.pixels, runs[:, LABEL], weights)
    laid = looking.laid_on(zone.crs, runs)
    return _Field(sheet, *laid, sums) if laid else _Field(sheet, None, runs, sums)


def _do(how: How, task: _Task) -> None:
    """Read one look and add it, on a reader's thread: no other has to do with its rows."""
    if task.field.site is not None and task.scenes:
        sight = looking.read(task.scenes, task.field.site, how)
        for shot in sight.shots:
            _add(task.field, task.look, shot, sight.clear)


class _Waiting:
    """Parcels of a zone of which sheets are still to come."""

    def __init__(self, zone: Zone, plan: Sequence[Sheet]) -> None:
        self._rows = zone.rows
        self._to_come = np.zeros(zone.rows.size, np.int64)
        for sheet in plan:
            self._to_come[sheet.members] += 1
        self._open: dict[int, _Sums] = {}

    def close(self, field: _Field) -> Iterator[Vegetation]:
        """A sheet ends: give the parcels that are finished, if any, and keep the others."""
        here, members = field.sums, field.sheet.members
        self._to_come[members] -= 1
        for place in np.flatnonzero([int(member) in self._open for member in members]):
            here.add(np.array([place]), self._open.pop(int(members[place])))
        for place in np.flatnonzero(self._to_come[members] > 0):
            self._open[int(members[place])] = here.part(np.array([place]))
        finished = np.flatnonzero(self._to_come[members] == 0)
        if finished.size:
            yield _means(self._rows[members[finished]], here.part(finished))


def _add(field: _Field, look: int, shot: Shot, clear: NDArray[np.bool_]) -> None:
    """Add one scene of a look."""
    sums, runs = field.sums, field.runs
    if shot.seen is None:
        sums.unread[look] = True
        return
    if shot.seen.all():
        sums.seen[look] += sums.pixels
    else:
        ground.add_cells(shot.seen, runs, sums.seen[look])
    if shot.unread:
        touched = np.zeros_like(sums.pixels)
        ground.add_cells(shot.usable, runs, touched)
        sums.unread[look] |= touched > 0
    elif shot.images is not None:
        red, nir = shot.images
        told = sums.ndvi[look], sums.clear[look]
        ground.add_ndvi(red, nir, shot.usable & clear, shot.offset, runs, *told)


def _means(rows: NDArray[np.int64], sums: _Sums) -> Vegetation:
    clear, total = sums.clear / ONE, sums.ndvi / ground.FINE
    means = np.divide(total, clear, out=np.full(total.shape, np.nan), where=sums.clear > 0)
    return Vegetation(rows, sums.pixels / ONE, sums.seen / ONE, clear, sums.unread, means)
