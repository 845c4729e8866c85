"""What inspectors found, row by row: what can be used of it, and what cannot."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from unicodedata import normalize

from farmland.layers import CASES, plain_text
from farmland.rules import Rules, Words

CODED = ("patch_id", "verdict", "land_found", "inspected_on")
"""Columns that are read, not kept as they were written: full-width digits are digits there."""

FIRST_DAY = date(2015, 6, 23)
"""Sentinel-2A was launched: no clue can be older."""

STATUS = {"verified": "verified", "dismissed": "dismissed", "closed": "closed"}
"""State of a case by finding; another finding leaves it as it is."""

ALSO = {
    **dict.fromkeys(("true", "1", "yes", "y", "t", "是", "真", "已核实", "v"), "verified"),
    **dict.fromkeys(("false", "0", "no", "n", "f", "否", "假", "排除", "已排除"), "dismissed"),
    **dict.fromkeys(("存疑", "不清", "不明", "unknown", "?"), "unclear"),
    **dict.fromkeys(("已销号", "销号", "已整改"), "closed"),
}
"""Other words people write for a finding."""

DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?(?:[T\s].*)?")
PLAIN_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
DAY_NUMBER = re.compile(r"(\d{5})(?:\.\d+)?")
DAY_ZERO = date(1899, 12, 30)
"""Spreadsheets keep a day as the number of days since."""

ROUNDED = 1e-5
"""Spreadsheets show a long number by six digits, and save what they show into CSV."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an inspector found at one patch; ``""`` where nothing is said."""

    patch_id: str
    verdict: str
    land_found: str
    reason: str
    inspector: str
    inspected_on: date | None
    photos: tuple[str, ...]
    """Names of files as they were written."""
    note: str


