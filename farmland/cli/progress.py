"""How far the stages of a command are: a moving bar on a terminal, now and then a line in a log."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from farmland.columns import WIDTH, padded, width
from farmland.rules import Words

STAGES: Mapping[str, Words] = {
    "parcels": Words("Reading parcels", "读取地块"),
    "checks": Words("Checking parcels", "检查地块"),
    "scenes": Words("Finding scenes", "查找影像"),
    "overviews": Words("Checking reflectance", "核对反射率"),
    "copies": Words("Copying overviews", "复制概览与分类"),
    "tiles": Words("Copying farmland", "复制耕地影像"),
    "blocks": Words("Following parcels", "跟踪地块"),
    "looks": Words("Reading looks", "读取影像"),
    "cells": Words("Weighing changes", "判别变化"),
    "sheets": Words("Reading sheets", "读取图幅"),
    "result": Words("Making the result", "整理结果"),
    "views": Words("Reading pictures", "读取影像截图"),
    "chips": Words("Drawing pictures", "绘制图斑图片"),
    "files": Words("Writing the result", "写出结果"),
    "export": Words("Writing files", "写出文件"),
    "pages": Words("Writing sheets", "生成核实表"),
    "cases": Words("Reading results", "读取结果"),
    "learning": Words("Learning", "学习"),
}
"""Stages of a run as people call them; others are said as they are."""

WITHIN: Mapping[str, str] = {"looks": "blocks", "cells": "blocks"}
"""Stages that begin again for each part of another one."""

NAME, BAR, LEAST_BAR, PACE = 22, 24, 6, 21
"""Columns of the name, of the bar behind it and of the shortest one, and of rate and time left."""

FRAME_SECONDS = 0.1
"""A bar moves no more often."""

PLAIN_SECONDS, PLAIN_SHARE = 10.0, 0.05
"""Between two lines of a log: this long, and this share of the time gone, so that a run of a day
leaves a page of lines."""

SOON = 1.0
"""Seconds after which a rate is worth saying."""


@dataclass(slots=True)
class _Clock:
    """A stage since it began, or began again."""

    began: float
    first: int
    done: int


@dataclass(frozen=True, slots=True)
class Step:
    """How far a stage is at a moment."""

    stage: str
    done: int
    total: int
    """0: not known."""
    seconds: float
    """Since the stage began."""
    fresh: int
    """Done since then."""
    part: tuple[int, int] | None
    """Of the stage around it: which part this is, and of how many."""

    @property
    def ends(self) -> bool:
        """Whether it is done."""
        return 0 < self.total <= self.done

    def name(self, language: str) -> str:
        """What is being done, and in which part."""
        said = STAGES[self.stage].text(language) if self.stage in STAGES else self.stage
        return f"{said} {self.part[0]}/{self.part[1]}" if self.part else said

    @property
    def count(self) -> str:
        """How much is done."""
        return f"{self.done:,}/{self.total:,}" if self.total else f"{self.done:,}" * bool(self.done)

    def pace(self, language: str) -> str:
        """Rate and time left, or the time it took; empty while nothing is known."""
        if not self.fresh or self.seconds < SOON:
            return ""
        if self.ends:
            return Words(f"in {_clock(self.seconds)}", f"用时 {_clock(self.seconds)}").text(
                language
            )
        rate = self.fresh / self.seconds
        said = Words(f"{_number(rate)}/s", f"{_number(rate)}/秒")
        if self.total:
            left = _clock((self.total - self.done) / rate)
            said = Words(f"{said.en}, {left} left", f"{said.zh}，剩余 {left}")
        return said.text(language)

    def line(self, language: str) -> str:
        """As a line of a log."""
        pace = self.pace(language)
        return " ".join(filter(None, [self.name(language), self.count, pace and f"({pace})"]))

    def bar(self, language: str, columns: int) -> str:
        """As a bar that is narrower than a terminal: what does not fit is left out."""
        if not self.total:
            return _cut(f"{self.line(language)} …", columns - 1)
        most = width(f"{self.total:,}") * 2 + 1  # what the count takes in the end: nothing jumps
        name, count = padded(self.name(language), NAME), padded(self.count, most, right=True)
        for pace, kept in ((self.pace(language), PACE), ("", 0)):
            room = min(BAR, columns - 5 - width(name) - most - kept)
            if room >= LEAST_BAR:
                filled = room * min(self.done, self.total) // self.total
                return f"{name} {'█' * filled}{'░' * (room - filled)} {count}  {pace}".rstrip()
        room = columns - 2 - width(self.count)
        return _cut(f"{_cut(self.name(language), room)} {self.count}", columns - 1)


@dataclass(slots=True)
class Progress:
    """The stages of one command, as they were told so far."""

    clock: Callable[[], float] = time.monotonic
    _stages: dict[str, _Clock] = field(default_factory=dict)
    _totals: dict[str, tuple[int, int]] = field(default_factory=dict)
    _began: float | None = None
    _said: tuple[str, float] = ("", 0.0)

    def step(self, stage: str, done: int, total: int) -> Step:
        """Take down how far a stage is."""
        now = self.clock()
        self._began = now if self._began is None else self._began
        held = self._stages.get(stage)
        if held is None or done < held.done:
            held = self._stages[stage] = _Clock(now, done, done)
        held.done = done
        self._totals[stage] = done, total
        return Step(stage, done, total, now - held.began, done - held.first, self._part(stage))

    def due(self, step: Step, *, moving: bool) -> bool:
        """Whether a step is worth a frame of a ``moving`` bar, else a line of a log."""
        before, moment = self._said
        now = self.clock()
        gone = 0.0 if self._began is None else now - self._began
        wait = FRAME_SECONDS if moving else max(PLAIN_SECONDS, PLAIN_SHARE * gone)
        news = step.stage != before if moving else step.fresh == 0
        if not (moving or step.done or step.total):
            return False  # nothing to say yet, and no line to say it on again
        due = now - moment >= wait or (step.part is None and (step.ends or news))
        if due:
            self._said = step.stage, now
        return due

    def _part(self, stage: str) -> tuple[int, int] | None:
        """Where a stage is part of another one that has several parts, which part this is."""
        done, total = self._totals.get(WITHIN.get(stage, ""), (0, 0))
        return (min(done + 1, total), total) if total > 1 else None


def columns_of(talk: TextIO) -> int:
    """Columns of the terminal that is talked to."""
    try:
        return os.get_terminal_size(talk.fileno()).columns or WIDTH
    except (OSError, ValueError):
        return WIDTH


def _cut(text: str, columns: int) -> str:
    while text and width(text) > columns:
        text = text[:-1]
    return text


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds as clocks have them."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _number(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}" if rate >= 0.1 else f"{rate:.2f}"
