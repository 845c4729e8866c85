"""The list of visits as a GeoPackage for the field: styled by what was found, with a form to fill.

QGIS and its programs for telephones read the style from the file: value maps for the finding and
the land, a calendar for the day, an attachment for photographs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import geopandas as gpd
from jinja2 import Environment, PackageLoader

from farmland import palette
from farmland.io.drafts import replacing
from farmland.io.geopackage import qgis, wording, write_layer
from farmland.layers import INSPECTION, SHAPE
from farmland.rules import Words

TEMPLATES = Environment(
    loader=PackageLoader("farmland.io.geopackage"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)

FILLED_IN = ("verdict", "land_found", "reason", "inspector", "inspected_on", "photos", "note")
"""Columns that are filled in on the ground; the others cannot be edited."""

TABS = (
    (Words("On the ground", "现场填写"), FILLED_IN),
    (
        Words("Patch", "图斑信息"),
        tuple(name for name in INSPECTION.names if name not in FILLED_IN),
    ),
)

LABEL = '"round" || \'-\' || "order"'

WAITING = Words("to be visited", "待核查")


def write(visits: gpd.GeoDataFrame, path: Path, language: str, covers: Mapping[str, Words]) -> None:
    """Write the layer ``inspection`` of a new GeoPackage, styled in both languages.

    Parameters
    ----------
    visits : GeoDataFrame
        In the shape of ``layers.INSPECTION``.
    path : Path
        Replaced in one step.
    language : {"zh", "en"}
        Language of the default style.
    covers : mapping
        What may be found on the ground, by code.

    Raises
    ------
    UnusableInput, Unreachable
        When the folder cannot be written, or the disk is full.
    """
    with replacing(path) as draft:
        write_layer(INSPECTION, visits, draft)
        with closing(sqlite3.connect(draft, isolation_level=None)) as database:
            database.execute("BEGIN")
            wording.prepare(database)
            for column in INSPECTION.columns:
                wording.describe(database, INSPECTION.name, column)
            _add_styles(database, language, covers)
            database.execute("COMMIT")


def _add_styles(database: sqlite3.Connection, language: str, covers: Mapping[str, Words]) -> None:
    database.execute(qgis.STYLES)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles')"
    )
    for spoken in qgis.LANGUAGES:
        database.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner) "
            "VALUES ('', '', ?, ?, ?, ?, '', ?, ?, '')",
            (
                INSPECTION.name,
                SHAPE,
                f"{INSPECTION.name}_{spoken}",
                render(spoken, covers),
                spoken == language,
                f"{INSPECTION.title.text(spoken)} ({spoken})",
            ),
        )


def render(language: str, covers: Mapping[str, Words]) -> str:
    """The style document in one language."""
    columns = [
        {
            "name": column.name,
            "kind": column.kind,
            "title": column.title,
            "meanings": covers if column.name == "land_found" else column.meanings,
        }
        for column in INSPECTION.columns
    ]
    return TEMPLATES.get_template("labelling.qml").render(
        attribute="coalesce(\"verdict\", '')",
        entries=_entries(language),
        label=LABEL,
        columns=columns,
        filled_in=FILLED_IN,
        tabs=TABS,
        language=language,
    )


def _entries(language: str) -> list[dict[str, object]]:
    """What waits stands out; what was seen steps back."""
    known = INSPECTION.column("verdict").meanings
    return [
        {
            "value": code,
            "label": known.get(code, WAITING).text(language),
            "fills": [_fill(colour, alpha=150 if code else 40, width="0.5" if code else "0.8")],
        }
        for code, colour in palette.VISITS.items()
    ]


def _fill(colour: str, *, alpha: int, width: str) -> dict[str, str]:
    """Properties of a simple fill with an outline of the same colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return {
        "color": f"{red},{green},{blue},{alpha}",
        "style": "solid",
        "outline_color": f"{red},{green},{blue},255",
        "outline_style": "solid",
        "outline_width": width,
        "outline_width_unit": "MM",
        "joinstyle": "miter",
    }
