"""The XML that QGIS reads, from templates in which everything that is filled in is escaped."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

TEMPLATES = Environment(
    loader=PackageLoader("farmland.io.geopackage"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **values: Any) -> Markup:
    """A template filled in; what comes back is markup and may stand inside another one."""
    return Markup(TEMPLATES.get_template(template).render(**values))  # noqa: S704


def plain(text: str) -> str:
    """Text for a label of QGIS, which would take ``[% ... %]`` for an expression."""
    return text.replace("[%", "[ %")
