"""A spool: the looks of a block, or of a sheet, on their way from files to pixels through time.

Files give one look after the other, those who reckon want one place through time. The spool lies
in a nameless file that is gone with the process, however that ends.
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


class Scratch:
    """A nameless file of a known size; what was never written reads as zeros and takes no room.

    Parameters
    ----------
    folder : str
        Where the file lies; ``""``: the system's folder for temporary files.
    size : int
        Bytes.
    """

    def __init__(self, folder: str, size: int) -> None:
        self._path = Path(folder or tempfile.gettempdir()) / "spool"
        try:
            self._file = tempfile.TemporaryFile(dir=self._path.parent, buffering=0)  # noqa: SIM115
            os.ftruncate(self._file.fileno(), size)
        except OSError as fault:
            raise disk_fault(fault, self._path) from fault

    def close(self) -> None:
        """Give the file up."""
        self._file.close()

    def write(self, data: NDArray[np.generic], place: int) -> None:
        """Write an array at a byte; threads may write beside each other.

        Raises
        ------
        Unreachable
            When the disk is full.
        """
        left = memoryview(data).cast("B")
        try:
            while left:
                written = os.pwrite(self._file.fileno(), left, place)
                left, place = left[written:], place + written
        except OSError as fault:
            raise disk_fault(fault, self._path) from fault

    def read(self, out: NDArray[np.generic], place: int) -> None:
        """Fill an array from a byte on."""
        left = memoryview(out).cast("B")
        while left:
            got = os.preadv(self._file.fileno(), [left], place)
            left, place = left[got:], place + got


class Layers:
    """Numbers of one sheet on their way: l layers, t looks, p pixels, float32.

    Parameters
    ----------
    folder : str
        As of :class:`Scratch`.
    layers, looks, pixels : int
    """

    def __init__(self, folder: str, layers: int, looks: int, pixels: int) -> None:
        self._looks, self._pixels = looks, pixels
        self._scratch = Scratch(folder, 4 * layers * looks * pixels)

    def __enter__(self) -> Layers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._scratch.close()

    def put(self, layer: int, look: int, values: NDArray[np.float32]) -> None:
        """Keep one layer (p,) of one look; raises ``Unreachable`` when the disk is full."""
        self._scratch.write(values, self._at(layer, look, 0))

    def take(self, layers: slice, looks: Sequence[int], pixels: slice) -> NDArray[np.float32]:
        """Numbers (l, t, p) of some layers, looks and pixels."""
        shape = layers.stop - layers.start, len(looks), pixels.stop - pixels.start
        out = np.empty(shape, np.float32)
        for number, layer in enumerate(range(layers.start, layers.stop)):
            for position, look in enumerate(looks):
                self._scratch.read(out[number, position], self._at(layer, look, pixels.start))
        return out

    def _at(self, layer: int, look: int, pixel: int) -> int:
        return 4 * ((layer * self._looks + look) * self._pixels + pixel)


class Spool:
    """Sections of p pixels and t looks each; b = bands of detection.

    Looks that are never put take no room and read as flags of 0.

    Parameters
    ----------
    folder : str
        As of :class:`Scratch`.
    sections : sequence of int
        Pixels of each section.
    looks : int
    """

    def __init__(self, folder: str, sections: Sequence[int], looks: int) -> None:
        self._sizes = tuple(sections)
        self._starts = np.cumsum([0, *(size * looks * PIXEL_BYTES for size in sections)]).tolist()
        self._looks = looks
        self._scratch = Scratch(folder, self._starts[-1])

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._scratch.close()

    def put(
        self, section: int, look: int, values: NDArray[np.int16], flags: NDArray[np.uint8]
    ) -> None:
        """Keep one look at one section: values (p, b) and flags (p,).

        Raises
        ------
        Unreachable
            When the disk is full.
        """
        self._scratch.write(values, self._values_at(section, look, 0))
        self._scratch.write(flags, self._flags_at(section, look, 0))

    def flags(self, section: int, pixels: slice) -> NDArray[np.uint8]:
        """Flags (t, p) of some pixels of a section on all looks."""
        out = np.empty((self._looks, pixels.stop - pixels.start), np.uint8)
        for look in range(self._looks):
            self._scratch.read(out[look], self._flags_at(section, look, pixels.start))
        return out

    def values(self, section: int, pixels: slice, looks: NDArray[np.int64]) -> NDArray[np.int16]:
        """Values (t, p, b) of some pixels of a section on some looks."""
        out = np.empty((looks.size, pixels.stop - pixels.start, len(BANDS)), np.int16)
        for number, look in enumerate(looks):
            self._scratch.read(out[number], self._values_at(section, int(look), pixels.start))
        return out

    def _flags_at(self, section: int, look: int, pixel: int) -> int:
        return int(self._starts[section] + look * self._sizes[section] + pixel)

    def _values_at(self, section: int, look: int, pixel: int) -> int:
        size = self._sizes[section]
        before = size * self._looks + (look * size + pixel) * (PIXEL_BYTES - 1)
        return int(self._starts[section] + before)
