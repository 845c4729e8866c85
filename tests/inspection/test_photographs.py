"""Photographs of inspectors: copied, checked, stripped, and never looked for elsewhere."""

from __future__ import annotations

import hashlib
import io
import json
import math
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from inspection.filled import FIRST, HEIC, MOMENT, SECRET, csv_of, photo
from PIL import Image

from farmland.flow import cases
from farmland.io import geopackage


def photos_of(path: Path) -> list[dict[str, Any]]:
    (row,) = geopackage.read(path).cases.to_dict("records")
    held: list[dict[str, Any]] = json.loads(row["photos"])
    return held


@pytest.mark.parametrize("strip", [False, True])
def test_photographs_come_with_position_and_direction(made: Path, strip: bool) -> None:
    folder = made.parent / "back"
    source = photo(folder / "DCIM" / "a.jpg")
    photo(folder / "b.jpg", seed=9)
    text = f"patch_id,verdict,photos\n{FIRST},verified,DCIM\\a.jpg; b.jpg\n"
    given = csv_of(folder, text)
    assert cases.bring_back(made, given, strip_exif=strip, moment=MOMENT).photos == 2
    one, two = photos_of(made)
    assert (one["name"], two["name"]) == (f"{FIRST}_1.jpg", f"{FIRST}_2.jpg")
    stored = (made.with_suffix("") / "photos" / one["name"]).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == one["sha256"]
    assert (one["lon"], one["lat"], one["direction"]) == (116.75, 36.5, 90.0)
    assert one["taken_at"] == "2026-06-18T10:20:30+08:00"
    assert (stored == source.read_bytes()) is not strip
    assert (SECRET in stored) is not strip
    with Image.open(io.BytesIO(stored)) as image, Image.open(source) as given_image:
        gps = image.getexif().get_ifd(0x8825)
        assert (image.getexif()[0x0112], float(gps[17]), gps[3]) == (6, 90.0, "E")
        assert (29 in gps) is not strip
        assert image.size == given_image.size
        apart = [abs(a - b) for a, b in zip(image.tobytes(), given_image.tobytes(), strict=True)]
        assert max(apart) <= 3
    before = made.read_bytes()
    assert cases.bring_back(made, given, strip_exif=strip, moment=MOMENT).photos == 0
    assert made.read_bytes() == before


def test_a_changed_photograph_is_told_and_mended_from_its_source(made: Path) -> None:
    folder = made.parent / "back"
    source = photo(folder / "a.jpg")
    given = csv_of(folder, f"patch_id,verdict,photos\n{FIRST},verified,a.jpg\n")
    cases.bring_back(made, given, moment=MOMENT)
    stored = made.with_suffix("") / "photos" / f"{FIRST}_1.jpg"
    whole = stored.read_bytes()
    stored.write_bytes(whole[:-9])
    moved = source.rename(folder.parent / "a.jpg")
    told = " ".join(one.en for one in cases.bring_back(made, given, moment=MOMENT).said())
    assert f"missing or were changed since: 1 ({FIRST}_1.jpg)" in told
    shutil.copy(moved, source)
    assert cases.bring_back(made, given, moment=MOMENT).photos == 1
    assert stored.read_bytes() == whole


@pytest.mark.parametrize("name", ["../secret.jpg", "{outside}", "link.jpg", "\0", "x" * 400])
def test_a_photograph_outside_the_folder_is_never_read(made: Path, name: str) -> None:
    outside = photo(made.parent / "secret.jpg")
    folder = made.parent / "back"
    folder.mkdir()
    (folder / "link.jpg").symlink_to(outside)
    said = name.format(outside=outside)
    rows = [{"patch_id": FIRST, "verdict": "verified", "photos": said}]
    pd.DataFrame(rows).to_csv(folder / "back.csv", index=False)
    assert cases.bring_back(made, folder / "back.csv", moment=MOMENT).photos == 0
    assert not (made.with_suffix("") / "photos").exists()


