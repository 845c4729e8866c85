"""Which files and hosts an item may make us read: text from outside is data (DESIGN 5.7)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

KNOWN_HOSTS = frozenset(
    {
        "e84-earth-search-sentinel-data.s3.us-west-2.amazonaws.com",
        "sentinel-cogs.s3.us-west-2.amazonaws.com",
        "sentinel2l2a01.blob.core.windows.net",
        "eodata.dataspace.copernicus.eu",
    }
)
"""Asset hosts of Earth Search, Planetary Computer and CDSE, as their recorded items name them."""

KNOWN_BUCKETS = frozenset({"eodata", "sentinel-cogs", "e84-earth-search-sentinel-data"})
"""The same providers' S3 buckets."""


class Refused(ValueError):
    """An href that may not be read; the text says why, in a few words."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What the items of one catalog may point at.

    Parameters
    ----------
    folder : Path or None
        Folder of a local catalog, symbolic links resolved; ``None`` for a remote one.
    host : str
        Host name of a remote catalog, ``""`` for a local one.
    allowed : tuple of str
        Hosts (or bucket names) the user allows besides.
    offline : bool
        Whether every remote href is refused.
    """

    folder: Path | None
    host: str = ""
    allowed: tuple[str, ...] = ()
    offline: bool = False

    def locate(self, href: str, beside: str) -> str:
        """Return the absolute path or URL of ``href``, written in the document ``beside``.

        Raises
        ------
        Refused
            When it leads out of the folder of a local catalog, or from a remote one to a local
            file or to a host that is neither the catalog's, a known provider's nor allowed.
        """
        if not href or re.search(r"[\x00-\x20\\]", href):
            raise Refused("an address with blanks or backslashes")
        absolute = href if urlsplit(href).scheme else _beside(href, beside)
        scheme = urlsplit(absolute).scheme.lower()
        if scheme in {"http", "https", "s3"}:
            return self._remote(absolute, scheme)
        if self.folder is None:
            raise Refused(f"an address of kind {scheme or 'path'!r} in a remote catalog")
        return self._local(absolute, scheme)

    def _remote(self, url: str, scheme: str) -> str:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if self.offline:
            raise Refused(f"the network ({host}), with --offline")
        known = KNOWN_BUCKETS if scheme == "s3" else KNOWN_HOSTS | {self.host}
        if parts.username or not host or (host not in known and host not in self.allowed):
            raise Refused(f"the host {host!r}")
        return url

    def _local(self, path: str, scheme: str) -> str:
        if scheme == "file":
            path = unquote(urlsplit(path).path)
        elif scheme:
            raise Refused(f"an address of kind {scheme!r}")
        resolved = Path(os.path.realpath(path))
        if self.folder is None or not resolved.is_relative_to(self.folder):
            raise Refused("a file outside the folder of the catalog")
        return str(resolved)


def _beside(href: str, document: str) -> str:
    """An href without a scheme, made absolute from the document that holds it."""
    if urlsplit(document).scheme in {"http", "https"}:
        return urljoin(document, href)
    return os.path.join(os.path.dirname(document), href)  # noqa: PTH118, PTH120  # text, not files
