"""Catalog documents over HTTP: bounded patience, bounded reach, every failure one sentence."""

from __future__ import annotations

import json
import time
from io import BytesIO
from typing import Any

from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from requests import PreparedRequest, Response, Session, Timeout, TooManyRedirects
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util.retry import Retry

from farmland.errors import Unreachable, UnusableInput
from farmland.io.hosts import Reach, Refused

TIMEOUT_SECONDS = (10.0, 60.0)
"""For the connection, and for the silence between two pieces of an answer."""

LONGEST_ANSWER_SECONDS, LARGEST_ANSWER_BYTES = 300.0, 512 * 1024**2
"""An answer that takes longer, however steadily it drips, or is larger is given up."""

ATTEMPTS, BACKOFF_SECONDS, LONGEST_WAIT_SECONDS = 5, 0.5, 30.0
"""Tries of one request; waits double from the second on; no ``Retry-After`` is followed longer."""

BUSY = (429, 500, 502, 503, 504)
"""Statuses after which the same request may succeed."""


MOST_REDIRECTS = 5
"""Redirects of one request that are followed."""


class Rejected(Unreachable):
    """The catalog calls the request itself wrong (HTTP 4xx), as once a page token has expired."""


class _Patience(Retry):
    """Retries that follow ``Retry-After``, but never longer than the longest wait."""

    def parse_retry_after(self, retry_after: str) -> float:
        try:
            return min(LONGEST_WAIT_SECONDS, super().parse_retry_after(retry_after))
        except (InvalidHeader, ValueError):  # the latter for more digits than a number may have
            return 0.0  # says nothing: the waits between tries double as they do without it


class _Session(Session):
    """Repeats a redirected request as it was, and only where it may go.

    A search stays a search: turned into a GET without a body, as browsers do with 301 and 302
    (RFC 9110, section 15.4), it would ask for everything a catalog holds.
    """

    def __init__(self, reach: Reach) -> None:
        super().__init__()
        self.reach = reach

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        options |= {"allow_redirects": False, "stream": True}
        for _ in range(MOST_REDIRECTS + 1):
            response = super().send(request, **options)
            response.raw = BytesIO(_whole(response))
            location = self.get_redirect_target(response)
            if location is None:
                return response
            target = self.reach.locate(location, request.url or "")
            request = request.copy()
            request.prepare_url(target, None)
            options["proxies"] = self.rebuild_proxies(request, options.get("proxies"))
        raise TooManyRedirects


def _whole(response: Response) -> bytes:
    """The body of an answer, given up when it has no end.

    Raises
    ------
    Timeout
        When it takes or holds too much.
    """
    latest = time.monotonic() + LONGEST_ANSWER_SECONDS
    body = bytearray()
    with response:
        while piece := response.raw.read1(1 << 16, decode_content=True):
            body += piece
            if time.monotonic() > latest or len(body) > LARGEST_ANSWER_BYTES:
                raise Timeout("timed out: the answer has no end")
    return bytes(body)


