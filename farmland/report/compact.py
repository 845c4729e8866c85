"""Numbers and names as a page carries them: few bytes, and text that stays text.

A browser reads these blocks again in ``templates/decode.js``.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

_SPECIAL = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
"""What could end a block, or cannot be written as UTF-8."""

SEPTETS = 5
"""Bytes of a number at most: 35 bits."""


def block(name: str, value: Any) -> str:
    """A value as a block of data in HTML; a browser never runs it, nothing in it ends it.

    ``name`` is the id of the element and must be ours: letters, digits, hyphens.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    safe = _SPECIAL.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)
    return f'<script type="application/json" id="{name}">{safe}</script>\n'


def text_of(data: bytes) -> str:
    """Bytes as Base64."""
    return base64.b64encode(data).decode()


def numbers(values: NDArray[np.int64]) -> bytes:
    """Whole numbers from 0 below 2**35, seven bits a byte, low ones first (LEB128).

    >>> numbers(np.array([5, 300])).hex(" ")
    '05 ac 02'
    """
    shifts = 7 * np.arange(SEPTETS)
    septets = ((values[:, None] >> shifts) & 127).astype(np.uint8)
    more = (values[:, None] >> (shifts + 7)) > 0
    septets[more] |= 128
    used = np.column_stack([np.ones(len(values), np.bool_), more[:, :-1]])
    return septets[used].tobytes()


def steps(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Signed numbers as unsigned ones, small ones staying small (zigzag)."""
    return (values << 1) ^ (values >> 63)


def outlines(
    shapes: Sequence[BaseGeometry | None] | NDArray[np.object_],
    corner: tuple[float, float],
    tolerance: float,
) -> dict[str, str]:
    """Polygons as counts of rings, counts of points, and steps from point to point.

    Parameters
    ----------
    shapes : sequence of polygons and multipolygons, or None
        In one CRS in metres; None has no ring.
    corner : pair of float
        Left and top: there is the origin, in whole units, y downward.
    tolerance : float
        Metres by which an outline may be simplified; coordinates are whole units.

    Returns
    -------
    dict
        ``rings``: rings of each shape. ``points``: points of each ring, the closing one left out.
        ``steps``: x and y in turn, from the point before, the first from the origin; all Base64.
    """
    plain = np.array([shape or shapely.MultiPolygon() for shape in shapes], object)
    plain = shapely.normalize(shapely.simplify(plain, tolerance))  # holes turn the other way
    parts, owner = shapely.get_parts(plain, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    whole = np.round((points - corner) * (1, -1)).astype(np.int64)
    fresh = np.ones(len(whole), np.bool_)
    fresh[1:] = (np.diff(whole, axis=0) != 0).any(axis=1) | (np.diff(ring) != 0)
    last = np.flatnonzero(np.diff(ring, append=-1))
    fresh[last] = False
    fresh[np.searchsorted(ring, np.arange(len(rings)))] = True
    whole, ring = whole[fresh], ring[fresh]
    moves = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64))
    return {
        "rings": text_of(numbers(np.bincount(owner[part], minlength=len(plain)))),
        "points": text_of(numbers(np.bincount(ring, minlength=len(rings)))),
        "steps": text_of(numbers(steps(moves.ravel()))),
    }
