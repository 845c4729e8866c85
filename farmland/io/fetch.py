"""Bytes of files, from disk or over HTTP: only the spans asked for, with a bounded patience.

GDAL reads files over HTTP too, but follows a redirect to any host, ignores ``Retry-After`` and
can't renew a signature; a file named by a stranger is fetched here.
"""

from __future__ import annotations

import importlib
import os
import threading
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from farmland.io.hosts import Reach, Refused

if TYPE_CHECKING:
    import urllib3

Span = tuple[int, int]
"""First byte, and the one after the last."""

ANYWHERE_KNOWN = Reach(None)
"""Redirects may lead to the host itself and to known hosts."""

ATTEMPTS, WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5, 0.5, 30.0
"""Tries of one request; the first wait, which doubles; no ``Retry-After`` is followed longer."""

PATIENCE, REST_SECONDS = 4, 20.0
"""Requests to a host that may fail in a row; after that it is asked once in so many seconds until
it answers, so that a dead host costs a run minutes, not days."""

CONNECT_SECONDS, SILENCE_SECONDS = 10.0, 20.0
"""Longest wait for a connection, and for the next piece of an answer."""

SLOWEST_BYTES_PER_SECOND = 4_000
"""An answer that drips slower than this, beyond one silence, is given up."""

GAP_BYTES = 16_384
"""Spans this near are fetched in one request: a round trip costs more than the bytes between."""

REQUEST_BYTES = 16_000_000
"""Most bytes of one request: what is in flight stays bounded."""

CONNECTIONS = 32
"""Connections kept open to one host."""

