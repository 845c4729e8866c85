"""A spool: the looks of a block on their way from files to cells.

Files give one look after the other, cells want one place through time. The spool lies in a
nameless file that is gone with the process, however that ends.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from farmland.errors import disk_fault
from farmland.scene import BANDS

PIXEL_BYTES = len(BANDS) * 2 + 1
"""Of one pixel on one look: its bands and a byte of flags."""


class Spool:
    """Sections of p pixels and t looks each; b = bands of detection.

    Looks that are never put take no room and read as flags of 0.

    Parameters
    ----------
    folder : str
        Where the file lies; ``""``: the system's folder for temporary files.
    sections : sequence of int
        Pixels of each section.
    looks : int
    """

    def __init__(self, folder: str, sections: Sequence[int], looks: int) -> None:
        self._folder = folder or tempfile.gettempdir()
        self._sizes = tuple(sections)
        self._starts = np.cumsum([0, *(size * looks * PIXEL_BYTES for size in sections)]).tolist()
        self._looks = looks
        try:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
            os.ftruncate(self._file.fileno(), self._starts[-1])
        except OSError as fault:
            raise disk_fault(fault, Path(self._folder) / "spool") from fault

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def put(
        self, section: int, look: int, values: NDArray[np.int16], flags: NDArray[np.uint8]
    ) -> None:
        """Keep one look at one section: values (p, b) and flags (p,).

        Raises
        ------
        Unreachable
            When the disk is full.
        """
        try:
            self._write(values, self._values_at(section, look, 0))
            self._write(flags, self._flags_at(section, look, 0))
        except OSError as fault:
            raise disk_fault(fault, Path(self._folder) / "spool") from fault

    def flags(self, section: int, pixels: slice) -> NDArray[np.uint8]:
        """Flags (t, p) of some pixels of a section on all looks."""
        out = np.empty((self._looks, pixels.stop - pixels.start), np.uint8)
        for look in range(self._looks):
            self._read(out[look], self._flags_at(section, look, pixels.start))
        return out

    def values(self, section: int, pixels: slice, looks: NDArray[np.int64]) -> NDArray[np.int16]:
        """Values (t, p, b) of some pixels of a section on some looks."""
        out = np.empty((looks.size, pixels.stop - pixels.start, len(BANDS)), np.int16)
        for number, look in enumerate(looks):
            self._read(out[number], self._values_at(section, int(look), pixels.start))
        return out

    def _flags_at(self, section: int, look: int, pixel: int) -> int:
        return int(self._starts[section] + look * self._sizes[section] + pixel)

    def _values_at(self, section: int, look: int, pixel: int) -> int:
        size = self._sizes[section]
        before = size * self._looks + (look * size + pixel) * (PIXEL_BYTES - 1)
        return int(self._starts[section] + before)

    def _write(self, data: NDArray[np.generic], place: int) -> None:
        left = memoryview(data).cast("B")
        while left:
            written = os.pwrite(self._file.fileno(), left, place)
            left, place = left[written:], place + written

    def _read(self, out: NDArray[np.generic], place: int) -> None:
        left = memoryview(out).cast("B")
        while left:
            got = os.preadv(self._file.fileno(), [left], place)
            left, place = left[got:], place + got
