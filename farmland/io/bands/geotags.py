"""Where a TIFF lies and what its numbers mean: GeoTIFF keys, no-data value, scale and offset.

OGC GeoTIFF 1.1 (19-008r4), annexes on tags and keys; GDAL's own two tags as its GeoTIFF driver
documents them. A file that says nothing usable gives ``None``, never an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from farmland.io.bands.directories import Directory

PIXEL_SCALE, TIE_POINTS, MATRIX = 33550, 33922, 34264
KEYS, KEY_DOUBLES, KEY_TEXTS = 34735, 34736, 34737
GDAL_METADATA, GDAL_NODATA = 42112, 42113

RASTER_TYPE, PROJECTED_CRS = 1025, 3072
"""GeoTIFF keys."""

PIXEL_IS_POINT = 2
USER_DEFINED = 32767

MOST_TEXT = 1_048_576
"""Longest metadata that is searched (characters); GDAL writes hundreds."""

Transform = tuple[float, float, float, float, float, float]

# Neither part of the pattern runs over a "<", so that the time taken grows with the length alone.
_ITEM = re.compile(r"<Item\b([^<>]*)>([^<]*)</Item>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


def epsg(directory: Directory) -> int | None:
    """Return the EPSG code of the projected reference system; ``None`` when it names none."""
    code = _keys(directory).get(PROJECTED_CRS)
    return code if code not in {None, 0, USER_DEFINED} else None


def transform(directory: Directory) -> Transform | None:
    """Return where the pixels lie: (width, 0, left, 0, -height, top) in units of the system.

    ``None`` when the file does not say, or when the image is rotated or not north up.
    """
    found = _from_scale(directory) or _from_matrix(directory)
    if found is None or not all(map(math.isfinite, found)):
        return None
    width, across, left, down, height, top = found
    if across or down or width <= 0 or height >= 0:
        return None
    if _keys(directory).get(RASTER_TYPE) == PIXEL_IS_POINT:
        left, top = left - width / 2, top - height / 2
    return width, 0.0, left, 0.0, height, top


def nodata(directory: Directory) -> float | None:
    """Return GDAL's no-data value; may be NaN."""
    return _number(directory.text(GDAL_NODATA))


def metadata(directory: Directory) -> tuple[float | None, float | None, bool]:
    """Return scale and offset of the first sample, and whether the file is a partial copy.

    GDAL keeps them as XML: text from outside, of which single items are picked without ever
    expanding an entity.
    """
    scale = offset = None
    partial = False
    for attributes, text in _items(directory.text(GDAL_METADATA)[:MOST_TEXT]):
        if attributes.get("sample") == "0" and attributes.get("role") == "scale":
            scale = _finite(text)
        elif attributes.get("sample") == "0" and attributes.get("role") == "offset":
            offset = _finite(text)
        elif attributes.get("name") == "FARMLAND_PARTIAL":
            partial = text.strip() == "YES"
    return scale, offset, partial


def _items(text: str) -> Iterator[tuple[dict[str, str], str]]:
    for match in _ITEM.finditer(text):
        yield dict(_ATTRIBUTE.findall(match[1])), match[2]


def _keys(directory: Directory) -> dict[int, int]:
    """GeoTIFF keys whose value stands in the directory of keys itself."""
    words = directory.values(KEYS)
    if words.dtype.kind != "u" or words.size < 8:
        return {}
    rows = words[4 : words.size // 4 * 4].reshape(-1, 4).tolist()
    return {key: value for key, place, _, value in rows if place == 0}


def _from_scale(directory: Directory) -> Transform | None:
    scale, tie = _doubles(directory, PIXEL_SCALE), _doubles(directory, TIE_POINTS)
    if scale.size < 2 or tie.size < 6 or not scale[0] or not scale[1]:
        return None
    width, height = float(scale[0]), abs(float(scale[1]))
    column, row, _, x, y = (float(number) for number in tie[:5])
    return width, 0.0, x - column * width, 0.0, -height, y + row * height


def _from_matrix(directory: Directory) -> Transform | None:
    matrix = _doubles(directory, MATRIX)
    if matrix.size != 16:
        return None
    a, b, c, d, e, f = (float(matrix[place]) for place in (0, 1, 3, 4, 5, 7))
    return a, b, c, d, e, f


def _doubles(directory: Directory, tag: int) -> NDArray[np.float64]:
    values = directory.values(tag)
    return values if values.dtype.kind == "f" else np.empty(0)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _finite(text: str) -> float | None:
    number = _number(text)
    return number if number is not None and math.isfinite(number) else None
