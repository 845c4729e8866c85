"""Screenshots of what people open, drawn from the bundled sample into ``docs/images``.

``python benchmarks/images.py [FOLDER]`` takes the result that ``farmland demo --out FOLDER`` wrote
(``make images`` does both). ``IMAGES`` lists what is drawn: each entry is a function that is given
the GeoPackage and the folder for the pictures and returns what it wrote. Programs that are missing
are named, and their pictures stay as they are.
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

from playwright.sync_api import Browser, sync_playwright

from farmland.flow.example import plan

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "images"

QGIS = shlex.split(os.environ.get("FARMLAND_QGIS", "/usr/bin/python3"))
IN_QGIS = ROOT / "tests" / "result" / "draw_in_qgis.py"

QGIS_IMAGES = {
    "window": "qgis.png",
    "layout:0": "qgis-map.png",
    "layout:1": "qgis-sheet.png",
    "form:conversions:0": "qgis-form.png",
    "form:conversions:1": "qgis-evidence.png",
}
"""What QGIS draws, and how its picture is called."""


class Missing(Exception):
    """A program that draws is not installed."""


def in_qgis(result: Path, folder: Path) -> list[Path]:
    """The saved project, its layouts and its form."""
    if subprocess.run(
        [*QGIS, "-c", "import qgis.core"], capture_output=True, check=False
    ).returncode:
        raise Missing("QGIS (Debian package python3-qgis)")
    with tempfile.TemporaryDirectory() as scratch:
        settings = {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": scratch, "HOME": scratch}
        subprocess.run(
            [*QGIS, str(IN_QGIS), str(result), scratch, *QGIS_IMAGES],
            check=True, capture_output=True, env=os.environ | settings,
        )  # fmt: skip
        return [
            Path(shutil.copyfile(Path(scratch) / (what.replace(":", "-") + ".png"), folder / name))
            for what, name in QGIS_IMAGES.items()
        ]


SCREENS = {"report.png": (1280, 1500, ""), "report-phone.png": (390, 844, "")}
"""Pictures of the page: width, height, what stands behind the address."""


def in_browser(result: Path, folder: Path) -> list[Path]:
    """The page on a desk and on a telephone, and the page of the patch that is listed first."""
    program = shutil.which("chromium")
    if program is None:
        raise Missing("Chromium (Debian package chromium)")
    page = result.with_suffix("") / "report.html"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            patch = f"#p={_first_patch(result)}"
            screens = SCREENS | {"report-patch.png": (1280, 1100, patch)}
            return [
                _screen(browser, page.as_uri() + place, (width, height), folder / name)
                for name, (width, height, place) in screens.items()
            ]
        finally:
            browser.close()


def _first_patch(result: Path) -> str:
    """The largest confirmed patch."""
    with closing(sqlite3.connect(result)) as database:
        (name,) = database.execute(
            "SELECT patch_id FROM conversions WHERE stage = 'confirmed' ORDER BY area_m2 DESC"
        ).fetchone()
    return str(name)


def _screen(browser: Browser, address: str, size: tuple[int, int], target: Path) -> Path:
    """One screenshot, once everything that the page says is there."""
    shown = browser.new_page(viewport={"width": size[0], "height": size[1]})
    shown.goto(address)
    shown.wait_for_timeout(1500)
    shown.screenshot(path=target)
    shown.close()
    return target


def on_paper(result: Path, folder: Path) -> list[Path]:
    """The first evidence sheet, as it is printed."""
    program = shutil.which("pdftoppm")
    if program is None:
        raise Missing("pdftoppm (Debian package poppler-utils)")
    with tempfile.TemporaryDirectory() as scratch:
        farmland = [
            sys.executable,
            "-m",
            "farmland",
            "report",
            str(result),
            "--sheets",
            "--lang",
            "zh",
        ]
        subprocess.run([*farmland, "--to", scratch], check=True, capture_output=True)
        (sheets,) = sorted(Path(scratch).rglob("*.pdf"))[:1]
        target = folder / "sheet"
        subprocess.run(
            [program, "-png", "-singlefile", "-r", "80", str(sheets), str(target)], check=True
        )
    return [target.with_suffix(".png")]


PLOTS = {
    "scenes": ["--period", "2021-07/2024-06"],
    "ndvi": ["--period", "2021-07/2024-06", "--index", "NDVI", "--index", "LSWI"],
}
"""Commands that draw, and what they are asked."""


def plotted(result: Path, folder: Path) -> list[Path]:
    """What commands draw of the sample with ``--plot``."""
    sample = Path(plan(result.parent).parcels).parent
    drawn = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, asked in PLOTS.items():
            target = folder.absolute() / f"plot-{name}.png"
            words = [name, "parcels.gpkg", "--catalog", "catalog.json", "--offline", "--lang", "en"]
            where = ["--out", scratch] if name == "ndvi" else []
            subprocess.run(
                [sys.executable, "-m", "farmland", *words, *asked, *where, "--plot", str(target)],
                cwd=sample, check=True, capture_output=True,
            )  # fmt: skip
            drawn.append(target)
    return drawn


IMAGES: dict[str, Callable[[Path, Path], list[Path]]] = {
    "qgis": in_qgis,
    "browser": in_browser,
    "paper": on_paper,
    "plots": plotted,
}


def main(demo: Path, folder: Path = FOLDER) -> int:
    """Draw everything; the number of programs that were missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (result,) = demo.glob("*.gpkg")
    missing = 0
    for name, draw in IMAGES.items():
        try:
            for path in draw(result.absolute(), folder):
                print(path.name)
        except Missing as fault:
            missing += 1
            print(f"{name}: not drawn, {fault} is missing", file=sys.stderr)
    return missing


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "farmland-demo")))
