"""Keep the evidence of a result beside it: curves and chips, one row of a small database a patch.

A county has thousands of patches, and a page or a sheet looks at one after the other: evidence is
written as it comes and read when it is asked for, so that none of it piles up in memory.
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from farmland.grid import Window
from farmland.io.drafts import replacing
from farmland.result import Chip, Curve, Evidence

NAME = "evidence.sqlite"

SIDES = ("before", "onset", "after")
"""The chips of a patch, in the order of their days."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept(Mapping[str, Evidence]):
    """Evidence by patch id, read from the disk each time it is asked for."""

    path: Path
    names: tuple[str, ...]

    def __getitem__(self, name: str) -> Evidence:
        """Evidence of one patch.

        Raises
        ------
        KeyError
            When there is none.
        """
        with closing(_opened(self.path)) as database:
            found = database.execute(
                "SELECT content FROM evidence WHERE patch_id = ?", (name,)
            ).fetchone()
        if found is None:
            raise KeyError(name)
        return _evidence(name, found[0])

    def __iter__(self) -> Iterator[str]:
        """Patch ids in the order in which they were written."""
        return iter(self.names)

    def __len__(self) -> int:
        """Patches that have evidence."""
        return len(self.names)


def write(evidence: Mapping[str, Evidence], folder: Path) -> None:
    """Write ``folder/evidence.sqlite`` in one step; the folder is made where it is missing."""
    folder.mkdir(exist_ok=True)
    with replacing(folder / NAME) as draft, closing(sqlite3.connect(draft)) as database, database:
        database.execute(
            "CREATE TABLE evidence (patch_id TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT"
        )
        rows = ((name, _packed(evidence[name])) for name in sorted(evidence))
        database.executemany("INSERT INTO evidence VALUES (?, ?)", rows)


def read(folder: Path) -> Mapping[str, Evidence]:
    """The evidence in ``folder`` by patch id; nothing where there is none."""
    path = folder / NAME
    if not path.is_file():
        return {}
    with closing(_opened(path)) as database:
        names = database.execute("SELECT patch_id FROM evidence ORDER BY rowid").fetchall()
    return Kept(path, tuple(name for (name,) in names))


def _opened(path: Path) -> sqlite3.Connection:
    """A database that is only read, on a drive that may not be written."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _packed(item: Evidence) -> bytes:
    """One piece of evidence as plain arrays, compressed."""
    arrays: dict[str, Any] = {key.name: getattr(item.curve, key.name) for key in fields(Curve)}
    for side in SIDES:
        chip = getattr(item, side)
        if chip is not None:
            corner = (chip.window.row, chip.window.column)
            arrays |= {
                f"{side}_item": np.array(chip.item_id),
                f"{side}_day": np.array(chip.day, "datetime64[D]"),
                f"{side}_crs": np.array(chip.crs),
                f"{side}_corner": np.array(corner, np.int64),
                f"{side}_rgb": chip.rgb,
            }
    if item.basic is not None:
        arrays["basic"] = np.frombuffer(shapely.to_wkb(item.basic), np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _evidence(name: str, content: bytes) -> Evidence:
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        curve = Curve(**{key.name: file[key.name] for key in fields(Curve)})
        basic = shapely.from_wkb(file["basic"].tobytes()) if "basic" in file else None
        return Evidence(name, curve, **{side: _chip(side, file) for side in SIDES}, basic=basic)


def _chip(side: str, file: Mapping[str, Any]) -> Chip | None:
    if f"{side}_rgb" not in file:
        return None
    rgb = file[f"{side}_rgb"]
    row, column = (int(value) for value in file[f"{side}_corner"])
    return Chip(
        item_id=str(file[f"{side}_item"]),
        day=file[f"{side}_day"][()],
        crs=str(file[f"{side}_crs"]),
        window=Window(row, column, rgb.shape[0], rgb.shape[1]),
        rgb=rgb,
    )
