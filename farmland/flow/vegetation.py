"""Clean indices of every parcel on every look: from pixels to a table, sheet by sheet.

What is held at once is a few looks at one sheet and the sums of its parcels, so memory does not
grow with the area or the number of dates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from farmland import indices, schedule
from farmland.flow import index_bands
from farmland.flow import look as looking
from farmland.flow.look import How, Shot, Site
from farmland.flow.record import Vegetation
from farmland.imagery.looks import Look
from farmland.indices import Program
from farmland.kernels import parcel_sums
from farmland.kernels.coverage import AFTER, FIRST, LABEL, ONE, WEIGHT
from farmland.scene import Scene
from farmland.tiling import sheets
from farmland.tiling.sheets import Sheet, Zone


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """What sheets have told about some parcels; whole numbers, so any order adds up the same.

    Pixels are weights (:data:`coverage.ONE`), indices as :func:`farmland.indices.add` has them.
    """

    pixels: NDArray[np.int64]
    seen: NDArray[np.int64]
    clear: NDArray[np.int64]
    unread: NDArray[np.bool_]
    values: NDArray[np.int64]

    @classmethod
    def nothing(cls, parcels: int, looks: int, kinds: int) -> _Sums:
        shape = looks, parcels
        return cls(
            pixels=np.zeros(parcels, np.int64),
            seen=np.zeros(shape, np.int64),
            clear=np.zeros((kinds, *shape), np.int64),
            unread=np.zeros(shape, np.bool_),
            values=np.zeros((kinds, *shape), np.int64),
        )

    def part(self, chosen: NDArray[np.int64]) -> _Sums:
        """Some of the parcels."""
        return _Sums(
            self.pixels[chosen],
            self.seen[:, chosen],
            self.clear[..., chosen],
            self.unread[:, chosen],
            self.values[..., chosen],
        )

    def add(self, at: NDArray[np.int64], other: _Sums) -> None:
        """Add what other sheets tell about the parcels ``at`` these positions."""
        self.pixels[at] += other.pixels
        self.seen[:, at] += other.seen
        self.clear[..., at] += other.clear
        self.unread[:, at] |= other.unread
        self.values[..., at] += other.values


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


def count(
    geometry: gpd.GeoSeries,
    looks: Sequence[Look],
    how: How,
    programs: Sequence[Program],
    *,
    readers: int = 4,
    done: Callable[[int, int], None] = lambda _done, _total: None,
) -> Iterator[Vegetation]:
    """Count indices of every parcel on every look.

    Parameters
    ----------
    geometry : GeoSeries
        Parcels in any CRS; null and empty ones are left out.
    looks : sequence of Look
        Ascending in time: the rows t of the answer.
    how : How
        With every band of the indices.
    programs : sequence of Program
        Indices i of the answer; one whose bands no scene of a look has is missing there, and what
        was clear told as unread.
    readers : int
        Looks read ahead, each on a thread of its own.
    done : callable
        Called with how many looks at a sheet are done, and of how many.

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
        waiting = _Waiting(zone, plan, programs)
        done(finished * len(looks), total * len(looks))
        tasks = _tasks(zone, plan, looks, how, len(programs))
        for task, _ in schedule.ahead(partial(_do, how, programs), tasks, readers):
            finished += task.look < 0
            done(finished * len(looks) + task.look + 1, total * len(looks))
            if task.look < 0:
                yield from waiting.close(task.field)


def _tasks(
    zone: Zone, plan: Sequence[Sheet], looks: Sequence[Look], how: How, kinds: int
) -> Iterator[_Task]:
    """Every look at every sheet with farmland, sheet by sheet, each with a task that ends it."""
    for sheet in plan:
        field = _field(zone, sheet, len(looks), kinds)
        for position, look in enumerate(looks if field.site is not None else ()):
            if field.site and (scenes := looking.touching(look.scenes, field.site, how)):
                yield _Task(field, position, scenes)
        yield _Task(field)


def _field(zone: Zone, sheet: Sheet, looks: int, kinds: int) -> _Field:
    """The farmland of a sheet, its window cut to where it lies."""
    corner = (sheet.window.row, sheet.window.column, *sheet.window.shape)
    runs = zone.outlines.chosen(sheet.members).covered_by_row(corner)
    sums = _Sums.nothing(sheet.members.size, looks, kinds)
    weights = (runs[:, AFTER] - runs[:, FIRST]).astype(np.int64) * runs[:, WEIGHT]
    np.add.at(sums.pixels, runs[:, LABEL], weights)
    laid = looking.laid_on(zone.crs, runs)
    return _Field(sheet, *laid, sums) if laid else _Field(sheet, None, runs, sums)


def _do(how: How, programs: Sequence[Program], task: _Task) -> None:
    """Read one look and add it, on a reader's thread: no other has to do with its rows."""
    if task.field.site is not None and task.scenes:
        how = index_bands.of_look(how, task.scenes)
        sight = looking.read(task.scenes, task.field.site, how)
        for shot in sight.shots:
            _add(task.field, task.look, shot, sight.clear, how.bands, programs)


class _Waiting:
    """Parcels of a zone of which sheets are still to come."""

    def __init__(self, zone: Zone, plan: Sequence[Sheet], programs: Sequence[Program]) -> None:
        self._rows, self._programs = zone.rows, programs
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
            yield _means(self._rows[members[finished]], here.part(finished), self._programs)


def _add(
    field: _Field,
    look: int,
    shot: Shot,
    clear: NDArray[np.bool_],
    bands: Sequence[str],
    programs: Sequence[Program],
) -> None:
    """Add one scene of a look, of which ``bands`` were to be read."""
    sums, runs = field.sums, field.runs
    if shot.seen is None:
        sums.unread[look] = True
        return
    if shot.seen.all():
        sums.seen[look] += sums.pixels
    else:
        parcel_sums.add_cells(shot.seen, runs, sums.seen[look])
    known = [set(bands).issuperset(program.bands) for program in programs]
    if shot.unread or not all(known):
        touched = np.zeros_like(sums.pixels)
        parcel_sums.add_cells(shot.usable, runs, touched)
        sums.unread[look] |= touched > 0
    if shot.images is None:
        return
    usable = shot.usable & clear
    for number, program in enumerate(programs):
        if not known[number]:
            continue
        images = tuple(shot.images[bands.index(band)] for band in program.bands)
        told = sums.values[number, look], sums.clear[number, look]
        indices.add(program, images, usable, shot.offset, runs, *told)


def _means(rows: NDArray[np.int64], sums: _Sums, programs: Sequence[Program]) -> Vegetation:
    clear = sums.clear / ONE
    ones = np.array([program.scale * parcel_sums.FULL for program in programs])
    total = sums.values / ones[:, None, None]
    means = np.divide(total, clear, out=np.full(total.shape, np.nan), where=sums.clear > 0)
    return Vegetation(rows, sums.pixels / ONE, sums.seen / ONE, clear, sums.unread, means)
