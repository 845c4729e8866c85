"""The page an inspector opens: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from shapely.geometry.base import BaseGeometry

from farmland import layers, palette
from farmland.report import curve, maps, pictures, words
from farmland.report.clues import Clue
from farmland.result import Chip, Evidence, Result
from farmland.rules import Words

MOST_CARDS = 300
"""Patches with an evidence card; the most probable come first."""

MOST_ROWS = 2000
"""Patches in the list; a page of more is slow to open."""

MAP_WIDTH = 1080
"""Width of all maps together, in units of the drawing."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chip with the outline of its patch."""

    source: str
    width: int
    height: int
    path: str
    taken: Words
    item_id: str


@dataclass(frozen=True, slots=True)
class Card:
    """Evidence of one patch."""

    number: int
    clue: Clue
    before: Picture | None
    after: Picture | None
    plot: curve.Plot | None


@dataclass(frozen=True, slots=True)
class Map:
    """One map of the page."""

    source: str
    width: float
    height: float
    marks: tuple[maps.Mark, ...]
    bar: float
    bar_label: str


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
    confirmed: int = 0


def render(
    result: Result,
    found: Sequence[Clue],
    frames: Sequence[maps.Frame],
    shapes: Mapping[str, Mapping[str, BaseGeometry]],
    language: str,
) -> str:
    """HTML of the report, both languages inside, ``language`` shown first.

    Parameters
    ----------
    result : Result
    found : sequence of Clue
        All patches in the order of the page.
    frames : sequence of Frame
    shapes : mapping
        Outline of a patch by its id and by the CRS of its chips.
    language : {"zh", "en"}
    """
    environment = Environment(
        loader=PackageLoader("farmland.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "both": words.both, "day": words.day, "area": words.area, "period": words.period,
    }  # fmt: skip
    environment.globals |= {"say": layers.words, "span": words.span, "curve": curve, "ui": words.UI}
    outflow = [clue for clue in found if clue.cover != "crop"]
    css = resources.files("farmland.report").joinpath("templates/report.css").read_text("utf-8")
    return environment.get_template("report.html").render(
        language=language,
        style=css,
        style_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        title=words.TITLE,
        imagery=words.IMAGERY,
        run=result.run,
        told=_told(result.run),
        figures=_figures(result, outflow),
        headline=words.headline(len(outflow), sum(clue.confirmed for clue in outflow)),
        maps=[_map(frame, frames) for frame in frames],
        legend=_legend(found),
        kinds=_kinds(found),
        rows=found[:MOST_ROWS],
        rows_left_out=words.left_out(MOST_ROWS, len(found)) if len(found) > MOST_ROWS else None,
        cards=list(_cards(result, found, shapes)),
        cards_left_out=words.left_out(MOST_CARDS, len(found)) if len(found) > MOST_CARDS else None,
        ledger=_ledger(result.parcels),
        scenes=_scenes(result),
        scenes_line=_scenes_line(result),
        calibrated=str(result.run.get("calibration", "uncalibrated")) != "uncalibrated",
        settings=_settings(result.run),
    )


def _told(run: Mapping[str, Any]) -> dict[str, Any]:
    """What the head of the page says about the run; an empty text where the run is silent."""
    made, rules, clue = run.get("input", {}), run.get("rules", ""), run.get("clue", "")
    if isinstance(rules, Mapping):
        rules = f"{rules.get('id', '')} {rules.get('version', '')}"
    return {
        "clue": Words(**clue) if isinstance(clue, Mapping) else Words(str(clue), str(clue)),
        "source": made.get("source", ""),
        "remarks": [Words(note["en"], note["zh"]) for note in made.get("notes", [])],
        "rules": str(rules).strip(),
        "periods": run.get("periods", {}),
        "end": str(run.get("end", "")).replace("T", " ")[:16],
        "version": run.get("versions", {}).get("farmland", ""),
        "attribution": run.get("attribution", ""),
    }


def _figures(result: Result, found: Sequence[Clue]) -> dict[str, Any]:
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
        "monitored": monitored,
        "monitored_share": words.share(monitored, total),
        "unmonitored": total - monitored,
        "unmonitored_share": words.share(total - monitored, total),
    }