REDIRECTS = 4

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed."""

SIGNED_HOST = "sentinel2l2a01.blob.core.windows.net"
"""Sentinel-2 of Planetary Computer; its files are signed when they are asked for."""

NOT_THERE = "the file is not there"
CUT_OFF = "its bytes are corrupt or cut off"
NO_ANSWER = "the host does not answer"


class Unread(Exception):
    """Something that stayed unread after bounded tries.

    Parameters
    ----------
    reason : str
        A few words without addresses, fit for a table.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Again(Exception):
    """A try failed and another may not; with the words for the last one, and how long to wait.

    ``after`` is ``None`` when the host does not say.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.after = reason, after


def spans(href: str, wanted: Sequence[Span], reach: Reach = ANYWHERE_KNOWN) -> list[bytes]:
    """Return the bytes of each span of a file.

    Parameters
    ----------
    href : str
        Path, or http(s) URL that has passed :meth:`farmland.io.hosts.Reach.locate`.
    wanted : sequence of (start, stop)
        In any order; what lies beyond the end of the file comes back shorter.
    reach : Reach
        Where a redirect may lead, besides the host itself.

    Raises
    ------
    Unread
        When the file is not there, may not be read, or did not come whole after bounded tries.
    """
    if urlsplit(href).scheme not in {"http", "https"}:
        return _from_disk(href, wanted)
    return _cut(wanted, [(span, _patiently(href, span, reach)[0]) for span in merged(wanted)])


def size(href: str, reach: Reach = ANYWHERE_KNOWN) -> int:
    """Bytes of a remote file.

    Raises
    ------
    Unread
        As :func:`spans`, or when the host does not tell.
    """
    _, total = _patiently(href, (0, 1), reach)
    if total is None:
        raise Unread("the host does not serve parts of files")
    return total


def merged(wanted: Sequence[Span]) -> list[Span]:
    """The fewest requests that cover spans: near ones together, ascending, none too large."""
    found: list[Span] = []
    for start, stop in sorted(wanted):
        if found and start - found[-1][1] <= GAP_BYTES and stop - found[-1][0] <= REQUEST_BYTES:
            found[-1] = found[-1][0], max(found[-1][1], stop)
        else:
            found.append((start, stop))
    return found


def _cut(wanted: Sequence[Span], fetched: Sequence[tuple[Span, bytes]]) -> list[bytes]:
    """The spans asked for, out of those fetched."""
    pieces = []
    for start, stop in wanted:
        first, data = next(
            (span[0], data) for span, data in fetched if span[0] <= start and stop <= span[1]
        )
        pieces.append(data[start - first : stop - first])
    return pieces


def _from_disk(path: str, wanted: Sequence[Span]) -> list[bytes]:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Unread(NOT_THERE) from None
    except OSError as fault:
        raise Unread("access is denied") from fault
    try:
        return [os.pread(file, stop - start, start) for start, stop in wanted]
    except OSError as fault:
        raise Unread("the disk can't be read") from fault
    finally:
        os.close(file)


class _Host:
    """How a host has answered lately; a lost update only delays weariness."""

    def __init__(self) -> None:
        self.failures, self.rest_until = 0, 0.0

    def demand(self) -> int:
        """Tries that the next request gets; raises at once while the host is left alone."""
        if self.failures < PATIENCE:
            return ATTEMPTS
        if time.monotonic() < self.rest_until:
            raise Unread(NO_ANSWER)
        self.rest_until = time.monotonic() + REST_SECONDS
        return 1

    def failed(self) -> None:
        """Remember a request that failed for good."""
        self.failures += 1
        self.rest_until = time.monotonic() + REST_SECONDS

    def answered(self) -> None:
        """Remember a request that the host answered as it should."""
        self.failures = 0


_hosts: dict[str, _Host] = {}


def _patiently(href: str, span: Span, reach: Reach) -> tuple[bytes, int | None]:
    """Bytes of one request, tried a bounded number of times, and of the file if that is told."""
    host = _hosts.setdefault(urlsplit(href).netloc, _Host())
    attempts = host.demand()
    wait = WAIT_SECONDS
    for attempt in range(attempts):
        try:
            answer = _once(href, span, reach, renewed=attempt > 0)
        except _Again as fault:
            last = fault
            if attempt + 1 < attempts:
                time.sleep(min(LONGEST_WAIT_SECONDS, max(wait, fault.after or 0.0)))
                wait *= 2
        else:
            host.answered()
            return answer
    host.failed()
    raise Unread(last.reason) from last


def _once(href: str, span: Span, reach: Reach, *, renewed: bool) -> tuple[bytes, int | None]:
    """One try, redirects followed where they may lead."""
    url = _signed(href, renewed=renewed) if urlsplit(href).hostname == SIGNED_HOST else href
    for _ in range(REDIRECTS + 1):
        with _asked(url, span) as answer:
            if answer.status not in {301, 302, 303, 307, 308}:
                return _body(answer, span, href), _total(answer)
            url = _onward(str(answer.headers.get("Location") or ""), url, reach)
    raise Unread("the host redirects without end")


def _asked(url: str, span: Span) -> urllib3.BaseHTTPResponse:
    """The answer to one request, its body unread."""
    import urllib3

    headers = {"Range": f"bytes={span[0]}-{span[1] - 1}", "Accept-Encoding": "identity"}
    patience = urllib3.Timeout(connect=CONNECT_SECONDS, read=SILENCE_SECONDS)
    try:
        answer: urllib3.BaseHTTPResponse = _pool(_proxy_of(url)).request(
            "GET",
            url,
            headers=headers,
            timeout=patience,
            retries=False,
            redirect=False,
            preload_content=False,
        )
    except urllib3.exceptions.ReadTimeoutError as fault:
        raise _Again("the host is too slow") from fault
    except urllib3.exceptions.HTTPError as fault:
        raise _Again(NO_ANSWER) from fault
    return answer


def _body(answer: urllib3.BaseHTTPResponse, span: Span, href: str) -> bytes:
    """What a final answer holds of a span."""
    status = answer.status
    if status == 416:  # HTTP 416 Range Not Satisfiable: the span starts beyond the end
        return b""
    if status in {200, 206}:
        skipped = span[0] if status == 200 else 0
        return _whole(answer, span[1] - span[0] + skipped)[skipped:]
    answer.drain_conn()
    if status in BUSY:
        reason = "the host refuses more requests" if status == 429 else "the host has a fault"
        raise _Again(reason, _after(answer.headers.get("Retry-After")))
    if status in {404, 410}:
        raise Unread(NOT_THERE)
    if status in {401, 403} and urlsplit(href).hostname == SIGNED_HOST:
        raise _Again("access is denied", after=0.0)
    if status in {401, 403}:
        raise Unread("access is denied")
    raise Unread(f"the host answers {status}")


def _total(answer: urllib3.BaseHTTPResponse) -> int | None:
    """Bytes of the whole file, from ``Content-Range: bytes 0-0/4711``."""
    told = str(answer.headers.get("Content-Range") or "").rpartition("/")[2]
    return int(told) if told.isdigit() else None


def _whole(answer: urllib3.BaseHTTPResponse, most: int) -> bytes:
    """At most so many bytes of a body, which must hold what it promises."""
    import urllib3

    promised = answer.headers.get("Content-Length")
    due = min(most, int(promised)) if promised and promised.isdigit() else None
    latest = time.monotonic() + SILENCE_SECONDS + most / SLOWEST_BYTES_PER_SECOND
    pieces, held = [], 0
    try:
        while held < most and (piece := answer.read1(min(most - held, 1 << 18))):
            pieces.append(piece)
            held += len(piece)
            if time.monotonic() > latest:
                raise _Again("the host is too slow")
    except urllib3.exceptions.TimeoutError as fault:
        raise _Again("the host is too slow") from fault
    except urllib3.exceptions.HTTPError as fault:
        raise _Again(CUT_OFF) from fault
    if due is not None and held < due:
        raise _Again(CUT_OFF)
    if promised == str(held):
        answer.release_conn()  # nothing is left on it: the next request may use it
    return b"".join(pieces)


def _onward(location: str, url: str, reach: Reach) -> str:
    """Where a redirect leads, if it may."""
    same = Reach(None, (urlsplit(url).hostname or "").lower(), (*reach.allowed, reach.host))
    try:
        return same.locate(location, url)
    except Refused as fault:
        raise Unread(f"it leads to {fault}") from None


def _after(stated: str | None) -> float | None:
    """Seconds of a ``Retry-After``, given as a number or as a date (RFC 9110, 10.2.3)."""
    from urllib3 import Retry
    from urllib3.exceptions import InvalidHeader

    try:
        return Retry().parse_retry_after(stated) if stated else None
    except InvalidHeader:
        return None


def _signed(href: str, *, renewed: bool) -> str:
    """Sign at the time of asking: signatures of Planetary Computer last under an hour."""
    try:
        signer = importlib.import_module("planetary_computer")
        if renewed:
            importlib.import_module("planetary_computer.sas").TOKEN_CACHE.clear()
        return str(signer.sign_url(href))
    except ImportError:
        raise Unread("it needs the extra farmland[planetary-computer]") from None
    except OSError as fault:  # requests.RequestException is one
        raise _Again(NO_ANSWER) from fault


def _proxy_of(url: str) -> str:
    """The proxy of the environment for a URL, or ``""``."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return ""
    return getproxies().get(parts.scheme, "")


_making = threading.Lock()


def _pool(proxy: str) -> Any:
    with _making:
        return _new_pool(proxy, os.getpid())


@lru_cache(maxsize=4)
def _new_pool(proxy: str, process: int) -> Any:  # noqa: ARG001  # a fork needs connections of its own
    """Connections, kept open; certificates as ``requests`` finds them."""
    import certifi
    import urllib3

    named = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
    bundle = next((os.environ[name] for name in named if os.environ.get(name)), certifi.where())
    where: dict[str, Any] = {"ca_cert_dir" if Path(bundle).is_dir() else "ca_certs": bundle}
    settings: dict[str, Any] = {"num_pools": 16, "maxsize": CONNECTIONS, "retries": False, **where}
    return urllib3.ProxyManager(proxy, **settings) if proxy else urllib3.PoolManager(**settings)