def test_what_is_no_photograph_is_told(made: Path) -> None:
    folder = made.parent / "back"
    given = csv_of(folder, f"patch_id,verdict,photos\n{FIRST},verified,a.jpg;b.jpg\n")
    (folder / "a.jpg").write_bytes(b"<svg onload=alert(1)>")
    (folder / "b.jpg").write_bytes(b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00broken")
    done = cases.bring_back(made, given, moment=MOMENT)
    assert done.photos == 0
    assert "no JPEG or HEIC photograph, left out: 2 (a.jpg, b.jpg)" in " ".join(
        w.en for w in done.said()
    )


def test_a_photograph_of_a_telephone_comes_whole(made: Path) -> None:
    folder = made.parent / "back"
    given = csv_of(folder, f"patch_id,verdict,photos\n{FIRST},verified,a.HEIC\n")
    shutil.copy(HEIC, folder / "a.HEIC")
    assert cases.bring_back(made, given, moment=MOMENT).photos == 1
    (one,) = photos_of(made)
    stored = made.with_suffix("") / "photos" / f"{FIRST}_1.heic"
    assert stored.read_bytes() == HEIC.read_bytes()
    assert one["sha256"] == one["source_sha256"] == hashlib.sha256(HEIC.read_bytes()).hexdigest()
    assert (one["lon"], one["lat"], one["direction"]) == (116.75, 36.5, 90.0)
    assert one["taken_at"] == "2026-06-18T10:20:30+08:00"


def test_a_telephone_tells_nothing_of_its_owner_when_asked(made: Path) -> None:
    """The red corner of the picture is at the upper right when it is held upright."""
    folder = made.parent / "back"
    given = csv_of(folder, f"patch_id,verdict,photos\n{FIRST},verified,a.heic\n")
    shutil.copy(HEIC, folder / "a.heic")
    assert SECRET in HEIC.read_bytes()
    cases.bring_back(made, given, moment=MOMENT)
    assert cases.bring_back(made, given, strip_exif=True, moment=MOMENT).photos == 1
    (stored,) = (made.with_suffix("") / "photos").iterdir()
    (one,) = photos_of(made)
    assert (stored.name, one["name"]) == (f"{FIRST}_1.jpg",) * 2
    assert SECRET not in stored.read_bytes()
    with Image.open(stored) as image:
        place = image.getexif().get_ifd(0x8825)
        assert (image.size, image.getexif()[0x0112]) == ((64, 96), 1)
        assert (float(place[17]), place[3], 29 in place) == (90.0, "E", False)
        red, green, blue = image.convert("RGB").getpixel((60, 5))
    assert red > 150 > 2 * max(green, blue)
    again = cases.bring_back(made, given, strip_exif=True, moment=MOMENT)
    assert (again.changed, again.photos) == (0, 0)
    assert [note.en.split(" from")[0] for note in again.told] == ["Photographs taken farther"]


@pytest.mark.parametrize(("metres", "told"), [(150, False), (250, True)])
def test_photographs_from_far_away_are_counted_and_taken_over(
    made: Path, metres: int, told: bool
) -> None:
    """East of the easternmost point of the patch, at 2 pi x 6378.137 km x cos 36.5 a turn."""
    patch = geopackage.read(made).conversions.set_index("patch_id").to_crs(4326)
    points = shapely.get_coordinates(patch.geometry[FIRST])
    x, y = points[points[:, 0].argmax()]
    a, flat = 6_378_137.0, 1 / 298.257223563
    squared = flat * (2 - flat)
    sine = math.sin(math.radians(y))
    turn = 2 * math.pi * a * math.cos(math.radians(y)) / math.sqrt(1 - squared * sine**2)
    photo(made.parent / "back" / "a.jpg", place=(x + 360 * metres / turn, y))
    photo(made.parent / "back" / "b.jpg", seed=3, place=None)
    text = f"patch_id,verdict,photos\n{FIRST},verified,a.jpg; b.jpg\n"
    done = cases.bring_back(made, csv_of(made.parent / "back", text), moment=MOMENT)
    assert done.photos == 2
    notes = [note for note in done.told if note.en.startswith("Photographs taken farther")]
    assert len(notes) == told
    if told:
        assert notes[0].en.endswith(f"1 ({FIRST}_1.jpg {metres} m).")
        assert notes[0].zh.endswith(f"1（{FIRST}_1.jpg {metres} m）。")
