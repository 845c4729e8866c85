"""Coordinate files as plots are reported to the ministry: read as a layer, or a sentence."""

import zipfile

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from farmland.errors import UnusableInput
from farmland.io import parcels
from farmland.io.parcels import coordinates

HEADER = """[属性描述]
格式版本号=1.01版本
数据产生单位=某某测绘队
数据产生日期=2024-5-6
坐标系={system}
几度分带={degrees}
投影类型=高斯克吕格
计量单位=米
带号={zone}
精度=0.001
转换参数=0,0,0,0,0,0,0
[地块坐标]
"""


def ring(left, bottom, size, number=1, first=1):
    """Lines of a closed square ring: label, ring, north, east."""
    corners = [(0, 0), (0, size), (size, size), (size, 0), (0, 0)]
    labels = [*range(first, first + 4), first]
    return "".join(
        f"J{label},{number},{bottom + y:.3f},{left + x:.3f}\n"
        for label, (x, y) in zip(labels, corners, strict=True)
    )


def plot(*rings, count=None, number="1", name="高标准农田一号", land="0102"):
    points = sum(text.count("\n") for text in rings)
    return f"{count or points},1.0000,{number},{name},面,I-50,项目区,{land},@\n" + "".join(rings)


def text(*plots, system="2000国家大地坐标系", degrees=3, zone=38):
    return HEADER.format(system=system, degrees=degrees, zone=zone) + "".join(plots)


LEFT, BOTTOM = 38_500_000.0, 4_000_000.0
HOLED = plot(ring(LEFT, BOTTOM, 200), ring(LEFT + 50, BOTTOM + 50, 100, 2, 5))
PARTS = plot(
    ring(LEFT + 500, BOTTOM, 100), ring(LEFT + 700, BOTTOM, 100, 2, 5), number="2", land=""
)
FILE = text(HOLED, PARTS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
@pytest.mark.parametrize("name", ["plots.txt", "plots.TXT", "报部坐标", "plots.csv"])
def test_plots_with_holes_and_parts(tmp_path, encoding, name):
    (tmp_path / name).write_bytes(FILE.replace("\n", "\r\n").encode(encoding))
    read = parcels.read(tmp_path / name)
    assert len(read) == 2
    assert read.frame.crs == CRS.from_epsg(4526)
    assert list(read.frame["parcel_id"]) == ["F000001", "F000002"]
    assert list(read.frame["地块编号"]) == ["1", "2"]
    assert list(read.frame["地块名称"]) == ["高标准农田一号"] * 2
    assert read.frame["地类编码"][0] == "0102"
    assert read.fields == {"DLBM": "地类编码"}
    assert read.frame.geometry.area.tolist() == pytest.approx([30000, 20000])
    assert [shapely.get_num_geometries(shape) for shape in read.frame.geometry] == [1, 2]
    assert read.area_m2 == pytest.approx([30000, 20000], rel=1e-3)
    assert not read.faults


def test_in_a_zip_and_a_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as packed:
        packed.writestr("坐标/plots.txt", FILE.encode("gbk"))
        packed.writestr("坐标/readme.txt", "地块说明")
    assert len(parcels.read(tmp_path / "p.zip")) == 2
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "plots.txt").write_text(FILE, "utf-8")
    (tmp_path / "folder" / "readme.txt").write_text("说明", "utf-8")
    assert len(parcels.read(tmp_path / "folder")) == 2


@pytest.mark.parametrize(
    ("degrees", "zone", "left", "epsg"),
    [
        (3, 38, 38_500_000.0, 4526),
        (3, 38, 500_000.0, 4547),
        (3, "", 38_500_000.0, 4526),
        (6, 19, 19_500_000.0, 4497),
        (6, 19, 500_000.0, 4508),
    ],
)
def test_zones_in_front_of_eastings_or_in_the_header(tmp_path, degrees, zone, left, epsg):
    file = tmp_path / "p.txt"
    file.write_text(text(plot(ring(left, BOTTOM, 200)), degrees=degrees, zone=zone), "utf-8")
    read = parcels.read(file)
    assert read.frame.crs == CRS.from_epsg(epsg)
    assert not read.notes[0].en.startswith("The axes")


