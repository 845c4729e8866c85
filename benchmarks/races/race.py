"""Ours and its peers on the same input, in turns: equal first, then who is faster.

A race is one stage at one size. Every turn runs each contestant once, and each turn begins with
another one, so that a busy second core or a warm cache favours nobody. Wall and CPU are medians
over the turns; the peak is what a contestant's own run added to the process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

THREADS = 2
_pool = ThreadPoolExecutor(THREADS)

Call = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Goal:
    """How many times as fast as one peer, or which part of the limit, is wanted."""

    peer: str
    must: float
    stretch: float
    by: str = "wall"
    """``wall``, ``cpu``, or ``limit``: the share of the limit that is reached."""


@dataclass(slots=True)
class Turns:
    """What one contestant needed; seconds, one entry a turn."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Race:
    """One stage at one size."""

    stage: str
    size: str
    moved: int
    """Bytes that any solution must read and write."""
    turns: Mapping[str, Turns]
    """By contestant; the first one is ours, ``limit`` is what the memory or the decoder can do."""
    goals: tuple[Goal, ...]

    def told(self) -> dict[str, Any]:
        """Medians as plain data."""
        return {
            "stage": self.stage,
            "size": self.size,
            "moved": self.moved,
            "contestants": {
                name: {
                    "wall": median(turns.wall),
                    "cpu": median(turns.cpu),
                    "peak_bytes": turns.peak_bytes,
                    "turns": len(turns.wall),
                }
                for name, turns in self.turns.items()
            },
            "goals": [asdict(goal) for goal in self.goals],
        }


def once(call: Call, turns: Turns) -> None:
    """Run a contestant once and note its seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    turns.wall.append(time.perf_counter() - wall)
    turns.cpu.append(time.process_time() - cpu)


def peak(call: Call) -> int:
    """Bytes by which the resident memory rises at most while ``call`` runs (Linux)."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    before = _status("VmRSS")
    call()
    return max(0, _status("VmHWM") - before)


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))


def in_threads(work: Callable[[int, int], object], size: int, pieces: int = 2 * THREADS) -> None:
    """``work(first, after)`` over ``size`` items in ``pieces``, two at a time, as tiles are."""
    edges = [size * piece // pieces for piece in range(pieces + 1)]
    list(_pool.map(work, edges[:-1], edges[1:]))
