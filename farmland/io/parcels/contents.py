"""What a file holds, by its first bytes: names of files lie or end in nothing."""

from __future__ import annotations

from pathlib import Path

FORMATS = ".gpkg .gdb .shp .geojson .json .fgb .parquet .geoparquet .gml .xml .kml .tab .csv .txt"
"""Endings of the files that hold a whole layer (a shapefile is named by its ``.shp``)."""

HEAD = 65_536
"""Bytes looked at."""

MAGIC = {
    b"SQLite format 3\0": ".gpkg",
    b"fgb\x03": ".fgb",
    b"PAR1": ".parquet",
}

RECIPES = (b"<OGR", b"<VRT", b"<GDAL")
"""Files that only point elsewhere, to a virtual layer or a web service: never followed."""

SECTIONS = ("[属性描述]", "[地块坐标]")
"""Headings of a coordinate file as it is reported to the ministry (DOMAIN 3.5)."""


def suffix_of(file: Path) -> str:
    """The ending a file should have; ``""`` where it holds no layer that could be read."""
    named = file.suffix.lower()
    if file.is_dir():
        return named if named == ".gdb" else ""
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    return suffix_of_bytes(head, named)


def suffix_of_bytes(head: bytes, named: str) -> str:
    """The same from the first bytes of a file and the ending of its name."""
    for magic, suffix in MAGIC.items():
        if head.startswith(magic):
            return named if named == ".geoparquet" and suffix == ".parquet" else suffix
    if any(recipe in head[:4096] for recipe in RECIPES):
        return ""
    if is_coordinates(head):
        return ".txt"
    if named in FORMATS.split() and named != ".txt":
        return named
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return ".kml" if b"<kml" in text else ".gml"
    return ".geojson" if text.startswith(b"{") else ""


def is_coordinates(head: bytes) -> bool:
    """Whether bytes are the beginning of a coordinate file, in UTF-8 or GBK."""
    return any(
        section.encode(encoding) in head for section in SECTIONS for encoding in ("utf-8", "gbk")
    )
