"""One text in the two languages people are spoken to in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    en: str
    zh: str

    def text(self, language: str) -> str:
        """Return the text in ``language``; anything but ``"zh"`` is English."""
        return self.zh if language == "zh" else self.en
