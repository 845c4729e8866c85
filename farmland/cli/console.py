"""What a person or a log reads: results on stdout, talk and progress on stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TextIO

from farmland.columns import padded
from farmland.rules import Words

STAGES: Mapping[str, Words] = {
    "parcels": Words("Reading parcels", "读取地块"),
    "scenes": Words("Finding scenes", "查找影像"),
    "overviews": Words("Checking reflectance", "核对反射率"),
    "copies": Words("Copying overviews", "复制概览与分类"),
    "tiles": Words("Copying farmland", "复制耕地影像"),
    "blocks": Words("Following parcels", "跟踪地块"),
    "looks": Words("Reading looks", "读取影像"),
    "cells": Words("Weighing changes", "判别变化"),
    "sheets": Words("Reading sheets", "读取图幅"),
    "result": Words("Making the result", "整理结果"),
    "export": Words("Writing files", "写出文件"),
    "pages": Words("Writing sheets", "生成核实表"),
}
"""Stages of a run as people call them; others are said as they are."""

BAR_WIDTH, PLAIN_SECONDS = 24, 10.0


@dataclass(slots=True)
class Console:
    """One command's way to speak.

    ``verbosity`` is the number of ``-v`` less that of ``-q``: at 0 progress and notes, at -1 notes
    without progress, at -2 nothing but errors.
    """

    language: str
    verbosity: int = 0
    as_json: bool = False
    log_json: bool = False
    talk: TextIO = field(default_factory=lambda: sys.stderr)
    _last: tuple[str, float] = ("", 0.0)
    _open_line: bool = False

    def tell(self, stage: str, done: int, total: int) -> None:
        """Say how far a stage is: a moving bar on a terminal, now and then a line elsewhere."""
        if self.verbosity < 0:
            return
        name = STAGES[stage].text(self.language) if stage in STAGES else stage
        ends = total > 0 and done >= total
        if self.log_json:
            if self._due(stage, ends):
                self._log("info", "stage", stage=stage, done=done, total=total)
        elif self.talk.isatty():
            self._bar(name, done, total, ends)
        elif self._due(stage, ends):
            self._line(f"{name} {done}/{total}" if total else name)

    def say(self, *words: Words) -> None:
        """Say sentences."""
        for each in words if self.verbosity >= -1 else ():
            self.line("note", each.text(self.language))

    def line(self, event: str, text: str, level: str = "info", **more: Any) -> None:
        """Write one line of talk."""
        if self.log_json:
            self._log(level, event, text=text, **more)
        else:
            self._line(text)

    def result(self, value: Mapping[str, Any], text: str) -> None:
        """Print the result: ``value`` under ``--json``, else ``text``."""
        self._close_line()
        said = json.dumps(value, ensure_ascii=False, indent=2, default=str)
        sys.stdout.write(f"{said if self.as_json else text}\n")
        sys.stdout.flush()

    def _due(self, stage: str, ends: bool) -> bool:
        """Whether a plain line is due: at a new stage, at its end, and every ten seconds."""
        before, moment = self._last
        now = time.monotonic()
        due = stage != before or ends or now - moment >= PLAIN_SECONDS
        if due:
            self._last = stage, now
        return due

    def _bar(self, name: str, done: int, total: int, ends: bool) -> None:
        filled = BAR_WIDTH * min(done, total) // total if total else 0
        bar = "█" * filled + "░" * (BAR_WIDTH - filled)
        count = f"{done}/{total}" if total else ""
        self.talk.write(f"\r\x1b[K{padded(name, 22)} {bar} {count}")
        self._open_line = True
        if ends:
            self._close_line()
        self.talk.flush()

    def _line(self, text: str) -> None:
        self._close_line()
        self.talk.write(f"{text}\n")
        self.talk.flush()

    def _close_line(self) -> None:
        if self._open_line:
            self.talk.write("\n")
            self._open_line = False

    def _log(self, level: str, event: str, **more: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"time": now, "level": level, "event": event, **more}
        self.talk.write(json.dumps(entry, ensure_ascii=False, default=str) + "\n")
        self.talk.flush()