def test_without_any_zone_the_crs_is_asked_for(tmp_path):
    file = tmp_path / "p.txt"
    file.write_text(text(plot(ring(500_000.0, BOTTOM, 200)), zone=""), "utf-8")
    with pytest.raises(UnusableInput, match="name it with --crs"):
        parcels.read(file)
    assert parcels.read(file, crs="EPSG:4547").area_m2 == pytest.approx([40000], rel=1e-3)


def test_north_and_east_the_wrong_way_round_are_put_right(tmp_path):
    file = tmp_path / "p.txt"
    file.write_text(text(plot(ring(BOTTOM, 500_000.0, 200))), "utf-8")
    read = parcels.read(file)
    assert read.frame.total_bounds == pytest.approx([500_000, BOTTOM, 500_200, BOTTOM + 200])
    assert any("axes" in note.en for note in read.notes)
    file.write_text(text(plot(ring(BOTTOM, LEFT, 200))), "utf-8")
    assert parcels.read(file).frame.total_bounds[0] == LEFT
    assert parcels.read(file).frame.crs == CRS.from_epsg(4526)


@pytest.mark.parametrize("system", ["1980西安坐标系", "80国家大地坐标系", "1954北京坐标系"])
def test_old_systems_are_refused(tmp_path, system):
    file = tmp_path / "p.txt"
    file.write_text(text(HOLED, system=system), "utf-8")
    with pytest.raises(UnusableInput, match="before CGCS2000"):
        parcels.read(file)


SQUARE = ring(LEFT, BOTTOM, 200)


@pytest.mark.parametrize(
    ("content", "english", "chinese"),
    [
        (text(), "without plots", "没有地块"),
        (text(plot(SQUARE, count=9)), "has 5 points and says 9", "应有 9 个界址点"),
        (text(plot(SQUARE))[:-14], "line 18 is no point", "第 18 行不是界址点"),
        (text(plot(SQUARE, "J9,1,nan,1\n")), "line 19 is no point", "不是界址点"),
        (text(plot("J1,1,4000000.0,38500000.0\n")), "under 3 points", "不足 3 个"),
        (text(plot()), "under 3 points", "不足 3 个"),
        (text(plot(SQUARE), zone=39), "zones contradict", "带号前后矛盾"),
        (text(plot(SQUARE), plot(ring(LEFT + 1e6, BOTTOM, 9))), "zones contradict", "带号前后矛盾"),
    ],
)
def test_damaged_files_get_a_sentence_without_coordinates(tmp_path, content, english, chinese):
    file = tmp_path / "p.txt"
    file.write_text(content, "utf-8")
    with pytest.raises(UnusableInput, match=english) as said:
        parcels.read(file)
    assert chinese in said.value.chinese
    assert "4000" not in str(said.value)


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "p.txt").write_bytes(FILE.encode("gbk") + b"\xff\xff")
    with pytest.raises(UnusableInput, match="neither UTF-8 nor GBK"):
        parcels.read(tmp_path / "p.txt")
    (tmp_path / "note.txt").write_text("just a note", "utf-8")
    with pytest.raises(UnusableInput, match="no vector file"):
        parcels.read(tmp_path / "note.txt")


squares = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 20))


@given(st.lists(squares, min_size=1, max_size=5, unique=True))
def test_what_is_written_is_read(some):
    """Squares that stand one in another or apart: their union less the holes."""
    rings = [shapely.box(x * 10, y * 10, (x + s) * 10, (y + s) * 10) for x, y, s in some]
    kept = []
    for each in rings:
        apart = all(each.disjoint(other) for other in kept)
        if apart or (len(kept) == 1 and kept[0].contains_properly(each)):
            kept.append(each)
    lines = []
    for number, each in enumerate(kept, start=1):
        left, bottom, right, _ = each.bounds
        lines.append(ring(LEFT + left, BOTTOM + bottom, right - left, number, number * 10))
    frame = coordinates.read(text(plot(*lines)).encode(), "p.txt")
    expected = kept[0].area
    for each in kept[1:]:
        expected += -each.area if kept[0].contains(each) else each.area
    assert frame.geometry.area[0] == pytest.approx(expected)
    assert frame.geometry.is_valid.all()
    assert np.isfinite(frame.total_bounds).all()
