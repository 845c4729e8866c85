"""What a page tells in tables: the numbers at its head, covers, every parcel, scenes, settings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from farmland import layers, palette
from farmland.report import words
from farmland.report.clues import Clue
from farmland.result import Result
from farmland.rules import Words


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a ledger."""

    name: str
    label: Words
    about: Words
    colour: str
    count: int
    share: float
    area_m2: float
    area_mu: float
    confirmed: int = 0


def figures(result: Result, found: Sequence[Clue]) -> dict[str, Any]:
    """The numbers at the head of the page."""
    confirmed = sum(clue.confirmed for clue in found)
    monitored = int(result.parcels["status"].isin(layers.MONITORED).sum())
    total = len(result.parcels)
    return {
        "patches": len(found),
        "confirmed": confirmed,
        "candidate": len(found) - confirmed,
        "stages": words.stages(confirmed, len(found) - confirmed),
        "area_m2": round(sum(clue.area_m2 for clue in found), 2),
        "area_mu": round(sum(clue.area_mu for clue in found), 2),
        "monitored": monitored,
        "monitored_share": words.share(monitored, total),
        "unmonitored": total - monitored,
        "unmonitored_share": words.share(total - monitored, total),
    }


def kinds(found: Sequence[Clue]) -> list[Line]:
    """Patches by cover, the largest area first."""
    by_cover: dict[str, list[Clue]] = {}
    for clue in found:
        by_cover.setdefault(clue.cover, []).append(clue)
    total = sum(clue.area_m2 for clue in found)
    lines = [
        Line(
            name=cover,
            label=layers.words("conversions", "cover", cover),
            about=layers.words("conversions", "conversion", members[0].conversion),
            colour=members[0].colour,
            count=len(members),
            share=sum(clue.area_m2 for clue in members) / total,
            area_m2=sum(clue.area_m2 for clue in members),
            area_mu=sum(clue.area_mu for clue in members),
            confirmed=sum(clue.confirmed for clue in members),
        )
        for cover, members in sorted(by_cover.items())
    ]
    return sorted(lines, key=lambda line: -line.area_m2)


def parcels(table: pd.DataFrame) -> list[Line]:
    """Parcels by status, every status that occurs, in the order of the words."""
    lines = []
    for status, about in words.STATUS.items():
        rows = table[table["status"] == status]
        if len(rows):
            lines.append(
                Line(
                    name=status,
                    label=layers.words("parcels", "status", status),
                    about=about,
                    colour=palette.PARCELS[status],
                    count=len(rows),
                    share=len(rows) / len(table),
                    area_m2=float(rows["area_m2"].sum()),
                    area_mu=float(rows["area_mu"].sum()),
                )
            )
    return lines


def classes(found: Sequence[Clue]) -> list[tuple[str, Words]]:
    """Colour and words of the classes on the map."""
    present = {palette.class_of(clue.conversion, clue.cover) for clue in found}
    return [
        (colour, layers.words("conversions", "policy_class", name))
        for name, colour in palette.CLASSES.items()
        if name in present
    ]


def scenes(result: Result) -> Iterator[dict[str, Any]]:
    """Rows of the table of scenes; null is None."""
    table = result.scenes.drop(columns=result.scenes.geometry.name)
    for row in table.sort_values(["datetime", "item_id"]).to_dict("records"):
        yield {str(name): None if pd.isna(value) else value for name, value in row.items()}


def scenes_line(result: Result) -> Words:
    """What became of the scenes, in one sentence."""
    table = result.scenes
    aside = table["offset"].isna() & table["duplicate_of"].isna()
    return words.scenes_line(
        len(table),
        int(table["duplicate_of"].notna().sum()),
        int(aside.sum()),
        int(table["blocks_failed"].sum()),
        int(table["bytes_read"].sum()),
    )


def settings(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The run as lines of key and value."""
    return [
        (key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for key, value in run.items()
    ]
