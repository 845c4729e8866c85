"""A bulletin as a Word document, laid out as Chinese offices do (DOMAIN 8.1 no. 1)."""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from farmland.plain import one_line
from farmland.report.bulletin import wording as said
from farmland.report.bulletin.content import Bars, Bulletin, Heading, Paragraph
from farmland.report.bulletin.sections import filled
from farmland.report.sealed import sealed
from farmland.report.statistics.form import Table, printed

LATIN = "Times New Roman"

FACES = {"title": "方正小标宋简体", "head": "黑体", "body": "仿宋_GB2312", "line": "楷体_GB2312"}
"""Chinese typefaces of official papers."""

INSTEAD = {
    "方正小标宋简体": "宋体",
    "黑体": "SimHei",
    "仿宋_GB2312": "仿宋",
    "楷体_GB2312": "楷体",
}
"""What a program takes where a typeface is not installed: named in the document's font table."""

SIZES = {
    "zh": {"title": 22, "head": 16, "body": 16, "line": 14, "table": 10.5, "foot": 9},
    "en": {"title": 20, "head": 14, "body": 11.5, "line": 11, "table": 9.5, "foot": 9},
}
"""Points."""

WIDE = Cm(15)
"""Between the margins of an A4 page."""

SHORT = 15
"""Rows of a table that is not broken over pages."""

GREY = "D9D9D9"

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def content(bulletin: Bulletin, language: str, picture: bytes | None) -> bytes:
    """The bulletin as the bytes of a DOCX; ``picture`` is its chart as PNG."""
    document = Document()
    _styles(document, SIZES[language], language)
    _page(document, bulletin, language)
    title = document.add_paragraph(bulletin.title.text(language), style="Title")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for line in bulletin.lines:
        paragraph = document.add_paragraph(one_line(line.text(language)), style="Subtitle")
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    tables, figures = 0, 0
    for block in bulletin.blocks:
        if isinstance(block, Heading):
            document.add_heading(block.text.text(language), 1)
        elif isinstance(block, Paragraph):
            document.add_paragraph(one_line(block.text.text(language)), style="Body Text")
        elif isinstance(block, Bars):
            figures += 1
            caption = filled(said.CAPTION_FIGURE, n=figures, title=block.title).text(language)
            _figure(document, picture, caption)
        else:
            tables += 1
            caption = filled(said.CAPTION_TABLE, n=tables, title=block.title).text(language)
            _table(document, block, caption, language)
    buffer = io.BytesIO()
    document.save(buffer)
    fonts = {"word/fontTable.xml": _font_table()}
    return sealed(buffer.getvalue(), bulletin.told.ended, fonts)


def _styles(document: Any, sizes: dict[str, float], language: str) -> None:
    """The styles of the page: those Word lists as headings stay headings."""
    styles = document.styles
    for name, kind, bold in (
        ("Normal", "body", False), ("Body Text", "body", False), ("Title", "title", False),
        ("Subtitle", "line", False), ("Heading 1", "head", False), ("Caption", "table", True),
        ("Footer", "foot", False),
    ):  # fmt: skip
        style = styles[name]
        style.font.size, style.font.bold, style.font.italic = Pt(sizes[kind]), bold, False
        style.font.color.rgb = RGBColor(0, 0, 0)
        _typeface(style.element.get_or_add_rPr(), FACES.get(kind, FACES["body"]))
    layout = styles["Body Text"].paragraph_format
    layout.line_spacing_rule = WD_LINE_SPACING.ONE_POINT_FIVE
    layout.space_after = Pt(0 if language == "zh" else 6)
    layout.first_line_indent = Pt(2 * sizes["body"]) if language == "zh" else None
    styles["Heading 1"].paragraph_format.space_before = Pt(12)
    styles["Caption"].paragraph_format.keep_with_next = True
    styles["Caption"].paragraph_format.space_before = Pt(8)
    for border in styles["Title"].element.iter(qn("w:pBdr")):
        border.getparent().remove(border)


