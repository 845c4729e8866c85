"""Rasters get a style beside them, QGIS takes it, and its ramp can be told apart by everybody."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import in_qgis
import numpy as np
import pytest

from farmland.errors import FarmlandError
from farmland.grid import Window
from farmland.io import cog
from farmland.io.geopackage import rasters
from farmland.periods import Period
from farmland.rules.indices import INDICES

OPEN = """
import json, sys
from qgis.core import QgsApplication, QgsRasterLayer
from qgis.PyQt.QtGui import QColor
application = QgsApplication([], False)
application.initQgis()
found = {}
for path in sys.argv[1:]:
    layer = QgsRasterLayer(path, "raster")
    renderer = layer.renderer()
    block = renderer.block(1, layer.extent(), 4, 1)
    found[path.rpartition("/")[2]] = {
        "type": renderer.type(),
        "legend": [name for name, colour in renderer.legendSymbologyItems()],
        "colours": [QColor.fromRgba(block.color(0, n)).getRgb() for n in range(4)],
    }
print(json.dumps(found))
"""


def write(path: Path, kind: cog.Kind, values: np.ndarray[Any, Any]) -> Path:
    """A raster of one row with its style."""
    window = Window(-100, 100, 1, values.shape[-1])
    cog.begin(path.with_suffix(".draft"), kind, "EPSG:32650", window, {})
    cog.put(path.with_suffix(".draft"), 0, 0, values.astype(kind.dtype).reshape(-1, 1, 4))
    cog.finish(path.with_suffix(".draft"), path, kind)
    rasters.dress(path, kind.bands)
    return path


def test_qgis_shows_rasters_in_their_style(tmp_path: Path) -> None:
    in_qgis.needed()
    bands = ("red", "green", "blue", "nir")
    peak = cog.Kind("uint8", 255, ("ndvi",), scale=0.01, offset=-1.0)
    picture = cog.Kind("int16", -32768, bands, scale=1e-4)
    paths = [
        write(tmp_path / "peak.tif", peak, np.array([110, 155, 185, 255])),
        write(tmp_path / "picture.tif", picture, np.array([[0, 1000, 2000, -32768]] * 4)),
    ]
    found = json.loads(in_qgis.run(tmp_path, "-c", OPEN, *paths))
    ramp = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in rasters.RAMP]
    assert found["peak.tif"]["type"] == "singlebandpseudocolor"
    assert found["peak.tif"]["colours"][:3] == [[*ramp[n], 255] for n in (0, 3, 5)]
    assert found["peak.tif"]["colours"][3][3] == 0, "no data is clear"
    assert found["peak.tif"]["legend"][0] == "0.10 裸地、建成、水体 bare, built, water"
    assert found["picture.tif"]["type"] == "multibandcolor"
    shades = found["picture.tif"]["colours"]
    assert shades[0] == [0, 0, 0, 255]
    assert shades[1] == pytest.approx([127, 127, 127, 255], abs=1)
    assert shades[2] == [255, 255, 255, 255]
    assert shades[3][3] == 0


@pytest.mark.parametrize("name", list(INDICES))
def test_every_index_has_a_ramp_that_rises(name: str) -> None:
    root = ET.fromstring(f"<qgis>{rasters.pipe((name.lower(),))}</qgis>")  # noqa: S314
    values = [float(item.get("value", "nan")) for item in root.iter("item")]
    low, high = INDICES[name].range
    assert len(values) == len(rasters.RAMP)
    assert values == sorted(values)
    assert low <= values[0] < values[-1] <= high


def test_the_ramp_is_ordered_for_people_who_see_fewer_colours() -> None:
    assert _falls(rasters.RAMP)


def _falls(ramp: Sequence[str]) -> bool:
    """Lightness falls by a visible step between neighbours, also without any hue at all."""
    linear = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in ramp])
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    lightness = 116 * np.cbrt(luminance) - 16
    deuteranopia = np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]])
    seen = np.clip(linear @ deuteranopia.T, 0, 1) @ [0.2126, 0.7152, 0.0722]
    unseen = 116 * np.cbrt(seen) - 16
    return bool((np.diff(lightness) < -6).all() and (np.diff(unseen) < -6).all())


@pytest.mark.parametrize(
    ("period", "dates"),
    [
        ("2026-06-18", ["2026-06-18"]),
        ("2026-06-18/2026-06-19", ["2026-06-18", "2026-06-19"]),
        ("2026-06", ["2026-06-01", "2026-06-08", "2026-06-15", "2026-06-23", "2026-06-30"]),
        ("2024", ["2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01", "2024-12-31"]),
    ],
)
def test_days_are_said_by_their_dates(period: str, dates: list[str]) -> None:
    span = Period.parse(period)
    root = ET.fromstring(f"<qgis>{rasters.pipe(('day',), span)}</qgis>")  # noqa: S314
    items = list(root.iter("item"))
    assert [item.get("label") for item in items] == dates
    for item, said in zip(items, dates, strict=True):
        assert span.start + timedelta(days=int(item.get("value", ""))) == date.fromisoformat(said)
    assert _falls(rasters.DAYS)


@pytest.mark.parametrize(("name", "least", "most"), [("CIRE", 0.0, 8.0), ("PGI", 0.0, 10.0)])
def test_a_wide_range_is_shown_where_land_lies(name: str, least: float, most: float) -> None:
    root = ET.fromstring(f"<qgis>{rasters.pipe((name.lower(),))}</qgis>")  # noqa: S314
    items = list(root.iter("item"))
    assert least < float(items[0].get("value", "")) < float(items[-1].get("value", "")) < most
    assert str(items[-1].get("label")).startswith("≥ ")


def test_only_peak_maps_enter_a_project(tmp_path: Path) -> None:
    (tmp_path / "cogs").mkdir()
    for name in (
        "ndvi_peak_before_32651.tif", "ndvi_peak_after_32650.tif", "ndvi_peak_before_32650.tif",
        "ndvi_peak_after_32650.qml", "ndvi_peak_after_<b>.tif", "other.tif",
    ):  # fmt: skip
        (tmp_path / "cogs" / name).touch()
    assert [(peak.period, peak.epsg) for peak in rasters.beside(tmp_path)] == [
        ("after", 32650), ("before", 32650), ("before", 32651),
    ]  # fmt: skip
    assert rasters.beside(tmp_path / "nowhere") == ()


def test_a_style_that_cannot_be_written_is_said() -> None:
    with pytest.raises(FarmlandError, match="cannot be written"):
        rasters.dress(Path("/sys/kernel/X.tif"), ("ndvi",))
