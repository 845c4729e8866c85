"""From what inspectors filled in to the cases of a result."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from farmland import layers
from farmland.errors import UnusableInput, WrongUsage, disk_fault
from farmland.flow.album import Album
from farmland.flow.visits import rules_for
from farmland.inspection import cases as steps
from farmland.inspection.cases import Found, Told
from farmland.inspection.following import state
from farmland.io import cases as table
from farmland.io import field_tables, geopackage
from farmland.layers import CASES
from farmland.result import Result
from farmland.rules import Rules, Words

SAID = tuple(
    name for name in CASES.names if name not in {"patch_id", "parcel_id", "cover", "imported_at"}
)
"""Columns that hold what was found."""


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


def bring_back(
    path: Path,
    file: Path,
    *,
    ruled_by: str | None = None,
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
    ruled_by : str, optional
        Rules by name or file, which name what land may be found; without it those of the run.
    keep_inspector : bool
        Whether names of inspectors are taken over.
    strip_exif : bool
        Whether photographs keep position and direction only.
    moment : datetime, optional
        Now, in UTC.

    Raises
    ------
    WrongUsage
        When there is no such file, or no such rules.
    UnusableInput
        When it is no table, or none of its patches is in the result.
    """
    moment = moment or datetime.now(UTC)
    result = _result(path, file)
    ruled, said = rules_for(result, ruled_by)
    known = _Known(_by_patch(result.conversions), _by_patch(result.cases))
    found, told = _found(path, file, known, ruled, moment)
    album = Album(path.with_suffix("") / "photos", file.parent, strip_exif, told)
    try:
        new = _cases(found, known, album, keep_inspector, moment)
    except OSError as fault:
        raise disk_fault(fault, album.folder) from fault
    for row in new.values():
        album.near(row, result.conversions.crs, ruled.inspection.photo_distance)
    after = {**known.cases, **new}
    album.check([row["photos"] for row in after.values()])
    turned = _turned(found, known.patches, told)
    changed = {patch for patch, row in new.items() if row is not known.cases.get(patch)}
    if changed or turned:
        rows = [after[patch] for patch in sorted(after)]
        frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=result.conversions.crs)
        table.write(path, layers.coerce(CASES, frame), turned)
    album.tidy()
    notes = (*said, *told.said(), *(_older_page(path) if turned else ()))
    return Imported(_findings(found), len(changed | turned.keys()), album.copied, notes)


def _result(path: Path, file: Path) -> Result:
    """The result that findings go into, before anything of them is read."""
    if not file.is_file():
        raise WrongUsage(
            f"There is no file {file}: check the path of the findings.",
            f"文件 {file} 不存在：请检查核查结果的路径。",
        )
    geopackage.check(path, needed=True)
    return geopackage.read(path)


def _findings(found: Sequence[Found]) -> dict[str, int]:
    """Number by finding, in the order of the words."""
    kinds = [one.verdict for one in found]
    return {key: kinds.count(key) for key in CASES.column("verdict").meanings if key in kinds}


Row = dict[str, Any]
"""Cells of a table by column."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What a result knows, by patch."""

    patches: Mapping[str, Row]
    cases: Mapping[str, Row]


def _by_patch(frame: gpd.GeoDataFrame) -> dict[str, Row]:
    return {str(row["patch_id"]): row for row in frame.to_dict("records")}


def _found(
    path: Path, file: Path, known: _Known, ruled: Rules, moment: datetime
) -> tuple[tuple[Found, ...], Told]:
    """What a file says of patches and cases, and what cannot be used of it."""
    latest = moment.date() + timedelta(days=1)  # a day begins in the east before it does in UTC
    patches = known.patches.keys() | known.cases.keys()
    found, told = steps.found(field_tables.read(file), patches, ruled, latest)
    if not found and told.counts["stranger"]:
        raise _strangers(file, path, told.counts["stranger"])
    late = {
        one.patch_id
        for one in found
        if one.inspected_on is not None
        and pd.Timestamp(one.inspected_on) < _day(known.cases.get(one.patch_id))
    }
    for patch in sorted(late):
        told.add("older", patch)
    return tuple(one for one in found if one.patch_id not in late), told


def _day(case: Row | None) -> pd.Timestamp:
    """Day of the visit that a case knows of; long ago where there was none."""
    day = case["inspected_on"] if case else None
    return pd.Timestamp(0) if day is None or pd.isna(day) else pd.Timestamp(day)


def _turned(found: Sequence[Found], patches: Mapping[str, Row], told: Told) -> dict[str, str]:
    """States that findings change, by patch."""
    turned = {}
    for one in found:
        patch, wanted = patches.get(one.patch_id), steps.STATUS.get(one.verdict)
        if patch is None or wanted is None:
            continue
        if state(wanted, patch["date_from"], one.inspected_on) == wanted != patch["status"]:
            turned[one.patch_id] = wanted
        elif wanted != patch["status"]:
            told.add("early", one.patch_id)
    return turned


def _cases(
    found: Sequence[Found], known: _Known, album: Album, keep_inspector: bool, moment: datetime
) -> dict[str, Row]:
    """Rows of cases by patch; a case that says what it said before stays the row it was."""
    cases = {}
    for one in found:
        if one.inspector and not keep_inspector:
            album.told.add("inspector", "")
        old = known.cases.get(one.patch_id)
        held = album.of(one, old["photos"] if old else None)
        patch = known.patches.get(one.patch_id) or old or {}
        row = {
            "patch_id": one.patch_id,
            "parcel_id": patch["parcel_id"],
            "cover": patch["cover"],
            "verdict": one.verdict,
            "land_found": one.land_found or None,
            "reason": one.reason or None,
            "inspector": (one.inspector or None) if keep_inspector else None,
            "inspected_on": one.inspected_on,
            "photos": json.dumps(held, ensure_ascii=False) if held else None,
            "note": one.note or None,
            "imported_at": moment,
            "geometry": patch["geometry"],
        }
        cases[one.patch_id] = old if old is not None and _same(old, row) else row
    return cases


def _same(old: Row, new: Row) -> bool:
    """Whether two rows say that the same was found, whenever they were imported."""
    return all(_plain(old[name]) == _plain(new[name]) for name in SAID)


def _plain(value: Any) -> str | None:
    if value is None or pd.isna(value):
        return None
    return value.isoformat()[:10] if isinstance(value, date) else str(value)


def _older_page(path: Path) -> tuple[Words, ...]:
    """That the page beside a result shows other states than it now has; nothing without one."""
    if not (path.with_suffix("") / "report.html").is_file():
        return ()
    return (
        Words(
            "The report beside the result shows the states from before: farmland report "
            f"{path.name} writes it again.",
            f"结果旁的报告仍显示导入前的办理状态：请运行 farmland report {path.name} 重新生成。",
        ),
    )


def _strangers(file: Path, path: Path, count: int) -> UnusableInput:
    return UnusableInput(
        f"None of the {count} patches of {file.name} that have a finding is in {path.name}: give "
        "the result whose list was filled in.",
        f"{file.name} 中有核查结论的 {count} 个图斑均不在 {path.name} 中："
        "请给出与该清单对应的结果。",
    )
