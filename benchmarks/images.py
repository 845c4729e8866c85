"""Pictures of what people open, drawn from the bundled sample into ``docs/images``.

``make images`` runs it: the main job once, as ``farmland demo`` runs it, its result written in each
language, and of each result what ``IMAGES`` lists. An entry is a function that is given the
GeoPackage, the folder for the pictures and the language, and returns what it drew. Programs that
are missing are named, and their pictures stay as they are.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page, sync_playwright
from scipy.spatial import cKDTree

from farmland.flow.deliver import deliver
from farmland.flow.detect import detect
from farmland.flow.example import plan
from farmland.progress import silent

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "images"

QGIS = shlex.split(os.environ.get("FARMLAND_QGIS", "/usr/bin/python3"))
IN_QGIS = ROOT / "tests" / "result" / "draw_in_qgis.py"

LANGUAGES = ("en", "zh")

COMMON, OTHERS = 128, 128
"""Colours kept as they are, the commonest (of symbols and paper); and chosen to stand for all the
others, however rare, so that a thin yellow line stays yellow."""

QGIS_IMAGES = {
    "window:{patch}": "qgis.png",
    "layout:0": "qgis-map.png",
    "layout:1:{patch}": "qgis-sheet.png",
    "form:conversions:0:{patch}": "qgis-form.png",
    "form:conversions:1:{patch}": "qgis-evidence.png",
}
"""What QGIS draws, and how its picture is called; ``{patch}`` is the one that is listed first."""


class Missing(Exception):
    """A program that draws is not installed."""


def beside(result: Path, folder: Path, language: str) -> list[Path]:
    """The overview that lies beside every result."""
    del language
    drawn = result.with_suffix("") / "overview.png"
    return [Path(shutil.copyfile(drawn, folder / drawn.name))]


def in_qgis(result: Path, folder: Path, language: str) -> list[Path]:
    """The saved project, its layouts and its form."""
    del language  # the project inside the file speaks that of the run
    if subprocess.run(
        [*QGIS, "-c", "import qgis.core"], capture_output=True, check=False
    ).returncode:
        raise Missing("QGIS (Debian package python3-qgis)")
    patch = _listed_first(result)
    wanted = {what.format(patch=patch): name for what, name in QGIS_IMAGES.items()}
    with tempfile.TemporaryDirectory() as scratch:
        settings = {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": scratch, "HOME": scratch}
        subprocess.run(
            [*QGIS, str(IN_QGIS), str(result), scratch, *wanted],
            check=True, capture_output=True, env=os.environ | settings,
        )  # fmt: skip
        return [
            Path(shutil.copyfile(Path(scratch) / (what.replace(":", "-") + ".png"), folder / name))
            for what, name in wanted.items()
        ]


def _listed_first(result: Path) -> str:
    """The most probable patch, of equals the largest."""
    with closing(sqlite3.connect(result)) as database:
        (name,) = database.execute(
            "SELECT patch_id FROM conversions ORDER BY confidence DESC, area_m2 DESC, patch_id"
        ).fetchone()
    return str(name)


DESK, TELEPHONE = (1280, 740), (390, 844)
"""Width and height of windows."""


def in_browser(result: Path, folder: Path, language: str) -> list[Path]:
    """The page on a desk and on a telephone, and the page of the patch that is listed first."""
    program = shutil.which("chromium")
    if program is None:
        raise Missing("Chromium (Debian package chromium)")
    page = (result.with_suffix("") / "report.html").as_uri()
    patch = f"{page}#p={_listed_first(result)}"
    spoken = {"en": "en-US", "zh": "zh-CN"}[language]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            return [
                _screen(browser, page, DESK, spoken, folder / "report.png", ".panes"),
                _screen(browser, patch, DESK, spoken, folder / "report-patch.png", "#patch"),
                _screen(browser, page, TELEPHONE, spoken, folder / "report-phone.png"),
            ]
        finally:
            browser.close()


def _screen(
    browser: Browser,
    address: str,
    size: tuple[int, int],
    spoken: str,
    target: Path,
    until: str = "",
) -> Path:
    """One screenshot, once all is there: from the top to the end of an element, or of its map."""
    shown = browser.new_page(viewport={"width": size[0], "height": size[1]}, locale=spoken)
    shown.goto(address)
    shown.wait_for_timeout(1500)
    if until:
        shown.screenshot(path=target, full_page=True, clip=_down_to(shown, until))
    else:
        shown.evaluate("document.querySelector('#map').scrollIntoView()")
        shown.wait_for_timeout(500)
        shown.screenshot(path=target)
    shown.close()
    return target


def _down_to(shown: Page, element: str) -> FloatRect:
    """The page from its top to the end of an element, so that nothing is cut."""
    low = shown.locator(element).bounding_box()
    assert low is not None
    wide = shown.viewport_size or {"width": DESK[0]}
    return {"x": 0, "y": 0, "width": wide["width"], "height": round(low["y"] + low["height"])}


def on_paper(result: Path, folder: Path, language: str) -> list[Path]:
    """The first evidence sheet, as it is printed."""
    program = shutil.which("pdftoppm")
    if program is None:
        raise Missing("pdftoppm (Debian package poppler-utils)")
    asked = [str(result), "--sheets", "--lang", language]
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            [sys.executable, "-m", "farmland", "report", *asked, "--to", scratch],
            check=True, capture_output=True,
        )  # fmt: skip
        (sheets,) = sorted(Path(scratch).rglob("*.pdf"))[:1]
        target = folder / "sheet"
        subprocess.run(
            [program, "-png", "-singlefile", "-r", "110", str(sheets), str(target)], check=True
        )
    return [target.with_suffix(".png")]


PLOTS = {
    "scenes": ["--period", "2021-07/2024-06"],
    "ndvi": ["--period", "2021-07/2024-06", "--index", "NDVI", "--index", "LSWI"],
}
"""Commands that draw, and what they are asked."""


def plotted(result: Path, folder: Path, language: str) -> list[Path]:
    """What commands draw of the sample with ``--plot``."""
    sample = Path(plan(result.parent).parcels).parent
    drawn = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, asked in PLOTS.items():
            target = folder.absolute() / f"plot-{name}.png"
            words = [
                name,
                "parcels.gpkg",
                "--catalog",
                "catalog.json",
                "--offline",
                "--lang",
                language,
            ]
            where = ["--out", scratch] if name == "ndvi" else []
            subprocess.run(
                [sys.executable, "-m", "farmland", *words, *asked, *where, "--plot", str(target)],
                cwd=sample, check=True, capture_output=True,
            )  # fmt: skip
            drawn.append(target)
    return drawn


IMAGES: dict[str, Callable[[Path, Path, str], list[Path]]] = {
    "overview": beside,
    "qgis": in_qgis,
    "browser": in_browser,
    "paper": on_paper,
    "plots": plotted,
}


def spare(path: Path) -> None:
    """Write a picture again so that it takes little room."""
    with Image.open(path) as drawn:
        image = drawn.convert("RGB")
    pixels = np.asarray(image)
    flat, places, counts = np.unique(
        pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    found = flat[np.argsort(-counts, kind="stable")]
    kept = np.concatenate([found[:COMMON], _standing_for(found[COMMON:])])
    nearest = cKDTree(kept).query(flat)[1][places.reshape(pixels.shape[:2])]
    few = Image.fromarray(nearest.astype(np.uint8))
    few.putpalette(kept.tobytes())
    few.save(path, optimize=True)


def _standing_for(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """At most ``OTHERS`` colours that stand for these (n, 3), each counted once."""
    if len(colours) <= OTHERS:
        return colours
    row = Image.fromarray(colours[np.newaxis])
    chosen = row.quantize(OTHERS, Image.Quantize.MEDIANCUT, kmeans=3).getpalette()
    return np.array(chosen, np.uint8).reshape(-1, 3)[:OTHERS]


def draw(result: Path, folder: Path, language: str) -> int:
    """Draw everything of one result; the number of programs that were missing."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = 0
    for name, drawn in IMAGES.items():
        try:
            for path in drawn(result.absolute(), folder, language):
                spare(path)
                print(f"{language}/{path.name}: {path.stat().st_size // 1000} kB")
        except Missing as fault:
            missing += 1
            print(f"{name}: not drawn, {fault} is missing", file=sys.stderr)
    return missing


def main(folder: Path = FOLDER) -> int:
    """Draw everything in every language; the number of programs that were missing."""
    missing = 0
    with tempfile.TemporaryDirectory() as scratch:
        found = detect(plan(Path(scratch)), silent)
        for language in LANGUAGES:
            result = Path(scratch) / language / "farmland-demo.gpkg"
            result.parent.mkdir()
            deliver(found, result, language)
            missing += draw(result, folder / language, language)
    return missing


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
