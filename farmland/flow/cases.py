"""From what inspectors filled in to the cases of a result."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pandas as pd

from farmland import layers, rules
from farmland.errors import UnusableInput, WrongUsage, disk_fault
from farmland.flow.visits import rules_of
from farmland.inspection import cases as steps
from farmland.inspection.cases import Found, Told
from farmland.io import cases as table
from farmland.io import field_tables, geopackage, photos
from farmland.io.photos import Photo
from farmland.layers import CASES
from farmland.rules import Words


@dataclass(frozen=True, slots=True)
class Imported:
    """What came into a result."""

    findings: Mapping[str, int]
    """Number by finding."""
    changed: int
    """Cases that are new or say something else than before."""
    photos: int
    """Photographs that were copied."""
    told: tuple[Words, ...]

    def said(self) -> tuple[Words, ...]:
        """Sentences about it."""
        names = CASES.column("verdict").meanings
        en = ", ".join(f"{names[key].en} {count}" for key, count in self.findings.items())
        zh = "，".join(f"{names[key].zh} {count}" for key, count in self.findings.items())
        total = sum(self.findings.values())
        if not self.changed and not self.photos:
            first = Words(
                f"Findings: {total} ({en}), all of them known: nothing was changed.",
                f"核查结果 {total} 条（{zh}），均已导入过：结果未改动。",
            )
        else:
            first = Words(
                f"Findings: {total} ({en}); new or changed: {self.changed}, photographs: "
                f"{self.photos}.",
                f"核查结果 {total} 条（{zh}）；新增或更新 {self.changed} 条，"
                f"照片 {self.photos} 张。",
            )
        return (first, *self.told)


@dataclass(slots=True)
class _Album:
    """The photographs of a result while findings come in."""

    folder: Path
    """Where they lie."""
    given: Path
    """Folder of the findings."""
    strip: bool
    told: Told
    copied: int = 0

    def of(self, found: Found, known: Sequence[Photo]) -> list[Photo]:
        """The photographs of a case: those it has and those that come."""
        held = list(known)
        for name in found.photos:
            place = photos.find(name, self.given)
            if place is None:
                if all(one["source"] != name for one in known):
                    self.told.add("photo_missing", name)
                continue
            read = photos.read(place)
            if read is None:
                self.told.add("photo_unreadable", name)
                continue
            self._take(found.patch_id, name, photos.sha256(place), read, held)
        return held

    def _take(
        self, patch: str, name: str, source: str, read: tuple[bytes, dict[str, Any]],
        held: list[Photo],
    ) -> None:  # fmt: skip
        """Store one photograph, unless it lies there whole."""
        same = next((n for n, one in enumerate(held) if one["source_sha256"] == source), None)
        if same is None:
            stem = re.sub(r"[^0-9A-Za-z_-]", "_", patch)
            numbers = [int(one["name"].rpartition("_")[2].partition(".")[0]) for one in held]
            stored = f"{stem}_{max(numbers, default=0) + 1}.jpg"
        else:
            stored = held[same]["name"]
            whole = photos.sha256(self.folder / stored) == held[same]["sha256"]
            if whole and not (self.strip and held[same]["sha256"] == source):
                return
        content, facts = read
        self.folder.mkdir(parents=True, exist_ok=True)
        checksum = photos.store(content, self.folder / stored, strip=self.strip)
        one = Photo(
            name=stored, sha256=checksum, source=name, source_sha256=source,
            lon=facts["lon"], lat=facts["lat"], direction=facts["direction"],
            taken_at=facts["taken_at"],
        )  # fmt: skip
        self.copied += 1
        if same is None:
            held.append(one)
        else:
            held[same] = one

    def check(self, known: Mapping[str, Sequence[Photo]]) -> None:
        """Hold the photographs of all cases against their checksums."""
        for one in (photo for each in known.values() for photo in each):
            if photos.sha256(self.folder / one["name"]) != one["sha256"]:
                self.told.add("photo_changed", one["name"])


def bring_back(
    path: Path,
    file: Path,
    *,
    keep_inspector: bool = False,
    strip_exif: bool = False,
    moment: datetime | None = None,
) -> Imported:
    """Take what inspectors filled in over into a result.

    Parameters
    ----------
    path : Path
        The result: the states of its patches and its table ``cases`` change, nothing else.
    file : Path
        GeoPackage, XLSX or CSV; photographs lie in its folder.
    keep_inspector : bool
        Whether names of inspectors are taken over.
    strip_exif : bool
        Whether photographs keep position and direction only.
    moment : datetime, optional
        Now, in UTC.

    Raises
    ------
    WrongUsage
        When there is no such file.
    UnusableInput
        When it is no table, or none of its patches is in the result.
    """
    moment = moment or datetime.now(UTC)
    found, states, told = _found(path, file, moment)
    before: dict[str, dict[str, Any]] = {
        str(row["patch_id"]): {str(name): cell for name, cell in row.items()}
        for row in table.read(path).to_dict("records")
    }
    known = {patch: _photos(row["photos"]) for patch, row in before.items()}
    album = _Album(path.with_suffix("") / "photos", file.parent, strip_exif, told)
    try:
        after = {**before, **_cases(found, before, known, album, keep_inspector, moment)}
    except OSError as fault:
        raise disk_fault(fault, album.folder) from fault
    album.check({patch: _photos(row["photos"]) for patch, row in after.items()})
    new = {one.patch_id: steps.STATUS.get(one.verdict, states[one.patch_id]) for one in found}
    turned = {patch: state for patch, state in new.items() if states[patch] != state}
    changed = {patch for patch in after if after[patch] is not before.get(patch)} | turned.keys()
    if changed:
        frame = pd.DataFrame([after[patch] for patch in sorted(after)])
        table.write(path, layers.coerce(CASES, frame), turned)
    kinds = [one.verdict for one in found]
    findings = {key: kinds.count(key) for key in CASES.column("verdict").meanings if key in kinds}
    return Imported(findings, len(changed), album.copied, told.said())


def _found(
    path: Path, file: Path, moment: datetime
) -> tuple[tuple[Found, ...], dict[str, str], Told]:
    """What a file says of the patches of a result, their states, and what cannot be used."""
    if not file.is_file():
        raise WrongUsage(
            f"There is no file {file}: check the path of the findings.",
            f"文件 {file} 不存在：请检查核查结果的路径。",
        )
    geopackage.check(path, needed=True)
    result = geopackage.read(path)
    states = dict(zip(result.conversions["patch_id"], result.conversions["status"], strict=True))
    latest = moment.date() + timedelta(days=1)  # a day begins in the east before it does in UTC
    rows, ruled = field_tables.read(file), rules.load(rules_of(result))
    found, told = steps.found(rows, states, ruled, latest)
    if not found and told.counts["stranger"]:
        raise _strangers(file, path, told.counts["stranger"])
    return found, states, told


def _cases(
    found: Sequence[Found],
    before: Mapping[str, dict[str, Any]],
    known: Mapping[str, list[Photo]],
    album: _Album,
    keep_inspector: bool,
    moment: datetime,
) -> dict[str, dict[str, Any]]:
    """Rows of cases by patch; a case that says what it said before stays the row it was."""
    cases = {}
    for one in found:
        if one.inspector and not keep_inspector:
            album.told.add("inspector", "")
        held = album.of(one, known.get(one.patch_id, ()))
        row = {
            "patch_id": one.patch_id,
            "verdict": one.verdict,
            "land_found": one.land_found or None,
            "reason": one.reason or None,
            "inspector": (one.inspector or None) if keep_inspector else None,
            "inspected_on": one.inspected_on,
            "photos": json.dumps(held, ensure_ascii=False) if held else None,
            "note": one.note or None,
            "imported_at": moment,
        }
        old = before.get(one.patch_id)
        cases[one.patch_id] = old if old is not None and _same(old, row) else row
    return cases


def _same(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether two rows say the same, whenever they were imported."""
    return all(_plain(old[name]) == _plain(new[name]) for name in CASES.names[:-1])


def _plain(value: Any) -> str | None:
    if value is None or pd.isna(value):
        return None
    return value.isoformat()[:10] if isinstance(value, date) else str(value)


def _photos(text: Any) -> list[Photo]:
    """Photographs of a row; a table that others wrote may say anything."""
    try:
        read = json.loads(text) if isinstance(text, str) else []
    except ValueError:
        return []
    keys = Photo.__required_keys__
    return [
        cast("Photo", one)
        for one in (read if isinstance(read, list) else [])
        if isinstance(one, dict)
        and keys <= one.keys()
        and re.fullmatch(r"[0-9A-Za-z_-]+_\d{1,6}\.jpg", str(one["name"]))
    ]


def _strangers(file: Path, path: Path, count: int) -> UnusableInput:
    return UnusableInput(
        f"None of the {count} patches of {file.name} that have a finding is in {path.name}: give "
        "the result whose list was filled in.",
        f"{file.name} 中有核查结论的 {count} 个图斑均不在 {path.name} 中："
        "请给出与该清单对应的结果。",
    )
