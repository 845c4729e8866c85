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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pyproj import CRS, Transformer

from farmland.grid import utm_zone
from farmland.io.geopackage import documents, layouts, rasters, style
from farmland.layers import CASES, LAYERS, ROW_NUMBER, SHAPE, Layer
from farmland.rules import Words

PROJECT = "farmland"
"""Name of the saved project: ``geopackage:/folder/X.gpkg?projectName=farmland``."""

LANGUAGES = ("zh", "en")

TITLE = Words("Farmland conversion clues", "耕地变化线索")

GROUPS = (
    (Words("On the ground", "实地核查"), ("cases",)),
    (Words("Clues", "线索"), ("overlay", "conversions")),
    (Words("Parcels and land", "地块与土地"), ("parcels",)),
    (Words("Imagery", "影像"), ("rasters", "scenes")),
    (Words("Tables", "表"), ("summary", "accounts", "run")),
)
"""How the layers stand in the tree, from the top down; ``rasters`` are those beside the file. A
group of none, such as that of cases before somebody was there, is left out."""

SHOWN = frozenset({"cases", "conversions", "parcels", "overlay"})

LEGEND = ("cases", "conversions", "overlay", "parcels")
"""Layers that the map of clues explains, where they have rows."""

PBF_PARCELS = Words("Permanent basic farmland parcels", "永久基本农田地块")

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

    id: str
    """Ours, and over ten letters: QGIS makes up another one where it is shorter."""
    title: str
    source: str
    """Relative to the file, so that the folder may move."""
    crs: Reference | None
    style: Markup
    raster: bool = False
    shown: bool = False
    open: bool = False
    """Whether the tree shows its legend."""
    labelled: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What styles and project are told by the database itself."""

    clue: Words
    attribution: Words
    after: str
    """Period ``A/B`` of the search; empty where the run does not tell."""
    pbf: bool
    """Whether the parcels are those of permanent basic farmland."""
    calibrated: bool
    """Whether the confidence is a probability."""
    given: tuple[str, ...]
    """Columns of ``parcels`` that are not ours."""


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
    for layer in _present(database):
        add_style(database, layer, language)


def add_style(database: sqlite3.Connection, layer: Layer, language: str) -> None:
    """Style one layer in both languages, instead of the styles it had; as :func:`add_styles`."""
    facts = _facts(database)
    database.execute("DELETE FROM layer_styles WHERE f_table_name = ?", (layer.name,))
    for spoken in LANGUAGES:
        database.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, "
            "owner) VALUES ('', '', ?, ?, ?, ?, '', ?, ?, '')",
            (
                layer.name,
                SHAPE if layer.geometry else "",
                f"{layer.name}_{spoken}",
                _qml(layer, spoken, facts),
                spoken == language,
                f"{layer.title.text(spoken)} ({spoken})",
            ),
        )


def _present(database: sqlite3.Connection) -> list[Layer]:
    """Layers of a result that a database has."""
    found = {name for (name,) in database.execute("SELECT table_name FROM gpkg_contents")}
    return [layer for layer in (*LAYERS.values(), CASES) if layer.name in found]


def language_of(database: sqlite3.Connection) -> str:
    """Language of the default styles."""
    found = database.execute("SELECT styleName FROM layer_styles WHERE useAsDefault").fetchone()
    return str(found[0]).rpartition("_")[2]


def add_project(database: sqlite3.Connection, target: Path, language: str) -> None:
    """Save the project that opens the layers of ``target`` and the rasters in the folder beside it.

    Parameters
    ----------
    database : Connection
        Inside a transaction; an older project is replaced.
    target : Path
        Where the database will stand in the end.
    language : {"zh", "en"}
    """
    database.execute(
        "CREATE TABLE IF NOT EXISTS qgis_projects "
        "(name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"
    )
    moment = database.execute(f"SELECT {NOW}").fetchone()[0]
    text = _project(database, target, language)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo(f"{PROJECT}.qgs"), text, zipfile.ZIP_DEFLATED)
    metadata = json.dumps({"last_modified_time": moment, "last_modified_user": ""})
    database.execute(
        "INSERT OR REPLACE INTO qgis_projects VALUES (?, ?, ?)",
        (PROJECT, metadata, archive.getvalue().hex()),
    )


def _qml(layer: Layer, language: str, facts: Facts) -> str:
    """A whole style document."""
    labelled = 1 if layer.name == "conversions" else 0
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="3.22.0" styleCategories="AllStyleCategories" labelsEnabled="{labelled}">'
        f"\n{_styled(layer, language, facts)}"
        f"<layerGeometryType>{2 if layer.geometry else 4}</layerGeometryType>\n</qgis>\n"
    )


def _styled(layer: Layer, language: str, facts: Facts) -> Markup:
    given = facts.given if layer.name == "parcels" else ()
    return style.render(
        layer, language, facts.clue, given, pbf=facts.pbf, calibrated=facts.calibrated
    )


def _project(database: sqlite3.Connection, target: Path, language: str) -> str:
    """The project document."""
    facts = _facts(database)
    crs, extent = _view(database)
    vectors = {
        layer.name: _vector(database, layer, target, language, facts)
        for layer in _present(database)
    }
    members: dict[str, tuple[Shown, ...]] = {name: (layer,) for name, layer in vectors.items()}
    members["rasters"] = tuple(_raster(target, each, language) for each in _beside(target))
    groups = [
        (title.text(language), [layer for name in names for layer in members.get(name, ())])
        for title, names in GROUPS
    ]
    return documents.render(
        "project.qgs",
        title=TITLE.text(language),
        crs=crs,
        extent=extent,
        clue=facts.clue.text(language),
        attribution=facts.attribution.text(language),
        groups=[(title, shown) for title, shown in groups if shown],
        layouts=_layouts(database, facts, language, vectors, crs, extent),
    )


def _vector(
    database: sqlite3.Connection, layer: Layer, target: Path, language: str, facts: Facts
) -> Shown:
    title = PBF_PARCELS if facts.pbf and layer.name == "parcels" else layer.title
    return Shown(
        id=f"farmland_{layer.name}",
        title=title.text(language),
        source=f"./{target.name}|layername={layer.name}",
        crs=_reference(database, layer.name),
        shown=layer.name in SHOWN,
        open=layer.name in SHOWN and _rows(database, layer.name) > 0,
        labelled=layer.name == "conversions",
        style=_styled(layer, language, facts),
    )


def _beside(target: Path) -> tuple[rasters.Peak, ...]:
    return rasters.beside(target.with_suffix(""))


def _raster(target: Path, peak: rasters.Peak, language: str) -> Shown:
    zone = CRS.from_epsg(peak.epsg)
    several = len({each.epsg for each in _beside(target)}) > 1
    title = rasters.PERIODS[peak.period].text(language)
    return Shown(
        id=f"farmland_ndvi_{peak.period}_{peak.epsg}",
        title=f"{title} (EPSG:{peak.epsg})" if several else title,
        source=f"./{target.stem}/{rasters.FOLDER}/{peak.name}",
        crs=Reference(zone.to_string(), zone.to_wkt()),
        style=rasters.pipe(("ndvi",)),
        raster=True,
    )


def _layouts(
    database: sqlite3.Connection,
    facts: Facts,
    language: str,
    vectors: Mapping[str, Shown],
    crs: Reference | None,
    extent: tuple[float, float, float, float] | None,
) -> Markup:
    """The print layouts; none where there is nothing to show."""
    if crs is None or extent is None:
        return Markup()
    own = CRS.from_user_input(crs.code or crs.wkt)
    west, _, east, _ = Transformer.from_crs(own, own.geodetic_crs, always_xy=True).transform_bounds(
        *extent
    )
    patches, confirmed = database.execute(
        "SELECT count(*), count(*) FILTER (WHERE stage = 'confirmed') FROM conversions"
    ).fetchone()
    return layouts.render(
        layouts.View(extent, east - west, " ".join(filter(None, (own.name, crs.code)))),
        layouts.Said(facts.clue, facts.attribution, facts.after, patches, confirmed),
        language,
        {
            vectors[name].id: vectors[name].title
            for name in LEGEND
            if name in vectors and _rows(database, name)
        },
    )


def _rows(database: sqlite3.Connection, table: str) -> int:
    """Rows of one of our tables."""
    return int(database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608


def _facts(database: sqlite3.Connection) -> Facts:
    periods, given = _value(database, "periods"), _value(database, "input")
    columns = database.execute("SELECT name FROM pragma_table_info('parcels')").fetchall()
    own = {*LAYERS["parcels"].names, ROW_NUMBER, SHAPE}
    return Facts(
        clue=_said(database, "clue"),
        attribution=_said(database, "attribution"),
        after=str(periods.get("after", "")) if isinstance(periods, dict) else "",
        pbf=isinstance(given, dict) and given.get("kind") == "pbf",
        calibrated=_value(database, "calibration") not in {"", "uncalibrated"},
        given=tuple(name for (name,) in columns if name not in own),
    )


def _said(database: sqlite3.Connection, key: str) -> Words:
    """A text of the run, in both languages or the same in both."""
    value = _value(database, key)
    return Words(**value) if isinstance(value, dict) else Words(str(value), str(value))


def _value(database: sqlite3.Connection, key: str) -> Any:
    """What the run says under a key; an empty text where it says nothing."""
    found = database.execute("SELECT value FROM run WHERE key = ?", (key,)).fetchone()
    return json.loads(found[0]) if found else ""


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
