"""Default styles and one saved project inside a GeoPackage, written without QGIS.

QGIS keeps styles in the table ``layer_styles`` (one row a style) and projects in ``qgis_projects``
(a zipped ``.qgs`` as hexadecimal text). A project names its file: after renaming the GeoPackage
only the project has to be written again.
"""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from pyproj import CRS, Transformer

from farmland.grid import utm_zone
from farmland.io.geopackage import style
from farmland.layers import LAYERS, SHAPE, Layer
from farmland.rules import Words

PROJECT = "farmland"
"""Name of the saved project: ``geopackage:/folder/X.gpkg?projectName=farmland``."""

LANGUAGES = ("zh", "en")

TITLE = Words("Farmland conversion clues", "耕地变化线索")

NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
"""The only form of a moment the GeoPackage standard allows."""

STYLES = f"""CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT ({NOW}))"""


@dataclass(frozen=True, slots=True)
class Reference:
    """A coordinate reference system as a project names it."""

    code: str
    wkt: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One layer of the project."""

    name: str
    title: str
    crs: Reference | None
    shown: bool
    labelled: bool
    style: Markup

    @property
    def id(self) -> str:
        """Id inside the project; QGIS makes up another one where it is under ten letters."""
        return f"farmland_{self.name}"


def add_styles(database: sqlite3.Connection, language: str) -> None:
    """Add two styles a layer, the one in ``language`` as the default.

    Parameters
    ----------
    database : Connection
        A GeoPackage with the layers and no styles yet, inside a transaction.
    language : {"zh", "en"}
    """
    database.execute(STYLES)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles')"
    )
    clue = _said(database, "clue")
    for layer in LAYERS.values():
        for spoken in LANGUAGES:
            database.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
                "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, "
                "owner) VALUES ('', '', ?, ?, ?, ?, '', ?, ?, '')",
                (
                    layer.name,
                    SHAPE if layer.geometry else "",
                    f"{layer.name}_{spoken}",
                    _qml(layer, spoken, clue),
                    spoken == language,
                    f"{layer.title.text(spoken)} ({spoken})",
                ),
            )


def language_of(database: sqlite3.Connection) -> str:
    """Language of the default styles."""
    found = database.execute("SELECT styleName FROM layer_styles WHERE useAsDefault").fetchone()
    return str(found[0]).rpartition("_")[2]


def add_project(database: sqlite3.Connection, file_name: str, language: str) -> None:
    """Save the project that opens the layers of ``file_name``; replaces an older one."""
    database.execute(
        "CREATE TABLE IF NOT EXISTS qgis_projects "
        "(name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"
    )
    moment = database.execute(f"SELECT {NOW}").fetchone()[0]
    text = _project(database, file_name, language)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo(f"{PROJECT}.qgs"), text, zipfile.ZIP_DEFLATED)
    metadata = json.dumps({"last_modified_time": moment, "last_modified_user": ""})
    database.execute(
        "INSERT OR REPLACE INTO qgis_projects VALUES (?, ?, ?)",
        (PROJECT, metadata, archive.getvalue().hex()),
    )


def _qml(layer: Layer, language: str, clue: Words) -> str:
    """A whole style document."""
    labelled = 1 if layer.name == "conversions" else 0
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="3.22.0" styleCategories="AllStyleCategories" labelsEnabled="{labelled}">'
        f"\n{style.render(layer, language, clue)}"
        f"<layerGeometryType>{2 if layer.geometry else 4}</layerGeometryType>\n</qgis>\n"
    )


def _project(database: sqlite3.Connection, file_name: str, language: str) -> str:
    """The project document."""
    clue, attribution = _said(database, "clue"), _said(database, "attribution")
    crs, extent = _view(database)
    return style.TEMPLATES.get_template("project.qgs").render(
        title=TITLE.text(language),
        file_name=file_name,
        crs=crs,
        extent=extent,
        clue=clue.text(language),
        attribution=attribution.text(language),
        layers=[
            Shown(
                name=layer.name,
                title=layer.title.text(language),
                crs=_reference(database, layer.name),
                shown=layer.name in {"conversions", "parcels"},
                labelled=layer.name == "conversions",
                style=Markup(style.render(layer, language, clue)),  # noqa: S704
            )
            for layer in LAYERS.values()
        ],
    )


def _said(database: sqlite3.Connection, key: str) -> Words:
    """A text of the run, in both languages or the same in both."""
    found = database.execute("SELECT value FROM run WHERE key = ?", (key,)).fetchone()
    value: Any = json.loads(found[0]) if found else ""
    return Words(**value) if isinstance(value, dict) else Words(str(value), str(value))


def _reference(database: sqlite3.Connection, table: str) -> Reference | None:
    """CRS of a layer as the GeoPackage gives it; None for a table without geometry."""
    found = database.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys "
        "JOIN gpkg_geometry_columns USING (srs_id) WHERE table_name = ?",
        (table,),
    ).fetchone()
    if found is None:
        return None
    authority, code, wkt = found
    named = authority.upper() not in {"NONE", "CUSTOM"}
    return Reference(f"{authority}:{code}" if named else "", wkt)


def _view(
    database: sqlite3.Connection,
) -> tuple[Reference | None, tuple[float, float, float, float] | None]:
    """CRS of the map and what it shows first: the parcels, with a margin.

    A map in degrees looks squashed: such parcels are shown in their UTM zone.
    """
    reference = _reference(database, "parcels")
    box = database.execute(
        "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'parcels'"
    ).fetchone()
    if reference is None or box[0] is None:
        return reference, None
    own = CRS.from_user_input(reference.code or reference.wkt)
    if own.is_geographic:
        zone = CRS.from_user_input(utm_zone((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))
        box = Transformer.from_crs(own, zone, always_xy=True).transform_bounds(*box)
        reference = Reference(zone.to_string(), zone.to_wkt())
    margin = max(box[2] - box[0], box[3] - box[1]) / 20
    return reference, (box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin)
