"""The command line answers at once, in the language of the person, whatever the environment."""

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from farmland import columns, language
from farmland.cli import environment, farmland, main

HEAVY = {"numpy", "pandas", "rasterio", "xarray", "numba", "geopandas", "shapely", "pyproj"}
COMMANDS = [*farmland.commands, "parcels check"]


def run(*words, **environment):
    """One real process; variables set to None are taken away."""
    variables = {**os.environ, "LC_ALL": "C.UTF-8", **environment}
    return subprocess.run(
        [sys.executable, "-m", "farmland", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={name: value for name, value in variables.items() if value is not None},
    )


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from farmland.cli import main; code = main(['--help']); "
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    for command in farmland.commands:
        again = code.replace("['--help']", f"[{command!r}, '--help']")
        done = subprocess.run([sys.executable, "-c", again], capture_output=True, text=True)
        assert (done.returncode, done.stderr.strip()) == (0, "[]"), command


def test_help_answers_in_under_four_tenths_of_a_second():
    def seconds():
        """Of a processor: others may keep both busy."""
        begun = resource.getrusage(resource.RUSAGE_CHILDREN)
        run("--help")
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime

    assert min(seconds() for _ in range(5)) < 0.4


@pytest.mark.parametrize("command", ["", *COMMANDS])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_help_has_an_example_and_speaks_the_language(command, lang, capsys):
    words = [*command.split(), "--help"]
    assert main(words if lang == "en" else ["--lang=zh", *words]) == 0
    shown = capsys.readouterr().out
    usage, example = ("Usage: ", "Example:") if lang == "en" else ("用法：", "示例:")
    assert shown.count(usage) >= 1
    assert example in shown
    assert f"farmland {command}".strip() in shown.split(example)[1]
    has_chinese = any("\u4e00" <= character <= "\u9fff" for character in shown)
    assert has_chinese is (lang == "zh")
    assert ("--json" in shown) is (command not in {"", "parcels"})
    assert max(columns.width(line) for line in shown.splitlines()) <= columns.WIDTH
    assert lang == "en" or not re.search(r"\b(Show|Options|COMMAND|required)\b", shown)


def test_help_stands_under_headings_and_says_what_is_needed(capsys):
    assert main(["detect", "--help"]) == 0
    shown = capsys.readouterr().out
    headings = re.findall(r"(?m)^(\w.*):$", shown)
    assert headings[:2] == ["Arguments", "Options"]
    assert headings[-2:] == ["General", "Example"]
    assert re.search(r"--out X\.gpkg +GeoPackage to write\. \[required\]", shown)
    assert main(["explain", "--help", "--lang", "zh"]) == 0
    assert "地块编号。 [必填]" in capsys.readouterr().out


def test_the_list_of_commands_says_what_each_does_before_any_detail(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "  mirror   Copy the imagery that parcels need into a local archive\n" in shown
    assert main(["--help", "--lang=zh"]) == 0
    assert "  mirror   将地块所需影像复制到本地存档\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "environment", "expected"),
    [
        ([], {}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ([], {"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, "zh"),
        (["--lang", "zh"], {}, "zh"),
        (["detect", "--lang=en"], {"LANG": "zh_CN"}, "en"),
        (["--lang", "fr"], {"LANG": "zh_CN"}, "zh"),
        (["--lang"], {}, "en"),
        (["--lang", "en", "--lang", "zh"], {}, "zh"),
    ],
)
def test_the_language_is_that_of_the_option_or_the_locale(words, environment, expected):
    assert language.of(words, environment) == expected


def test_settings_of_another_gis_are_dropped_and_said(tmp_path):
    done = run("doctor", "--offline", "--json", PROJ_LIB=str(tmp_path), GDAL_DATA=str(tmp_path))
    assert done.returncode == 0
    assert "PROJ_LIB, GDAL_DATA of another GIS program is ignored" in done.stderr
    checks = {each["name"]: each for each in json.loads(done.stdout)["checks"]}
    assert checks["Foreign GIS settings"]["state"] == "note"
    assert checks["GDAL drivers"]["state"] == "fine"


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"XDG_CACHE_HOME": "/x"}, "/x/farmland/numba"),
        ({"HOME": "/x"}, "/x/.cache/farmland/numba"),
        ({"HOME": "nowhere"}, f"/tmp/farmland-{os.getuid()}/numba"),  # noqa: S108
        ({"XDG_CACHE_HOME": "/x", "NUMBA_CACHE_DIR": "/own"}, "/own"),
    ],
)
def test_numba_gets_a_folder_where_the_package_is_read_only(variables, folder, monkeypatch):
    for name in ("XDG_CACHE_HOME", "HOME", "NUMBA_CACHE_DIR"):
        monkeypatch.setenv(name, "")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TMPDIR", "/tmp")  # noqa: S108
    monkeypatch.setattr("tempfile.tempdir", None)
    package = environment.package_folder()
    monkeypatch.setattr("os.access", lambda path, _: Path(path) != package)
    assert environment.prepare() == ()
    assert os.environ["NUMBA_CACHE_DIR"] == folder


def test_chinese_comes_out_where_the_locale_knows_only_ascii():
    done = run("detect", "--lang", "zh", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.returncode == 2
    assert "请给出矢量文件" in done.stderr


def test_a_reader_who_leaves_is_no_failure(tmp_path):
    command = f"{sys.executable} -m farmland --help | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_words_show_the_help(capsys):
    assert main([]) == 2
    assert "Usage: farmland" in capsys.readouterr().err


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("farmland 0.")
