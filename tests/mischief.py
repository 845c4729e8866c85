"""Faults of a file server, each by name, drawn per request from a seed.

``stac_api(folder, mischief=Mischief(("cut_off",), rate=1.0))`` cuts every answer off. Which request
meets which fault depends on the file, the bytes asked for and how often they were asked for, never
on the order in which threads ask.
"""

from __future__ import annotations

import gzip
import random
import socket
import struct
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from farmland.io.bands import fetch, part, rasters

Headers = dict[str, str]

CLEAN = "clean"
"""Query of an address that is always answered as it should be."""


@dataclass(frozen=True)
class Given:
    """What would be answered without a fault."""

    file: bytes
    start: int
    stop: int
    dice: random.Random
    mischief: Mischief

    @property
    def body(self) -> bytes:
        return self.file[self.start : self.stop]

    @property
    def headers(self) -> Headers:
        return stated(self.start, self.stop, len(self.file))


class Request(NamedTuple):
    """One request for bytes of a file, as the server saw it."""

    path: str
    start: int
    stop: int
    fault: str
    """``""``: answered as it should be."""


@dataclass
class Mischief:
    """Which faults, how often."""

    names: tuple[str, ...] = ()
    rate: float = 1.0
    seed: int = 0
    most: int = 10**9
    """After so many faults the server is well."""
    pause: float = 0.5
    """Seconds: longer than the silence that is borne."""
    down: bool = False
    """Nobody is there: every connection is dropped."""
    stranger: str = ""
    """Address of a server that must not be asked."""
    log: list[Request] = field(default_factory=list)
    turns: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def harmful(self) -> list[Request]:
        """Requests that were answered so that nothing could be read."""
        return [one for one in self.log if one.fault and one.fault not in HARMLESS]

    def draw(self, path: str, start: int, stop: int) -> tuple[str, random.Random]:
        """The fault of one request, or ``""``, and dice for its details."""
        with self.lock:
            self.turns[path, start, stop] += 1
            turn = self.turns[path, start, stop]
            dice = random.Random(f"{self.seed} {path} {start} {stop} {turn}")  # noqa: S311
            fault = dice.choice(self.names) if self.names and dice.random() < self.rate else ""
            fault = fault if len(self.harmful) < self.most else ""
            fault = "down" if self.down else fault
            self.log.append(Request(path, start, stop, fault))
        return fault, dice

    def serve(self, handler: BaseHTTPRequestHandler, path: Path) -> None:
        """Answer one request for a file, or meet it with a fault."""
        file = path.read_bytes()
        first, _, last = handler.headers.get("Range", "bytes=0-")[6:].partition("-")
        start, stop = int(first), min(int(last or len(file)) + 1, len(file))
        address = urlsplit(handler.path)
        if address.query == "loop":
            send(handler, 302, {"Location": handler.path})
            return
        fault, dice = "", random.Random(0)  # noqa: S311
        if address.query != CLEAN:
            fault, dice = self.draw(address.path, start, stop)
        if fault:
            {**FAULTS, "down": reset_at_once}[fault](handler, Given(file, start, stop, dice, self))
        elif start >= len(file):
            send(handler, 416, {"Content-Range": f"bytes */{len(file)}"})
        else:
            send(handler, 206, stated(start, stop, len(file)), file[start:stop])


def stated(start: int, stop: int, total: int) -> Headers:
    return {"Content-Range": f"bytes {start}-{stop - 1}/{total}"}


def send(
    handler: BaseHTTPRequestHandler,
    status: int,
    headers: Headers | None = None,
    body: bytes = b"",
    keep: int | None = None,
) -> None:
    """Answer; with ``keep`` only so many bytes of the body, then hang up."""
    handler.send_response(status, "as drawn")
    for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
        handler.send_header(key, value)
    handler.end_headers()
    handler.wfile.write(body[:keep])
    if keep is not None:
        handler.close_connection = True


