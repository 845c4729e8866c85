"""The directories of a TIFF file, from bytes: which tags each holds, and their values on demand.

TIFF 6.0 (Adobe 1992), sections 2 and 7; BigTIFF as libtiff defines it. What a file says about
itself is data from outside: every count is bounded, and no pointer is followed twice.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

HEAD_BYTES = 32_768
"""First read of a file; holds the header and all directories of a COG."""

MOST_DIRECTORIES = 16
"""A granule with its overviews and their masks has twelve."""

MOST_TAGS = 4_096
"""Of one directory; GDAL writes about twenty."""

MOST_VALUES = 4_194_304
"""Of one tag; a granule of 10 980 pixels in tiles of 512 has 484 tiles."""

LAST_BYTE = 2**62
"""Beyond any file; sums with it still fit 64 bits."""

KINDS = {
    1: "u1", 2: "S1", 3: "u2", 4: "u4", 5: "u8", 6: "i1", 7: "u1", 8: "i2", 9: "i4", 10: "i8",
    11: "f4", 12: "f8", 13: "u4", 16: "u8", 17: "i8", 18: "u8",
}  # fmt: skip
"""Types of values (TIFF 6.0 section 2, BigTIFF): numpy codes, each ending in its size in bytes; a
fraction of two numbers is kept as one."""


class Unsupported(ValueError):
    """A sound TIFF of a kind that is not read; the text says which, in a few words."""


class Corrupt(ValueError):
    """A TIFF that contradicts itself or ends too early; the text says where, in a few words."""


class RawTag(NamedTuple):
    """One tag as stored."""

    kind: int
    """Type of its values, a key of ``KINDS``."""
    size: int
    data: bytes
    """The values in the byte order of the file."""


class Entry(NamedTuple):
    """One tag's place in a directory."""

    kind: int
    size: int
    field: bytes
    """The values when they fit, else where they start."""


class Span:
    """The bytes of a file read so far; reads more when more is asked for.

    Parameters
    ----------
    fetch : callable
        Given start and length, returns the bytes there; fewer only at the end of the file.
    """

    def __init__(self, fetch: Callable[[int, int], bytes]) -> None:
        self._fetch = fetch
        self._chunks = [(0, fetch(0, HEAD_BYTES))]

    def take(self, start: int, length: int) -> bytes:
        """Return exactly the bytes asked for.

        Raises
        ------
        Corrupt
            When they lie beyond the end of the file.
        """
        for first, chunk in self._chunks:
            if first <= start and start + length <= first + len(chunk):
                return chunk[start - first : start - first + length]
        if start + length > LAST_BYTE or len(self._chunks[0][1]) < HEAD_BYTES:
            raise Corrupt("its directory is cut off")
        chunk = self._fetch(start, max(length, HEAD_BYTES))
        self._chunks.append((start, chunk))
        if len(chunk) < length:
            raise Corrupt("its directory is cut off")
        return chunk[:length]


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory: the description of one image."""

    entries: Mapping[int, Entry]
    order: str
    """``<`` or ``>``: byte order of the file."""
    span: Span

    def raw(self, tag: int) -> RawTag | None:
        """Return a tag as stored; ``None`` when absent or of an unknown type.

        Raises
        ------
        Corrupt
            When its values lie beyond the end of the file or are too many.
        """
        entry = self.entries.get(tag)
        if entry is None or entry.kind not in KINDS:
            return None
        if entry.size > MOST_VALUES:
            raise Corrupt(f"its tag {tag} has {entry.size} values")
        length = entry.size * int(KINDS[entry.kind][1])
        if length <= len(entry.field):
            return RawTag(entry.kind, entry.size, entry.field[:length])
        (start,) = struct.unpack(self.order + "IQ"[len(entry.field) == 8], entry.field)
        return RawTag(entry.kind, entry.size, self.span.take(start, length))

    def values(self, tag: int) -> NDArray[Any]:
        """Return a tag's values, shape (count,), in the byte order of the file; empty when absent.

        Raises
        ------
        Corrupt
            As :meth:`raw`.
        """
        raw = self.raw(tag)
        if raw is None:
            return np.empty(0, np.uint8)
        return np.frombuffer(raw.data, np.dtype(self.order + KINDS[raw.kind]))

    def number(self, tag: int, default: int) -> int:
        """Return the first value of a whole-number tag; ``default`` when absent.

        Raises
        ------
        Corrupt
            When it is no whole number.
        """
        raw = self.raw(tag)
        if raw is None or not raw.size:
            return default
        code = KINDS[raw.kind]
        if code[0] != "u":
            raise Corrupt(f"its tag {tag} is no number")
        return int.from_bytes(raw.data[: int(code[1])], "little" if self.order == "<" else "big")

    def text(self, tag: int) -> str:
        """Return a tag of characters up to its first zero; ``""`` when absent.

        Raises
        ------
        Corrupt
            As :meth:`raw`.
        """
        raw = self.raw(tag)
        return raw.data.split(b"\0", 1)[0].decode("utf-8", "replace") if raw else ""


def directories(fetch: Callable[[int, int], bytes]) -> list[Directory]:
    """Read the chain of directories of a TIFF or BigTIFF.

    Parameters
    ----------
    fetch : callable
        As of :class:`Span`.

    Returns
    -------
    list of Directory
        In file order, the first 16.

    Raises
    ------
    Unsupported
        When the file is no TIFF.
    Corrupt
        When a directory is cut off, too long, or points back to an earlier one.
    """
    span = Span(fetch)
    order, big, start = _header(span)
    found: list[Directory] = []
    seen: set[int] = set()
    while start and len(found) < MOST_DIRECTORIES:
        if start in seen:
            raise Corrupt("its directories run in a circle")
        seen.add(start)
        entries, start = _entries(span, order, big, start)
        found.append(Directory(entries, order, span))
    if not found:
        raise Corrupt("it has no directory")
    return found


def _header(span: Span) -> tuple[str, bool, int]:
    """Byte order, whether it is a BigTIFF, and where the first directory lies."""
    try:
        head = span.take(0, 8)
    except Corrupt:
        raise Corrupt("it is cut off in its header") from None
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    version = struct.unpack(f"{order}H", head[2:4])[0] if order else 0
    if order is None or version not in {42, 43}:
        raise Unsupported("it is no TIFF")
    if version == 42:
        return order, False, struct.unpack(f"{order}I", head[4:])[0]
    return order, True, struct.unpack(f"{order}Q", span.take(8, 8))[0]


def _entries(span: Span, order: str, big: bool, start: int) -> tuple[dict[int, Entry], int]:
    """The entries of one directory by tag, and where the next directory lies."""
    count_code, entry_code, pointer_code = ("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I")
    head = struct.Struct(order + count_code)
    entry = struct.Struct(order + entry_code)
    pointer = struct.Struct(order + pointer_code)
    (count,) = head.unpack(span.take(start, head.size))
    if count > MOST_TAGS:
        raise Corrupt(f"its directory has {count} tags")
    data = span.take(start + head.size, count * entry.size + pointer.size)
    rows = entry.iter_unpack(data[: -pointer.size])
    found = {tag: Entry(kind, values, field) for tag, kind, values, field in rows}
    return found, pointer.unpack(data[-pointer.size :])[0]
