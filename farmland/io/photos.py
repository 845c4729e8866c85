"""Photographs of inspectors: found, copied beside the result, checked by SHA-256.

What a photograph says of itself stays in the file, or, when it is asked, only position and
direction do: the serial number of a camera is nobody's business.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from farmland.io.drafts import replacing

FOLDERS = ("", "photos", "DCIM", "images")
"""Where a photograph may lie in the folder of the findings."""

LARGEST = 100_000_000
"""Bytes of a photograph."""

EXIF, GPS, ORIENTATION, TAKEN, TAKEN_ZONE = 0x8769, 0x8825, 0x0112, 0x9003, 0x9011
"""Tags of Exif 2.32."""

POSITION = frozenset({0, 1, 2, 3, 4, 5, 6, 16, 17})
"""Tags of the GPS part that tell position, height and direction."""


class Photo(TypedDict):
    """One photograph of a case, as it stands in the table."""

    name: str
    """In the folder ``photos`` of the result."""
    sha256: str
    """Of that file."""
    source: str
    """What it was called."""
    source_sha256: str
    """Of the file it was copied from."""
    lon: float | None
    lat: float | None
    """Degrees, WGS 84."""
    direction: float | None
    """Degrees clockwise from north in which the camera looked."""
    taken_at: str | None
    """Local time by ISO 8601, with its zone where the camera knew it."""


def find(name: str, folder: Path) -> Path | None:
    """The file that a name means, in the folder of the findings or below; None: there is none."""
    plain = name.replace("\\", "/").removeprefix("file://")
    last = plain.rpartition("/")[2]
    inside = folder.resolve()
    for candidate in (folder / plain, *(folder / below / last for below in FOLDERS)):
        try:
            place = candidate.resolve()
            if place.is_relative_to(inside) and place.is_file():
                return place
        except (OSError, ValueError):
            continue
    return None


def sha256(path: Path) -> str:
    """Checksum of a file; ``""`` where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def read(path: Path) -> tuple[bytes, dict[str, Any]] | None:
    """Content of a photograph and what it tells; None where it is none."""
    from PIL import Image

    if path.stat().st_size > LARGEST:
        return None
    content = path.read_bytes()
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.format not in {"JPEG", "MPO"}:
                return None
            return content, _told(image.getexif())
    except (OSError, ValueError, SyntaxError, TypeError, Image.DecompressionBombError):
        return None


def _told(exif: Any) -> dict[str, Any]:
    gps, more = exif.get_ifd(GPS), exif.get_ifd(EXIF)
    return {
        "lon": _degrees(gps.get(4), gps.get(3), "W", 180),
        "lat": _degrees(gps.get(2), gps.get(1), "S", 90),
        "direction": _number(gps.get(17), 360),
        "taken_at": _moment(more.get(TAKEN), more.get(TAKEN_ZONE)),
    }


def _degrees(parts: Any, side: Any, negative: str, most: int) -> float | None:
    """Degrees, minutes and seconds as degrees; None where they make no place."""
    try:
        value = sum(float(part) / 60**n for n, part in enumerate(parts))
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    value = -value if str(side).strip("\0 ").upper() == negative else value
    return round(value, 7) if math.isfinite(value) and abs(value) <= most else None


def _number(value: Any, most: int) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return round(number, 2) if math.isfinite(number) and 0 <= number <= most else None


def _moment(taken: Any, zone: Any) -> str | None:
    """``2026:06:18 10:20:30`` as ISO 8601 writes it."""
    day, _, time = str(taken or "").strip("\0 ").partition(" ")
    parts = (*day.split(":"), *time.split(":"))
    if len(parts) != 6 or not all(part.isdigit() for part in parts):
        return None
    offset = str(zone or "").strip("\0 ")
    return f"{'-'.join(parts[:3])}T{':'.join(parts[3:])}{offset if len(offset) == 6 else ''}"


def store(content: bytes, target: Path, *, strip: bool) -> str:
    """Write a photograph, without all but position and direction if asked; its checksum.

    The picture is turned by a tag of its own, which stays.
    """
    written = _stripped(content) if strip else content
    with replacing(target) as draft:
        draft.write_bytes(written)
    return hashlib.sha256(written).hexdigest()


def _stripped(content: bytes) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(content)) as image:
        given = image.getexif()
        kept = Image.Exif()
        if ORIENTATION in given:
            kept[ORIENTATION] = given[ORIENTATION]
        place: Mapping[int, Any] = given.get_ifd(GPS)
        if place:
            kept[GPS] = {tag: value for tag, value in place.items() if tag in POSITION}
        image.load()
        quality: Any = "keep" if image.format == "JPEG" else 95
        image.info.clear()
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, exif=kept.tobytes())
    return buffer.getvalue()
