"""Files that cannot be read: the run ends, counts them, tells the parcels, and never says 0."""

import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from flow.running import environment, words
from mischief import Mischief, hurry
from servers import stac_api

from farmland.cli import main

FEW = ("--after", "2024-04/2024-05", "--before", "2024-01/2024-03", "--history", "2024-01/2024-03")
"""A record of a few scenes: one that stays unread is more than a hundredth."""

FEWER = ("--after", "2024-05", "--before", "2024-04", "--history", "2024-04")


@dataclass(frozen=True)
class Ended:
    code: int
    talk: str
    parcels: gpd.GeoDataFrame
    scenes: pd.DataFrame
    conversions: gpd.GeoDataFrame

    @property
    def failed(self):
        """Items of which something stayed unread."""
        return set(self.scenes.index[self.scenes["blocks_failed"] > 0])


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    hurry(monkeypatch)


@pytest.fixture
def detect(county, tmp_path, capsys, monkeypatch):
    """Run ``detect`` on a catalog; gives the exit code, the talk and the layers."""

    def run(catalog, language="en", periods=FEW):
        monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8" if language == "zh" else "C.UTF-8")
        out = tmp_path / "x.gpkg"
        code = main(
            ["detect", county.parcels, *periods, "--catalog", str(catalog), "--out", str(out)]
        )
        talk = capsys.readouterr().err
        assert "Traceback" not in talk
        names = ("parcels", "scenes", "conversions")
        parcels, scenes, conversions = (gpd.read_file(out, layer=name) for name in names)
        assert len(parcels) == len(gpd.read_file(county.parcels))
        return Ended(code, talk, parcels, scenes.set_index("item_id"), conversions)

    return run


@pytest.fixture(scope="module")
def whole(county, tmp_path_factory):
    """The GeoPackage of a run in which nothing fails."""
    out = tmp_path_factory.mktemp("whole") / "x.gpkg"
    given = ["detect", county.parcels, *FEW, "--catalog", county.catalog]
    assert main([*given, "--out", str(out), "-q"]) == 0
    return out


@pytest.fixture(scope="module")
def scene(whole):
    """The clearest scene of the period after."""
    scenes = gpd.read_file(whole, layer="scenes")
    late = scenes[(scenes["solar_day"] >= "2024-04-01") & scenes["offset"].notna()]
    return late.loc[late["clear_share"].idxmax(), "item_id"]


@pytest.fixture
def copied(county, tmp_path):
    """A copy of the catalog that may be damaged."""
    shutil.copytree(county.folder, tmp_path / "copy")
    return tmp_path / "copy"


def assert_told(ended, looks):
    """Code 3, its sentence, and parcels that say how many looks stayed unread."""
    assert ended.code == 3, ended.talk
    assert "More imagery stayed unread or unseen than the rules allow" in ended.talk
    touched = ended.parcels[ended.parcels["reason"].str.contains("unread")]
    assert len(touched) > 0
    assert touched["reason"].str.contains(rf"\b{looks} looks? stayed unread").all()


# --- one scene ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "band"),
    [
        ("asset_missing", "red"),
        ("asset_missing", "scl"),
        ("asset_failing", "swir22"),
        ("asset_flipped", "nir"),
    ],
)
def test_a_file_of_one_scene_over_http(fault, band, detect, county, scene):
    with stac_api(county.folder, **{fault: (f"{scene}/{band}.tif",)}) as api:
        ended = detect(api.url)
    assert ended.failed == {scene}
    assert_told(ended, 1)


def test_the_same_in_chinese(detect, county, scene):
    with stac_api(county.folder, asset_missing=(f"{scene}/red.tif",)) as api:
        ended = detect(api.url, "zh")
    assert ended.code == 3
    assert "未读取或缺失的影像超过规则允许的比例" in ended.talk


