"""Real servers on loopback: a STAC API over a folder, one over recorded answers, and their faults.

``with stac_api(folder) as api: find(api.url, ...)`` serves a static catalog as a STAC API with
paging, and its files with byte ranges. ``with recorded_api(shared, "earthsearch_v1") as api``
answers what a provider was recorded to answer, page by page; where nobody asked while it was
recorded, from the union of all its answers. Faults are given by name::

    stac_api(folder, busy=2)             # the first two catalog requests: 429 and Retry-After
    stac_api(folder, asset_missing=("red.tif",))

Every request is kept in ``api.log``.
"""

from __future__ import annotations

import copy
import gzip
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import shapely
from mischief import Mischief
from shapely.geometry import box, shape

Json = dict[str, Any]

CONFORMS = [
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/item-search#query",
]


@dataclass(frozen=True)
class Faults:
    """What goes wrong; counts are of requests from the first on, each fault counted by itself."""

    busy: int = 0
    """Catalog requests answered 429 with ``retry_after``."""
    retry_after: str = "0"
    broken: int = 0
    """Catalog requests answered 500."""
    truncated: int = 0
    """Catalog answers of which half the JSON is sent, as if it were whole."""
    cut: int = 0
    """Catalog answers of which half the promised bytes are sent."""
    slow: float = 0.0
    """Seconds before each catalog answer."""
    dripping: float = 0.0
    """Seconds between two bytes of each catalog answer."""
    chunked: bool = False
    """Catalog answers come in pieces, compressed, without their length."""
    status: int = 0
    """Every catalog request is answered so."""
    html: bool = False
    """The catalog is a web page."""
    repeating: bool = False
    """Every page links to itself as the next, with an item of the page before on it."""
    endless: bool = False
    """Every page links to a next one, with the same items under other ids."""
    expired: int = 0
    """Requests of a later page answered 400, as when the page token is forgotten."""
    garbage: str = ""
    """What every search is answered."""
    redirect: str = ""
    """Where every catalog request is sent on to; ``{path}`` stands for its path."""
    redirect_status: int = 307
    asset_busy: int = 0
    asset_broken: int = 0
    asset_cut: int = 0
    asset_slow: float = 0.0
    asset_missing: tuple[str, ...] = ()
    """Endings of the names of files answered 404."""
    asset_flipped: tuple[str, ...] = ()
    """Endings of the names of files whose bytes past the first 2,000 come flipped."""
    asset_failing: tuple[str, ...] = ()
    """Endings of the names of files answered 500 every time."""


@dataclass(frozen=True)
class Exchange:
    """A recorded request and its answer; addresses are relative to the landing page."""

    method: str
    """``"*"``: whatever is asked there."""
    address: str
    """Path and query."""
    wanted: Json
    """Body of the request."""
    status: int
    body: Any

    def answers(self, method: str, address: str, wanted: Json) -> bool:
        """Whether a request is this one; how many items it wants at once does not count."""
        own = {**wanted, "limit": self.wanted.get("limit", wanted.get("limit"))}
        if "limit" not in self.wanted:
            own.pop("limit")
        if "datetime" in own:
            own["datetime"] = own["datetime"].replace(".999Z", "Z")
        if self.method == "*":
            return address == self.address
        same = (method, unquote(address)) == (self.method, unquote(self.address))
        return same and own == self.wanted


