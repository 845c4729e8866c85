"""From counts and a mask to any spectral index in one pass.

Dims: n = pixels, b = bands, k = steps of a program, r = registers (bands, constants, then room).
Counts are integers as published, 0 = no data. What is not usable, lacks data in one band, is not
finite or lies beyond the bounds is missing: NaN.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled, compiled_to_divide
from farmland.kernels.spectral import DARKEST, SCALE

ADD, SUBTRACT, MULTIPLY, DIVIDE, RATIO, ROOT, GREATER, EITHER, CHOOSE = range(9)
"""Operations of a step; ``RATIO`` is that of :func:`farmland.kernels.spectral.ratio`, ``EITHER``
the larger of two truths (1 or 0), ``CHOOSE`` its second operand where the first is true."""

MOST_BANDS = 6
BLOCK = 512
"""Pixels worked on at a time: a dozen registers of them stay in the first cache."""

Images = tuple[NDArray[np.uint16], ...]


@compiled
def normalised_difference(
    first: NDArray[np.uint16],
    second: NDArray[np.uint16],
    usable: NDArray[np.bool_],
    offset: int,
    out: NDArray[np.float32],
) -> None:
    """Write (first - second) / (first + second) of counts (n,) into out (n,).

    As :func:`farmland.kernels.spectral.ratio`: the sum is 0.02 at least, the answer within ±1.
    ``usable`` (n,); ``offset`` is added to the counts.
    """
    for i in range(out.size):
        good = (first[i] > 0) & (second[i] > 0) & usable[i]
        out[i] = difference(first[i], second[i], offset) if good else np.float32(np.nan)


_DARKEST_COUNTS = np.int32(round(DARKEST / SCALE))


@compiled
def difference(first: np.uint16, second: np.uint16, offset: int) -> np.float32:
    """Normalised difference of two counts, as :func:`farmland.kernels.spectral.ratio`."""
    one, other = np.int32(first), np.int32(second)
    total = np.float32(max(one + other + np.int32(2 * offset), _DARKEST_COUNTS))
    return min(np.float32(1), max(np.float32(-1), np.float32(one - other) / total))


@compiled
def evaluate(
    steps: NDArray[np.int32],
    bounds: tuple[float, float],
    images: Images,
    bands: int,
    place: int,
    usable: NDArray[np.bool_],
    offset: int,
    registers: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Write any index of counts, ``images`` b times, from pixel ``place`` on into out (n,).

    steps (k, 5) operation, target and three operands, by register (r, BLOCK); the first registers
    are filled with the reflectance of ``bands`` images, the next hold the constants already; the
    last step leaves the index. ``images`` may be longer than ``bands``, so that one compiled
    kernel serves every index. ``usable`` (n,).
    """
    good = np.empty(BLOCK, np.bool_)
    low, high = np.float32(bounds[0]), np.float32(bounds[1])
    values = registers[steps[-1, 1]]
    for start in range(0, out.size, BLOCK):
        end = min(start + BLOCK, out.size)
        good[: end - start] = usable[start:end]
        for b in range(bands):
            _load_band(images[b][place + start : place + end], offset, registers[b], good)
        for k in range(steps.shape[0]):
            _run(steps[k], registers)
        block = out[start:end]
        for i in range(end - start):
            held = good[i] & (values[i] >= low) & (values[i] <= high)
            block[i] = values[i] if held else np.float32(np.nan)


@compiled
def _load_band(
    image: NDArray[np.uint16],
    offset: int,
    register: NDArray[np.float32],
    good: NDArray[np.bool_],
) -> None:
    """Reflectance of counts into a register; where there is no data, nothing is good."""
    for i in range(image.size):
        count = np.int32(image[i])
        good[i] = good[i] & (count > 0)
        register[i] = np.float32(count + np.int32(offset)) * np.float32(SCALE)


@compiled_to_divide
def _run(step: NDArray[np.int32], registers: NDArray[np.float32]) -> None:
    """One operation on whole registers (r, BLOCK), each a loop the processor does side by side.

    The target is none of the operands: then nothing is in the way of that.
    """
    operation, target = step[0], registers[step[1]]
    one, two, three = registers[step[2]], registers[step[3]], registers[step[4]]
    if operation == ADD:
        for i in range(BLOCK):
            target[i] = one[i] + two[i]
    elif operation == SUBTRACT:
        for i in range(BLOCK):
            target[i] = one[i] - two[i]
    elif operation == MULTIPLY:
        for i in range(BLOCK):
            target[i] = one[i] * two[i]
    elif operation == DIVIDE:
        for i in range(BLOCK):
            target[i] = one[i] / two[i]
    elif operation == RATIO:
        for i in range(BLOCK):
            value = (one[i] - two[i]) / max(one[i] + two[i], np.float32(DARKEST))
            target[i] = min(np.float32(1), max(np.float32(-1), value))
    elif operation == ROOT:
        for i in range(BLOCK):
            target[i] = math.sqrt(one[i])
    elif operation == GREATER:
        for i in range(BLOCK):
            target[i] = np.float32(one[i] > two[i])
    elif operation == EITHER:
        for i in range(BLOCK):
            target[i] = max(one[i], two[i])
    else:
        for i in range(BLOCK):
            target[i] = two[i] if one[i] > 0 else three[i]
