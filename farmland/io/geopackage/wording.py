"""Names, titles, descriptions and coded values of the columns, as GeoPackage keeps them.

The Schema extension (OGC 12-128r17, annex F.9): QGIS and GDAL show the titles as aliases and
offer coded values by their words.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from farmland.layers import Column, Layer
from farmland.rules import Words

TABLES = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
"""

DEFINITION = "http://www.geopackage.org/spec121/#extension_schema"


def add(database: sqlite3.Connection, described: Iterable[Layer]) -> None:
    """Describe every column of some layers, Chinese first, then English.

    Parameters
    ----------
    database : Connection
        A GeoPackage that has the layers and no descriptions yet, inside a transaction.
    described : iterable of Layer
    """
    prepare(database)
    for layer in described:
        for column in layer.columns:
            describe(database, layer.name, column)


def prepare(database: sqlite3.Connection) -> None:
    """Make the tables of descriptions in a GeoPackage that has none, inside a transaction."""
    for statement in TABLES.split(";"):
        database.execute(statement)
    for table in ("gpkg_data_columns", "gpkg_data_column_constraints"):
        database.execute(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
            (table, DEFINITION),
        )


def name(
    database: sqlite3.Connection,
    table: str,
    column: str,
    title: Words,
    about: Words,
    constraint: str | None = None,
) -> None:
    """Describe one column; ``constraint`` names the values it may have."""
    database.execute(
        "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, ?)",
        (
            table,
            column,
            f"{title.zh} {title.en}",
            f"{title.zh} / {title.en}",
            f"{about.zh} / {about.en}",
            constraint,
        ),
    )


def describe(database: sqlite3.Connection, table: str, column: Column) -> None:
    """One row for a column, and one for each value where no other value can occur."""
    constraint = f"{table}_{column.name}" if column.closed else None
    name(database, table, column.name, column.title, column.about, constraint)
    for code, words in column.meanings.items() if constraint else ():
        database.execute(
            "INSERT INTO gpkg_data_column_constraints VALUES "
            "(?, 'enum', ?, NULL, NULL, NULL, NULL, ?)",
            (constraint, code, f"{words.zh} / {words.en}"),
        )


def forget(database: sqlite3.Connection, table: str) -> None:
    """Take the descriptions of a table away, before it is described anew."""
    database.execute("DELETE FROM gpkg_data_columns WHERE table_name = ?", (table,))
    database.execute(
        "DELETE FROM gpkg_data_column_constraints WHERE constraint_name GLOB ?", (f"{table}_*",)
    )
