"""A result opens in QGIS wherever its folder stands, and opening it writes nothing there."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import drives
import pytest
from result import pictures
from result.test_qgis_pictures import skip_without_qgis

from farmland.io import geopackage

HOSTILE = "县 “一号” it's #1 100% [%1+1%]"
WANTED = ("map", "form:conversions:1", "layer:farmland_ndvi_after_32650")
NOBODY = 65534
IN_WAL = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA journal_mode = WAL")
database.execute("CREATE TABLE x (y)")
"""


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder that somebody without rights can reach, unlike those of pytest."""
    skip_without_qgis()
    with tempfile.TemporaryDirectory(prefix="farmland-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def contents(folder: Path) -> dict[str, str]:
    """Checksum of every file by its place."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def all_there(said: dict[str, Any]) -> bool:
    """Whether the project opened with its layers and the form found its picture."""
    return bool(said["opened"] and said["valid"] and max(said["drawn"][WANTED[1]]["drawn"]) > 400)


def test_a_folder_with_a_difficult_name_that_was_moved(room: Path) -> None:
    (room / "before").mkdir()
    pictures.example_folder(room / "before", name="成果 it's #1")
    shutil.move(room / "before", room / HOSTILE)
    path = room / HOSTILE / "成果 it's #1.gpkg"
    before = contents(room / HOSTILE)
    said = pictures.draw(path, room / "drawn", WANTED)
    assert all_there(said)
    assert said["drawn"][WANTED[1]]["chips"] == [
        str(path.with_suffix("") / "chips" / "000000000001.png")
    ]
    address = re.search(r'src="file://([^"]+)"', said["drawn"][WANTED[1]]["tip"])
    assert address is not None
    assert "#" not in address[1]
    assert unquote(address[1]) == said["drawn"][WANTED[1]]["chips"][0]
    assert contents(room / HOSTILE) == before, "opening wrote into the folder"


def test_a_folder_that_nobody_may_write(room: Path) -> None:
    (room / "kept").mkdir()
    path = pictures.example_folder(room / "kept")
    before = contents(room / "kept")
    for entry in [room / "kept", *(room / "kept").rglob("*")]:
        entry.chmod(0o555 if entry.is_dir() else 0o444)
    (room / "drawn").mkdir()
    user = {}
    if os.geteuid() == 0:  # root may write everywhere, whatever the mode says
        os.chown(room / "drawn", NOBODY, NOBODY)
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    said = pictures.draw(path, room / "drawn", WANTED, **user)
    assert all_there(said)
    assert said["beside"] == ["X", "X.gpkg"], "a side file lay there while QGIS had it open"
    assert contents(room / "kept") == before
    for entry in [room / "kept", *(room / "kept").rglob("*")]:
        entry.chmod(stat.S_IRWXU)


def test_a_drive_of_a_network_that_cannot_share_memory(room: Path) -> None:
    """SQLite has no WAL mode there, in which QGIS keeps what it edits."""
    if drives.MMAP is None:
        pytest.skip("the number of a system call is not known on this processor")
    (room / "far").mkdir()
    path = pictures.example_folder(room / "far")
    before = contents(room / "far")
    through = (sys.executable, drives.__file__)
    wal = [*through, sys.executable, "-c", IN_WAL, str(room / "x.sqlite")]
    refused = subprocess.run(wal, capture_output=True, text=True, check=False)
    assert "disk I/O error" in refused.stderr
    said = pictures.draw(path, room / "drawn", WANTED, through=through)
    assert all_there(said)
    assert said["beside"] == ["X", "X.gpkg"]
    assert contents(room / "far") == before


def test_a_file_that_was_renamed_keeps_its_styles_and_relink_mends_the_rest(room: Path) -> None:
    path = pictures.example_folder(room)
    renamed, folder = room / "改名 & co.gpkg", room / "改名 & co"
    path.rename(renamed)
    path.with_suffix("").rename(folder)
    wanted = ("form:conversions:1",)
    said = pictures.draw(renamed, room / "drawn", wanted)
    assert not said["valid"], "the project names the old file"
    assert max(said["drawn"][wanted[0]]["drawn"]) > 400, "the default style needs no project"
    geopackage.relink(renamed)
    assert all_there(pictures.draw(renamed, room / "drawn", WANTED))