@dataclass(slots=True)
class Told:
    """What could not be used, by kind of trouble; a few examples of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, trouble: str, example: str) -> None:
        """Count one, and remember the first three."""
        self.counts[trouble] += 1
        named = self.examples.setdefault(trouble, [])
        if len(named) < 3 and example not in named:
            named.append(example[:40])

    def said(self) -> tuple[Words, ...]:
        """One sentence for each kind."""
        return tuple(
            Words(
                TROUBLES[name].en.format(count=count, examples=", ".join(self.examples[name])),
                TROUBLES[name].zh.format(count=count, examples="、".join(self.examples[name])),
            )
            for name, count in sorted(self.counts.items())
        )


TROUBLES: Mapping[str, Words] = {
    "empty": Words(
        "Rows without a finding, left out: {count}.", "未填写核查结论而略过的行：{count}。"
    ),
    "stranger": Words(
        "Rows of patches that are not in the result, left out: {count} ({examples}).",
        "图斑不在结果中而略过的行：{count}（{examples}）。",
    ),
    "verdict": Words(
        "Rows with a finding that is none of verified, dismissed, unclear, closed, left out: "
        "{count} ({examples}).",
        "核查结论不是属实、不属实、无法判定或已整改销号而略过的行：{count}（{examples}）。",
    ),
    "day": Words(
        "Days that cannot be, left empty: {count} ({examples}).",
        "不可能的日期，已留空：{count}（{examples}）。",
    ),
    "land": Words(
        "Land that is no cover and no land-use code, left empty: {count} ({examples}).",
        "现场地类既非覆盖类型也非地类编码，已留空：{count}（{examples}）。",
    ),
    "twice": Words(
        "Patches that stand in several rows, of which the latest counts: {count} ({examples}).",
        "同一图斑有多行，以最近一次为准：{count}（{examples}）。",
    ),
    "inspector": Words(
        "Names of inspectors that were not taken over: {count}; --keep-inspector keeps them.",
        "未写入结果的核查人姓名：{count}；如需保留请加 --keep-inspector。",
    ),
    "photo_missing": Words(
        "Photographs that are not in the folder of the findings, left out: {count} ({examples}).",
        "核查结果所在文件夹中找不到而略过的照片：{count}（{examples}）。",
    ),
    "older": Words(
        "Findings of a day before the one the result has, left out: {count} ({examples}).",
        "早于结果中已有核查日期而略过的核查结果：{count}（{examples}）。",
    ),
    "early": Words(
        "Visits before the change began, which say nothing of it; the state was left as it is: "
        "{count} ({examples}).",
        "核查日期早于变化发生，不能据此判定，办理状态未改：{count}（{examples}）。",
    ),
    "photo_unreadable": Words(
        "Files that are no JPEG or HEIC photograph, left out: {count} ({examples}).",
        "不是 JPEG 或 HEIC 照片而略过的文件：{count}（{examples}）。",
    ),
    "photo_far": Words(
        "Photographs taken farther from their patch than the rules expect, taken over all the "
        "same: {count} ({examples}).",
        "拍摄位置距图斑超过规则所定距离、仍予收录的照片：{count}（{examples}）。",
    ),
    "photo_changed": Words(
        "Photographs of the result that are missing or were changed since: {count} ({examples}).",
        "结果中缺失或被改动的照片：{count}（{examples}）。",
    ),
}


def found(
    rows: Iterable[Mapping[str, str]], patches: Collection[str], rules: Rules, today: date
) -> tuple[tuple[Found, ...], Told]:
    """What rows of a table say of patches, in the order of the ids, and what is wrong with them.

    Parameters
    ----------
    rows : iterable of mapping
        Text by column of ``layers.INSPECTION``.
    patches : collection of str
        Ids of the result.
    rules : Rules
        Name covers and land-use codes.
    today : date
        A visit cannot be later.
    """
    told, kept = Told(), dict[str, Found]()
    lands = _lands(rules)
    for row in rows:
        one = _row(row, patches, rules, lands, today, told)
        if one is None:
            continue
        before = kept.get(one.patch_id)
        if before is not None and before != one:
            told.add("twice", one.patch_id)
        if before is None or _day(one) >= _day(before):
            kept[one.patch_id] = one
    return tuple(kept[name] for name in sorted(kept)), told


def _day(one: Found) -> date:
    return one.inspected_on or date.min


def _row(
    row: Mapping[str, str],
    patches: Collection[str],
    rules: Rules,
    lands: Mapping[str, str],
    today: date,
    told: Told,
) -> Found | None:
    """One row; None where it says nothing that can be used."""
    cell = {name: (plain_text(text) or "").strip() for name, text in row.items()}
    cell |= {name: normalize("NFKC", cell[name]).strip() for name in CODED if name in cell}
    said = cell.get("verdict", "")
    if not said:
        told.add("empty", "")
        return None
    patch = _patch(cell.get("patch_id", ""), patches)
    if patch is None:
        told.add("stranger", cell.get("patch_id", ""))
        return None
    verdict = VERDICTS.get(said.casefold())
    if verdict is None:
        told.add("verdict", f"{patch}: {said}")
        return None
    land = cell.get("land_found", "")
    code = lands.get(land.casefold()) or (land if land and rules.land.of(land) else "")
    if land and not code:
        told.add("land", f"{patch}: {land}")
    written = cell.get("inspected_on", "")
    day = _read_day(written, today)
    if written and day is None:
        told.add("day", f"{patch}: {written}")
    return Found(
        patch, verdict, code, cell.get("reason", ""), cell.get("inspector", ""), day,
        photo_names(cell.get("photos", "")), cell.get("note", ""),
    )  # fmt: skip


def _patch(said: str, patches: Collection[str]) -> str | None:
    """The id that is meant: spreadsheets take digits for a number, and their zeros away."""
    tries = (said, said.lower(), said.zfill(12))
    return next((one for one in tries if one in patches), None) or _rounded(said, patches)


def _rounded(said: str, patches: Collection[str]) -> str | None:
    """The only id that is about a number such as ``4.47928E+11``; None where several are."""
    number, apart = _number(said), ROUNDED if "." in said else 0.0
    if number is None:
        return None
    close = [
        one for one in patches
        if (own := _number(one)) is not None and math.isclose(own, number, rel_tol=apart)
    ]  # fmt: skip
    return close[0] if len(close) == 1 else None


def _number(text: str) -> float | None:
    """What a spreadsheet takes a text for; None where it stays text."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _lands(rules: Rules) -> dict[str, str]:
    """Codes of covers by what people write."""
    return {
        text.casefold(): name
        for name, cover in {**rules.visited, **rules.covers}.items()
        for text in (cover.label.en, cover.label.zh, name)
    }


def _verdicts() -> dict[str, str]:
    known = dict(ALSO)
    for code, words in CASES.column("verdict").meanings.items():
        known |= dict.fromkeys((code, words.en.casefold(), words.zh.casefold()), code)
    return known


VERDICTS = _verdicts()


def _read_day(text: str, today: date) -> date | None:
    """A day as people of either language write it; None where there can be no such day."""
    match, number = DAY.fullmatch(text) or PLAIN_DAY.fullmatch(text), DAY_NUMBER.fullmatch(text)
    try:
        day = date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
    if number:
        day = DAY_ZERO + timedelta(days=int(number[1]))
    return day if day is not None and FIRST_DAY <= day <= today else None


def photo_names(text: str) -> tuple[str, ...]:
    """Names of files in a cell: JSON, quoted as QGIS does it, or with semicolons or lines."""
    if text.startswith("["):
        try:
            names: Sequence[object] = json.loads(text)
        except ValueError:
            names = [text]
    elif text.startswith('"') and text.endswith('"'):
        names = re.findall(r'"([^"]+)"', text)
    else:
        names = re.split(r"[;；\n|]", text)
    tidy = [str(name).strip() for name in names]
    return tuple(dict.fromkeys(name for name in tidy if name and name.isprintable()))
