"""Pages of a PDF: real text, fonts embedded as far as they are used."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

import numpy as np
from fpdf import FPDF
from numpy.typing import NDArray
from PIL import Image

from farmland.report.drawing import INK, Align, Box, Points
from farmland.report.fonts import Face, Faces

WIDTH, HEIGHT = 595.28, 841.89
"""An A4 page in points."""

FAMILY = "document"

SHARES = {"left": 0.0, "centre": 0.5, "right": 1.0}
"""Part of a text that lies left of the place it is written at."""


class Paper:
    """A document of A4 pages that is drawn on page by page.

    Parameters
    ----------
    faces : Faces
    title : str
    language : {"zh", "en"}
    made : datetime
        Said in the document; with the same time the same drawing gives the same bytes.
    """

    def __init__(self, faces: Faces, title: str, language: str, made: datetime) -> None:
        logging.getLogger("fontTools").setLevel(logging.ERROR)  # it talks about tables it drops
        self._faces = faces
        self._pdf = pdf = FPDF(format="A4", unit="pt")
        pdf.set_auto_page_break(False)
        pdf.set_margin(0)
        pdf.c_margin = 0
        pdf.set_title(title)
        pdf.set_lang("zh-CN" if language == "zh" else "en")
        pdf.set_creator("farmland")
        pdf.set_creation_date(made)
        for style, face in (("", faces.plain), ("B", faces.bold)):
            pdf.add_font(FAMILY, style, face.path, collection_font_number=face.index)

    def page(self, bookmark: str) -> None:
        """Begin a page that readers find under a name."""
        self._pdf.add_page()
        self._pdf.set_line_width(0.5)
        self._pdf.start_section(self._faces.plain.drawable(bookmark) or "-", strict=False)

    def content(self) -> bytes:
        """The document as a file holds it; nothing can be drawn on it any more."""
        return bytes(self._pdf.output())

    def area(self, points: Points, fill: str, opacity: float = 1.0) -> None:
        """Fill a polygon."""
        veil = self._pdf.local_context(fill_opacity=opacity) if opacity < 1 else nullcontext()
        with veil:
            self._pdf.set_fill_color(*rgb(fill))
            self._pdf.polygon(points.tolist(), style="F")

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
        self._pdf.set_draw_color(*rgb(colour))
        self._pdf.set_line_width(width)
        if dashed:
            self._pdf.set_dash_pattern(3, 2)
        self._pdf.polyline(points.tolist(), polygon=closed)
        if dashed:
            self._pdf.set_dash_pattern()

    def dots(self, centres: Points, radius: float, colour: str) -> None:
        """Draw filled discs."""
        self._pdf.set_fill_color(*rgb(colour))
        for x, y in centres.tolist():
            self._pdf.circle(x, y, radius, style="F")

    def width(self, said: str, size: float, *, bold: bool = False) -> float:
        """How wide a text is."""
        self._pdf.set_font(FAMILY, "B" if bold else "", size)
        return float(self._pdf.get_string_width(self._face(bold).drawable(said)))

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
        shown = self._face(bold).drawable(said)
        if not shown:
            return
        self._pdf.set_font(FAMILY, "B" if bold else "", size)
        self._pdf.set_text_color(*rgb(colour))
        share = SHARES[align]
        shift = share * self._pdf.get_string_width(shown) if share else 0.0
        self._pdf.text(x - shift, y, shown)

    def picture(self, pixels: NDArray[np.uint8], box: Box) -> None:
        """Fill a box with pixels."""
        image = Image.fromarray(pixels)
        self._pdf.image(image, x=box.x, y=box.y, w=box.width, h=box.height)

    def clipped(self, box: Box) -> AbstractContextManager[object]:
        """Within the block, only what lies in a box is drawn."""
        clip: AbstractContextManager[object] = self._pdf.rect_clip(
            box.x, box.y, box.width, box.height
        )
        return clip

    def _face(self, bold: bool) -> Face:
        return self._faces.bold if bold else self._faces.plain


def rgb(colour: str) -> tuple[int, int, int]:
    """``#RRGGBB`` as three numbers."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue
