"""Maps of findings: what is marked is what was found, where it was found."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import planted
import pytest
import shapely
from shapely.geometry import box

from farmland import checks, rules
from farmland.cli import mapped
from farmland.io import parcels as reader
from farmland.report.plots import findings

SAMPLES = ("at", "bg", "de_bb", "dk", "es_cat", "lt", "nl_block", "us_usda_cropland")


def fields(count):
    return [box(500_000 + 120 * n, 4_000_000, 500_100 + 120 * n, 4_000_090) for n in range(count)]


@pytest.fixture
def checked(tmp_path):
    """Twelve fields: two overlap, one is a sliver, one has no outline at all."""
    shapes = fields(12)
    shapes[3] = box(500_330, 4_000_010, 500_460, 4_000_080)
    shapes[7] = box(500_840, 4_000_000, 500_841, 4_000_090)
    shapes[9] = None
    path = tmp_path / "fields.gpkg"
    gpd.GeoDataFrame({"BSM": [str(n) for n in range(12)]}, geometry=shapes, crs=32650).to_file(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = reader.read(path)
    return read, checks.check(read, rules.load("cn"))


def marked(axes, name):
    """Outlines of a collection."""
    return [path.get_extents().bounds for held in axes.collections if held.get_gid() == name
            for path in held.get_paths()]  # fmt: skip


def test_every_finding_is_marked_where_it_is(checked):
    read, report = checked
    layer = mapped.layer(read, report)
    _, maps = findings.draw(layer, "en")
    placed = [each for each in report.findings if each.kind.title in
              {panel.title for panel in layer.panels}]  # fmt: skip
    assert len(maps) == len(layer.panels) == len(placed) >= 2
    shapes = read.frame.geometry.to_numpy(dtype=object)
    for axes, each in zip(maps, placed, strict=True):
        rows = [row for row in np.unique(each.rows) if row >= 0 and shapes[row] is not None]
        expected = [box(*shapes[row].bounds).bounds for row in rows]
        found = [(x, y, x + w, y + h) for x, y, w, h in marked(axes, "parcels")]
        assert np.allclose(sorted(found), sorted(expected), atol=1e-3)
        assert len(marked(axes, "ground")) == int((~shapely.is_missing(shapes)).sum())


def test_what_has_no_outline_is_told_and_not_drawn(checked):
    read, report = checked
    layer = mapped.layer(read, report)
    assert any(words.en.endswith(": 1") for words in layer.elsewhere)
    plate, _ = findings.draw(layer, "zh")
    assert any("：1" in text.get_text() for text in plate.figure.texts)


def test_one_parcel_far_off_does_not_shrink_the_map():
    shapes = np.array([*fields(100), box(0, 0, 50, 50)], object)
    seen = findings.view(shapes, geographic=False)
    assert seen.outside == 1
    assert seen.left > 499_000


def test_degrees_are_as_long_as_they_are():
    shapes = np.array([box(110, 59.99, 111, 60.01)], object)
    assert findings.view(shapes, geographic=True).stretch == pytest.approx(0.5, abs=0.001)


def test_many_parcels_are_points():
    random = np.random.default_rng(2)
    corners = random.uniform(0, 500_000, (60_000, 2))
    shapes = shapely.box(*corners.T, *(corners + 60).T)
    panel = findings.Panel(rules.Words("sliver", "狭长"), False, 900, np.arange(900),
                           np.full(900, None), "F1 …")  # fmt: skip
    _, (axes,) = findings.draw(findings.Layer("x", shapes, False, [panel], ()), "en")
    dots = {line.get_gid(): len(line.get_xdata()) for line in axes.lines}
    assert dots["ground"] == 60_000
    assert dots["dots"] == 900


def test_nothing_wrong_is_a_map_too(tmp_path):
    read = planted.read(tmp_path, fields(6), 32650)
    layer = mapped.layer(read, checks.check(read, rules.load("cn")))
    assert findings.picture(layer, "zh").startswith(b"\x89PNG")


@pytest.mark.parametrize("country", SAMPLES)
def test_layers_of_many_countries_are_drawn(shared, country):
    folder = shared / "data" / "lpis_samples" / country
    path = next(path for path in sorted(folder.iterdir()) if path.suffix in {".gpkg", ".zip"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = reader.read(path)
    layer = mapped.layer(read, checks.check(read, rules.load("cn")))
    plate, maps = findings.draw(layer, "en")
    assert len(maps) == max(1, min(8, len(layer.panels)))
    width, height = plate.figure.get_size_inches()
    assert 7.5 <= width <= 13.01
    assert height < 11
