"""Tables and progress: straight columns, few lines in a log, silence where it was asked for."""

import io

import pytest

from farmland.cli.console import Console
from farmland.cli.progress import STAGES, Progress
from farmland.columns import table, width
from farmland.rules import Words


def test_columns_stand_straight_with_chinese_in_them():
    lines = table(["状态", "n"], [("稳定", 12), ("too small", 3)]).splitlines()
    assert lines == [
        "状态        n",
        "─────────  ──",
        "稳定       12",
        "too small   3",
    ]


def test_text_from_outside_moves_no_cursor():
    assert "\x1b" not in table(["a"], [("\x1b[2J\nx",)])
    assert len(table(["a"], [("\x1b[2J\nx",)]).splitlines()) == 3


def test_a_table_without_rows_is_its_head():
    assert table(["a", "b"], []) == "a  b"


@pytest.mark.parametrize(("verbosity", "lines"), [(0, 3), (-1, 1), (-2, 0)])
def test_a_log_gets_the_first_and_the_last_of_a_stage(verbosity, lines):
    talk = io.StringIO()
    console = Console("zh", verbosity, talk=talk)
    for done in range(1001):
        console.tell("blocks", done, 1000)
    console.say(Words("Done.", "完成。"))
    said = talk.getvalue().splitlines()
    assert len(said) == lines
    assert said[:1] == (["跟踪地块 0/1,000"] if verbosity == 0 else ["完成。"] * lines)


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def frames(columns, language, told, monkeypatch):
    """What a terminal of some width shows, frame by frame; ``told`` are times and stages."""
    terminal, clock = io.StringIO(), Clock()
    terminal.isatty = lambda: True
    monkeypatch.setattr("farmland.cli.console.columns_of", lambda _talk: columns)
    console = Console(language, talk=terminal, progress=Progress(clock))
    for clock.now, stage, done, total in told:
        console.tell(stage, done, total)
    console.close()
    return terminal.getvalue().replace("\x1b[K", "").replace("\n", "").split("\r")[1:]


LOOKS = [(second, "looks", second * 30, 300) for second in range(11)]


def test_a_bar_says_count_rate_and_time_left(monkeypatch):
    shown = frames(80, "en", LOOKS, monkeypatch)
    assert shown[0] == f"Reading looks          {'░' * 24}   0/300"
    assert shown[5] == f"Reading looks          {'█' * 12}{'░' * 12} 150/300  30/s, 0:05 left"
    assert shown[10].endswith("300/300  in 0:10")
    assert frames(80, "zh", LOOKS, monkeypatch)[5].endswith("150/300  30/秒，剩余 0:05")


@pytest.mark.parametrize("columns", [20, 30, 40, 60, 80, 200])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_bar_never_breaks_the_line(columns, language, monkeypatch):
    told = [(t, stage, 99_999 * t, 9_999_900) for t in (0, 50, 100) for stage in STAGES]
    shown = frames(columns, language, [(0, "blocks", 10, 999), *told], monkeypatch)
    assert len(shown) > 2 * len(STAGES)
    assert max(map(width, shown)) < columns


def test_what_is_done_block_by_block_says_which_block(monkeypatch):
    told = [(0, "blocks", 0, 3), (1, "looks", 0, 9), (2, "looks", 9, 9), (3, "blocks", 1, 3)]
    shown = frames(80, "en", [*told, (4, "looks", 1, 9)], monkeypatch)
    assert shown[1].startswith("Reading looks 1/3 ")
    assert shown[4].startswith("Reading looks 2/3 ")


def test_a_day_of_work_leaves_a_page_of_lines():
    talk, clock = io.StringIO(), Clock()
    console = Console("en", talk=talk, progress=Progress(clock))
    blocks, looks = 200, 400
    for block in range(blocks):
        console.tell("blocks", block, blocks)
        for look in range(looks + 1):
            clock.now += 1.0
            console.tell("looks", look, looks)
    console.tell("blocks", blocks, blocks)
    said = talk.getvalue().splitlines()
    assert clock.now > 80_000
    assert 20 < len(said) < 200
    assert said[0] == "Following parcels 0/200"
    assert said[-1].startswith("Following parcels 200/200 (in 22:")


def test_a_new_clock_begins_with_every_part(monkeypatch):
    told = [(0, "looks", 0, 10), (100, "looks", 10, 10), (100, "looks", 0, 10)]
    shown = frames(80, "en", [*told, (102, "looks", 4, 10)], monkeypatch)
    assert shown[-1].endswith("4/10  2.0/s, 0:03 left")
