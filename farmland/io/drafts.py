"""Replace a file in one step: readers see the old one or the new one, never half of either."""

from __future__ import annotations

import glob
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from farmland.errors import FarmlandError, disk_fault, disk_full

LEFTOVER_SECONDS = 86_400
"""Age at which the draft of a killed run is removed by the next."""

ROOM = 16 * 1024**2
"""A database that fails with less room than this (bytes) on the disk failed for want of it."""

DATABASE_FAULTS = (DataSourceError, DataLayerError, FeatureError, sqlite3.Error)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a draft path of the same name in a temporary folder; replace ``target`` at the end.

    The folder lies beside the target, on the same file system, and takes side files such as
    journals with it. Nothing is replaced when the block raises. The draft may be a folder, such
    as a File GDB: an older folder is moved aside before it and comes back when that fails.

    Raises
    ------
    UnusableInput
        When the folder of ``target`` cannot be written.
    Unreachable
        When the disk is full.
    """
    prefix = f".{target.stem}.writing-"
    _sweep(target.parent, prefix)
    with _disk_faults(target):
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    try:
        with _disk_faults(target):
            draft = folder / target.name
            yield draft
            for entry in draft.rglob("*"):
                _flush(entry)
            _flush(draft)
            _place(draft, target)
            _flush(target.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place(draft: Path, target: Path) -> None:
    """Put a draft in its place; a folder cannot be replaced in one step, so it is moved aside."""
    if not (draft.is_dir() and target.is_dir()):
        draft.replace(target)
        return
    before = draft.with_name(f"{draft.name}.before")
    target.replace(before)
    try:
        draft.replace(target)
    except OSError:
        before.replace(target)
        raise


@contextmanager
def _disk_faults(target: Path) -> Iterator[None]:
    """Say in a sentence what the disk refused; let everything else pass."""
    try:
        yield
    except (OSError, *DATABASE_FAULTS) as fault:
        sentence = _sentence(fault, target)
        if sentence is None:
            raise
        raise sentence from fault


def _sentence(fault: Exception, target: Path) -> FarmlandError | None:
    """What went wrong with the disk; None when it was not the disk.

    Call it while the draft still lies there: GDAL does not say why a transaction failed, so the
    room left on the disk has to tell.
    """
    if isinstance(fault, DATABASE_FAULTS):
        full = shutil.disk_usage(target.parent).free < ROOM
        return disk_full(target) if full else None
    return disk_fault(fault, target) if isinstance(fault, OSError) else None


def _sweep(folder: Path, prefix: str) -> None:
    """Remove what killed runs left behind; a day old, so that no other run still writes there."""
    for draft in folder.glob(f"{glob.escape(prefix)}*"):
        if time.time() - draft.stat().st_mtime > LEFTOVER_SECONDS:
            shutil.rmtree(draft, ignore_errors=True)


def _flush(path: Path) -> None:
    """Wait until a file or the entries of a folder are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
