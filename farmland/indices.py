"""From a formula to the program of one compiled kernel, and an image through it."""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.kernels import index as kernel
from farmland.kernels import parcel_sums
from farmland.rules.indices import Index

OPERATIONS: dict[type[ast.operator], int] = {
    ast.Add: kernel.ADD,
    ast.Sub: kernel.SUBTRACT,
    ast.Mult: kernel.MULTIPLY,
    ast.Div: kernel.DIVIDE,
}


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A formula as steps over registers: bands, constants, then what lies in between."""

    bands: tuple[str, ...]
    """In the order in which :func:`evaluate` takes their images."""
    steps: NDArray[np.int32]
    """(k, 5) operation, target and three operands, each the number of a register."""
    constants: NDArray[np.float32]
    bounds: tuple[float, float]
    """Lowest and highest value that means something."""

    @property
    def scale(self) -> int:
        """Steps to 1 in sums of parcels."""
        return parcel_sums.STEPS // math.ceil(max(1, *map(abs, self.bounds)))

    @property
    def is_pair(self) -> bool:
        """Whether it is nothing but the normalised difference of two bands."""
        return len(self.steps) == 1 and self.steps[0, 0] == kernel.RATIO and len(self.bands) == 2


def program(index: Index) -> Program:
    """Compile the formula of an index.

    A normalised difference of sums of bands becomes the guarded one of the detector
    (:func:`farmland.kernels.spectral.ratio`), so that a picture and a table show the same NDVI.
    """
    tree = ast.parse(index.formula, mode="eval").body
    compiler = _Compiler(index.bands, _numbers(tree))
    compiler.visit(tree, 0)
    return Program(
        bands=index.bands,
        steps=np.array(compiler.steps, np.int32).reshape(-1, 5),
        constants=np.array(compiler.constants, np.float32),
        bounds=index.range,
    )


def evaluate(
    made: Program,
    images: tuple[NDArray[np.uint16], ...],
    usable: NDArray[np.bool_],
    offset: int,
    out: NDArray[np.float32],
) -> None:
    """Write an index of one image into ``out``, in one pass.

    Parameters
    ----------
    made : Program
    images : tuple of ndarray of uint16
        One for each of ``made.bands``, any shape, contiguous: counts as published, 0 = no data.
    usable : ndarray of bool
        Of the same shape.
    offset : int
        Added to the counts.
    out : ndarray of float32
        Of the same shape, contiguous: the index; NaN what is not usable, lacks data in one band
        or lies beyond ``made.bounds``.

    Raises
    ------
    ValueError
        When ``out`` is not contiguous.
    """
    if not out.flags.c_contiguous:
        raise ValueError("out is in pieces: give one contiguous array")
    flat = tuple(image.reshape(-1) for image in images)
    mask, to, offset = usable.reshape(-1), out.reshape(-1), int(offset)
    if made.is_pair:
        kernel.normalised_difference(*_pair(made, flat), mask, offset, to)
        return
    given = made.bounds, _padded(flat), len(flat), 0
    kernel.evaluate(made.steps, *given, mask, offset, _registers(made), to)


def add(
    made: Program,
    images: tuple[NDArray[np.uint16], ...],
    usable: NDArray[np.bool_],
    offset: int,
    runs: NDArray[np.int32],
    sums: NDArray[np.int64],
    weights: NDArray[np.int64],
) -> None:
    """Add an index of one image to the sums of parcels, pixel by pixel as :func:`evaluate`.

    Parameters
    ----------
    made : Program
    images : tuple of ndarray of uint16
        One (y, x) for each of ``made.bands``, contiguous, of even shape.
    usable : ndarray of bool
        (v, u) cells of two by two pixels.
    offset : int
        Added to the counts.
    runs : ndarray of int32
        (k, 5) what parcels cover, as :mod:`farmland.kernels.coverage`, sorted by row and column.
    sums, weights : ndarray of int64
        (g,) added to: the index in steps of ``1 / (made.scale * parcel_sums.FULL)``, and what is
        covered of the pixels that have one, in :data:`farmland.kernels.coverage.ONE`.
    """
    offset = int(offset)
    if made.is_pair:
        parcel_sums.add_difference(*_pair(made, images), usable, offset, runs, sums, weights)
        return
    flat = tuple(image.reshape(-1) for image in images)
    given = made.bounds, _padded(flat), len(flat), usable, offset, runs
    parcel_sums.add_index(made.steps, *given, made.scale, _registers(made), sums, weights)


def _pair(
    made: Program, images: tuple[NDArray[np.uint16], ...]
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    first, second = (images[register] for register in made.steps[0, 2:4])
    return first, second


def _padded(images: tuple[NDArray[np.uint16], ...]) -> tuple[NDArray[np.uint16], ...]:
    """As many images for every index, so that one compiled kernel serves all."""
    return images + images[:1] * (kernel.MOST_BANDS - len(images))


def _registers(made: Program) -> NDArray[np.float32]:
    """Room for a block, its constants filled in."""
    registers = np.empty((made.steps[:, 1].max() + 1, kernel.BLOCK), np.float32)
    first = len(made.bands)
    registers[first : first + made.constants.size] = made.constants[:, None]
    return registers


def _numbers(tree: ast.expr) -> tuple[float, ...]:
    """The numbers of a formula, each once."""
    values = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return tuple(dict.fromkeys(float(value) for value in values if isinstance(value, int | float)))


class _Compiler:
    """Walks a formula; what lies in between is kept by depth, so that room is used again."""

    def __init__(self, bands: tuple[str, ...], constants: tuple[float, ...]) -> None:
        self.bands, self.constants = bands, constants
        self.room = len(bands) + len(constants)
        self.steps: list[tuple[int, int, int, int, int]] = []

    def visit(self, node: ast.expr, depth: int) -> int:
        """Add the steps of a node and return the register that then holds it."""
        match node:
            case ast.Name(id=band):
                return self.bands.index(band)
            case ast.Constant(value=int() | float() as number):
                return len(self.bands) + self.constants.index(number)
            case ast.BinOp(left=left, op=ast.Div(), right=right) if pair := _difference(
                left, right
            ):
                return self.step(kernel.RATIO, depth, *pair)
            case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=2)):
                return self.step(kernel.MULTIPLY, depth, left, left)
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATIONS:
                return self.step(OPERATIONS[type(operator)], depth, left, right)
            case ast.Call(func=ast.Name(id="sqrt"), args=[inner]):
                return self.step(kernel.ROOT, depth, inner)
            case ast.Compare(left=left, ops=[ast.Gt()], comparators=[right]):
                return self.step(kernel.GREATER, depth, left, right)
            case ast.BoolOp(op=ast.Or(), values=[left, right]):
                return self.step(kernel.EITHER, depth, left, right)
            case ast.IfExp(test=test, body=body, orelse=other):
                return self.step(kernel.CHOOSE, depth, test, body, other)
        raise SyntaxError(f"a formula cannot hold {ast.unparse(node)}")

    def step(self, operation: int, depth: int, *operands: ast.expr) -> int:
        """Add an operation after its operands; its answer takes none of their room."""
        found = [self.visit(operand, depth + n) for n, operand in enumerate(operands, 1)]
        found += found[:1] * (3 - len(found))
        self.steps.append((operation, self.room + depth, found[0], found[1], found[2]))
        return self.room + depth


def _difference(left: ast.expr, right: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """The two sums of bands whose difference is divided by their sum; else None."""
    match left, right:
        case ast.BinOp(left=a, op=ast.Sub(), right=b), ast.BinOp(left=c, op=ast.Add(), right=d):
            same = ast.dump(a) == ast.dump(c) and ast.dump(b) == ast.dump(d)
            return (a, b) if same and _is_sum(a) and _is_sum(b) else None
    return None


def _is_sum(node: ast.expr) -> bool:
    """Whether a node adds bands with positive weights."""
    match node:
        case ast.Name():
            return True
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_sum(left) and _is_sum(right)
        case ast.BinOp(left=ast.Constant(), op=ast.Mult(), right=right):
            return _is_sum(right)
    return False
