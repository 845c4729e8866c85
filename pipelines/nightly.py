"""Run a plan into a folder of its own date: ``nightly.py PLAN.toml ARCHIVE``.

``ARCHIVE/2026-11-21/`` holds what ``farmland detect`` wrote, its summary and its log, one JSON
object a line; ``ARCHIVE/latest`` points at the newest one. The folder appears whole or not at all.
The exit code is that of ``farmland``; 75 says that the run before has not ended yet.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

ALREADY_RUNNING = 75
PUBLISHED = {0, 3}
"""Exit codes that leave a result: done, and done with gaps that the result names."""


def main(plan: str, archive: str) -> int:
    """Run ``plan`` under the lock of ``archive`` and return the exit code."""
    root = Path(archive).resolve()
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another run holds {root}/.lock: wait for it to end.", file=sys.stderr)
            return ALREADY_RUNNING
        running = root / ".running"
        running.mkdir(exist_ok=True)
        code = detect(Path(plan).resolve(), running, lock)
        shelve(running, root, code)
    return code


def detect(plan: Path, folder: Path, lock: TextIO) -> int:
    """Run ``farmland detect``; the lock stays held for as long as the child lives."""
    command = [sys.executable, "-m", "farmland", "detect", "--plan", str(plan), "--json"]
    command += ["--out", str(folder / f"{plan.stem}.gpkg")]
    settings = {**os.environ, "PYTHONUTF8": "1"}
    begun = time.monotonic()
    with (
        (folder / "log.jsonl").open("a", encoding="utf-8") as log,
        (folder / "summary.json").open("w", encoding="utf-8") as summary,
    ):
        note(log, "start", command=command)
        with subprocess.Popen(
            command,
            stdout=summary,
            stderr=subprocess.PIPE,
            env=settings,
            encoding="utf-8",
            errors="replace",
            pass_fds=[lock.fileno()],
        ) as child:
            for line in child.stderr or ():
                note(log, "talk", text=line.rstrip())
        seconds = round(time.monotonic() - begun, 1)
        note(log, "end", exit_code=child.returncode, seconds=seconds)
    return child.returncode


def note(log: TextIO, event: str, **details: Any) -> None:
    """Write one line of the log."""
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    print(json.dumps({"time": now, "event": event, **details}, ensure_ascii=False), file=log)
    log.flush()


def shelve(running: Path, root: Path, code: int) -> None:
    """Give the folder its date, among the results or among the failed runs."""
    shelf = root if code in PUBLISHED else root / "failed"
    shelf.mkdir(exist_ok=True)
    day = datetime.now().astimezone().date().isoformat()
    taken = sum(1 for _ in shelf.glob(f"{day}*"))
    target = shelf / (f"{day}.{taken + 1}" if taken else day)
    running.rename(target)
    if code in PUBLISHED:
        pointer = root / ".latest"
        pointer.unlink(missing_ok=True)
        pointer.symlink_to(target.name)
        pointer.replace(root / "latest")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
