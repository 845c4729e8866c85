"""Measured results as Markdown: sections, tables, and long tables folded away."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

LONG = 16
"""Rows from which on a table is folded: what one screen shows beside its heading."""

GROUPED = re.compile(r"(?P<what>[^:]+): (?P<group>.+)")
"""Titles of tables that belong to one of several groups."""

Result = Mapping[str, Any]
Tabled = Mapping[str, Any]


def section(result: Result) -> str:
    """One result: its heading, its tables, and where the figures come from."""
    tables = "\n".join(told(table, table["title"]) for table in result["tables"])
    return f"### {result['title']}\n\n{tables}\n{source(result)}"


def grouped(result: Result) -> str:
    """A result whose tables belong to groups: a heading for each group, its tables folded."""
    parts, last = [f"### {result['title']}\n"], ""
    for table in result["tables"]:
        title, group = table["title"], GROUPED.fullmatch(table["title"])
        if group is None:
            parts.append(told(table, title))
            continue
        if group["group"] != last:
            last = group["group"]
            parts.append(f"#### {last}\n")
        parts.append(folded(group["what"], body(table)))
    return "\n".join(parts) + f"\n{source(result)}"


def source(result: Result) -> str:
    """By which command, when, where and with what it was measured."""
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return f"<sub>`{result['command']}`, {result['date']}, {result['machine']}; {versions}.</sub>\n"


def told(table: Tabled, title: str) -> str:
    """A table under its title; a long one is folded."""
    if len(table["rows"]) >= LONG:
        return folded(title or "All of it", body(table))
    return (f"**{title}**\n\n" if title else "") + body(table)


def body(table: Tabled) -> str:
    """The table itself, and its note."""
    note = f"\n{table['note']}\n" if table["note"] else ""
    return rows(table["columns"], table["rows"]) + note


def rows(heads: Sequence[Any], cells: Sequence[Sequence[Any]]) -> str:
    """A Markdown table."""
    return "".join(_row(line) for line in (heads, ["---"] * len(heads), *cells))


def folded(title: str, text: str) -> str:
    """Text that shows when its title is clicked."""
    return f"<details><summary>{title}</summary>\n\n{text}\n</details>\n"


def _row(cells: Sequence[Any]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"
