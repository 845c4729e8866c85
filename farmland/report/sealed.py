"""Office files (zipped XML) whose bytes depend on nothing but what is in them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime

FIRST = (1980, 1, 1, 0, 0, 0)
"""The first moment a zip file can name."""

PROPERTIES = "docProps/core.xml"

DATES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")


def sealed(content: bytes, made: datetime, instead: Mapping[str, bytes] | None = None) -> bytes:
    """The same file with the time of the run instead of the time of writing.

    Parameters
    ----------
    content : bytes
        A DOCX or XLSX.
    made : datetime
    instead : mapping, optional
        Other content of files inside, by name.

    Returns
    -------
    bytes
    """
    stamp = made.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            inner = (instead or {}).get(name) or source.read(name)
            if name == PROPERTIES:
                inner = DATES.sub(rb"\g<1>" + stamp + rb"\g<2>", inner)
            entry = zipfile.ZipInfo(name, FIRST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, inner)
    return buffer.getvalue()
