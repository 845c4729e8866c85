"""What a person or a log reads: results on stdout, talk and progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TextIO

from farmland.cli.progress import Progress, Step, columns_of
from farmland.cli.showing import Picture
from farmland.rules import Words


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
    progress: Progress = field(default_factory=Progress)
    _open_line: bool = False

    def tell(self, stage: str, done: int, total: int) -> None:
        """Say how far a stage is: a moving bar on a terminal, now and then a line elsewhere."""
        if self.verbosity < 0:
            return
        step, moving = self.progress.step(stage, done, total), self._moving()
        if not self.progress.due(step, moving=moving):
            return
        if self.log_json:
            self._log("info", "stage", stage=stage, done=done, total=total)
        elif moving:
            self._bar(step)
        else:
            self._line(step.line(self.language))

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

    def result(self, value: Mapping[str, Any], text: str, picture: Picture | None = None) -> None:
        """Print the result, ``value`` under ``--json``, else ``text``; then show its picture."""
        self.close()
        if picture is not None:
            value = {**value, "plot": str(picture.path)}
            drawn = Words(f"Picture: {picture.path}", f"图片：{picture.path}")
            text = f"{text}\n{drawn.text(self.language)}"
        said = json.dumps(value, ensure_ascii=False, indent=2, default=str)
        sys.stdout.write(f"{said if self.as_json else text}\n")
        sys.stdout.flush()
        if picture is not None and not self.as_json:
            picture.show()

    def close(self) -> None:
        """End the line of a bar that still moves: what follows begins a new one."""
        if self._open_line:
            self.talk.write("\n")
            self.talk.flush()
            self._open_line = False

    def _moving(self) -> bool:
        return self.talk.isatty() and not self.log_json

    def _bar(self, step: Step) -> None:
        """Draw a bar over the one before; it stays where a stage ends that is part of no other."""
        self._open_line = True  # said first: Ctrl-C may come at any moment
        self.talk.write(f"\r\x1b[K{step.bar(self.language, columns_of(self.talk))}")
        if step.ends and step.part is None:
            self.close()
        self.talk.flush()

    def _line(self, text: str) -> None:
        self.close()
        self.talk.write(f"{text}\n")
        self.talk.flush()

    def _log(self, level: str, event: str, **more: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"time": now, "level": level, "event": event, **more}
        self.talk.write(json.dumps(entry, ensure_ascii=False, default=str) + "\n")
        self.talk.flush()
