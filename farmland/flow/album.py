"""Photographs of cases: taken over once, numbered by patch, held against their checksums."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
from pyproj import CRS
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from farmland.inspection.cases import Found, Told
from farmland.io import photos
from farmland.io.photos import Photo


def read(written: Any) -> list[Photo]:
    """Photographs of a row; a table that others wrote may say anything."""
    try:
        told = json.loads(written) if isinstance(written, str) else []
    except ValueError:
        return []
    keys = Photo.__required_keys__
    return [
        cast("Photo", one)
        for one in (told if isinstance(told, list) else [])
        if isinstance(one, dict)
        and keys <= one.keys()
        and re.fullmatch(r"[0-9A-Za-z_-]+_\d{1,6}\.(jpg|heic)", str(one["name"]))
    ]


@dataclass(slots=True)
class Album:
    """The photographs of a result while findings come in."""

    folder: Path
    """Where they lie."""
    given: Path
    """Folder of the findings."""
    strip: bool
    told: Told
    copied: int = 0
    replaced: list[Path] = field(default_factory=list)
    """Files in whose place another one stands, to go once the table names that."""

    def of(self, found: Found, written: str | None) -> list[Photo]:
        """The photographs of a case: those ``written`` in its row and those that come."""
        known = read(written)
        held = list(known)
        for name in found.photos:
            place = photos.find(name, self.given)
            if place is None:
                if all(one["source"] != name for one in known):
                    self.told.add("photo_missing", name)
                continue
            opened = photos.read(place)
            if opened is None:
                self.told.add("photo_unreadable", name)
                continue
            self._take(found.patch_id, name, photos.sha256(place), opened, held)
        return held

    def _take(
        self, patch: str, name: str, source: str, opened: tuple[bytes, dict[str, Any]],
        held: list[Photo],
    ) -> None:  # fmt: skip
        """Store one photograph, unless it lies there whole."""
        same = next((n for n, one in enumerate(held) if one["source_sha256"] == source), None)
        if same is None:
            stem = re.sub(r"[^0-9A-Za-z_-]", "_", patch)
            numbers = [int(one["name"].rpartition("_")[2].partition(".")[0]) for one in held]
            stem = f"{stem}_{max(numbers, default=0) + 1}"
        else:
            before = held[same]
            stem = before["name"].rpartition(".")[0]
            whole = photos.sha256(self.folder / before["name"]) == before["sha256"]
            if whole and not (self.strip and before["sha256"] == source):
                return
        content, facts = opened
        kept, ending = photos.prepared(content, strip=self.strip)
        self.folder.mkdir(parents=True, exist_ok=True)
        checksum = photos.store(kept, self.folder / f"{stem}{ending}")
        one = Photo(
            name=f"{stem}{ending}", sha256=checksum, source=name, source_sha256=source,
            lon=facts["lon"], lat=facts["lat"], direction=facts["direction"],
            taken_at=facts["taken_at"],
        )  # fmt: skip
        self.copied += 1
        if same is None:
            held.append(one)
            return
        if before["name"] != one["name"]:
            self.replaced.append(self.folder / before["name"])
        held[same] = one

    def near(self, row: Mapping[str, Any], crs: CRS, most: float) -> None:
        """Tell which photographs of a case were taken farther than ``most`` metres from it."""
        for one in read(row["photos"]):
            metres = _metres(one, row["geometry"], crs)
            if metres > most:
                self.told.add("photo_far", f"{one['name']} {metres:.0f} m")

    def check(self, written: Iterable[str | None]) -> None:
        """Hold the photographs of all cases against their checksums."""
        for one in (photo for each in written for photo in read(each)):
            if photos.sha256(self.folder / one["name"]) != one["sha256"]:
                self.told.add("photo_changed", one["name"])

    def tidy(self) -> None:
        """Take the files away that the table names no more."""
        for old in self.replaced:
            old.unlink(missing_ok=True)


def _metres(photo: Photo, patch: BaseGeometry | None, crs: CRS) -> float:
    """How far from a patch a photograph was taken; NaN where it does not say where.

    Measured in a plane around the photograph in which distances from it are true.
    """
    east, north = photo["lon"], photo["lat"]
    if east is None or north is None or patch is None:
        return math.nan
    plane = CRS.from_proj4(f"+proj=aeqd +lon_0={east} +lat_0={north} +datum=WGS84")
    return float(gpd.GeoSeries([patch], crs=crs).to_crs(plane).distance(Point(0, 0)).iloc[0])