@dataclass
class Api:
    """A running server."""

    url: str = ""
    folder: Path | None = None
    items: list[Json] = field(default_factory=list)
    collections: list[str] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    mischief: Mischief | None = None
    """What happens to requests for files, at random."""
    page_items: int = 10
    eager: bool = False
    """Whether the last page too links to a next one, which is empty, as Earth Search does."""
    log: list[tuple[str, str, int, int]] = field(default_factory=list)
    """Method, path, status and bytes of every answer."""
    exchanges: list[Exchange] = field(default_factory=list)
    """Recorded requests and answers, given before anything is made up."""
    replayed: list[Exchange] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def first(self, fault: str) -> bool:
        """Whether this request is among the first so many that meet the fault."""
        with self.lock:
            self.counts[fault] = self.counts.get(fault, 0) + 1
            return self.counts[fault] <= getattr(self.faults, fault)

    def asked(self, part: str) -> int:
        """How many requests had ``part`` in their path."""
        return sum(part in path for _, path, _, _ in self.log)

    def landing(self) -> Json:
        return {
            "type": "Catalog",
            "id": "loopback",
            "description": "loopback",
            "stac_version": "1.0.0",
            "conformsTo": CONFORMS,
            "links": [
                {"rel": "self", "href": self.url, "type": "application/json"},
                {"rel": "root", "href": self.url, "type": "application/json"},
                {"rel": "data", "href": f"{self.url}/collections", "type": "application/json"},
                *(
                    {
                        "rel": "search",
                        "href": f"{self.url}/search",
                        "type": "application/geo+json",
                        "method": method,
                    }
                    for method in ("GET", "POST")
                ),
            ],
        }

    def search(self, wanted: Json) -> Json:
        """One page of the items that meet a search."""
        found = [item for item in self.items if _meets(item, wanted)]
        start = int(wanted.get("next") or 0)
        if self.faults.endless:
            return self.endless(found, start, wanted)
        end = start + min(int(wanted.get("limit") or self.page_items), self.page_items)
        page, links = found[max(0, start - self.faults.repeating) : end], []
        more = end < len(found) or (self.eager and page) or self.faults.repeating
        if more:
            token = start if self.faults.repeating and end >= len(found) else end
            body = {**wanted, "next": str(token)}
            links.append(
                {"rel": "next", "method": "POST", "href": f"{self.url}/search", "body": body}
            )
        return {"type": "FeatureCollection", "features": page, "links": links}

    def endless(self, found: list[Json], number: int, wanted: Json) -> Json:
        """The page of that number of a search without end."""
        body = {**wanted, "next": str(number + 1)}
        return {
            "type": "FeatureCollection",
            "features": [{**item, "id": f"{item['id']}-{number}"} for item in found[:2]],
            "links": [
                {"rel": "next", "method": "POST", "href": f"{self.url}/search", "body": body}
            ],
        }