def flip(path):
    """Damage what is compressed, not what describes it."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(byte ^ 0xFF for byte in data[len(data) // 2 :])
    path.write_bytes(data)


def halve(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def blank(path):
    """All zeros where the classification sees land, as real records have (Swiss T32TMT)."""
    with rasterio.open(path) as source:
        profile, shape = source.profile, source.shape
    with rasterio.open(path, "w", **profile) as target:
        target.write(np.zeros(shape, profile["dtype"]), 1)


@pytest.mark.parametrize("damage", [flip, halve, empty, blank, os.remove])
def test_a_file_of_one_scene_on_disk(damage, detect, copied, scene):
    damage(copied / scene / "nir.tif")
    ended = detect(copied / "catalog.json")
    assert ended.failed == {scene}
    assert_told(ended, 1)


def test_an_item_that_lacks_a_band(detect, copied, scene):
    path = copied / scene / f"{scene}.json"
    item = json.loads(path.read_text("utf-8"))
    del item["assets"]["swir16"]
    path.write_text(json.dumps(item), "utf-8")
    ended = detect(copied / "catalog.json")
    assert ended.failed == {scene}
    assert_told(ended, 1)


# --- hosts that recover, and hosts that do not -------------------------------


@pytest.mark.parametrize(
    "faults",
    [{"asset_busy": 3}, {"asset_broken": 3}, {"asset_cut": 2}, {"asset_slow": 0.02}],
    ids=str,
)
def test_a_host_that_recovers_costs_nothing(faults, detect, county, whole):
    with stac_api(county.folder, **faults) as api:
        ended = detect(api.url)
    assert ended.code == 0, ended.talk
    assert ended.failed == set()
    pd.testing.assert_frame_equal(ended.parcels, gpd.read_file(whole, layer="parcels"))


def test_never_0_when_every_file_is_missing(detect, county):
    with stac_api(county.folder, asset_missing=(".tif",)) as api:
        ended = detect(api.url, periods=FEWER)
    assert_told(ended, ended.scenes["offset"].notna().sum())
    assert set(ended.parcels["status"]) == {"unread"}
    assert len(ended.conversions) == 0


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("reset_at_once", "the host does not answer"),
        ("broken_503", "the host has a fault"),
        ("busy", "the host refuses more requests"),
        ("slow_start", "the host is too slow"),
    ],
)
def test_5_when_the_host_of_all_files_does_not_serve(
    fault, reason, county, whole, tmp_path, capsys
):
    """DESIGN 3: an asset host that is unreachable. An earlier result is left as it is."""
    out = tmp_path / "x.gpkg"
    shutil.copy(whole, out)
    with stac_api(county.folder, mischief=Mischief((fault,))) as api:
        given = ["detect", county.parcels, *FEWER, "--catalog", api.url, "--out", str(out)]
        assert main([*given, "--lang", "en"]) == 5
        said = capsys.readouterr().err.strip().splitlines()[-1]
        assert "None of the images of" in said
        assert f"127.0.0.1 does not serve them ({reason})" in said
        assert main([*given, "--lang", "zh"]) == 5
        assert "主机 127.0.0.1 未提供服务" in capsys.readouterr().err
    assert out.read_bytes() == whole.read_bytes()


def test_never_0_when_the_files_are_gone(detect, copied):
    for path in copied.rglob("*.tif"):
        path.unlink()
    ended = detect(copied / "catalog.json")
    assert ended.code == 3
    assert set(ended.parcels["status"]) == {"unread"}


# --- the disk ----------------------------------------------------------------


@pytest.mark.parametrize("beside", [False, True], ids=["result", "folder beside it"])
def test_a_full_disk(beside, whole, county, tmp_path):
    """A real disk without room for the result, or only for the result."""
    room = whole.stat().st_size + 65_536 if beside else 100_000
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size={room} none {disk}"
    probe = subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True)
    if probe.returncode:
        pytest.skip("a small disk needs user namespaces: unshare (package util-linux) refused")
    run = words(
        "detect", county.parcels, *FEW, "--catalog", county.catalog, "--out", disk / "x.gpkg"
    )
    script = f'{mount} && "$@"; code=$?; ls -A {disk}; exit $code'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", *run],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(),
    )
    assert done.returncode == 5, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert "full" in last
    assert last.endswith("make room and run again.")
    assert "writing-" not in done.stdout  # no draft is left behind


def test_a_disk_that_takes_no_large_file(county, tmp_path):
    """As FAT does, and ``ulimit -f``."""
    out = tmp_path / "y.gpkg"
    done = subprocess.run(
        words("detect", county.parcels, *FEW, "--catalog", county.catalog, "--out", out),
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert done.returncode == 4, done.stderr
    assert "cannot be written (File too large): give another." in done.stderr
    assert list(tmp_path.glob("*y*")) == []


def test_a_result_open_elsewhere(county, tmp_path, capsys):
    """Found before the work: the catalog is not even asked."""
    out = tmp_path / "x.gpkg"
    given = ["detect", county.parcels, *FEW, "--catalog", county.catalog, "--out", str(out)]
    assert main([*given, "-q"]) == 0
    kept = out.read_bytes()
    hold = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
    hold += "c.execute('PRAGMA journal_mode = WAL'); c.execute('BEGIN'); "
    hold += "c.execute('SELECT * FROM run').fetchone(); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"open\n"
        for language, said in (("en", "is open in another program"), ("zh", "正被其他程序")):
            capsys.readouterr()
            assert main([*given, "--lang", language]) == 4
            assert said in capsys.readouterr().err
        other.stdin.close()
    assert gpd.read_file(out, layer="run").shape[0] > 0
    assert len(out.read_bytes()) == len(kept)
