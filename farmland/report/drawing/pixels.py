"""Pictures of pixels (PNG): drawn twice as large and halved, so that slanted lines are smooth."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from farmland.report.drawing import INK, PAPER, Align, Box, Points
from farmland.report.fonts import Face, Faces

FINER = 2
"""How many times finer it is drawn than it is kept."""

ANCHORS = {"left": "ls", "centre": "ms", "right": "rs"}

DASH, GAP = 3.0, 2.0
"""Points."""


class Picture:
    """A picture that is drawn on; a point is ``scale`` pixels.

    Parameters
    ----------
    faces : Faces
    width, height : float
        In points.
    scale : float
        Pixels per point of what is kept.
    """

    def __init__(self, faces: Faces, width: float, height: float, scale: float) -> None:
        self._faces = faces
        self._scale = scale * FINER
        whole = (round(width * scale) * FINER, round(height * scale) * FINER)
        self._paint(Image.new("RGB", whole, PAPER), (0, 0))

    def png(self) -> bytes:
        """What was drawn; the same drawing gives the same bytes."""
        buffer = io.BytesIO()
        self._image.reduce(FINER).save(buffer, "png", compress_level=4)
        return buffer.getvalue()

    def area(self, points: Points, fill: str, opacity: float = 1.0) -> None:
        """Fill a polygon."""
        places = self._placed(points)
        if opacity == 1:
            self._draw.polygon(places, fill)
            return
        left, top = (max(0, int(min(axis))) for axis in zip(*places, strict=True))
        right, bottom = (int(max(axis)) + 1 for axis in zip(*places, strict=True))
        mask = Image.new("L", (max(1, right - left), max(1, bottom - top)))
        moved = [(x - left, y - top) for x, y in places]
        ImageDraw.Draw(mask).polygon(moved, round(255 * opacity))
        self._image.paste(fill, (left, top), mask)

    def line(
        self,
        points: Points,
        colour: str,
        width: float,
        *,
        closed: bool = False,
        dashed: bool = False,
    ) -> None:
        """Draw a line through points."""
        around = np.concatenate([points, points[:1]]) if closed else points
        wide = max(1, round(width * self._scale))
        for piece in _dashes(around) if dashed else (around,):
            self._draw.line(self._placed(piece), colour, wide, joint="curve")

    def dots(self, centres: Points, radius: float, colour: str) -> None:
        """Draw filled discs."""
        reach = radius * self._scale
        for x, y in self._placed(centres):
            self._draw.ellipse((x - reach, y - reach, x + reach, y + reach), colour)

    def width(self, said: str, size: float, *, bold: bool = False) -> float:
        """How wide a text is."""
        face = self._face(bold)
        return _font(face, self._pixels(size)).getlength(face.drawable(said)) / self._scale

    def text(
        self,
        x: float,
        y: float,
        said: str,
        size: float,
        colour: str = INK,
        *,
        bold: bool = False,
        align: Align = "left",
    ) -> None:
        """Write one line on a base line."""
        face = self._face(bold)
        font = _font(face, self._pixels(size))
        (place,) = self._placed(np.array([[x, y]]))
        self._draw.text(place, face.drawable(said), colour, font, ANCHORS[align])

    def picture(self, pixels: NDArray[np.uint8], box: Box) -> None:
        """Fill a box with pixels."""
        (left, top), _, (right, bottom), _ = self._placed(box.corners())
        size = (round(right) - round(left), round(bottom) - round(top))
        grown = Image.fromarray(pixels).resize(size, Image.Resampling.NEAREST)
        self._image.paste(grown, (round(left), round(top)))

    @contextmanager
    def clipped(self, box: Box) -> Iterator[None]:
        """Within the block, only what lies in a box is drawn."""
        whole, origin = self._image, self._origin
        left, top = round(box.x * self._scale), round(box.y * self._scale)
        right, bottom = round(box.right * self._scale), round(box.bottom * self._scale)
        self._paint(whole.crop((left, top, right, bottom)), (left, top))
        yield
        whole.paste(self._image, (left, top))
        self._paint(whole, origin)

    def _paint(self, image: Image.Image, origin: tuple[int, int]) -> None:
        """Draw from now on a piece of the picture whose corner lies at ``origin``."""
        self._image, self._origin = image, origin
        self._draw = ImageDraw.Draw(image)

    def _placed(self, points: Points) -> list[tuple[float, float]]:
        return [(x, y) for x, y in (points * self._scale - self._origin).tolist()]

    def _pixels(self, size: float) -> int:
        return max(1, round(size * self._scale))

    def _face(self, bold: bool) -> Face:
        return self._faces.bold if bold else self._faces.plain


@cache
def _font(face: Face, pixels: int) -> ImageFont.FreeTypeFont:
    """A font at a size, read once."""
    return ImageFont.truetype(
        face.path, pixels, index=face.index, layout_engine=ImageFont.Layout.BASIC
    )


def _dashes(points: Points) -> Iterator[Points]:
    """Pieces of a line, each with a gap behind it."""
    for start, stop in pairwise(points):
        length = float(np.hypot(*(stop - start)))
        for begin in np.arange(0.0, length, DASH + GAP):
            ends = np.array([[begin], [min(begin + DASH, length)]]) / length
            yield start + ends * (stop - start)
