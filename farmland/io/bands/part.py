"""One HTTP request for a part of a file: redirects checked, signed, its answer proved.

An answer is believed when it says itself that it is the part asked for and holds all of it; what
the bytes mean is for the decoder to prove (:mod:`farmland.io.bands.codecs`).
"""

from __future__ import annotations

import importlib
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from farmland.io.bands import connections
from farmland.io.hosts import Reach, Refused

if TYPE_CHECKING:
    import urllib3

Span = tuple[int, int]
"""First byte, and the one after the last."""

CONNECT_SECONDS = 10.0
"""Longest wait for a connection."""

SLOWEST_BYTES_PER_SECOND = 4_000
"""An answer that drips slower than this, beyond one silence, is given up."""

REQUEST_BYTES = 16_000_000
"""Most bytes of one request, and most that are skipped of a file that comes whole: what is in
flight stays bounded."""

PIECE_BYTES = 262_144
"""Read at once of a body."""

REDIRECTS = 4

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed."""

SIGNED_HOST = "sentinel2l2a01.blob.core.windows.net"
"""Sentinel-2 of Planetary Computer; its files are signed when they are asked for."""

NOT_THERE = "the file is not there"
DENIED = "access is denied"
CUT_OFF = "its bytes are corrupt or cut off"
NO_ANSWER = "the host does not answer"
NOT_TRUSTED = "the host has no valid certificate"
TOO_SLOW = "the host is too slow"
REFUSES = "the host refuses more requests"
BROKEN = "the host has a fault"
NO_PARTS = "the host does not serve parts of files"
OTHER_PART = "the host serves other parts than asked for"
NO_END = "the host redirects without end"

OF_HOST = frozenset({NO_ANSWER, NOT_TRUSTED, TOO_SLOW, REFUSES, BROKEN})
"""Reasons that say nothing of the file: its host does not serve."""

CONTENT_RANGE = re.compile(
    r"\s*bytes\s+([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)\s*", re.IGNORECASE
)
NOTHING_THERE = re.compile(r"\s*bytes\s+\*/([0-9]{1,18})\s*", re.IGNORECASE)
"""``Content-Range`` of a part, and of a part beyond the end (RFC 9110, 14.4)."""

NUMBER = re.compile(r"[0-9]{1,18}")


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


class Again(Exception):
    """A try failed and another may not.

    Parameters
    ----------
    reason : str
        Words for the last try.
    after : float or None
        Seconds that the host wants to be left alone; ``None`` when it does not say.
    once : bool
        Whether one more try is enough: the host is well, its answer is about the file.
    """

    def __init__(self, reason: str, after: float | None = None, *, once: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.after, self.once = reason, after, once
        self.since = 0.0
        """When the wait before this try began."""


def fetched(
    href: str, span: Span, reach: Reach, silence: float, *, renewed: bool = False
) -> tuple[bytes, int | None]:
    """Return the bytes of a span, and how many the whole file has if the host tells.

    Parameters
    ----------
    href : str
    span : (start, stop)
        What lies beyond the end of the file comes back shorter.
    reach : Reach
        Where redirects may lead, besides the host itself.
    silence : float
        Longest wait in seconds for the next piece of the answer.
    renewed : bool
        Whether the signature is to be made anew.

    Raises
    ------
    Unread, Again
    """
    url = _signed(href, renewed=renewed) if urlsplit(href).hostname == SIGNED_HOST else href
    for _ in range(REDIRECTS + 1):
        with _asked(url, span, silence) as answer:
            if answer.status not in {301, 302, 303, 307, 308}:
                return _held(answer, span, href, silence)
            url = _onward(str(answer.headers.get("Location") or ""), url, reach)
    raise Again(NO_END, once=True)


def _asked(url: str, span: Span, silence: float) -> urllib3.BaseHTTPResponse:
    """The answer to one request, its body unread."""
    import urllib3
    from urllib3 import exceptions

    headers = {"Range": f"bytes={span[0]}-{span[1] - 1}", "Accept-Encoding": "identity"}
    patience = urllib3.Timeout(connect=CONNECT_SECONDS, read=silence)
    try:
        answer: urllib3.BaseHTTPResponse = connections.ask(url, headers, patience)
    except exceptions.ReadTimeoutError as fault:
        raise Again(TOO_SLOW) from fault
    except (exceptions.SSLError, exceptions.ProxyError) as fault:
        untrusted = "certificate" in str(fault).lower()
        raise Again(NOT_TRUSTED if untrusted else NO_ANSWER, once=untrusted) from fault
    except (exceptions.HTTPError, ValueError, OSError) as fault:
        raise Again(NO_ANSWER) from fault
    return answer


def _held(
    answer: urllib3.BaseHTTPResponse, span: Span, href: str, silence: float
) -> tuple[bytes, int | None]:
    """What a final answer holds of a span, and the size of the file."""
    status = answer.status
    if status == 206:
        stop, total = _stated(answer, span)
        return _whole(answer, min(span[1], stop) - span[0], silence), total
    if status == 200:
        return _of_file(answer, span, silence), None
    answer.drain_conn()
    if status == 416:
        return b"", _beyond(answer, span)
    raise _refusal(answer, href)


def _stated(answer: urllib3.BaseHTTPResponse, span: Span) -> tuple[int, int | None]:
    """Where a part that comes ends, and the size of the file; it must be the part asked for."""
    found = CONTENT_RANGE.fullmatch(str(answer.headers.get("Content-Range") or ""))
    if found is None:
        raise Again(OTHER_PART)
    first, stop = int(found[1]), int(found[2]) + 1
    total = int(found[3]) if found[3] != "*" else None
    if first != span[0] or stop <= first or (total is not None and stop < min(span[1], total)):
        raise Again(OTHER_PART)
    return stop, total


def _of_file(answer: urllib3.BaseHTTPResponse, span: Span, silence: float) -> bytes:
    """The span out of a whole file, from a host that does not serve parts."""
    if span[0] > REQUEST_BYTES:
        raise Again(NO_PARTS)
    told = answer.headers.get("Content-Length")
    length = _number(told)
    if told is not None and length is None:
        raise Again(OTHER_PART)
    coded = str(answer.headers.get("Content-Encoding") or "identity") != "identity"
    due = span[1] if length is None or coded else min(span[1], length)
    return _whole(answer, due, silence, sure=length is not None and not coded)[span[0] :]


def _beyond(answer: urllib3.BaseHTTPResponse, span: Span) -> int:
    """The size of the file when the span starts beyond its end, as its host says (416)."""
    found = NOTHING_THERE.fullmatch(str(answer.headers.get("Content-Range") or ""))
    if found is None:
        raise Again(CUT_OFF, once=True)
    if int(found[1]) > span[0]:
        raise Again(OTHER_PART)
    return int(found[1])


def _refusal(answer: urllib3.BaseHTTPResponse, href: str) -> Again | Unread:
    """What a status other than success means."""
    status = answer.status
    if status in BUSY:
        words = REFUSES if status == 429 else BROKEN
        return Again(words, _after(answer.headers.get("Retry-After")))
    if status in {404, 410}:
        return Again(NOT_THERE, once=True)  # a store may be late in showing what it has
    if status in {401, 403}:
        signed = urlsplit(href).hostname == SIGNED_HOST
        return Again(DENIED, after=0.0) if signed else Unread(DENIED)
    return Unread(f"the host answers {status}")


def _whole(
    answer: urllib3.BaseHTTPResponse, due: int, silence: float, *, sure: bool = True
) -> bytes:
    """The first ``due`` bytes of a body; fewer only where nobody is ``sure`` of more."""
    from urllib3 import exceptions

    latest = time.monotonic() + silence + due / SLOWEST_BYTES_PER_SECOND
    pieces, held = [], 0
    try:
        while held < due and (piece := answer.read1(min(due - held, PIECE_BYTES))):
            pieces.append(piece)
            held += len(piece)
            if time.monotonic() > latest:
                raise Again(TOO_SLOW)
    except exceptions.TimeoutError as fault:
        raise Again(TOO_SLOW) from fault
    except (exceptions.HTTPError, ValueError, OSError) as fault:
        raise Again(CUT_OFF) from fault
    if sure and held < due:
        raise Again(CUT_OFF)
    if _number(answer.headers.get("Content-Length")) == held:
        answer.release_conn()  # nothing is left on it: the next request may use it
    return b"".join(pieces)[:due]


def _onward(location: str, url: str, reach: Reach) -> str:
    """Where a redirect leads, if it may."""
    same = Reach(None, (urlsplit(url).hostname or "").lower(), (*reach.allowed, reach.host))
    try:
        onward = same.locate(location, url)
    except Refused as fault:
        raise Unread(f"it leads to {fault}") from None
    if urlsplit(onward).scheme not in {"http", "https"}:
        raise Unread("it leads to a bucket")
    return onward


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and NUMBER.fullmatch(text) else None


def _after(stated: str | None) -> float | None:
    """Seconds of a ``Retry-After``, given as a number or as a date (RFC 9110, 10.2.3)."""
    from urllib3 import Retry
    from urllib3.exceptions import InvalidHeader

    try:
        return Retry().parse_retry_after(stated) if stated else None
    except (InvalidHeader, ValueError, OverflowError):
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
    except (OSError, ValueError) as fault:  # requests.RequestException is an OSError
        raise Again(NO_ANSWER) from fault
