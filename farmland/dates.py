"""Dates as people write them, in one place for all documents, maps and terminals (DOMAIN 8.3)."""

from __future__ import annotations

from datetime import date

from farmland.rules.words import Words


def spoken(day: date, *, full: bool = False) -> Words:
    """A date, or the date of a moment: 18 Jun 2026 (``full``: 18 June 2026), 2026年6月18日."""
    month = f"{day:%B}" if full else f"{day:%b}"
    return Words(f"{day.day} {month} {day.year}", f"{day.year}年{day.month}月{day.day}日")


def spoken_span(first: Words, last: Words) -> Words:
    """Two spoken dates with a dash between."""
    return Words(f"{first.en} – {last.en}", f"{first.zh}—{last.zh}")


def spoken_period(text: str, *, full: bool = False) -> Words:
    """A period ``A/B``; what is none stays as it is."""
    first, _, last = text.partition("/")
    try:
        return spoken_span(*(spoken(date.fromisoformat(day), full=full) for day in (first, last)))
    except ValueError:
        return Words(text, text)
