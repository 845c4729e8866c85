"""Bytes of files, from disk or over HTTP: only the spans asked for, with a bounded patience.

GDAL reads files over HTTP too, but follows a redirect to any host, ignores ``Retry-After`` and
can't renew a signature; a file named by a stranger is fetched here.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from farmland.io.bands import part
from farmland.io.bands.part import (
    CUT_OFF,
    DENIED,
    NO_ANSWER,
    NO_PARTS,
    NOT_THERE,
    OF_HOST,
    REQUEST_BYTES,
    SIGNED_HOST,
    Again,
    Span,
    Unread,
)
from farmland.io.hosts import Reach

__all__ = [
    "CUT_OFF",
    "NOT_THERE",
    "NO_ANSWER",
    "OF_HOST",
    "SIGNED_HOST",
    "Span",
    "Unread",
    "is_remote",
    "merged",
    "size",
    "spans",
]

ANYWHERE_KNOWN = Reach(None)
"""Redirects may lead to the host itself and to known hosts."""

ATTEMPTS, WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5, 0.5, 30.0
"""Tries of one request; the first wait, which doubles; no ``Retry-After`` is followed longer."""

PATIENCE, REST_SECONDS = 4, 20.0
"""Requests to a host that may fail in a row; after that it is asked once in so many seconds until
it answers, so that a dead host costs a run minutes, not days."""

OUTAGE_SECONDS = 60.0
"""How long a host may serve nobody before what is wanted of it stays unread."""

SILENCE_SECONDS = 20.0
"""Longest wait for the next piece of an answer."""

GAP_BYTES = 16_384
"""Spans this near are fetched in one request: a round trip costs more than the bytes between."""


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
    if not is_remote(href):
        return _from_disk(href, wanted)
    return _cut(wanted, [(span, _patiently(href, span, reach)[0]) for span in merged(wanted)])


def is_remote(href: str) -> bool:
    """Whether a file is asked for over HTTP."""
    return href[:8].lower().startswith(("http://", "https://"))


def size(href: str, reach: Reach = ANYWHERE_KNOWN) -> int:
    """Bytes of a remote file.

    Raises
    ------
    Unread
        As :func:`spans`, or when the host does not tell.
    """
    _, total = _patiently(href, (0, 1), reach)
    if total is None:
        raise Unread(NO_PARTS)
    return total


def merged(wanted: Sequence[Span]) -> list[Span]:
    """The requests that cover spans: near ones together, ascending, none too large."""
    runs: list[Span] = []
    for start, stop in sorted(span for span in wanted if span[0] < span[1]):
        if runs and start - runs[-1][1] <= GAP_BYTES:
            runs[-1] = runs[-1][0], max(runs[-1][1], stop)
        else:
            runs.append((start, stop))
    return [
        (first, min(first + REQUEST_BYTES, stop))
        for start, stop in runs
        for first in range(start, stop, REQUEST_BYTES)
    ]


def _cut(wanted: Sequence[Span], fetched: Sequence[tuple[Span, bytes]]) -> list[bytes]:
    """The spans asked for, out of those fetched, which ascend."""
    return [
        b"".join(
            data[max(start - first, 0) : stop - first]
            for (first, last), data in fetched
            if first < stop and start < last
        )
        for start, stop in wanted
    ]


def _from_disk(path: str, wanted: Sequence[Span]) -> list[bytes]:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Unread(NOT_THERE) from None
    except OSError as fault:
        raise Unread(DENIED) from fault
    try:
        return [os.pread(file, stop - start, start) for start, stop in wanted]
    except OSError as fault:
        raise Unread("the disk can't be read") from fault
    finally:
        os.close(file)


class _Host:
    """How a host has answered lately, told by many threads."""

    def __init__(self) -> None:
        self.failures, self.reason = 0, NO_ANSWER
        self.heard = self.silent_since = self.rest_until = 0.0
        self.lock = threading.Lock()

    def demand(self) -> int:
        """Tries that the next request gets, once the host has rested; raises when given up."""
        while True:
            with self.lock:
                now = time.monotonic()
                if self.failures < PATIENCE:
                    return ATTEMPTS
                if now >= self.rest_until:
                    self.rest_until = now + REST_SECONDS
                    return 1
                if now - self.silent_since >= OUTAGE_SECONDS:
                    raise Unread(self.reason)
                pause = min(self.rest_until - now, 1.0)
            time.sleep(pause)

    def failed(self, fault: Again) -> bool:
        """Remember a request that failed; whether it may be an outage that is to be waited for.

        It is one when nobody got anything from the host since the wait before the last try.
        """
        with self.lock:
            now = time.monotonic()
            self.silent_since = self.silent_since if self.failures else now
            self.failures += 1
            self.rest_until = now + REST_SECONDS
            self.reason = fault.reason
            short = now - self.silent_since < OUTAGE_SECONDS
            return fault.reason in OF_HOST and self.heard < fault.since and short

    def answered(self) -> None:
        """Remember a request that the host answered as it should."""
        with self.lock:
            self.failures, self.heard = 0, time.monotonic()


_hosts: dict[str, _Host] = {}


def _patiently(href: str, span: Span, reach: Reach) -> tuple[bytes, int | None]:
    """Bytes of one request, and of the file if that is told; an outage of the host is sat out."""
    host = _hosts.setdefault(urlsplit(href).netloc, _Host())
    while True:
        attempts = host.demand()
        try:
            answer = _tried(href, span, reach, attempts)
        except Again as fault:
            if fault.once:
                host.answered()
            elif host.failed(fault):
                continue
            raise Unread(fault.reason) from fault
        except Unread:
            host.answered()
            raise
        host.answered()
        return answer


def _tried(href: str, span: Span, reach: Reach, attempts: int) -> tuple[bytes, int | None]:
    """One request, tried a bounded number of times."""
    wait, renewed, attempt = WAIT_SECONDS, False, 1
    since = time.monotonic()
    while True:
        try:
            return part.fetched(href, span, reach, SILENCE_SECONDS, renewed=renewed)
        except Again as fault:
            if attempt == attempts or (fault.once and attempt > 1):
                fault.since = since
                raise
            since, renewed = time.monotonic(), fault.reason == DENIED
            time.sleep(min(LONGEST_WAIT_SECONDS, max(wait, fault.after or 0.0)))
            wait, attempt = wait * 2, attempt + 1
