"""Which files and hosts an item may make us read: text from outside is data (DESIGN 5.7)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from farmland.rules import Words

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

REMOTE = frozenset({"http", "https", "s3"})
"""Schemes of addresses on the network."""


class Refused(ValueError):
    """An href that may not be read; the words say why."""

    def __init__(self, english: str, chinese: str, host: str = "") -> None:
        super().__init__(english)
        self.words, self.host = Words(english, chinese), host

    def __reduce__(self) -> tuple[type[Refused], tuple[str, str, str]]:
        return type(self), (self.words.en, self.words.zh, self.host)


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

    def locate(self, href: str, beside: str, resolved: dict[str, str] | None = None) -> str:
        """Return the absolute path or URL of ``href``, written in the document ``beside``.

        ``resolved``: folders whose symbolic links were followed before, and where they led.

        Raises
        ------
        Refused
            When it leads out of the folder of a local catalog, or from a remote document to a
            local file or to a host that is neither the catalog's, a known provider's nor allowed.
        """
        try:
            absolute, scheme = _absolute(href, beside)
            if scheme in REMOTE:
                return self._remote(absolute, scheme)
        except ValueError as fault:
            if isinstance(fault, Refused):
                raise
            raise _malformed() from None
        if self.folder is None or urlsplit(beside).scheme in REMOTE:
            kind = scheme or "path"
            raise Refused(
                f"an address of kind {kind!r} in a remote catalog", f"远程目录中的 {kind!r} 类地址"
            )
        return self._local(absolute, scheme, {} if resolved is None else resolved)

    def beside(self, document: str) -> Callable[[str], str]:
        """:meth:`locate` for all that is written in one document."""
        resolved: dict[str, str] = {}
        return lambda href: self.locate(href, document, resolved)

    def _remote(self, url: str, scheme: str) -> str:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if self.offline:
            raise Refused(
                f"the network ({host}), with --offline", f"网络（{host}，与 --offline 冲突）"
            )
        known = KNOWN_BUCKETS if scheme == "s3" else KNOWN_HOSTS | {self.host}
        if parts.username or not host or (host not in known and host not in self.allowed):
            raise Refused(f"the host {host!r}", f"主机 {host!r}", host)
        return url

    def _local(self, path: str, scheme: str, resolved: dict[str, str]) -> str:
        if scheme == "file":
            path = unquote(urlsplit(path).path)
        elif scheme:
            raise Refused(f"an address of kind {scheme!r}", f"{scheme!r} 类地址")
        place, folder = _followed(path, resolved), str(self.folder)
        if self.folder is None or os.path.commonpath([place, folder]) != folder:
            raise Refused("a file outside the folder of the catalog", "目录文件夹之外的文件")
        return place


def _followed(path: str, resolved: dict[str, str]) -> str:
    """A path with symbolic links followed; those of its folder once for all files in it."""
    folder, name = os.path.split(path)
    if folder not in resolved:
        resolved[folder] = os.path.realpath(folder)
    place = os.path.join(resolved[folder], name)  # noqa: PTH118  # text, of which there is much
    plain = name not in {"", ".", ".."} and not os.path.islink(place)  # noqa: PTH114
    return place if plain else os.path.realpath(place)


def _absolute(href: str, beside: str) -> tuple[str, str]:
    """An href made absolute from the document that holds it, and its scheme."""
    if not href or re.search(r"[\x00-\x20\\]", href):
        raise _malformed()
    absolute = href if urlsplit(href).scheme else _beside(href, beside)
    return absolute, urlsplit(absolute).scheme.lower()


def _malformed() -> Refused:
    return Refused(
        "an address with blanks or backslashes, or none", "含空白、反斜杠或格式不符的地址"
    )


def _beside(href: str, document: str) -> str:
    """An href without a scheme, made absolute from the document that holds it."""
    if urlsplit(document).scheme in {"http", "https"}:
        return urljoin(document, href)
    return os.path.join(os.path.dirname(document), href)  # noqa: PTH118, PTH120  # text, not files