def _typeface(properties: Any, chinese: str) -> None:
    """Name the typefaces of both scripts, and the language of the text."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for key in list(fonts.attrib):
        del fonts.attrib[key]
    for script, face in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", chinese)):
        fonts.set(qn(f"w:{script}"), face)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), "en-US")
    spoken.set(qn("w:eastAsia"), "zh-CN")
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    properties.append(spoken)


def _page(document: Any, bulletin: Bulletin, language: str) -> None:
    """A4 upright, the margins of official papers, the clue sentence and page numbers below."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin = section.bottom_margin = Cm(2.54)
    section.left_margin = section.right_margin = Cm(3)
    document.core_properties.author = "farmland"
    document.core_properties.title = bulletin.title.text(language)
    document.core_properties.language = "zh-CN" if language == "zh" else "en"
    document.core_properties.comments = ""
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    foot.add_run(f"{one_line(bulletin.told.clue.text(language))}  —  ")
    number = foot.add_run().font.element
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        mark = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            mark.set(qn("w:fldCharType"), kind)
        mark.text = text or None
        number.append(mark)


def _figure(document: Any, picture: bytes | None, caption: str) -> None:
    """A chart above its caption, which is also what a reader hears who cannot see it."""
    if picture is not None:
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_before = Pt(10)
        run = paragraph.add_run()
        run.add_picture(io.BytesIO(picture), width=WIDE)
        for described in run.font.element.iter(qn("wp:docPr")):
            described.set("descr", one_line(caption))
    below = document.add_paragraph(one_line(caption), style="Caption")
    below.alignment = WD_ALIGN_PARAGRAPH.CENTER
    below.paragraph_format.keep_with_next = False


def _table(document: Any, table: Table, caption: str, language: str) -> None:
    """A table under its caption; its grey head is repeated on every page."""
    above = document.add_paragraph(one_line(caption), style="Caption")
    above.alignment = WD_ALIGN_PARAGRAPH.CENTER
    grid = document.add_table(rows=1, cols=len(table.columns), style="Table Grid")
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for cell, column in zip(grid.rows[0].cells, table.columns, strict=True):
        _write(cell, column.title.text(language), language, WD_ALIGN_PARAGRAPH.CENTER, bold=True)
        _with(_inside(cell).get_or_add_tcPr(), "w:shd", val="clear", color="auto", fill=GREY)
    _with(_line(grid.rows[0]).get_or_add_trPr(), "w:tblHeader", val="true")
    for number, row in enumerate(table.rows):
        bold = table.total and number == len(table.rows) - 1
        for cell, known, column in zip(grid.add_row().cells, row, table.columns, strict=True):
            side = WD_ALIGN_PARAGRAPH.RIGHT if column.number else WD_ALIGN_PARAGRAPH.LEFT
            _write(cell, printed(known, column, language), language, side, bold=bold)
    _fit(grid, table)
    for note in table.notes:
        below = document.add_paragraph(one_line(note.text(language)))
        below.runs[0].font.size = Pt(SIZES[language]["table"] - 1)
        below.paragraph_format.space_after = Pt(2)


def _fit(grid: Any, table: Table) -> None:
    """Share out the width by what columns hold; keep rows whole, and a short table on a page."""
    weights = [column.width for column in table.columns]
    for line, weight in zip(grid.columns, weights, strict=True):
        line.width = int(WIDE * weight / sum(weights))
    for number, row in enumerate(grid.rows):
        _with(_line(row).get_or_add_trPr(), "w:cantSplit", val="true")
        for cell, weight in zip(row.cells, weights, strict=True):
            cell.width = int(WIDE * weight / sum(weights))
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            together = len(grid.rows) <= SHORT and number < len(grid.rows) - 1
            cell.paragraphs[0].paragraph_format.keep_with_next = together


def _inside(cell: Any) -> Any:
    """The element of a cell."""
    return cell.paragraphs[0].paragraph_format.element.getparent()


def _line(row: Any) -> Any:
    """The element of a row."""
    return _inside(row.cells[0]).getparent()


def _with(parent: Any, name: str, **values: str) -> None:
    """Add a property that python-docx has no name for."""
    child = OxmlElement(name)
    for key, value in values.items():
        child.set(qn(f"w:{key}"), value)
    parent.append(child)


def _write(cell: Any, text: str, language: str, side: Any, *, bold: bool) -> None:
    """Fill a cell."""
    paragraph = cell.paragraphs[0]
    paragraph.alignment = side
    run = paragraph.add_run(one_line(text))
    run.font.size, run.font.bold = Pt(SIZES[language]["table"]), bold


def _font_table() -> bytes:
    """The fonts of the document, each with the one that stands in for it."""
    entries = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/>'
        '<w:family w:val="auto"/><w:pitch w:val="variable"/></w:font>'
        for name, other in INSTEAD.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<w:fonts xmlns:w="{NAMESPACE}">{entries}</w:fonts>'
    ).encode()
