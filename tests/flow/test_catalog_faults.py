"""What a catalog can do to a run: one sentence in both languages and the right exit code."""

import json
import shutil

import geopandas as gpd
import pytest
from servers import stac_api
from shapely.affinity import translate

from farmland import schedule
from farmland.cli import main
from farmland.io.catalog import web

FEW = ("--after", "2024-04/2024-05", "--before", "2024-01/2024-03", "--history", "2024-01/2024-03")
"""A record of a few scenes: enough to run from one end to the other."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Wait as often as for people, but not as long."""
    monkeypatch.setattr(web, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(web, "TIMEOUT_SECONDS", (1.0, 0.5))
    monkeypatch.setattr(schedule, "PATIENCE_S", 1)


@pytest.fixture
def detect(county, tmp_path, capsys, monkeypatch):
    """Run ``detect`` in one language; gives the exit code and what was said."""

    def run(*words, language="en", parcels=county.parcels):
        monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8" if language == "zh" else "C.UTF-8")
        out = tmp_path / "x.gpkg"
        code = main(["detect", str(parcels), *map(str, words), "--out", str(out)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert (code in {0, 3}) == out.exists()
        if code not in {0, 3}:
            assert said.out == ""
        return code, said.err

    return run


def assert_sentence(run, code, english, chinese):
    """The last line of the talk is the sentence, in both languages."""
    for language, sentence, stop in (("en", english, "."), ("zh", chinese, "。")):
        ended, talk = run(language)
        last = talk.strip().splitlines()[-1]
        assert ended == code, talk
        assert sentence in last
        assert last.endswith(stop)


ENDLESS = 10**6

STOPPING = [
    # faults, exit code, English, Chinese
    ({"html": True}, 4, "is no STAC catalog", "不是 STAC 目录"),
    ({"status": 403}, 5, "it answers with error 403", "返回错误 403"),
    ({"status": 404}, 5, "it answers with error 404", "返回错误 404"),
    ({"broken": ENDLESS}, 5, "it answers with error 500", "返回错误 500"),
    ({"busy": ENDLESS}, 5, "it refuses more requests for now (429)", "请求过多（429）"),
    ({"slow": 2.0}, 5, "it does not answer in time", "响应超时"),
    ({"truncated": ENDLESS}, 5, "its answers are cut off", "返回内容不完整"),
    ({"cut": ENDLESS}, 5, "its answers are cut off", "返回内容不完整"),
    ({"expired": ENDLESS}, 5, "it answers with error 400", "返回错误 400"),
    ({"garbage": '{"features": 7}'}, 4, "is no STAC catalog", "不是 STAC 目录"),
    ({"redirect": "{path}"}, 5, "it redirects without end", "重定向过多"),
    ({"redirect": "file:///etc/passwd"}, 4, "an address of kind 'file'", "不允许读取"),
    ({"redirect": "http://169.254.169.254{path}"}, 4, "--allow-host 169.254.169.254", "不允许访问"),
]


@pytest.mark.parametrize(("faults", "code", "english", "chinese"), STOPPING, ids=str)
def test_a_catalog_that_fails_for_good(faults, code, english, chinese, detect, county):
    with stac_api(county.folder, **faults) as api:
        assert_sentence(
            lambda language: detect(*FEW, "--catalog", api.url, language=language),
            code,
            english,
            chinese,
        )


@pytest.mark.parametrize(
    "faults",
    [
        {"busy": 2, "retry_after": "1"},
        {"busy": 1, "retry_after": "Fri, 31 Dec 1999 23:59:59 GMT"},
        {"broken": 2},
        {"truncated": 1},
        {"cut": 1},
        {"expired": 1},
    ],
    ids=str,
)
def test_a_catalog_that_fails_and_recovers(faults, detect, county):
    with stac_api(county.folder, **faults) as api:
        code, talk = detect(*FEW, "--catalog", api.url)
        assert code == 0, talk
        assert api.counts[next(iter(faults))] > 1


def test_a_catalog_that_moved_to_a_host_of_another_name(detect, county):
    with (
        stac_api(county.folder) as there,
        stac_api(
            county.folder, redirect=there.url.replace("127.0.0.1", "localhost") + "{path}"
        ) as here,
    ):
        words = (*FEW, "--catalog", here.url)
        assert_sentence(
            lambda language: detect(*words, language=language),
            4,
            "which may not be asked: allow it with --allow-host localhost",
            "请用 --allow-host localhost 允许",
        )
        assert there.log == []
        code, talk = detect(*words, "--allow-host", "localhost")
        assert code == 0, talk
        assert there.asked("/search") > 0


@pytest.mark.parametrize(
    ("share", "code", "english", "chinese"),
    [
        ("-1", 2, "is no share of a scene", "不是有效的云量"),
        ("0", 4, "with at most 0 % cloud", "云量不超过 0% 的"),
    ],
)
def test_no_scene_may_be_so_clear(share, code, english, chinese, detect, county, tmp_path):
    folder = clouded(county, tmp_path)
    words = (*FEW, "--catalog", folder / "catalog.json", "--max-cloud", share)
    assert_sentence(
        lambda language: detect(*words, language=language),
        code,
        english,
        chinese,
    )


def clouded(county, tmp_path):
    """A copy of the catalog in which no scene is without clouds."""
    folder = tmp_path / "copy"
    shutil.copytree(county.folder, folder, ignore=shutil.ignore_patterns("*.tif"))
    for path in folder.rglob("*.json"):
        document = json.loads(path.read_text("utf-8"))
        if document.get("type") == "Feature":
            document["properties"]["eo:cloud_cover"] = 50
            path.write_text(json.dumps(document), "utf-8")
    return folder


def test_nobody_at_the_address(detect):
    assert_sentence(
        lambda language: detect(*FEW, "--catalog", "http://127.0.0.1:9", language=language),
        5,
        "could not be asked",
        "无法访问目录",
    )


def test_a_collection_that_is_not_there(detect, county):
    words = ("--catalog", county.catalog, "--collection", "landsat-c2-l2")
    assert_sentence(
        lambda language: detect(*FEW, *words, language=language),
        2,
        "has no collection landsat-c2-l2: give one of sentinel-2-",
        "没有集合 landsat-c2-l2",
    )


def test_a_catalog_elsewhere_and_at_another_time(detect, county, tmp_path):
    """Parcels three degrees away, and a period that the record does not hold."""
    away = gpd.read_file(county.parcels).to_crs(4326)
    away["geometry"] = [translate(shape, 3.0) for shape in away.geometry]
    away.to_file(tmp_path / "away.gpkg")
    other = ("--after", "2019-07/2019-09", "--before", "2019-01/2019-06")
    for parcels, periods in ((tmp_path / "away.gpkg", FEW), (county.parcels, other)):
        assert_sentence(
            lambda language, parcels=parcels, periods=periods: detect(
                *periods, "--catalog", county.catalog, language=language, parcels=parcels
            ),
            4,
            "has no Sentinel-2 scene over",
            "没有哨兵二号影像",
        )


@pytest.mark.parametrize("band", ["red", "scl"])
def test_a_catalog_without_a_band(band, detect, county, tmp_path):
    folder = without(band, county, tmp_path)
    assert_sentence(
        lambda language: detect(*FEW, "--catalog", folder / "catalog.json", language=language),
        4,
        f"has the band {band}",
        f"均缺少波段 {band}",
    )


def without(band, county, tmp_path):
    """A copy of the catalog whose items do not know a band."""
    folder = tmp_path / "copy"
    shutil.copytree(county.folder, folder, ignore=shutil.ignore_patterns("*.tif"))
    for path in folder.rglob("*.json"):
        document = json.loads(path.read_text("utf-8"))
        if document.get("type") == "Feature":
            del document["assets"][band]
            path.write_text(json.dumps(document), "utf-8")
    return folder


def test_a_remote_catalog_offline(detect):
    assert_sentence(
        lambda language: detect(*FEW, "--offline", language=language),
        2,
        "which --offline forbids",
        "与 --offline 冲突",
    )


def test_a_scheduler_that_is_not_there(detect, county):
    words = ("--catalog", county.catalog, "--scheduler", "tcp://127.0.0.1:9")
    assert_sentence(
        lambda language: detect(*FEW, *words, language=language),
        5,
        "The Dask scheduler at tcp://127.0.0.1:9 does not serve",
        "调度器不可用",
    )
