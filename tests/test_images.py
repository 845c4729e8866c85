"""The pictures of the pages are drawn from the sample by the programs that people use."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import images
import pytest
from PIL import Image

PAGES = Path(__file__).resolve().parent.parent / "docs"
FIRST = tuple(PAGES.parent.glob("README*.md"))


@pytest.mark.slow
def test_every_picture_of_the_pages_is_drawn(tmp_path: Path) -> None:
    demo = [sys.executable, "-m", "farmland", "demo", "--out", str(tmp_path / "demo")]
    subprocess.run([*demo, "--lang", "zh", "-q"], check=True, capture_output=True)
    assert images.main(tmp_path / "demo", tmp_path / "images") == 0, "a program is missing"
    drawn = {path.name: path for path in (tmp_path / "images").iterdir()}
    kept = {path.name: path for path in (PAGES / "images").iterdir()}
    assert drawn.keys() == kept.keys()
    for name, path in drawn.items():
        with Image.open(path) as new, Image.open(kept[name]) as old:
            assert new.size == old.size, name
            assert len(new.convert("RGB").getcolors(1 << 24)) > 50, f"{name} is empty"


def test_pages_show_pictures_that_are_there() -> None:
    for page in PAGES.glob("*.md"):
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).is_file(), f"{page.name} shows {target}"


def test_every_picture_is_shown_by_a_page() -> None:
    shown = " ".join(page.read_text("utf-8") for page in (*PAGES.glob("*.md"), *FIRST))
    pictures = [path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*.png")]
    assert pictures
    assert [name for name in pictures if f"{name})" not in shown] == []
