"""Which language people are spoken to in: ``--lang``, else the locale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LANGUAGES = ("en", "zh")

LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The first that is set decides (POSIX, Environment Variables)."""


def of(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """Language of a command line: its ``--lang``, else that of the locale, else English.

    Parameters
    ----------
    words
        The command line without the name of the program.
    environment
        Environment variables.
    """
    return asked(words) or of_locale(environment)


def of_locale(environment: Mapping[str, str]) -> str:
    """``"zh"`` in a Chinese locale, ``"en"`` in any other."""
    locale = next(filter(None, map(environment.get, LOCALE_VARIABLES)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def asked(words: Sequence[str]) -> str:
    """Value of the last ``--lang`` that is a language, or ``""``."""
    found = ""
    for word, following in zip(words, [*words, ""][1:], strict=True):
        value = following if word == "--lang" else word.removeprefix("--lang=")
        if value in LANGUAGES and word.startswith("--lang"):
            found = value
    return found