def _map(frame: maps.Frame, frames: Sequence[maps.Frame]) -> Map:
    """One frame; frames share the width in proportion to what they show."""
    widths = [other.bounds[2] - other.bounds[0] for other in frames]
    own = frame.bounds[2] - frame.bounds[0]
    width = round((MAP_WIDTH - 14 * (len(frames) - 1)) * own / sum(widths), 1)
    bar = frame.bar()
    return Map(
        source=_data(maps.base(frame, int(width * 2))),
        width=width,
        height=frame.height(width),
        marks=tuple(maps.marks(frame, width)),
        bar=round(bar * width / own, 1),
        bar_label=f"{bar // 1000} km" if bar >= 1000 else f"{bar} m",
    )


def _legend(found: Sequence[Clue]) -> list[tuple[str, Words]]:
    """Colour and words of the classes on the map."""
    present = {palette.class_of(clue.conversion, clue.cover) for clue in found}
    return [
        (colour, layers.words("conversions", "policy_class", name))
        for name, colour in palette.CLASSES.items()
        if name in present
    ]


def _kinds(found: Sequence[Clue]) -> list[Line]:
    """Patches by cover, the largest area first."""
    covers = {clue.cover for clue in found}
    lines = []
    for cover in sorted(covers):
        of_cover = [clue for clue in found if clue.cover == cover]
        area = sum(clue.area_m2 for clue in of_cover)
        lines.append(
            Line(
                name=cover,
                label=layers.words("conversions", "cover", cover),
                about=layers.words("conversions", "conversion", of_cover[0].conversion),
                colour=of_cover[0].colour,
                count=len(of_cover),
                share=area / sum(clue.area_m2 for clue in found),
                area_m2=area,
                confirmed=sum(clue.confirmed for clue in of_cover),
            )
        )
    return sorted(lines, key=lambda line: -line.area_m2)


def _ledger(parcels: pd.DataFrame) -> list[Line]:
    """Parcels by status, every status that occurs, in the order of the words."""
    lines = []
    for status, about in words.STATUS.items():
        rows = parcels[parcels["status"] == status]
        if len(rows):
            lines.append(
                Line(
                    name=status,
                    label=layers.words("parcels", "status", status),
                    about=about,
                    colour=palette.PARCELS[status],
                    count=len(rows),
                    share=len(rows) / len(parcels),
                    area_m2=float(rows["area_m2"].sum()),
                )
            )
    return lines


def _cards(
    result: Result, found: Sequence[Clue], shapes: Mapping[str, Mapping[str, BaseGeometry]]
) -> Iterator[Card]:
    """Cards of the most probable patches."""
    after = str(result.run.get("periods", {}).get("after", ""))
    for number, clue in enumerate(found[:MOST_CARDS], 1):
        item = result.evidence.get(clue.patch_id)
        outlines = shapes.get(clue.patch_id, {})
        yield Card(
            number=number,
            clue=clue,
            before=_picture(item.before if item else None, outlines),
            after=_picture(item.after if item else None, outlines),
            plot=_plot(item, clue, after),
        )


def _plot(item: Evidence | None, clue: Clue, after: str) -> curve.Plot | None:
    changed = (clue.date_from, clue.date_to)
    return curve.plot(item.curve, changed, clue.confirmed_on, after) if item else None


def _picture(chip: Chip | None, outlines: Mapping[str, BaseGeometry]) -> Picture | None:
    """A chip as a data address, with the outline in its pixels."""
    if chip is None:
        return None
    left, _, _, top = chip.window.bounds
    height, width = chip.window.shape
    return Picture(
        source=_data(pictures.chip_png(chip)),
        width=width,
        height=height,
        path=maps.svg_path(outlines[chip.crs], left, top, 0.1),
        taken=words.day(chip.day.item()),
        item_id=chip.item_id,
    )


def _scenes(result: Result) -> list[dict[str, Any]]:
    """Rows of the table of scenes; null is None."""
    table = result.scenes.drop(columns=result.scenes.geometry.name).sort_values(
        ["datetime", "item_id"]
    )
    return [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def _scenes_line(result: Result) -> Words:
    table = result.scenes
    aside = table["offset"].isna() & table["duplicate_of"].isna()
    return words.scenes_line(
        len(table),
        int(table["duplicate_of"].notna().sum()),
        int(aside.sum()),
        int(table["blocks_failed"].sum()),
        int(table["bytes_read"].sum()),
    )


def _settings(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The run as lines of key and value."""
    return [
        (key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for key, value in run.items()
    ]


def _data(png: bytes) -> str:
    """A picture as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
