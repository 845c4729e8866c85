"""Put files in their place in one step: readers see the old one or the new one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


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
