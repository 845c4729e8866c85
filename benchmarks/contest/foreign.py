"""Peers that are packages: nrt's monitors, S-CCD and COLD of pyxccd, with their defaults.

They live in an environment of their own, pinned in ``requirements.txt``: pyxccd has no wheel for
every Python the project runs on. ``foreign_worker.py`` runs there and answers over its pipes.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contest.cases import Alarm
from contest.patches import NEVER, alarms
from farmland.imagery.stack import Stack
from farmland.plan import Periods

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE.parent / ".venv-peers"
PACKAGES = ("nrt==0.3.0", "pyxccd==1.1.0")
MONITORS = ("EWMA", "CuSum", "MoSum", "IQR", "CCDC")
BREAKS = ("S-CCD", "COLD")
"""Detectors that date a break back to its first look, so that the look before it is known too."""

NEWEST = (3, 13)
"""Newest Python for which all of them have wheels."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """One detector of a package; each pixel by itself."""

    name: str
    """One of ``MONITORS`` or ``BREAKS``."""

    def __call__(self, stack: Stack, periods: Periods) -> list[Alarm]:
        """Patches of the pixels with a break in the period after."""
        start = np.datetime64(periods.after.start, "D").astype(np.int32)
        since = ask(self.name, stack, int(start))
        if self.name in MONITORS:
            return alarms(stack, since)
        good = np.full_like(since, NEVER)
        for pixel in np.flatnonzero(since != NEVER):
            earlier = stack.days[stack.clear[pixel] & (stack.days < since[pixel])]
            good[pixel] = earlier[-1] if earlier.size else since[pixel]
        return alarms(stack, since, good)


def ask(name: str, stack: Stack, start: int) -> NDArray[np.int32]:
    """First day (p,) from ``start`` on that a detector calls a break; ``NEVER`` without one."""
    process = worker()
    assert process.stdin is not None
    assert process.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder) / "given.npz", Path(folder) / "answer.npy"
        np.savez(given, days=stack.days, values=stack.values, clear=stack.clear, start=start)
        process.stdin.write(f"{name}\t{given}\t{answer}\n")
        process.stdin.flush()
        if process.stdout.readline() != "done\n":
            raise RuntimeError(f"{name} gave no answer: see what it wrote above.")
        days = np.load(answer)
    return np.where(days == 0, NEVER, days).astype(np.int32)


@cache
def worker() -> subprocess.Popen[str]:
    """The process in which the packages live; one for each process of ours, ended with it."""
    process = subprocess.Popen(
        [interpreter(), HERE / "foreign_worker.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ""},
    )
    atexit.register(process.communicate)
    return process


def interpreter() -> Path:
    """Python of the environment of the peers.

    Raises
    ------
    SystemExit
        When it was not installed.
    """
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        raise SystemExit(
            f"There are no peers in {ENVIRONMENT.name}: benchmarks/detectors.py installs them."
        )
    return python


def install() -> None:
    """Make the environment and install the pinned peers.

    Raises
    ------
    SystemExit
        When there is no Python that they have wheels for.
    """
    known = [f"python3.{minor}" for minor in range(NEWEST[1], 10, -1)]
    suited = sys.executable if sys.version_info[:2] <= NEWEST else None
    python = suited or next(filter(None, map(shutil.which, known)), None)
    if python is None:
        raise SystemExit(f"The peers need a Python up to {NEWEST[0]}.{NEWEST[1]}: install one.")
    subprocess.run([python, "-m", "venv", ENVIRONMENT], check=True)
    wanted = ["--only-binary", ":all:", "--require-hashes", "-r", HERE / "requirements.txt"]
    pip = [ENVIRONMENT / "bin" / "python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--disable-pip-version-check", *wanted], check=True)
