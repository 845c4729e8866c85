"""The page an inspector opens: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterator, Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from farmland import layers, palette
from farmland.report import backdrop, ledger, plane, proof, words
from farmland.report.clues import Clue
from farmland.report.compact import block, text_of
from farmland.report.told import Told
from farmland.report.whereabouts import land_class
from farmland.result import Result
from farmland.rules import Words

FIRST_ROWS = 200
"""Patches in the list of a reader whose browser runs no programs."""

SCRIPTS = ("decode", "dom", "map", "gestures", "list", "curve", "patch", "explore", "page")
"""Files of the program in the page, in the order in which they need each other."""

CODED = ("cover", "conversion", "policy_class", "stage", "level", "status", "cover_before")
"""Columns of ``conversions`` whose codes have words."""

TEMPLATES = Environment(
    loader=PackageLoader("farmland.report"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
TEMPLATES.filters |= {"both": words.both, "day": words.day, "area": words.area}
TEMPLATES.globals |= {"say": layers.words, "span": words.span, "ui": words.UI}


def parts(
    result: Result,
    found: Sequence[Clue],
    overview: bytes,
    pair: backdrop.Pair | None,
    beside: Collection[str],
    language: str,
) -> Iterator[str]:
    """HTML of the report piece by piece, both languages inside, ``language`` shown first.

    Parameters
    ----------
    result : Result
    found : sequence of Clue
        All patches in the order of the page.
    overview : bytes
        A PNG of the whole area, for a browser that runs no programs.
    pair : Pair or None
        The whole area before and after.
    beside : collection of str
        Patches of which a picture lies in ``chips/``.
    language : {"zh", "en"}
    """
    told = Told.of(result.run)
    outflow = [clue for clue in found if clue.cover != "crop"]
    style = _file("report.css")
    program = '"use strict";\n' + "".join(_file(f"{name}.js") for name in SCRIPTS)
    return TEMPLATES.get_template("report.html").generate(
        language=language,
        style=style,
        style_hash=_hash(style),
        program=program,
        program_hash=_hash(program),
        title=words.TITLE,
        imagery=words.IMAGERY,
        told=told,
        figures=ledger.figures(result, outflow),
        headline=words.headline(len(outflow), sum(clue.confirmed for clue in outflow)),
        overview=text_of(overview),
        kinds=ledger.kinds(found),
        rows=found[:FIRST_ROWS],
        rows_left_out=words.left_out(FIRST_ROWS, len(found)) if len(found) > FIRST_ROWS else None,
        classes=ledger.classes(found),
        ledger=ledger.parcels(result.parcels),
        scenes=ledger.scenes(result),
        scenes_line=ledger.scenes_line(result),
        calibrated=told.calibrated,
        settings=ledger.settings(result.run),
        needed=_needed(result, found, pair),
        later=proof.blocks(result, found, beside),
    )


def _file(name: str) -> str:
    """A file of the page, with the line ends that a browser counts."""
    text = resources.files("farmland.report").joinpath(f"templates/{name}").read_text("utf-8")
    return text.replace("\r\n", "\n")


def _hash(text: str) -> str:
    """What a content security policy calls a text by."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _needed(result: Result, found: Sequence[Clue], pair: backdrop.Pair | None) -> Iterator[str]:
    """Blocks of data that the page needs before anything can be shown."""
    parcels = plane.drawn(result)
    shapes = plane.shapes(parcels, found, result.conversions.crs)
    yield block(
        "data",
        {
            "calibrated": Told.of(result.run).calibrated,
            "after": str(result.run.get("periods", {}).get("after", "")),
            "ui": {name: _pair(said) for name, said in words.UI.items()},
            "codes": _codes(result),
            "colours": [palette.PARCELS[name] for name in plane.STATUSES],
            "statuses": plane.STATUSES,
            "places": _places(result),
            "patches": _patches(result, found),
            "parcels_left_out": shapes is not None and len(result.parcels) > plane.MOST_PARCELS,
        },
    )
    yield block("names", parcels["parcel_id"].to_list())
    if shapes is not None:
        yield block("shapes", shapes | {"pair": pair and pair.placed(*shapes["corner"])})


def _pair(said: Words) -> list[str]:
    """English and Chinese, as the program in the page takes them."""
    return [said.en, said.zh]


def _codes(result: Result) -> dict[str, dict[str, list[str]]]:
    """Words of coded values by column."""
    tables = {name: layers.CONVERSIONS.column(name).meanings for name in CODED}
    tables |= {
        "parcel": layers.PARCELS.column("status").meanings,
        "land": layers.OVERLAY.column("land").meanings,
    }
    before, after = result.overlay["survey_code"], result.conversions["land_code"]
    tables["land_class"] = {code: land_class(code) for code in {*before.dropna(), *after.dropna()}}
    return {
        name: {code: _pair(said) for code, said in meanings.items()}
        for name, meanings in tables.items()
    }


def _places(result: Result) -> dict[str, str]:
    """Names of places by their codes."""
    rows = result.summary[["code", "name"]].dropna().drop_duplicates()
    return {code: name for code, name in zip(rows["code"], rows["name"], strict=True) if code}


def _patches(result: Result, found: Sequence[Clue]) -> dict[str, list[Any]]:
    """What a list of all patches needs, column by column; the rest comes patch by patch."""
    largest = result.overlay[result.overlay["part"] == 1]
    place = dict(zip(largest["patch_id"], largest["place_code"].fillna(""), strict=True))
    table: dict[str, list[Any]] = {
        "id": [clue.patch_id for clue in found],
        "parcel": [clue.parcel_id for clue in found],
        "cover": [clue.cover for clue in found],
        "conversion": [clue.conversion for clue in found],
        "policy_class": [clue.policy_class for clue in found],
        "stage": [clue.stage for clue in found],
        "level": [clue.level for clue in found],
        "status": [clue.status for clue in found],
        "colour": [clue.colour for clue in found],
        "from": [clue.date_from and str(clue.date_from) for clue in found],
        "to": [clue.date_to and str(clue.date_to) for clue in found],
        "confirmed": [clue.confirmed_on and str(clue.confirmed_on) for clue in found],
        "area": [clue.area_m2 for clue in found],
        "mu": [clue.area_mu for clue in found],
        "place": [place.get(clue.patch_id, "") for clue in found],
    }
    if Told.of(result.run).calibrated:
        table["probability"] = [round(clue.confidence, 4) for clue in found]
    return table
