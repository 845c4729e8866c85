"""Composites of one sheet: every look once from files to a spool, then place by place through time.

Dims: l = layers, b = bands, t = looks, p = farmland pixels of the sheet.
What memory holds is a few looks on their way, or a strip of pixels through time; its size follows
from the bytes given, so the number of looks changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from farmland import compositing, schedule
from farmland.compositing import Composite, Method
from farmland.flow.composite_looks import Field, Task, Theme, Told, read, tasks_of
from farmland.flow.look import How
from farmland.io.spool import Layers
from farmland.kernels import composite
from farmland.looks import Look

STRIP_BYTES = 64_000_000
"""Most that a strip of pixels through time may take: more of it is not faster."""

COPIES = 3
"""Of a strip, what kernels need beside it included (measured)."""


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
    steps: Sequence[Sequence[Look]],
    themes: Sequence[Theme],
    how: How,
    first_days: Sequence[date],
    room: Room,
) -> Iterator[tuple[int, Told, tuple[Done, ...]]]:
    """Read every look at a sheet once, then compose it step by step.

    Parameters
    ----------
    land : Field
    steps : sequence of sequence of Look
        The looks of each composite in time, ascending.
    themes : sequence of Theme
    how : How
        With every band of the themes.
    first_days : sequence of date
        From which the days of a step are counted.
    room : Room

    Yields
    ------
    tuple
        Number of a step, what its looks came to, and its composites, theme by theme.
    """
    tasks = [tasks_of(step, land, how) for step in steps]
    starts = np.cumsum([0, *map(len, tasks)])
    flat = [
        Task(number, task.day, task.scenes)
        for number, task in enumerate(task for step in tasks for task in step)
    ]
    layers = max(theme.layers.stop for theme in themes)
    with Layers(room.folder, layers, len(flat), land.rows.size) as spool:
        reading = partial(read, spool, land, themes, how)
        told = [each for _, each in schedule.ahead(reading, flat, room.readers)]
        for number, first in enumerate(first_days):
            own = slice(int(starts[number]), int(starts[number + 1]))
            total = Told()
            for each in told[own]:
                total.add(each)
            kept = [
                task for task, each in zip(flat[own], told[own], strict=True) if each.clear_days
            ]
            days = np.array([(task.day - first).days for task in kept], np.int16)
            looks = [task.position for task in kept]
            done = (_reduced(spool, theme, looks, days, land.rows.size, room) for theme in themes)
            yield number, total, tuple(done)


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
