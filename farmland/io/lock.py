"""One run at a time for one output: a lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from farmland.errors import AlreadyRunning, UnusableInput


@contextmanager
def held(output: str | Path, option: str = "--out") -> Iterator[Path]:
    """Hold the lock of ``output`` (``.NAME.lock`` beside it), and take it away at the end.

    The lock is that of flock(2): it is gone when the process is, however it ends, and flock(1) in
    a crontab sees it too. ``option`` is the one that names the output.

    Raises
    ------
    AlreadyRunning
        When another process holds it.
    UnusableInput
        When the folder does not exist or cannot be written.
    """
    target = Path(output)
    path = target.parent / f".{target.name}.lock"
    handle = _taken(path, target, option)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _taken(path: Path, target: Path, option: str) -> int:
    """A locked file descriptor of the lock file that is in place now."""
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as fault:
            raise _not_writable(target, fault) from fault
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _in_place(handle, path):
                return handle
        except BlockingIOError:
            os.close(handle)
            raise AlreadyRunning(
                f"Another run is writing {target}: wait for it to end, or give another {option}.",
                f"另一个任务正在写 {target}：请等待其结束，或换一个 {option}。",
            ) from None
        os.close(handle)  # the run before took its file away between our two steps


def _in_place(handle: int, path: Path) -> bool:
    """Whether the file that was locked is the one that now has the name."""
    try:
        return os.fstat(handle).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False


def _not_writable(target: Path, fault: OSError) -> UnusableInput:
    return UnusableInput(
        f"The output {target} cannot be written ({fault.strerror}): give another folder.",
        f"无法写入输出 {target}（{fault.strerror}）：请换一个文件夹。",
    )
