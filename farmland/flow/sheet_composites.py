"""Composites of one sheet: every look once from files to a spool, then place by place through time.

Dims: l = layers, b = bands, t = looks, p = farmland pixels of the sheet.
What memory holds is a few looks on their way, or a strip of pixels through time; its size follows
from the bytes given, so the number of looks changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from farmland import schedule
from farmland.flow.composite_looks import Field, Theme, Told, read, tasks_of
from farmland.flow.look import How
from farmland.imagery import compositing
from farmland.imagery.compositing import Composite, Method
from farmland.imagery.looks import Look
from farmland.io.spool import Layers
from farmland.kernels import composite

STRIP_BYTES = 64_000_000
"""Most that a strip of pixels through time may take: more of it is not faster."""

COPIES = 2
"""Of a strip: itself, and what kernels and answers need beside it."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a run may take beside its libraries."""

    readers: int
    """Looks read at once."""
    workers: int
    """Strips worked at at once."""
    strip_bytes: int
    folder: str
    """Where the spool lies."""


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """One theme of one sheet, all looks composed."""

    theme: Theme
    clear: NDArray[np.int16]
    """(p,) looks that count."""
    composites: tuple[Composite, ...]
    """One for each method."""


def compose(
    land: Field,
    steps: Sequence[tuple[date, Sequence[Look]]],
    themes: Sequence[Theme],
    how: How,
    room: Room,
) -> Iterator[tuple[Told, Iterator[Done]]]:
    """Read every look at a sheet once, then compose it step by step.

    Parameters
    ----------
    land : Field
    steps : sequence of (date, sequence of Look)
        Of each composite in time: the day from which days are counted, and looks, ascending.
    themes : sequence of Theme
    how : How
        With every band of the themes.
    room : Room

    Yields
    ------
    tuple
        What the looks of a step came to, and its composites, theme by theme, made as they are
        taken and to be taken before the next step.
    """
    near = [tasks_of(looks, land, how) for _, looks in steps]
    starts = np.cumsum([0, *map(len, near)]).tolist()
    tasks = [replace(task, position=number) for number, task in enumerate(chain(*near))]
    layers = max(theme.layers.stop for theme in themes)
    with Layers(room.folder, layers, len(tasks), land.rows.size) as spool:
        reading = partial(read, spool, land, themes, how)
        every = list(schedule.ahead(reading, tasks, room.readers))
        for (first, _), own in zip(steps, map(slice, starts, starts[1:]), strict=False):
            total = Told()
            for _, told in every[own]:
                total.add(told)
            kept = [task for task, told in every[own] if told.clear_days]
            days = np.array([(task.day - first).days for task in kept], np.int16)
            looks = [task.position for task in kept]
            done = (_reduced(spool, theme, looks, days, land.rows.size, room) for theme in themes)
            yield total, done


def _reduced(
    spool: Layers,
    theme: Theme,
    looks: Sequence[int],
    days: NDArray[np.int16],
    pixels: int,
    room: Room,
) -> Done:
    """Compose one theme of a step, strip by strip."""
    layers = theme.layers.stop - theme.layers.start
    size = max(1, room.strip_bytes // (4 * COPIES * layers * max(1, len(looks))))
    strips = [slice(start, min(start + size, pixels)) for start in range(0, pixels, size)]
    clear = np.zeros(pixels, np.int16)
    blank = [_blank(method, layers, pixels) for method in theme.methods]
    if looks:
        work = partial(_strip, spool, theme, looks, days)
        for strip, (counts, found) in schedule.ahead(work, strips, room.workers):
            clear[strip] = counts
            for whole, part in zip(blank, found, strict=True):
                whole.values[:, strip] = part.values
                if whole.days is not None and part.days is not None:
                    whole.days[strip] = part.days
    return Done(theme, clear, tuple(blank))


def _blank(method: Method, layers: int, pixels: int) -> Composite:
    values = np.full((layers, pixels), np.nan, np.float32)
    days = np.full(pixels, compositing.NO_DAY, np.int16) if method.dated else None
    return Composite(values, days)


def _strip(
    spool: Layers, theme: Theme, looks: Sequence[int], days: NDArray[np.int16], strip: slice
) -> tuple[NDArray[np.int16], list[Composite]]:
    """Counts (p,) and composites of some pixels."""
    values = spool.take(theme.layers, looks, strip)
    counts = np.empty(values.shape[2], np.int16)
    composite.counts(values[0], counts)
    reduce = compositing.of_bands if theme.index is None else compositing.of_index
    data = values if theme.index is None else values[0]
    return counts, [reduce(method, data, days) for method in theme.methods]
