"""Screenshots of what people open, drawn from the bundled sample into ``docs/images``.

``python benchmarks/images.py [FOLDER]`` takes the result that ``farmland demo --out FOLDER`` wrote
(``make images`` does both). ``IMAGES`` lists what is drawn: each entry is a function that is given
the GeoPackage and the folder for the pictures and returns what it wrote. Programs that are missing
are named, and their pictures stay as they are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "images"

QGIS = "/usr/bin/python3"
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
        [QGIS, "-c", "import qgis.core"], capture_output=True, check=False
    ).returncode:
        raise Missing("QGIS (Debian package python3-qgis)")
    with tempfile.TemporaryDirectory() as scratch:
        settings = {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": scratch, "HOME": scratch}
        subprocess.run(
            [QGIS, str(IN_QGIS), str(result), scratch, *QGIS_IMAGES],
            check=True, capture_output=True, env=os.environ | settings,
        )  # fmt: skip
        return [
            Path(shutil.copyfile(Path(scratch) / (what.replace(":", "-") + ".png"), folder / name))
            for what, name in QGIS_IMAGES.items()
        ]


IMAGES: dict[str, Callable[[Path, Path], list[Path]]] = {
    "qgis": in_qgis,
}


def main(demo: Path) -> int:
    """Draw everything; the number of programs that were missing."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (result,) = demo.glob("*.gpkg")
    missing = 0
    for name, draw in IMAGES.items():
        try:
            for path in draw(result.absolute(), FOLDER):
                print(path.relative_to(ROOT))
        except Missing as fault:
            missing += 1
            print(f"{name}: not drawn, {fault} is missing", file=sys.stderr)
    return missing


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "farmland-demo")))
