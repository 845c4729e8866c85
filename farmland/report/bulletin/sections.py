"""The sections of a bulletin, as far as the data carry them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from farmland import layers, palette
from farmland.report import statistics, words
from farmland.report.bulletin import wording as said
from farmland.report.bulletin.content import Bars, Block, Bulletin, Heading, Paragraph
from farmland.report.statistics import wording as tables
from farmland.report.statistics.by_place import FLOWS, level_of
from farmland.report.statistics.form import Cell, Column, Table
from farmland.report.told import Told
from farmland.report.whereabouts import land_class
from farmland.result import Result
from farmland.rules import Words
from farmland.shares import largest_remainder

TOP = 10
"""Places in a list of the largest."""

BUILT = 5
"""Column of the table of flows that holds construction land."""


def of(result: Result) -> Bulletin:
    """The bulletin on a result."""
    told, made = Told.of(result.run), statistics.of(result)
    year = str(told.periods.get("after", "")).partition("/")[2][:4]
    lines = [
        filled(said.ISSUE, year=year or "＿＿"),
        filled(said.PERIOD, before=told.period("before"), after=told.period("after")),
        filled(said.MADE, made=told.minute),
    ]
    sections = (
        _overall(result, made), _cultivated(result, made), _built(result, made),
        _approvals(result), _notes(result, told), _annex(result),
    )  # fmt: skip
    blocks: list[Block] = []
    for head, section in zip(said.HEADS, sections, strict=True):
        blocks += [Heading(head), *section]
    return Bulletin(said.TITLE, tuple(lines), tuple(blocks), told)


def filled(template: Words, **values: Any) -> Words:
    """A sentence with its blanks filled in, each in its own language."""
    texts = (
        text.format(**{key: value.text(language) if isinstance(value, Words) else value
                       for key, value in values.items()})
        for language, text in (("en", template.en), ("zh", template.zh))
    )  # fmt: skip
    return Words(*texts)


def _overall(result: Result, made: statistics.Statistics) -> Iterator[Block]:
    """Counts and areas, what it became, how much could be monitored."""
    found = result.outflow
    yield Paragraph(_together(_told_overall(result)))
    yield Paragraph(_watched(result))
    if not len(found):
        return
    groups = {str(cover): part for cover, part in found.groupby("cover")}
    order = sorted(groups, key=lambda cover: (-float(groups[cover]["area_m2"].sum()), cover))
    parts = [(cover, groups[cover]) for cover in order]
    shares = largest_remainder([_mu(part) / _mu(found) for _, part in parts], 1.0, 3)
    rows: list[tuple[Cell, ...]] = [
        (layers.words("conversions", "cover", cover), len(part),
         int((part["stage"] == "confirmed").sum()), _mu(part), share)
        for (cover, part), share in zip(parts, shares.tolist(), strict=True)
    ]  # fmt: skip
    confirmed = int((found["stage"] == "confirmed").sum())
    rows.append((tables.TOTAL, len(found), confirmed, _mu(found), 1.0))
    columns = (Column(said.COVER, "text", 18), Column(said.PATCHES, "count"),
               Column(said.CONFIRMED, "count"), Column(said.MU, "area"),
               Column(said.SHARE, "share"))  # fmt: skip
    yield Table(said.KINDS_TABLE, columns, tuple(rows), total=True)
    yield Bars(said.CHART, tuple(_bar(cover, part) for cover, part in parts))
    if (places := made.tables.get("A")) is not None and places.total:
        yield _top(said.TOP_TABLE, places, level_of(result.summary), (0, 1, 3, 4, 5))


def _told_overall(result: Result) -> Iterator[Words]:
    """How many clues there are, of which kind, and on which land."""
    found = result.outflow
    if not len(found):
        yield said.NONE
        return
    confirmed = int((found["stage"] == "confirmed").sum())
    yield filled(said.OVERALL, patches=len(found), area=_area(found), confirmed=confirmed)
    yield filled(said.OF_WHICH, parts=listed(
        filled(said.KIND, kind=layers.words("conversions", "conversion", kind),
               patches=len(part), area=_area(part))
        for kind, part in found.groupby("conversion")
    ))  # fmt: skip
    parts = result.outflow_parts
    if parts["pbf"].notna().any():
        lawful = parts[(parts["pbf"] == 1).fillna(value=False)]
        yield filled(said.BASIC, area=words.area(float(lawful["area_m2"].sum())))


def _watched(result: Result) -> Words:
    """How many parcels could be monitored."""
    total = len(result.parcels)
    monitored = int(result.parcels["status"].isin(layers.MONITORED).sum())
    return filled(said.WATCHED, all=total, monitored=monitored, rest=total - monitored,
                  share=monitored / total if total else 0.0)  # fmt: skip


def _cultivated(result: Result, made: statistics.Statistics) -> Iterator[Block]:
    """Where cultivated land went."""
    items = _accounts(result)
    if "outflow" not in items:
        yield Paragraph(said.NO_ACCOUNTS)
        return
    yield Paragraph(_together(_told_cultivated(items)))
    rows: list[tuple[Cell, ...]] = []
    for item in ("outflow", *FLOWS, "idle"):
        if item in items:
            row = items[item]
            rows.append((layers.words("accounts", "item", item), _count(row["patches"]),
                         _real(row["area_mu"]), _real(row["pbf_mu"])))  # fmt: skip
    columns = (Column(said.ITEM, "text", 30), Column(said.PATCHES, "count"),
               Column(said.MU, "area"), Column(said.BASIC_MU, "area"))  # fmt: skip
    flows = made.tables.get("C")
    notes = flows.notes if flows is not None else ()
    yield Table(said.FLOWS_TABLE, columns, tuple(rows), notes=notes)
    if flows is not None and flows.total:
        yield _top(said.TOP_TABLE, flows, level_of(result.accounts), (0, 1, 3, 4, BUILT))


def _told_cultivated(items: Mapping[str, Mapping[str, Any]]) -> Iterator[Words]:
    """Outflow, where it went, and what is left."""
    if {"cultivated_before", "cultivated_after"} <= set(items):
        yield filled(said.BASE, before=_of_row(items["cultivated_before"]),
                     after=_of_row(items["cultivated_after"]))  # fmt: skip
    parts = [
        filled(said.FLOW, item=layers.words("accounts", "item", item), area=_of_row(items[item]))
        for item in FLOWS
        if item in items and items[item]["area_m2"] > 0
    ]
    patches = _count(items["outflow"]["patches"]) or 0
    sentence = said.OUTFLOW if items["outflow"]["area_m2"] > 0 else said.NO_OUTFLOW
    yield filled(sentence, area=_of_row(items["outflow"]), patches=patches)
    if parts:
        yield filled(said.OF_OUTFLOW, parts=listed(parts))
    if "idle" in items and items["idle"]["area_m2"] > 0:
        yield filled(said.IDLE, area=_of_row(items["idle"]))


def _built(result: Result, made: statistics.Statistics) -> Iterator[Block]:
    """Land that seems to have become construction land."""
    items = _accounts(result)
    if not {"outflow", "non_agri"} <= set(items):
        yield Paragraph(said.NO_ACCOUNTS)
        return
    built, whole = items["non_agri"], float(items["outflow"]["area_m2"])
    share = float(built["area_m2"]) / whole if whole else 0.0
    sentences = [filled(said.BUILT, area=_of_row(built), patches=_count(built["patches"]) or 0,
                        share=share)]  # fmt: skip
    if built["pbf_m2"] == built["pbf_m2"]:
        sentences.append(filled(said.BASIC, area=words.area(float(built["pbf_m2"]))))
    yield Paragraph(_together(sentences))
    flows = made.tables.get("C")
    if flows is not None and flows.total:
        yield _largest(flows, level_of(result.accounts))


def _largest(flows: Table, level: str) -> Table:
    """Places with the most suspected new construction, in their own order."""
    body = sorted(flows.rows[:-1], key=lambda row: -_number(row[BUILT]))
    ranked = [(rank, *row[1:]) for rank, row in enumerate(body, 1)]
    rows = (*ranked, flows.rows[-1])
    again = Table(flows.title, flows.columns, rows, total=True)
    return _top(said.TOP_BUILT, again, level, (0, 1, BUILT))


def _approvals(result: Result) -> Iterator[Block]:
    """What lies within approvals; blank until they were overlaid."""
    items = _accounts(result)
    outside = items.get("unreasonable")
    checked = outside is not None and outside["approvals"] == "checked"
    if not checked or outside is None:
        yield Paragraph(said.NOT_CHECKED)
        return
    inside = _of_row(items["reasonable"])
    yield Paragraph(filled(said.CHECKED, inside=inside, outside=_of_row(outside)))


def _notes(result: Result, told: Told) -> Iterator[Block]:
    """How the figures are meant."""
    yield Paragraph(told.clue)
    source = told.source or "–"
    yield Paragraph(filled(said.SCOPE, count=len(result.parcels), source=source))
    for _, text in tables.EXPLAINED[:3]:
        yield Paragraph(text)
    if not told.calibrated:
        yield Paragraph(said.UNCALIBRATED)
    imagery = words.IMAGERY
    yield Paragraph(filled(said.SOURCE, imagery=imagery, attribution=told.attribution,
                           version=told.version, rules=told.rules))  # fmt: skip


def _annex(result: Result) -> Iterator[Block]:
    """How covers go with conversions, classes and codes."""
    names = ["cover", "conversion", "policy_class", "land_code"]
    found = pd.DataFrame(result.conversions[names]).drop_duplicates().fillna("")
    rows = tuple(
        (layers.words("conversions", "cover", cover),
         layers.words("conversions", "conversion", conversion),
         layers.words("conversions", "policy_class", policy), land_class(code) if code else "–")
        for cover, conversion, policy, code in sorted(found.itertuples(index=False, name=None))
    )  # fmt: skip
    columns = tuple(
        Column(title, "text", 18) for title in (said.COVER, said.CONVERSION, said.CLASS, said.CODE)
    )
    yield Table(said.CLASSES, columns, rows) if rows else Paragraph(said.NONE)


def _top(title: Words, table: Table, level: str, columns: Sequence[int]) -> Table:
    """The largest places of a table."""
    count = min(TOP, len(table.rows) - 1)
    named = filled(title, count=count, level=said.LEVELS[level])
    short = table.first(TOP, columns)
    return Table(named, short.columns, short.rows, short.total)


def _bar(cover: str, part: pd.DataFrame) -> tuple[Words, str, float]:
    conversion = str(part["conversion"].iloc[0])
    colour = palette.CLASSES[palette.class_of(conversion, cover)]
    return layers.words("conversions", "cover", cover), colour, _mu(part)


def _accounts(result: Result) -> dict[str, Mapping[str, Any]]:
    """The accounts of the whole, by item."""
    rows = result.accounts[result.accounts["level"] == "all"].to_dict("records")
    return {str(row["item"]): {str(key): row[key] for key in row} for row in rows}


def _of_row(row: Mapping[str, Any]) -> Words:
    """The area of a row as people write it, in the mu that the row gives."""
    return words.area(float(row["area_m2"]), float(row["area_mu"]))


def _area(part: pd.DataFrame) -> Words:
    """The area of patches, in the mu that add up in the tables."""
    return _of_row({"area_m2": part["area_m2"].sum(), "area_mu": part["area_mu"].sum()})


def _mu(part: pd.DataFrame) -> float:
    return round(float(part["area_mu"].sum()), 2)


def _count(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _real(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _number(cell: Cell) -> float:
    return float(cell) if isinstance(cell, int | float) else 0.0


def listed(parts: Iterable[Words]) -> Words:
    """Parts of a sentence behind each other."""
    every = list(parts)
    return Words("; ".join(part.en for part in every), "，".join(part.zh for part in every))


def _together(sentences: Iterable[Words]) -> Words:
    """Sentences as one paragraph."""
    every = list(sentences)
    return Words(" ".join(each.en for each in every), "".join(each.zh for each in every))