class Web(StacApiIO):  # type: ignore[misc]  # pystac-client is not typed
    """Reads JSON documents of one catalog; usable as the ``stac_io`` of pystac-client.

    Parameters
    ----------
    catalog : str
        Name of the catalog, for the sentences.
    reach : Reach
        The hosts that may be asked; links of a document to another host are not followed.
    """

    def __init__(self, catalog: str, reach: Reach) -> None:
        patience = _Patience(
            total=ATTEMPTS - 1,
            backoff_factor=BACKOFF_SECONDS,
            backoff_max=LONGEST_WAIT_SECONDS,
            status_forcelist=BUSY,
            allowed_methods=None,
            raise_on_status=False,
        )
        super().__init__(timeout=TIMEOUT_SECONDS, max_retries=None)
        self.catalog, self.reach = catalog, reach
        self.session = _Session(reach)
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=patience))

    def document(self, url: str) -> dict[str, Any]:
        """Return the JSON object at ``url``.

        Raises
        ------
        Unreachable
            When the host does not answer, answers with an error, or cuts its answers off.
        UnusableInput
            When what it answers is no JSON object.
        """
        loaded = json.loads(self.request(url))
        if not isinstance(loaded, dict):
            raise no_stac(self.catalog)
        return loaded

    def close(self) -> None:
        """Close the connections."""
        self.session.close()

    def request(self, href: str, *args: Any, **kwargs: Any) -> str:
        """Answer of one request as text that is whole JSON; see :meth:`document`."""
        try:
            self.reach.locate(href, href)
        except Refused as fault:
            raise _not_there(self.catalog, fault) from None
        for _ in range(ATTEMPTS):
            text = self._answer(href, *args, **kwargs)
            try:
                json.loads(text)
            except (ValueError, RecursionError):
                continue
            return text
        if text.lstrip()[:1] in {"", "{", "["}:
            raise _unreachable(self.catalog, "its answers are cut off", "返回内容不完整")
        raise no_stac(self.catalog)

    def _answer(self, href: str, *args: Any, **kwargs: Any) -> str:
        """Text of an answer, ``""`` when fewer bytes came than were promised."""
        try:
            return str(super().request(href, *args, **kwargs))
        except APIError as fault:
            cause = fault.__context__
            if isinstance(cause, Refused):
                raise _not_there(self.catalog, cause) from fault
            if "IncompleteRead" in str(fault):
                return ""
            status = getattr(fault, "status_code", None)
            wrong = status is not None and 400 <= status < 500 and status != 429  # RFC 9110, 15.5
            kind = Rejected if wrong else Unreachable
            raise _unreachable(self.catalog, *_reason(status, fault), kind) from fault


def no_stac(catalog: str) -> UnusableInput:
    """The sentence for an address or a file that holds something else."""
    return UnusableInput(
        f"{catalog} is no STAC catalog: give a STAC API, a catalog.json, a folder of items or a "
        "stac-geoparquet file.",
        f"{catalog} 不是 STAC 目录：请给出 STAC API、catalog.json、条目文件夹或 "
        "stac-geoparquet 文件。",
    )


def _reason(status: int | None, fault: APIError) -> tuple[str, str]:
    """Why there is no answer, in a few words of both languages."""
    if status == 429:  # Too Many Requests (RFC 6585, section 4)
        return "it refuses more requests for now (429)", "请求过多（429）"
    if status is not None:
        return f"it answers with error {status}", f"返回错误 {status}"
    if isinstance(fault.__context__, TooManyRedirects):
        return "it redirects without end", "重定向过多"
    if "timed out" in str(fault).lower():
        return "it does not answer in time", "响应超时"
    return "no answer", "没有响应"


def _not_there(catalog: str, refused: Refused) -> UnusableInput:
    """The sentence for an address a catalog leads to, but may not."""
    where = refused.words
    if refused.host:
        return UnusableInput(
            f"The catalog {catalog} leads to {where.en}, which may not be asked: allow it with "
            f"--allow-host {refused.host}.",
            f"目录 {catalog} 指向{where.zh}，不允许访问：请用 --allow-host {refused.host} 允许。",
        )
    return UnusableInput(
        f"The catalog {catalog} leads to {where.en}, which may not be read: give another one with "
        "--catalog.",
        f"目录 {catalog} 指向{where.zh}，不允许读取：请用 --catalog 指定其他目录。",
    )


def _unreachable(
    catalog: str, why: str, why_zh: str, kind: type[Unreachable] = Unreachable
) -> Unreachable:
    return kind(
        f"The catalog {catalog} could not be asked ({why}): try again later, or give another one "
        "with --catalog.",
        f"无法访问目录 {catalog}（{why_zh}）：请稍后再试，或用 --catalog 指定其他目录。",
    )
