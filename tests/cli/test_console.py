"""Tables and progress: straight columns, few lines in a log, silence where it was asked for."""

import io

import pytest

from farmland.cli.console import Console
from farmland.columns import table
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
    assert said[:1] == (["跟踪地块 0/1000"] if verbosity == 0 else ["完成。"] * lines)