def _meets(item: Json, wanted: Mapping[str, Any]) -> bool:
    properties = item["properties"]
    if wanted.get("collections") and item.get("collection") not in wanted["collections"]:
        return False
    if wanted.get("ids") and item["id"] not in wanted["ids"]:
        return False
    if wanted.get("bbox") and not shape(item["geometry"]).intersects(box(*wanted["bbox"])):
        return False
    if wanted.get("intersects") and not shape(item["geometry"]).intersects(
        shape(wanted["intersects"])
    ):
        return False
    if wanted.get("datetime"):
        first, _, last = wanted["datetime"].partition("/")
        moment = _moment(properties["datetime"])
        if not (_moment(first) <= moment <= _moment(last or first)):
            return False
    tests = {"lt": float.__lt__, "lte": float.__le__, "gt": float.__gt__, "gte": float.__ge__}
    for key, conditions in (wanted.get("query") or {}).items():
        for operator, value in conditions.items():
            held = properties.get(key)
            if operator == "eq" and held != value:
                return False
            if operator in tests and (held is None or not tests[operator](float(held), value)):
                return False
    return True


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    body: Json

    def do_GET(self) -> None:
        self.body = {}
        path = urlsplit(self.path).path
        if path.startswith("/assets/"):
            self._asset(unquote(path.removeprefix("/assets/")))
        else:
            self._catalog(path.rstrip("/"), _of_query(self.path))

    do_HEAD = do_GET  # noqa: N815  # http.server names it

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = json.loads(self.rfile.read(length) or b"{}")
        self._catalog(urlsplit(self.path).path, self.body)

    def _catalog(self, path: str, wanted: Json) -> None:
        api, faults = self.server.api, self.server.api.faults
        time.sleep(faults.slow)
        if faults.status:
            self._send(faults.status, b'{"code": "no"}')
        elif api.first("busy"):
            self._send(429, b"{}", {"Retry-After": faults.retry_after})
        elif api.first("broken"):
            self._send(500, b"<html>")
        elif faults.redirect:
            where = faults.redirect.replace("{path}", self.path)
            self._send(faults.redirect_status, b"", {"Location": where})
        elif wanted.get("next") and api.first("expired"):
            self._send(400, b'{"code": "BadRequest", "description": "token expired"}')
        elif faults.garbage and path == "/search":
            self._send(200, faults.garbage.encode())
        elif faults.html:
            self._send(200, b"<!DOCTYPE html><html><body>welcome</body></html>")
        else:
            self._answer(path, wanted)

    def _answer(self, path: str, wanted: Json) -> None:
        api = self.server.api
        asked = (self.command, self.path if self.path != "/" else "", self.body)
        for exchange in api.exchanges:
            if exchange.answers(*asked):
                api.replayed.append(exchange)
                self._send(exchange.status, json.dumps(exchange.body).encode())
                return
        collections = [{"id": name, "type": "Collection"} for name in api.collections]
        document: Json | None = None
        if path == "":
            document = api.landing()
        elif path == "/collections":
            document = {"collections": collections, "links": []}
        elif path == "/search":
            document = api.search(wanted)
        if document is None:
            self._send(404, b'{"code": "NotFound", "description": "Not Found"}')
            return
        body = json.dumps(document).encode()
        if api.first("truncated"):
            self._send(200, body[: len(body) // 2])
        elif api.first("cut"):
            self._send(200, body, keep=0.5)
        else:
            self._send(200, body)

    def _asset(self, name: str) -> None:
        api, faults = self.server.api, self.server.api.faults
        time.sleep(faults.asset_slow)
        path = (api.folder or Path()) / name
        if api.mischief is not None and path.is_file():
            api.mischief.serve(self, path)
        elif name.endswith(faults.asset_missing or ("\0",)) or not path.is_file():
            self._send(404, b"not found")
        elif name.endswith(faults.asset_failing or ("\0",)) or api.first("asset_broken"):
            self._send(500, b"broken")
        elif api.first("asset_busy"):
            self._send(429, b"", {"Retry-After": faults.retry_after})
        else:
            self._bytes(path, flipped=name.endswith(faults.asset_flipped or ("\0",)))

    def _bytes(self, path: Path, *, flipped: bool) -> None:
        data = path.read_bytes()
        if flipped:
            data = data[:2000] + bytes(byte ^ 0xFF for byte in data[2000:])
        total, status, headers = len(data), 200, {"Accept-Ranges": "bytes"}
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes="):
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last or total - 1), total - 1)
            if start >= total:
                self._send(416, b"", {"Content-Range": f"bytes */{total}"})
                return
            data, status = data[start : end + 1], 206
            headers["Content-Range"] = f"bytes {start}-{end}/{total}"
        self._send(status, data, headers, keep=0.5 if self.server.api.first("asset_cut") else 1.0)

    def _send(
        self,
        status: int,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        keep: float = 1.0,
    ) -> None:
        faults, of_catalog = self.server.api.faults, not self.path.startswith("/assets/")
        if of_catalog and faults.chunked:
            self._send_pieces(status, gzip.compress(body), headers or {})
            return
        sent = 0 if self.command == "HEAD" else round(len(body) * keep)
        self.server.api.log.append((self.command, self.path, status, sent))
        self.send_response(status, HTTPStatus(status).phrase)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if of_catalog and faults.dripping:
            for start in range(sent):
                self.wfile.write(body[start : start + 1])
                time.sleep(faults.dripping)
        else:
            self.wfile.write(body[:sent])
        if keep < 1:
            self.close_connection = True

    def _send_pieces(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """An answer as proxies send it: compressed, and without its length."""
        self.server.api.log.append((self.command, self.path, status, len(body)))
        self.send_response(status, HTTPStatus(status).phrase)
        pieces = {"Transfer-Encoding": "chunked", "Content-Encoding": "gzip"}
        for key, value in {**headers, **pieces}.items():
            self.send_header(key, value)
        self.end_headers()
        for start in range(0, len(body), 700):
            piece = body[start : start + 700]
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    api: Api

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


def _of_query(path: str) -> Json:
    asked: Json = {key: values[0] for key, values in parse_qs(urlsplit(path).query).items()}
    for key in ("collections", "ids"):
        if key in asked:
            asked[key] = asked[key].split(",")
    if "bbox" in asked:
        asked["bbox"] = [float(edge) for edge in asked["bbox"].split(",")]
    return asked


@contextmanager
def _running(api: Api) -> Iterator[Api]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.api = api
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def stac_api(
    folder: Path, *, page_items: int = 10, mischief: Mischief | None = None, **faults: Any
) -> Iterator[Api]:
    """Serve a static catalog as a STAC API, its files with byte ranges; faults: :class:`Faults`."""
    api = Api(folder=folder, mischief=mischief, page_items=page_items, faults=Faults(**faults))
    with _running(api):
        for path in sorted(folder.rglob("*.json")):
            document = json.loads(path.read_text("utf-8"))
            if document.get("type") == "Collection":
                api.collections.append(document["id"])
            elif document.get("type") == "Feature":
                api.items.append(_served(document, path, api))
        for item in api.items:
            item["collection"] = item.get("collection") or api.collections[0]
        yield api


def _served(item: Json, path: Path, api: Api) -> Json:
    """An item whose files are found on the server."""
    served = copy.deepcopy(item)
    for asset in served["assets"].values():
        file = (path.parent / asset["href"]).resolve()
        asset["href"] = f"{api.url}/assets/{file.relative_to((api.folder or path).resolve())}"
    return served


@contextmanager
def recorded_api(shared: Path, provider: str, **faults: Any) -> Iterator[Api]:
    """What a provider was recorded to answer: ``earthsearch_v1``, ``cdse_v1`` and so on."""
    recorded = recording(shared, provider)
    found: dict[str, Json] = {}
    collections: set[str] = set()
    for exchange in recorded:
        body = exchange.body
        features = body.get("features") or ([body] if body.get("type") == "Feature" else [])
        found.update({item["id"]: item for item in features if item.get("geometry")})
        if urlsplit(exchange.address).path == "/collections":
            collections |= {entry["id"] for entry in body.get("collections") or []}
    api = Api(
        items=sorted(found.values(), key=lambda item: item["id"], reverse=True),
        collections=sorted(collections),
        faults=Faults(**faults),
        eager=provider.startswith("earthsearch"),
    )
    with _running(api):
        api.exchanges = recording(shared, provider, api.url)
        yield api


LANDINGS = {
    "earthsearch_v1": "https://earth-search.aws.element84.com/v1",
    "earthsearch_v0": "https://earth-search.aws.element84.com/v0",
    "cdse_v1": "https://stac.dataspace.copernicus.eu/v1",
    "planetary_computer_v1": "https://planetarycomputer.microsoft.com/api/stac/v1",
}


def recording(shared: Path, provider: str, url: str = "") -> list[Exchange]:
    """Exchanges of a provider as if its landing page had been ``url``."""
    data = gzip.decompress((shared / f"data/stac/recorded/{provider}.jsonl.gz").read_bytes())
    landing = LANDINGS[provider]
    lines = data.decode().replace(landing, url or landing).splitlines()
    return [
        Exchange(
            method=request["method"],
            address=request["uri"].removeprefix(url or landing).removesuffix("/"),
            wanted=request.get("body") or {},
            status=response["status"],
            body=response["body"],
        )
        for request, response in (
            (exchange["request"], exchange["response"]) for exchange in map(json.loads, lines)
        )
    ]


def area_of(items: list[Json]) -> tuple[float, float, float, float]:
    """The box of all items, in degrees."""
    west, south, east, north = shapely.total_bounds([shape(item["geometry"]) for item in items])
    return float(west), float(south), float(east), float(north)
