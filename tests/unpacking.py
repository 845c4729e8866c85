"""The slow way back from what a report packs into few bytes."""

from __future__ import annotations

import base64


def numbers_of(text: str) -> list[int]:
    """Whole numbers, bit by bit."""
    found, bits = [], ""
    for byte in base64.b64decode(text):
        bits = f"{byte & 127:07b}" + bits
        if byte < 128:
            found.append(int(bits, 2))
            bits = ""
    assert not bits
    return found


def signed(number: int) -> int:
    """0, -1, 1, -2, … from 0, 1, 2, 3, …"""
    return number // 2 if number % 2 == 0 else -(number + 1) // 2


def shapes_of(packed: dict[str, str]) -> list[list[list[tuple[int, int]]]]:
    """Points of each ring of each shape, in whole units, y downward."""
    steps = iter([signed(number) for number in numbers_of(packed["steps"])])
    points, shapes, x, y = iter(numbers_of(packed["points"])), [], 0, 0
    for rings in numbers_of(packed["rings"]):
        shape = []
        for _ in range(rings):
            ring = []
            for _ in range(next(points)):
                x, y = x + next(steps), y + next(steps)
                ring.append((x, y))
            shape.append(ring)
        shapes.append(shape)
    assert list(points) == list(steps) == []
    return shapes
