"""Lists as inspectors fill them in, and their photographs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from farmland.io import geopackage

MOMENT = datetime(2026, 6, 20, 1, 2, 3, tzinfo=UTC)
FIRST, SECOND, THIRD = "000000000001", "000000001ef0", "000000003ddf"
"""Patches of the example."""

SECRET = b"SN-4711-0815"

HEIC = Path(__file__).with_name("photo.heic")
"""A picture as telephones write it, of the same place, time and camera."""


def csv_of(folder: Path, text: str, encoding: str = "utf-8-sig") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "back.csv"
    path.write_bytes(text.encode(encoding))
    return path


def states(path: Path) -> dict[str, str]:
    frame = geopackage.read(path).conversions
    return dict(zip(frame["patch_id"], frame["status"], strict=True))


def photo(path: Path, *, seed: int = 0, place: tuple[float, float] | None = (116.75, 36.5)) -> Path:
    """A picture from 116.75 E 36.5 N or another place, looking east, with its camera's number."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Maker " + SECRET.decode()
    exif[0x8825] = {
        **({} if place is None else _position(*place)), 16: "T", 17: 90.0, 29: "2026:06:18",
    }  # fmt: skip
    exif[0x8769] = {0x9003: "2026:06:18 10:20:30", 0x9011: "+08:00", 0xA431: SECRET.decode()}
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.effect_noise((64, 48), 20 + seed).convert("RGB")
    picture.save(path, exif=exif.tobytes(), comment=SECRET)
    return path


def _position(east: float, north: float) -> dict[int, Any]:
    """Degrees and minutes as cameras write them."""
    parts = [(float(int(each)), each % 1 * 60, 0.0) for each in (north, east)]
    return {1: "N", 2: parts[0], 3: "E", 4: parts[1]}


def everything(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All tables of a database, cell for cell."""
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'")]  # fmt: skip
        return {
            name: database.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608
            for name in names
        }