def drop(handler: BaseHTTPRequestHandler) -> None:
    """Hang up with a reset instead of an end (SO_LINGER of zero seconds)."""
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try as often as for people, but wait less."""
    monkeypatch.setattr(fetch, "WAIT_SECONDS", 0.005)
    monkeypatch.setattr(fetch, "LONGEST_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(fetch, "SILENCE_SECONDS", 0.3)
    monkeypatch.setattr(fetch, "REST_SECONDS", 0.2)
    monkeypatch.setattr(fetch, "OUTAGE_SECONDS", 0.0)
    monkeypatch.setattr(fetch, "_hosts", {})
    monkeypatch.setattr(rasters, "_held", OrderedDict())
    monkeypatch.setattr(part, "SLOWEST_BYTES_PER_SECOND", 1_000_000)


Play = Callable[[BaseHTTPRequestHandler, Given], None]


def refusal(status: int, after: str = "") -> Play:
    def play(handler: BaseHTTPRequestHandler, given: Given) -> None:
        send(handler, status, {"Retry-After": after} if after else {}, b"<html>no</html>")

    return play


def redirect(where: Callable[[str, Given], str]) -> Play:
    """Lead on to ``where``, given the own host and the own path."""

    def play(handler: BaseHTTPRequestHandler, given: Given) -> None:
        path = urlsplit(handler.path).path
        own = f"//127.0.0.1:{handler.server.server_address[1]}{path}"  # type: ignore[attr-defined]
        send(handler, given.dice.choice([301, 302, 303, 307, 308]), {"Location": where(own, given)})

    return play


def busy_date(handler: BaseHTTPRequestHandler, given: Given) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
    send(handler, 429, {"Retry-After": moment})


def slow_start(handler: BaseHTTPRequestHandler, given: Given) -> None:
    time.sleep(given.mischief.pause)
    send(handler, 206, given.headers, given.body)


def dripping(handler: BaseHTTPRequestHandler, given: Given) -> None:
    send(handler, 206, {**given.headers, "Content-Length": str(len(given.body))}, b"")
    for place in range(len(given.body)):
        handler.wfile.write(given.body[place : place + 1])
        time.sleep(given.mischief.pause / 20)


def silent_middle(handler: BaseHTTPRequestHandler, given: Given) -> None:
    half = len(given.body) // 2
    send(handler, 206, {**given.headers, "Content-Length": str(len(given.body))}, given.body[:half])
    time.sleep(given.mischief.pause)
    handler.wfile.write(given.body[half:])


def cut_off(handler: BaseHTTPRequestHandler, given: Given) -> None:
    send(handler, 206, given.headers, given.body, keep=len(given.body) // 2)


def cut_off_unsaid(handler: BaseHTTPRequestHandler, given: Given) -> None:
    """Half the bytes, and a length to match."""
    send(handler, 206, given.headers, given.body[: len(given.body) // 2])


def too_long(handler: BaseHTTPRequestHandler, given: Given) -> None:
    """More than promised: what follows could be taken for the answer to the next request."""
    more = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"
    length = {"Content-Length": str(len(given.body))}
    send(handler, 206, {**given.headers, **length}, given.body + more)


def too_much(handler: BaseHTTPRequestHandler, given: Given) -> None:
    """More than asked for, and said so."""
    total, stop = len(given.file), min(given.stop + 1000, len(given.file))
    send(handler, 206, stated(given.start, stop, total), given.file[given.start : stop])


def too_little(handler: BaseHTTPRequestHandler, given: Given) -> None:
    """Less than asked for, and said so."""
    stop = given.start + max(1, (given.stop - given.start) // 2)
    send(
        handler,
        206,
        stated(given.start, stop, len(given.file)),
        given.file[given.start : stop],
    )


def reset(handler: BaseHTTPRequestHandler, given: Given) -> None:
    send(handler, 206, given.headers, given.body, keep=len(given.body) // 2)
    drop(handler)


def reset_at_once(handler: BaseHTTPRequestHandler, given: Given) -> None:
    drop(handler)


def flipped(handler: BaseHTTPRequestHandler, given: Given) -> None:
    """One bit: of the directory when the head is asked for, else of a tile."""
    body = bytearray(given.body)
    place = given.dice.randrange(min(len(body), 600) if given.start == 0 else len(body))
    body[place] ^= 1 << given.dice.randrange(8)
    send(handler, 206, given.headers, bytes(body))


def garbled(handler: BaseHTTPRequestHandler, given: Given) -> None:
    send(handler, 206, given.headers, given.dice.randbytes(len(given.body)))


def zeros(handler: BaseHTTPRequestHandler, given: Given) -> None:
    send(handler, 206, given.headers, bytes(len(given.body)))


def whole(handler: BaseHTTPRequestHandler, given: Given) -> None:
    send(handler, 200, {}, given.file)


def wrong_part(handler: BaseHTTPRequestHandler, given: Given) -> None:
    start = 100 if given.start == 0 else given.start // 2
    stop = min(start + given.stop - given.start, len(given.file))
    send(handler, 206, stated(start, stop, len(given.file)), given.file[start:stop])


def wrong_part_unsaid(handler: BaseHTTPRequestHandler, given: Given) -> None:
    send(handler, 206, {}, given.body[::-1])


def odd_numbers(handler: BaseHTTPRequestHandler, given: Given) -> None:
    """What ``str.isdigit`` takes for numbers and ``int`` does not."""
    number = given.dice.choice(["\xb2", "9" * 5000, "-1", "1e3", ""])
    headers = {"Content-Range": f"bytes {number}-{number}/{number}", "Retry-After": number}
    status = given.dice.choice([200, 206, 416, 429])
    send(handler, status, {**headers, "Content-Length": number}, given.body, keep=10)


def beyond(handler: BaseHTTPRequestHandler, given: Given) -> None:
    send(handler, 416, {"Content-Range": f"bytes */{len(given.file)}"})


def packed(handler: BaseHTTPRequestHandler, given: Given) -> None:
    """Packed though it was not asked for."""
    send(handler, 206, {**given.headers, "Content-Encoding": "gzip"}, gzip.compress(given.body))


def packed_badly(handler: BaseHTTPRequestHandler, given: Given) -> None:
    send(handler, 206, {**given.headers, "Content-Encoding": "gzip"}, given.body)


def babble(handler: BaseHTTPRequestHandler, given: Given) -> None:
    """No HTTP at all."""
    handler.wfile.write(given.dice.randbytes(200) + b"\r\n\r\n")
    handler.close_connection = True


FAULTS: dict[str, Play] = {
    "busy": refusal(429, "0"),
    "busy_date": busy_date,
    "busy_for_years": refusal(429, "999999999"),
    "busy_beyond_numbers": refusal(503, "9" * 5000),
    "busy_beyond_dates": refusal(503, "Mon, 01 Jan 99999 00:00:00 GMT"),
    "busy_in_words": refusal(429, "later"),
    "broken_500": refusal(500),
    "broken_502": refusal(502),
    "broken_503": refusal(503),
    "broken_504": refusal(504),
    "slow_start": slow_start,
    "silent_middle": silent_middle,
    "dripping": dripping,
    "cut_off": cut_off,
    "cut_off_unsaid": cut_off_unsaid,
    "too_long": too_long,
    "too_much": too_much,
    "too_little": too_little,
    "reset": reset,
    "reset_at_once": reset_at_once,
    "flipped": flipped,
    "garbled": garbled,
    "zeros": zeros,
    "whole": whole,
    "wrong_part": wrong_part,
    "wrong_part_unsaid": wrong_part_unsaid,
    "odd_numbers": odd_numbers,
    "beyond": beyond,
    "missing": refusal(404),
    "gone": refusal(410),
    "forbidden": refusal(403),
    "teapot": refusal(418),
    "packed": packed,
    "packed_badly": packed_badly,
    "babble": babble,
    "onward": redirect(lambda own, given: f"{urlsplit(own).path}?{CLEAN}"),
    "onward_absolute": redirect(lambda own, given: f"http:{own}?{CLEAN}"),
    "to_stranger": redirect(lambda own, given: f"{given.mischief.stranger}/assets/x.tif"),
    "to_file": redirect(lambda own, given: "file:///etc/hostname"),
    "to_link_local": redirect(lambda own, given: "http://169.254.169.254/latest/meta-data"),
    "to_bucket": redirect(lambda own, given: "s3://sentinel-cogs/x.tif"),
    "to_nowhere": redirect(lambda own, given: ""),
    "to_odd_address": redirect(lambda own, given: "http://[::1/x.tif"),
    "in_a_loop": redirect(lambda own, given: f"{urlsplit(own).path}?loop"),
    "to_tls": redirect(lambda own, given: f"https:{own}"),
}
"""All faults of a file server, by name."""

HARMLESS = frozenset({"too_long", "too_much", "whole", "packed", "onward", "onward_absolute"})
"""Oddities through which the right bytes come."""

FINAL = frozenset(
    {"forbidden", "teapot", "to_stranger", "to_file", "to_link_local", "to_bucket", "to_nowhere"}
    | {"to_odd_address"}
)
"""Answers that are not asked for a second time."""
