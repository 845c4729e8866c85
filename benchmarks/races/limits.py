"""What the memory can do: copy and read, over arrays that have been touched (STREAM, McCalpin)."""

from __future__ import annotations

from functools import partial

import numba
import numpy as np
from races.race import Call, in_threads


@numba.njit(nogil=True)
def _copied(source, target):  # type: ignore[no-untyped-def]
    for n in range(source.size):
        target[n] = source[n]


@numba.njit(nogil=True, fastmath=True)
def _summed(source):  # type: ignore[no-untyped-def]
    total = np.float32(0)
    for n in range(source.size):
        total += source[n]
    return total


def copy(moved: int) -> Call:
    """Copy so many bytes that reading and writing move ``moved`` of them, on two threads."""
    source = np.ones(max(1, moved // 8), np.float32)
    target = np.zeros_like(source)
    return partial(
        in_threads,
        lambda first, after: _copied(source[first:after], target[first:after]),
        source.size,
    )


def read(moved: int) -> Call:
    """Read ``moved`` bytes on two threads."""
    source = np.ones(max(1, moved // 4), np.float32)
    return partial(in_threads, lambda first, after: _summed(source[first:after]), source.size)
