"""The XML that QGIS reads, from templates in which everything that is filled in is escaped."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may hold, not even escaped: one in the name of a file or of a
coordinate reference system would make QGIS refuse the whole project."""


def _legal(value: Any) -> Any:
    """What is filled in, without the characters XML forbids."""
    return FORBIDDEN.sub("", value) if type(value) is str else value


TEMPLATES = Environment(
    loader=PackageLoader("farmland.io.geopackage"),
    autoescape=True,
    finalize=_legal,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **values: Any) -> Markup:
    """A template filled in; what comes back is markup and may stand inside another one."""
    return Markup(TEMPLATES.get_template(template).render(**values))  # noqa: S704


def plain(text: str) -> str:
    """Text for a label of QGIS, which would take ``[% ... %]`` for an expression."""
    return text.replace("[%", "[ %")
