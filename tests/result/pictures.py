"""What the result of the examples looks like in QGIS, kept as pictures and compared with them.

``python tests/result/pictures.py`` draws all of them again into ``tests/result/pictures``, after a
change that was meant; look at them before they are kept. Maps are alike in every QGIS. The rooms
between letters, legends and buttons are not: a newer QGIS (``FARMLAND_QGIS``) keeps in a folder of
its own what it draws otherwise.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

import in_qgis
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from result.example import ZONE, example_result, visited

from farmland.flow import greenness
from farmland.grid import Window
from farmland.io import geopackage
from farmland.result import Greenness, Result

HERE = Path(__file__).parent
KEPT = HERE / "pictures"

NEWER, SINCE = KEPT / "from-3.40", (3, 40)
"""Where a newer QGIS keeps what it draws otherwise, and which is newer."""

DRAWN = {
    "zh": (
        "map", "layer:farmland_cases", "layer:farmland_conversions", "layer:farmland_parcels",
        "layer:farmland_overlay", "layer:farmland_scenes", "layer:farmland_ndvi_after_32650",
        "layout:0", "layout:1:000000000001",
        "form:conversions:0", "form:conversions:1", "form:conversions:2",
        "form:parcels:0", "form:overlay:0", "form:cases:0", "form:cases:1",
    ),
    "en": ("layout:0", "layout:1:000000000001"),
}  # fmt: skip

HALF, BLOCK = 2, 12
"""Pictures are kept at half their size and compared in blocks of so many pixels of that."""

ASIDE = 2
"""Pixels of a kept picture, half a millimetre on paper, by which a block may be moved."""

TOLERANCE = 8.0
"""Most that the mean colour of a block may be away, of 255: edges and letters differ a little from
machine to machine, areas do not."""


def example_folder(folder: Path, language: str = "zh", name: str = "X") -> Path:
    """A result with rasters and chips beside it; returns the GeoPackage."""
    target = folder / f"{name}.gpkg"
    result = visited(example_result())
    greenness.write([_greenness(result)], folder / name, "Contains modified Copernicus data")
    geopackage.write(result, target, language=language)
    chips = folder / name / "chips"
    chips.mkdir()
    for number, patch in enumerate(result.conversions["patch_id"]):
        pixels = np.zeros((370, 1240, 3), np.uint8)
        pixels[:, :400], pixels[:, 420:820] = (70, 110, 60), (190, 170, 150)
        pixels[:, 840:] = 255 - 20 * number
        Image.fromarray(pixels).save(chips / f"{patch}.png")
    (folder / name / "photos").mkdir()
    for number in (1, 2):
        photo = Image.new("RGB", (640, 480), (110, 140 + 40 * number, 170))
        photo.save(folder / name / "photos" / f"000000000001_{number}.jpg")
    return target


def _greenness(result: Result) -> Greenness:
    """Peaks in stripes from bare to green over the place of the parcels, with a gap."""
    left, bottom, right, top = result.parcels.to_crs(ZONE).total_bounds
    window = Window.around(left, bottom, right, top)
    images = np.empty((2, *window.shape), np.uint8)
    images[0] = 180
    images[1] = np.linspace(100, 195, window.width).astype(np.uint8)
    images[:, :, window.width // 2 : window.width // 2 + 6] = Greenness.UNSEEN
    return Greenness(ZONE, window, zlib.compress(images.tobytes()))


def draw(path: Path, folder: Path, wanted: tuple[str, ...], **how: Any) -> dict[str, Any]:
    """Draw into ``folder``; what the process says. ``how`` goes to the process."""
    said = in_qgis.run(folder, HERE / "draw_in_qgis.py", path, folder, *wanted, **how)
    return dict(json.loads(said))


def file_name(name: str) -> str:
    """Of the picture of something that is drawn."""
    return name.replace(":", "-") + ".png"


def reduced(path: Path) -> Image.Image:
    """A picture as it is kept."""
    with Image.open(path) as picture:
        return picture.convert("RGB").reduce(HALF)


def difference(one: Image.Image, other: Image.Image) -> float:
    """Most that the mean colours of a block differ; infinite where the sizes do.

    Each block may stand a little aside: versions of QGIS place letters and legends differently.
    """
    if one.size != other.size:
        return float("inf")
    still, moving = _blocks(one), np.asarray(other.convert("RGB"))
    away = [
        np.abs(still - _blocks(Image.fromarray(np.roll(moving, shift, axis=(0, 1)))))
        for shift in itertools.product(range(-ASIDE, ASIDE + 1), repeat=2)
    ]
    return float(np.min([each.max(axis=2) for each in away], axis=0).max())


def _blocks(picture: Image.Image) -> NDArray[np.float64]:
    """Mean colours of the blocks of a picture."""
    pixels = np.asarray(picture.convert("RGB"), np.float64)
    rows, columns = (size // BLOCK * BLOCK for size in pixels.shape[:2])
    cut = pixels[:rows, :columns].reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK, 3)
    return np.asarray(cut.mean(axis=(1, 3)))


def kept(language: str, name: str) -> Path:
    """The picture that the QGIS at hand is compared with."""
    file = f"{language}-{file_name(name)}"
    newer = in_qgis.version() >= SINCE and (NEWER / file).exists()
    return (NEWER if newer else KEPT) / file


def keep_all() -> None:
    """Draw all pictures again and keep them."""
    newer = in_qgis.version() >= SINCE
    NEWER.mkdir(parents=True, exist_ok=True)
    for language, names in DRAWN.items():
        with tempfile.TemporaryDirectory() as scratch:
            drawn = Path(scratch) / "drawn"
            draw(example_folder(Path(scratch), language), drawn, names)
            for name in names:
                _keep(reduced(drawn / file_name(name)), f"{language}-{file_name(name)}", newer)


def _keep(picture: Image.Image, file: str, newer: bool) -> None:
    """A newer QGIS keeps what is no longer like the picture of all."""
    if newer:
        (NEWER / file).unlink(missing_ok=True)
        with Image.open(KEPT / file) as old:
            if difference(picture, old) <= TOLERANCE:
                return
    picture.save((NEWER if newer else KEPT) / file, optimize=True)


if __name__ == "__main__":
    sys.exit(keep_all())
