"""The pictures of the pages are drawn from the sample by the programs that people use."""

from __future__ import annotations

import re
from pathlib import Path

import images
import numpy as np
import pytest
from PIL import Image, ImageDraw

PAGES = Path(__file__).resolve().parent.parent / "docs"
KEPT = PAGES / "images"
FIRST = tuple(PAGES.parent.glob("README*.md"))
SHOWN = re.compile(r"!\[[^\]]*\]\(([^)]+)\)")

ROUGH = 64
"""Pixels along a side of the rough copies that are compared: words and dates no longer show."""

LIKE = 6.0
"""Of 255, the mean difference of rough copies of one picture: fonts and versions draw a little
differently."""

MOST_BYTES, MOST_TOGETHER = 250_000, 3_000_000


def rough(path: Path) -> np.ndarray:
    """A small copy of a picture, shape (y, x, 3)."""
    with Image.open(path) as image:
        small = image.convert("RGB").resize((ROUGH, ROUGH), Image.Resampling.BOX)
    return np.asarray(small, np.float64)


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::farmland.errors.FarmlandWarning")
def test_every_picture_of_the_pages_is_drawn(tmp_path: Path) -> None:
    assert images.main(tmp_path) == 0, "a program is missing"
    assert names(tmp_path) == names(KEPT)
    for name in names(KEPT):
        with Image.open(tmp_path / name) as new, Image.open(KEPT / name) as old:
            assert new.size[0] == old.size[0], name
            assert new.size[1] == pytest.approx(old.size[1], rel=0.03), name
        apart = np.abs(rough(tmp_path / name) - rough(KEPT / name)).mean()
        assert apart < LIKE, f"{name} shows something else than what is kept: make images"


def test_pictures_differ_from_each_other_more_than_drawings_of_one() -> None:
    copies = {path: rough(path) for path in sorted((KEPT / "en").iterdir())}
    for one, copy in copies.items():
        others = [np.abs(copy - other).mean() for path, other in copies.items() if path != one]
        assert min(others) > LIKE, one.name


def test_every_picture_is_kept_in_both_languages_at_one_size_and_small() -> None:
    english, chinese = (names(KEPT / language) for language in images.LANGUAGES)
    assert english == chinese
    assert names(KEPT) == {
        f"{language}/{name}" for language in images.LANGUAGES for name in english
    }
    sizes = {path: path.stat().st_size for path in KEPT.rglob("*.png")}
    assert max(sizes.values()) < MOST_BYTES
    assert sum(sizes.values()) < MOST_TOGETHER
    for name in english:
        with Image.open(KEPT / "en" / name) as one, Image.open(KEPT / "zh" / name) as other:
            assert one.width == other.width, name


def test_a_picture_that_takes_little_room_keeps_its_rare_colours(tmp_path: Path) -> None:
    across, down = np.meshgrid(np.arange(300), np.arange(300))
    fields = np.stack([across % 90, 60 + (across + down) % 120, down % 70], 2).astype(np.uint8)
    image = Image.fromarray(fields)
    ImageDraw.Draw(image).rectangle((140, 140, 150, 150), outline="#FFE14D")
    image.save(tmp_path / "x.png")
    images.spare(tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as kept:
        assert kept.mode == "P"
        now = np.asarray(kept.convert("RGB"), np.int64)
    off = np.abs(now - np.asarray(image, np.int64)).max(axis=2)
    assert off[140, 140:151].max() <= 8
    assert np.quantile(off, 0.99) <= 16


@pytest.mark.parametrize("page", [*PAGES.glob("*.md"), *FIRST], ids=lambda page: page.name)
def test_pages_show_pictures_that_are_there_in_their_language(page: Path) -> None:
    spoken, other = ("zh", "en") if page.name.endswith(".zh.md") else ("en", "zh")
    for target in SHOWN.findall(page.read_text("utf-8")):
        assert (page.parent / target).is_file(), f"{page.name} shows {target}"
        assert f"images/{other}/" not in target, f"{page.name} speaks {spoken}"


def test_every_picture_is_shown_by_a_page() -> None:
    shown = {
        (page.parent / target).resolve()
        for page in (*PAGES.glob("*.md"), *FIRST)
        for target in SHOWN.findall(page.read_text("utf-8"))
    }
    pictures = set(PAGES.rglob("*.png"))
    assert pictures
    assert pictures <= shown
