"""Put files in their place in one step: readers see the old one or the new one."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from farmland.errors import disk_fault


@contextmanager
def into(folder: Path) -> Iterator[None]:
    """Make a folder to write into; what goes wrong in the block is said of that folder.

    Raises
    ------
    UnusableInput
        When the folder cannot be written.
    Unreachable
        When the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as fault:
        raise disk_fault(fault, folder) from fault


def clear(folder: Path, ours: re.Pattern[str], kept: Container[Path]) -> None:
    """Remove older files of ours; no other file of a folder is touched."""
    for old in folder.iterdir():
        if ours.fullmatch(old.name) and old not in kept:
            old.unlink()


def place(path: Path, content: Iterable[bytes]) -> Path:
    """Write a file beside its place, piece by piece, and move it there; returns the path."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.writelines(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path
