"""A real QGIS for the tests: its own Python, without a screen, in a home of its own.

``FARMLAND_QGIS`` names another Python than Debian's, or a command that stands for one, such as
``benchmarks/in_debian.sh FOLDER`` for the QGIS of another Debian.
"""

from __future__ import annotations

import functools
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

PYTHON = shlex.split(os.environ.get("FARMLAND_QGIS", "/usr/bin/python3"))


@functools.cache
def version() -> tuple[int, ...]:
    """Of QGIS, as ``(3, 22, 16)``; empty where there is none."""
    said = subprocess.run(
        [*PYTHON, "-c", "import qgis.core; print(qgis.core.Qgis.QGIS_VERSION)"],
        capture_output=True, text=True, check=False, env=_clean(),
    )  # fmt: skip
    return tuple(map(int, said.stdout.partition("-")[0].split("."))) if said.stdout else ()


def needed() -> None:
    """Skip a test where there is no QGIS."""
    if not version():
        pytest.skip("no QGIS: install the Debian package python3-qgis")


def run(home: Path, *arguments: str | Path, through: tuple[str, ...] = (), **how: Any) -> str:
    """What a Python program prints there.

    ``through``: a command that starts it; ``how`` goes to the process.
    """
    home.mkdir(exist_ok=True)
    home.chmod(0o700)
    places = {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(home), "HOME": str(home)}
    done = subprocess.run(
        [*through, *PYTHON, *map(str, arguments)],
        capture_output=True, text=True, check=True, timeout=300, env=_clean() | places, **how,
    )  # fmt: skip
    return done.stdout


def _clean() -> dict[str, str]:
    """Nothing of the Python that runs the tests."""
    return {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
