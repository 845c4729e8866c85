"""Catalog documents over HTTP: bounded patience, bounded reach, every failure one sentence."""

from __future__ import annotations

import json
from typing import Any

from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from urllib3.util.retry import Retry

from farmland.errors import Unreachable, UnusableInput
from farmland.io.hosts import Reach, Refused

TIMEOUT_SECONDS = (10.0, 60.0)
"""For the connection, and for the silence between two pieces of an answer."""

ATTEMPTS, BACKOFF_SECONDS, LONGEST_WAIT_SECONDS = 5, 0.5, 30.0
"""Tries of one request; waits double from the second on; no ``Retry-After`` is followed longer."""

BUSY = (429, 500, 502, 503, 504)
"""Statuses after which the same request may succeed."""


class _Patience(Retry):
    """Retries that follow ``Retry-After``, but never longer than the longest wait."""

    def parse_retry_after(self, retry_after: str) -> float:
        return min(LONGEST_WAIT_SECONDS, super().parse_retry_after(retry_after))


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
        super().__init__(timeout=TIMEOUT_SECONDS, max_retries=patience)
        self.catalog, self.reach = catalog, reach

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
            raise UnusableInput(
                f"The catalog {self.catalog} leads to {fault}, which may not be asked: allow it "
                "with --allow-host.",
                f"目录 {self.catalog} 指向{fault}，不允许访问：请用 --allow-host 允许该主机。",
            ) from None
        for _ in range(ATTEMPTS):
            text = self._answer(href, *args, **kwargs)
            try:
                json.loads(text)
            except ValueError:
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
            status = getattr(fault, "status_code", None)
            if status == 429:  # HTTP 429 Too Many Requests
                raise _unreachable(
                    self.catalog, "it refuses more requests for now (429)", "请求过多（429）"
                ) from fault
            if status is not None:
                raise _unreachable(
                    self.catalog, f"it answers with error {status}", f"返回错误 {status}"
                ) from fault
            if "IncompleteRead" in str(fault):
                return ""
            slow = "timed out" in str(fault).lower()
            why = ("it does not answer in time", "响应超时") if slow else ("no answer", "没有响应")
            raise _unreachable(self.catalog, *why) from fault


def no_stac(catalog: str) -> UnusableInput:
    """The sentence for an address or a file that holds something else."""
    return UnusableInput(
        f"{catalog} is no STAC catalog: give a STAC API, a catalog.json, a folder of items or a "
        "stac-geoparquet file.",
        f"{catalog} 不是 STAC 目录：请给出 STAC API、catalog.json、条目文件夹或 "
        "stac-geoparquet 文件。",
    )


def _unreachable(catalog: str, why: str, why_zh: str) -> Unreachable:
    return Unreachable(
        f"The catalog {catalog} could not be asked ({why}): try again later, or give another one "
        "with --catalog.",
        f"无法访问目录 {catalog}（{why_zh}）：请稍后再试，或用 --catalog 指定其他目录。",
    )
