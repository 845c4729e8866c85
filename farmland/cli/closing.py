"""The page that ``detect`` ends with: what was found, on one screen."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from farmland import palette
from farmland.cli.progress import columns_of
from farmland.columns import WIDTH, padded, width, wrapped
from farmland.dates import spoken_period
from farmland.rules import Words

if TYPE_CHECKING:
    import pandas as pd

    from farmland.result import Result

LINES = 22
"""Of a terminal of 24 that are used: the line that was typed and the next stay in sight."""

AROUND = 4
"""Lines of the table that are no kind of change: heads, a rule, the sum, a blank."""

LEAST_ROWS = 3
"""Kinds of change that have a row of their own, however much else there is to say."""

MARK = "■ "


@dataclass(frozen=True, slots=True)
class Screen:
    """Where the page is read."""

    columns: int = WIDTH
    coloured: bool = False
    short: bool = False
    """Whether the page has to fit; a file takes all of it."""

    @classmethod
    def of(cls, stream: TextIO) -> Screen:
        """A terminal in its width, in colour unless ``NO_COLOR`` asks for none; else plain text."""
        terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        coloured = terminal and not os.environ.get("NO_COLOR")
        return cls(columns_of(stream), coloured, stream.isatty())


def page(result: Result, written: Sequence[Path], language: str, screen: Screen) -> str:
    """What was found, what could not be judged, what was written, and what to do next.

    Parameters
    ----------
    result : Result
    written : sequence of Path
        The GeoPackage first.
    language : {"zh", "en"}
    screen : Screen
    """
    said = [*_said(result, language, screen.columns)]
    head = [*wrapped(_title(result, language), size=screen.columns).splitlines(), ""]
    tail = [*said, *_files(written, language), *_next(result, written[0], language)]
    room = LINES - len(head) - len(tail) - AROUND if screen.short else len(result.outflow)
    return "\n".join([*head, *_table(result.outflow, language, screen, room), *tail])


def _title(result: Result, language: str) -> str:
    """The parcels and the periods."""
    periods = result.run["periods"]
    after, before = (spoken_period(str(periods[name])) for name in ("after", "before"))
    count = len(result.parcels)
    return Words(
        f"{count:,} parcels, {after.en} against {before.en}",
        f"共 {count:,} 个地块，{after.zh} 与 {before.zh} 对比",
    ).text(language)


def _table(outflow: pd.DataFrame, language: str, screen: Screen, room: int) -> Iterator[str]:
    """Counts and areas by what the land became, the largest first; the smallest together."""
    if outflow.empty:
        yield from (_NOTHING.text(language), "")
        return
    kinds = _kinds(outflow, max(LEAST_ROWS, room))
    colours = [kind.colour if screen.coloured else "" for kind in kinds]
    both, one = _UNITS, _UNITS[int(language == "zh") :][:1]
    for units, whole in ((both, True), (one, True), (one, False)):
        heads = [_KIND, *_STAGES, *(unit for unit, _, _ in units)]
        lines = [each.cells(units, language, whole=whole) for each in (*kinds, _sum(kinds))]
        rows = list(_ruled([head.text(language) for head in heads], lines, colours))
        if width(rows[-1]) <= screen.columns:
            break
    yield from (*rows, "")


Units = Sequence[tuple[Words, str, int]]
"""Name, key of the area of a kind, decimals."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """Patches of one conversion and cover."""

    name: Words
    use: Words
    """Which conversion it is."""
    confirmed: int
    candidates: int
    area: Mapping[str, float]
    """In ``m2``, and in ``mu`` as the sum of what the layer says of each patch."""
    colour: str

    def cells(self, units: Units, language: str, *, whole: bool) -> list[str]:
        """A row of the table, with the conversion where there is room for the ``whole``."""
        name = self.name.text(language)
        if whole and self.use.en:
            name = Words(f"{name} ({self.use.en})", f"{name}（{self.use.zh}）").text(language)
        areas = (f"{self.area[key]:,.{places}f}" for _, key, places in units)
        return [name, f"{self.confirmed:,}", f"{self.candidates:,}", *areas]


def _kinds(outflow: pd.DataFrame, most: int) -> list[_Kind]:
    """At most so many, the largest first; whole square metres add up to those of all."""
    from farmland.shares import largest_remainder

    kinds = [
        _kind(str(conversion), str(cover), part)
        for (conversion, cover), part in outflow.groupby(["conversion", "cover"])
    ]
    kinds.sort(key=lambda kind: -kind.area["m2"])
    if len(kinds) > most:
        kinds = [*kinds[: most - 1], replace(_sum(kinds[most - 1 :]), name=_OTHERS)]
    whole = largest_remainder([kind.area["m2"] for kind in kinds], decimals=0)
    return [
        replace(kind, area={**kind.area, "m2": float(metres)})
        for kind, metres in zip(kinds, whole, strict=True)
    ]


def _kind(conversion: str, cover: str, part: pd.DataFrame) -> _Kind:
    from farmland.layers import words

    use = words("conversions", "conversion", conversion)
    use = Words(use.en.removeprefix("suspected "), use.zh.removeprefix("疑似"))
    confirmed = int((part["stage"] == "confirmed").sum())
    return _Kind(
        name=words("conversions", "cover", cover),
        use=use if conversion != "undetermined" else Words("", ""),
        confirmed=confirmed,
        candidates=len(part) - confirmed,
        area={"m2": float(part["area_m2"].sum()), "mu": float(part["area_mu"].sum())},
        colour=palette.CLASSES[palette.class_of(conversion, cover)],
    )


def _sum(kinds: Sequence[_Kind]) -> _Kind:
    """All of them together."""
    return _Kind(
        _ALL,
        Words("", ""),
        sum(kind.confirmed for kind in kinds),
        sum(kind.candidates for kind in kinds),
        {key: sum(kind.area[key] for kind in kinds) for _, key, _ in _UNITS},
        "",
    )


def _ruled(heads: list[str], cells: list[list[str]], colours: Sequence[str]) -> Iterator[str]:
    """Columns under their heads, a mark in the colour of the map before each row, a sum below."""
    widths = [max(map(width, column)) for column in zip(heads, *cells, strict=True)]
    marks = ["  ", *(click.style(MARK, fg=_rgb(colour)) if colour else "  " for colour in colours)]
    lines = [
        "  ".join(padded(cell, size, right=n > 0)
                  for n, (cell, size) in enumerate(zip(line, widths, strict=True)))
        for line in [heads, *cells]
    ]  # fmt: skip
    yield marks[0] + lines[0]
    for mark, line in zip(marks[1:], lines[1:-1], strict=True):
        yield mark + line
    yield "  " + "─" * width(lines[-1])
    yield "  " + lines[-1]


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _said(result: Result, language: str, columns: int) -> Iterator[str]:
    """Everything that is told in sentences."""
    for sentence in _sentences(result):
        yield from wrapped(sentence.text(language), size=columns).splitlines()


def _sentences(result: Result) -> Iterator[Words]:
    """Parcels, what could not be judged, other crops, land, places, and that it is a clue."""
    yield from _parcels(result)
    others = len(result.conversions) - len(result.outflow)
    if others:
        yield Words(
            f"{others} fields with another crop, still cultivated.",
            f"另有 {others} 个改种地块，仍在耕种。",
        )
    if result.run["land"]["layers"] and len(result.outflow):
        yield _land(result)
    yield from places(result)
    yield Words(**result.run["clue"])


def _parcels(result: Result) -> Iterator[Words]:
    """Parcels by status, those that could be judged and the others."""
    from farmland.layers import MONITORED, words

    counts = result.parcels["status"].value_counts()
    seen = counts.index.isin(MONITORED)
    for part, judged in ((counts[seen], True), (counts[~seen], False)):
        if part.empty:
            continue
        names = [(words("parcels", "status", str(name)), n) for name, n in part.items()]
        english = "; ".join(f"{n:,} {name.en}" for name, n in names)
        chinese = "；".join(f"{name.zh} {n:,}" for name, n in names)
        if judged:
            yield Words(f"Parcels: {english}.", f"地块：{chinese}。")
        else:
            count = int(part.sum())
            yield Words(f"Not judged, {count:,}: {english}.", f"未能判断 {count:,} 个：{chinese}。")


def by_land(result: Result) -> dict[str, float]:
    """Square metres of outflow on each kind of land."""
    parts = result.overlay[result.overlay["patch_id"].isin(result.outflow["patch_id"])]
    sums = parts.groupby("land")["area_m2"].sum()
    return {str(kind): round(float(area), 2) for kind, area in sums.items()}


def _land(result: Result) -> Words:
    """On what land it lies, the largest first."""
    from farmland.layers import words

    sums = sorted(by_land(result).items(), key=lambda entry: -entry[1])
    names = [(words("overlay", "land", kind), area) for kind, area in sums]
    return Words(
        "On " + "; ".join(f"{name.en} {area:,.0f} m²" for name, area in names) + ".",
        "涉及" + "；".join(f"{name.zh} {area:,.0f} 平方米" for name, area in names) + "。",
    )


def places(result: Result) -> Iterator[Words]:
    """How many places the sums are told by; nothing where none is known."""
    from farmland.accounting.summary import places_in
    from farmland.layers import words

    levels = [
        (words("summary", "level", level), n) for level, n in places_in(result.summary).items()
    ]
    if levels:
        yield Words(
            f"Summed up by place: {', '.join(f'{name.en} {n}' for name, n in levels)}.",
            f"已按区划汇总：{'、'.join(f'{name.zh} {n}' for name, n in levels)}。",
        )


def _files(written: Sequence[Path], language: str) -> Iterator[str]:
    """The layer, the page, and where the rest lies."""
    page = next((path for path in written if path.name == "report.html"), None)
    yield ""
    yield f"  {written[0]}"
    if page is not None:
        more = len(written) - 2
        others = Words(f"  and {more} more files beside it", f"  及同目录 {more} 个文件")
        yield f"  {page}{others.text(language)}"


def _next(result: Result, target: Path, language: str) -> Iterator[str]:
    """What to type now."""
    name = shlex.quote(str(target))
    if len(result.outflow):
        count = min(50, len(result.outflow))
        yield f"{_THEN.text(language)}farmland report {name} --budget {count} --to field"
    else:
        first = shlex.quote(str(result.parcels["parcel_id"].iloc[0]))
        yield f"{_THEN.text(language)}farmland explain {name} --parcel {first}"


_KIND, _ALL = Words("Suspected, to be checked", "疑似变化，待核查"), Words("All", "合计")
_OTHERS = Words("others", "其他")
_STAGES = (Words("confirmed", "影像确认"), Words("candidates", "待观察"))
_UNITS: Units = (
    (Words("m²", "平方米"), "m2", 0),
    (Words("mu", "亩"), "mu", 2),
)
_NOTHING = Words("No change was found in the parcels that could be judged.",
                 "可判断的地块中未发现变化。")  # fmt: skip
_THEN = Words("Next: ", "下一步：")
