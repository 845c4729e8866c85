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

ENDINGS = {"JPEG": ".jpg", "MPO": ".jpg", "HEIF": ".heic"}
"""Of the names of photographs, by format as Pillow calls it."""

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
        with _opened(content) as image:
            image.load()
            return content, _told(image.getexif())
    except (OSError, ValueError, SyntaxError, TypeError, Image.DecompressionBombError):
        return None


def _opened(content: bytes) -> Any:
    """A photograph as cameras and telephones write it: JPEG, JPEG with several views, or HEIC."""
    import pi_heif
    from PIL import Image

    pi_heif.register_heif_opener()
    return Image.open(io.BytesIO(content), formats=("JPEG", "HEIF"))


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


def prepared(content: bytes, *, strip: bool) -> tuple[bytes, str]:
    """A photograph as it is to be kept, and the ending of its name.

    Stripped of all but position, direction, colour space and which side is up, if asked; a HEIC
    photograph becomes JPEG then.
    """
    with _opened(content) as image:
        if not strip:
            return content, ENDINGS[image.format]
        given = image.getexif()
        kept = type(given)()
        if ORIENTATION in given:
            kept[ORIENTATION] = given[ORIENTATION]
        place: Mapping[int, Any] = given.get_ifd(GPS)
        if place:
            kept[GPS] = {tag: value for tag, value in place.items() if tag in POSITION}
        image.load()
        how: dict[str, Any] = {"quality": "keep" if image.format == "JPEG" else 95}
        colours = image.info.get("icc_profile")
        image.info.clear()
        plain = image if image.format in {"JPEG", "MPO"} else image.convert("RGB")
        buffer = io.BytesIO()
        plain.save(buffer, "JPEG", exif=kept.tobytes(), icc_profile=colours, **how)
    return buffer.getvalue(), ENDINGS["JPEG"]


def store(content: bytes, target: Path) -> str:
    """Write a photograph in one step; its checksum."""
    with replacing(target) as draft:
        draft.write_bytes(content)
    return hashlib.sha256(content).hexdigest()
