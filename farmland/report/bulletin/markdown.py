"""A bulletin as Markdown, with its chart as a picture beside it."""

from __future__ import annotations

from collections.abc import Iterator

from farmland.plain import in_markdown
from farmland.report.bulletin import wording as said
from farmland.report.bulletin.content import Bars, Bulletin, Heading, Paragraph
from farmland.report.bulletin.sections import filled
from farmland.report.statistics.form import Table, printed


def text(bulletin: Bulletin, language: str, picture: str) -> str:
    """The bulletin as Markdown; ``picture`` names the file of its chart."""
    return "\n\n".join(_parts(bulletin, language, picture)) + "\n"


def _parts(bulletin: Bulletin, language: str, picture: str) -> Iterator[str]:
    yield f"# {bulletin.title.text(language)}"
    yield "  \n".join(in_markdown(line.text(language)) for line in bulletin.lines)
    tables, figures = 0, 0
    for block in bulletin.blocks:
        if isinstance(block, Heading):
            yield f"## {block.text.text(language)}"
        elif isinstance(block, Paragraph):
            yield in_markdown(block.text.text(language))
        elif isinstance(block, Bars):
            figures += 1
            caption = filled(said.CAPTION_FIGURE, n=figures, title=block.title).text(language)
            yield f"![{in_markdown(caption)}]({picture})"
        else:
            tables += 1
            caption = filled(said.CAPTION_TABLE, n=tables, title=block.title).text(language)
            yield f"**{in_markdown(caption)}**"
            yield _table(block, language)
            yield from (in_markdown(note.text(language)) for note in block.notes)


def _table(table: Table, language: str) -> str:
    """Rows and columns; numbers to the right."""
    lines = [
        [in_markdown(column.title.text(language)) for column in table.columns],
        ["---:" if column.number else "---" for column in table.columns],
    ]
    for row in table.rows:
        pairs = zip(row, table.columns, strict=True)
        lines.append([in_markdown(printed(cell, column, language)) for cell, column in pairs])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
