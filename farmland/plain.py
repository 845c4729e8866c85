"""Texts from outside on their way into documents and tables: they stay text (DESIGN 5.7)."""

from __future__ import annotations

import re

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""

MARKUP = frozenset("\\`*_[]<>#|~&")
"""Signs that mean something in Markdown wherever they stand."""

AT_THE_HEAD = re.compile(r"^([+-]|\d+(?=[.)]\s))")
"""What begins a list."""


def one_line(said: str) -> str:
    """A text without breaks and signs that only steer: they would be drawn, or act."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())


def in_csv(said: str) -> str:
    """A text that no spreadsheet computes when it opens a table of comma-separated values.

    An apostrophe before what looks like a formula is how spreadsheets are told that it is text.
    """
    return f"'{said}" if said.startswith(FORMULA) else said


def from_csv(said: str) -> str:
    """A text as it was before :func:`in_csv`."""
    return said[1:] if said.startswith("'") and said[1:].startswith(FORMULA) else said


def in_markdown(said: str) -> str:
    """A text that Markdown shows as it is."""
    plain = "".join(f"\\{sign}" if sign in MARKUP else sign for sign in one_line(said))
    return AT_THE_HEAD.sub(lambda found: _apart(found.group()), plain)


def _apart(head: str) -> str:
    """The head of a list as text: a sign behind a stroke, a number without its full stop."""
    return f"{head}\\" if head.isdigit() else f"\\{head}"
