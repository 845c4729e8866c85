"""Connections to file hosts, kept open; what is logged about them holds no secret."""

from __future__ import annotations

import logging
import os
import re
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    import urllib3

CONNECTIONS = 32
"""Connections kept open to one host."""

SECRET = re.compile(r"(?i)([?&;][\w-]*(?:sig|signature|token|credential|key)[\w-]*=)[^&;\s\"]*")
"""A parameter of a signed address: SAS of Azure (``sig``), presigned URLs of S3."""

_making = threading.Lock()


def ask(url: str, headers: dict[str, str], patience: urllib3.Timeout) -> Any:
    """Return the answer to one GET, its body unread, redirects and retries left to the caller.

    Raises
    ------
    urllib3.exceptions.HTTPError
        Also for an address that can't be asked.
    """
    with _making:
        parts = urlsplit(url)
        pool = _pool(_proxy_of(parts.scheme, parts.hostname or ""), os.getpid())
    return pool.request(
        "GET",
        url,
        headers=headers,
        timeout=patience,
        retries=False,
        redirect=False,
        preload_content=False,
    )


@lru_cache(maxsize=64)
def _proxy_of(scheme: str, host: str) -> str:
    """The proxy of the environment for a host, or ``""``; the environment is asked once."""
    return "" if proxy_bypass(host) else getproxies().get(scheme, "")


@lru_cache(maxsize=4)
def _pool(proxy: str, process: int) -> Any:  # noqa: ARG001  # a fork needs connections of its own
    """Connections, kept open; certificates as ``requests`` finds them."""
    import certifi
    import urllib3

    logging.getLogger("urllib3.connectionpool").addFilter(_without_secrets)
    named = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
    bundle = next((os.environ[name] for name in named if os.environ.get(name)), certifi.where())
    where: dict[str, Any] = {"ca_cert_dir" if Path(bundle).is_dir() else "ca_certs": bundle}
    settings: dict[str, Any] = {"num_pools": 16, "maxsize": CONNECTIONS, "retries": False, **where}
    return urllib3.ProxyManager(proxy, **settings) if proxy else urllib3.PoolManager(**settings)


def _without_secrets(record: logging.LogRecord) -> bool:
    """Blank the signatures in what urllib3 says of each request at level DEBUG."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            SECRET.sub(r"\1...", part) if isinstance(part, str) else part for part in record.args
        )
    return True
