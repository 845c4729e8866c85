"""Every bad ending: one sentence in the language of the person and the right exit code."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import geopandas as gpd
import pytest
from click.testing import CliRunner
from shapely.geometry import Point, Polygon, box

from farmland import cli
from farmland.cli import main
from farmland.errors import AlreadyRunning, UnusableInput

SQUARES = [box(117 + x, 36, 117.002 + x, 36.002) for x in (0, 0.01)]


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    """A folder with one file for each kind of bad input."""
    folder = tmp_path_factory.mktemp("layers")
    good = gpd.GeoDataFrame({"BSM": ["1", "2"]}, geometry=SQUARES, crs=4490)
    good.to_file(folder / "good.gpkg", layer="DLTB")
    good.iloc[:0].to_file(folder / "empty.gpkg", geometry_type="Polygon")
    good.to_crs(4548).to_file(folder / "bare.shp")
    (folder / "bare.prj").unlink()
    good.to_crs(4548).set_crs(2364, allow_override=True).to_file(folder / "xian.gpkg")
    good.set_geometry([None, None]).to_file(folder / "null.gpkg", geometry_type="Polygon")
    good.set_geometry([Polygon(), Point(1, 1)]).to_file(folder / "none.geojson")
    for layer in ("one", "two"):
        good.to_file(folder / "many.gpkg", layer=layer)
    (folder / "text.gpkg").write_text("no database")
    (folder / "note.gpkg").write_text("not ours")
    (folder / "note.txt").write_text("no layer")
    (folder / "half.geojson").write_text((folder / "none.geojson").read_text()[:90])
    (folder / "plan.toml").write_text('memori = "4GB"')
    (folder / "broken.toml").write_text("memory = ")
    (folder / "early.toml").write_text('after = "2014"')
    shutil.copytree(folder, folder / "locked")
    return folder


CHECK = "parcels check "
GOOD = "detect good.gpkg --out x.gpkg --offline "

BAD = [
    # words, exit code, English, Chinese
    (CHECK + "nowhere.gpkg", 2, "There is no file nowhere.gpkg", "文件 nowhere.gpkg 不存在"),
    (CHECK + "note.txt", 4, "note.txt is no vector file", "不是含面要素的矢量文件"),
    (CHECK + "text.gpkg", 4, "text.gpkg is no vector file", "不是含面要素的矢量文件"),
    (CHECK + "half.geojson", 4, "half.geojson", "half.geojson"),
    (CHECK + "good.gpkg --layer XZQ", 2, "no polygon layer 'XZQ': choose from DLTB", "没有面图层"),
    (CHECK + "many.gpkg", 4, "several polygon layers (one, two)", "请用 --layer 指定其一"),
    (CHECK + "good.gpkg --id-field BMS", 2, "no column 'BMS' for --id-field", "最接近的是 'BSM'"),
    (CHECK + "good.gpkg --field-map BSM", 2, "--field-map 'BSM' is no pair", "不成对"),
    (CHECK + "good.gpkg --keep-columns BSM,BMS", 2, "'BMS' for --keep-columns", "最接近的是 'BSM'"),
    (CHECK + "good.gpkg --crs EPSG:1", 2, "is no coordinate reference system", "不是坐标参照系"),
    (CHECK + "bare.shp", 4, "name it with --crs", "请用 --crs 指明"),
    (CHECK + "xian.gpkg", 4, "from before CGCS2000", "转换参数涉密"),
    (CHECK + "empty.gpkg", 4, "has 0 rows and no usable polygon", "没有可用的面"),
    (CHECK + "null.gpkg", 4, "has 2 rows and no usable polygon", "没有可用的面"),
    (CHECK + "none.geojson", 4, "has 2 rows and no usable polygon", "没有可用的面"),
    (CHECK + "good.gpkg --out no/x.gpkg", 4, "cannot be written", "无法写入"),
    (CHECK + "good.gpkg --out /proc/x.gpkg", 4, "cannot be written", "无法写入"),
    (CHECK + "good.gpkg --out ./good.gpkg", 2, "is the input too", "与输入是同一文件"),
    (CHECK + "good.gpkg --out x.shp", 2, "let its name end in .gpkg", "请以 .gpkg 结尾"),
    (CHECK, 2, "farmland parcels check needs FILE", "缺少 FILE"),
    (CHECK + "good.gpkg --foo", 2, "has no option --foo", "没有选项 --foo"),
    (CHECK + "good.gpkg --lang fr", 2, "'fr' is not one of", "用法有误"),
    ("parcels chekc", 2, "no command 'chekc': the nearest is 'check'", "没有命令 'chekc'"),
    ("detekt", 2, "no command 'detekt': the nearest is 'detect'", "最接近的是 'detect'"),
    ("detect", 2, "give a vector file", "请给出矢量文件"),
    ("detect good.gpkg", 2, "give --out X.gpkg", "请给出 --out X.gpkg"),
    ("detect good.gpkg --out x.shp", 2, "let its name end in .gpkg", "请以 .gpkg 结尾"),
    ("detect nowhere.gpkg --out x.gpkg", 2, "There is no file nowhere.gpkg", "不存在"),
    ("detect good.gpkg --out no/x.gpkg", 4, "cannot be written", "无法写入"),
    (GOOD + "--after 2025-06/2024-06", 2, "ends before it starts", "结束早于开始"),
    (GOOD + "--after 2014-01/2016-01", 2, "starts before 2015-06", "早于 2015-06"),
    (GOOD + "--after soon", 2, "'soon' was not understood", "无法理解时段"),
    (GOOD + "--after 2024 --before 2024", 2, "must end ahead of the period after", "必须早于"),
    (GOOD + "--memory 900MB", 2, "under the 1 GB a run needs", "低于运行所需的 1 GB"),
    (GOOD + "--memory much", 2, "'much' is not a size", "不是有效的大小"),
    (GOOD + "--workers -1", 2, "is not a number of workers", "不是有效的进程数"),
    (GOOD + "--plan nowhere.toml", 2, "There is no plan nowhere.toml", "计划文件 nowhere.toml"),
    (GOOD + "--plan plan.toml", 4, "the nearest known one is 'memory'", "未知的键 'memori'"),
    (GOOD + "--plan broken.toml", 4, "could not be read", "无法读取计划文件"),
    (GOOD + "--plan early.toml", 2, "starts before 2015-06", "早于 2015-06"),
    (GOOD + "--rules nowhere.toml", 4, "rules nowhere.toml could not be read", "无法读取规则"),
    (GOOD + "--after 2024 --catalog no/catalog.json", 2, "no/catalog.json", "no/catalog.json"),
    ("detect good.gpkg --out note.gpkg", 4, "is no result of farmland", "不是 farmland 的结果"),
    ("scenes good.gpkg --offline", 2, "give --period", "请给出 --period"),
    ("explain nowhere.gpkg --parcel 1", 2, "There is no file nowhere.gpkg", "不存在"),
    ("explain nowhere.gpkg", 2, "farmland explain needs", "缺少"),
    ("report nowhere.gpkg --relink", 2, "There is no file nowhere.gpkg", "不存在"),
    ("report text.gpkg --relink", 4, "is no result of farmland", "不是 farmland 的结果"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "code", "english", "chinese"), BAD, ids=[b[0] for b in BAD])
def test_one_sentence_in_both_languages(words, code, english, chinese, layers, monkeypatch, capsys):
    monkeypatch.chdir(layers)
    before = sorted(layers.rglob("*"))
    for sentence, locale in ((english, "C.UTF-8"), (chinese, "zh_CN.UTF-8")):
        monkeypatch.setenv("LC_ALL", locale)
        assert main(words.split()) == code
        said = capsys.readouterr()
        assert said.out == ""
        assert sentence in said.err
        assert "Traceback" not in said.err
        last = said.err.strip().splitlines()[-1]
        assert last.endswith("." if locale.startswith("C") else "。")
    assert sorted(layers.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [("parcels check xian.gpkg", "转换参数涉密"), ("demo --out /proc/demo", "路径 /proc/demo")],
)
def test_some_of_them_in_a_real_process(words, sentence, layers):
    done = subprocess.run(
        [sys.executable, "-m", "farmland", *words.split()],
        cwd=layers,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "LC_ALL": "zh_CN.UTF-8"},
    )
    assert (done.returncode, done.stdout) == (4, "")
    *talk, error = done.stderr.splitlines()
    assert sentence in error
    assert talk in ([], ["读取地块"])  # the stage it was in, and no traceback


# --- failures nobody foresaw ----------------------------------------------------


@pytest.fixture
def failing(monkeypatch):
    """Make ``farmland parcels check`` fail with what is given."""

    def fail(fault):
        def read(*_, **__):
            raise fault

        monkeypatch.setattr("farmland.io.parcels.read", read)

    return fail


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (ZeroDivisionError("division"), 1, "unexpected happened (ZeroDivisionError: division)"),
        (MemoryError(), 1, "give a smaller --memory"),
        (KeyboardInterrupt(), 130, "Interrupted"),
        (OSError(errno.ENOSPC, "No space", "x.gpkg"), 5, "The disk is full (x.gpkg)"),
        (AlreadyRunning("Another run.", "另一个任务。"), 75, "Another run."),
    ],
)
def test_the_unforeseen_has_a_sentence_too(fault, code, said, failing, capsys):
    failing(fault)
    assert main(["parcels", "check", "x", "--lang", "en"]) == code
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err


def test_a_traceback_only_with_vv(failing, capsys):
    failing(ZeroDivisionError("division"))
    assert main(["parcels", "check", "x", "-vv"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_the_log_for_cron_is_one_object_a_line(failing, capsys):
    failing(UnusableInput("No.", "不。"))
    assert main(["parcels", "check", "x", "--log-json", "--lang", "zh"]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["text"], entry["exit_code"]) == ("error", "不。", 4)


def test_click_can_call_the_group_as_well(layers):
    done = CliRunner().invoke(cli.farmland, ["parcels", "check", str(layers / "good.gpkg")])
    assert done.exit_code == 0


def test_an_interrupt_from_the_keyboard_is_130(layers, tmp_path):
    code = (
        "import sys, time; from farmland.io import parcels\n"
        "def read(*_, **__): print('there', flush=True); time.sleep(60)\n"
        "parcels.read = read\n"
        "from farmland.cli import main; sys.exit(main(['parcels', 'check', 'x']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell without job control starts what it sends to the background deaf to the keyboard.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as run:
        assert run.stdout.readline() == "there\n"
        time.sleep(0.1)
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=20)[1]
    assert run.returncode == 130
    assert said.count("\n") == 1
