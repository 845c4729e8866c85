"""A real terminal: bars move, Ctrl-C leaves it clean, and the last page fits."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from dataclasses import replace
from pathlib import Path

import pytest
from result.example import example_result

from farmland.cli import closing
from farmland.cli.closing import Screen
from farmland.columns import width
from farmland.flow.example import plan

FILES = (Path("county results/x.gpkg"), Path("county results/x/report.html"), Path("a"))


def run(words, *, columns=80, press=None, **environment):
    """Everything a terminal of 24 lines was sent, and the exit code; ``press`` is (seen, key)."""
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.environ.update(environment)
        os.execv(sys.executable, [sys.executable, "-m", "farmland", *words])  # noqa: S606
    said = b""
    while True:
        try:
            said += os.read(terminal, 65536)
        except OSError:
            break
        if press and press[0] in said:
            os.write(terminal, press[1])
            press = None
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(terminal)
    return said.decode(), code


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    asked = plan(tmp_path_factory.mktemp("sample"))
    return [asked.parcels, "--catalog", asked.catalog, "--offline", "--period", "2023-04"]


def test_a_bar_moves_on_a_terminal_and_json_alone_is_on_stdout(sample, tmp_path):
    said, code = run(["ndvi", *sample, "--out", str(tmp_path), "--lang", "en"])
    assert code == 0
    frames = re.findall(r"\r\x1b\[K(Reading looks[^\r\n]*)", said)
    assert "░" in frames[0]
    assert "█" * 24 in frames[-1]
    assert max(width(frame) for frame in frames) < 80
    assert said.endswith("\r\n")


def test_ctrl_c_ends_the_line_and_says_so(sample, tmp_path):
    words = ["ndvi", *sample, "--out", str(tmp_path), "--lang", "en"]
    said, code = run(words, press=(b"Reading looks", b"\x03"))
    assert code == 130
    last = said.replace("^C", "").rstrip("\r\n").rpartition("\n")[2]
    assert last.startswith("Interrupted: the result was left as it was")
    assert said.endswith("\r\n")
    assert not list(tmp_path.glob("*.csv"))


def test_quiet_says_nothing_but_the_result(sample, tmp_path):
    said, code = run(["ndvi", *sample, "--out", str(tmp_path), "-qq", "--lang", "en"])
    assert code == 0
    assert "\x1b" not in said
    assert said.count("\n") == 1


@pytest.fixture(scope="module")
def found():
    result = example_result()
    land = {"layers": {}}
    return replace(result, run={**result.run, "land": result.run.get("land", land)})


def plain(page):
    return re.sub(r"\x1b\[[0-9;]*m", "", page)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("columns", [60, 80, 132])
def test_the_last_page_fits_on_a_screen(found, language, columns):
    page = closing.page(found, FILES, language, Screen(columns, coloured=True, short=True))
    lines = plain(page).splitlines()
    assert len(lines) <= (22 if columns >= 80 else 23)
    told = [line for line in lines if not line.startswith(("Next", "下一步", "  county"))]
    assert max(map(width, told)) <= columns


def test_the_last_page_adds_up(found):
    lines = closing.page(found, FILES, "en", Screen()).splitlines()
    table = [re.split(r"\s{2,}", line.strip()) for line in lines]
    start = next(n for n, row in enumerate(table) if row[0].startswith("Suspected"))
    stop = next(n for n, row in enumerate(table) if row[0] == "All")
    numbers = [row[1:] for row in table[start + 1 : stop - 1]]
    rows = [[float(cell.replace(",", "")) for cell in row] for row in numbers]
    outflow = found.outflow
    assert sum(row[0] + row[1] for row in rows) == len(outflow)
    assert sum(row[0] for row in rows) == (outflow["stage"] == "confirmed").sum()
    total = [float(cell.replace(",", "")) for cell in table[stop][1:]]
    assert [round(sum(column), 2) for column in zip(*rows, strict=True)] == total
    assert total[2:] == [round(outflow["area_m2"].sum()), round(outflow["area_mu"].sum(), 2)]
    statuses = found.parcels["status"].value_counts()
    said = " ".join(lines)
    assert all(f" {count} " in said for count in statuses)


def test_the_next_command_is_one_that_a_shell_takes(found):
    last = closing.page(found, FILES, "en", Screen()).splitlines()[-1]
    assert last.startswith("Next: farmland report 'county results/x.gpkg' --budget ")


def test_without_change_it_says_so(found):
    quiet = replace(found, conversions=found.conversions.iloc[:0])
    page = closing.page(quiet, FILES, "zh", Screen())
    assert "未发现变化" in page
    assert "下一步：farmland explain 'county results/x.gpkg' --parcel " in page


def test_no_color_is_heeded(monkeypatch):
    class Terminal:
        def isatty(self):
            return True

        def fileno(self):
            raise OSError

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert Screen.of(Terminal()) == Screen(80, coloured=True, short=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert Screen.of(Terminal()) == Screen(80, coloured=False, short=True)
