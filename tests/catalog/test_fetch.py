"""Bytes of files: the right ones or a few fixed words, in bounded time, from nobody else."""

from __future__ import annotations

import logging
import random
import ssl
import subprocess
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mischief import FAULTS, FINAL, HARMLESS, Mischief, hurry
from servers import Api, stac_api

from farmland.io.bands import connections, fetch, part
from farmland.io.hosts import Reach, Refused

SIZE = 150_000

WORDS = {
    value
    for name, value in vars(part).items()
    if name.isupper() and isinstance(value, str) and " " in value
}
"""What an unread file may be said to be, besides where it leads."""

SPANS = [(0, 32_768), (70_000, 71_000), (60_000, 64_000), (SIZE - 500, SIZE)]

STAYS = {
    "busy": part.REFUSES,
    "busy_date": part.REFUSES,
    "busy_for_years": part.REFUSES,
    "busy_in_words": part.REFUSES,
    "busy_beyond_numbers": part.BROKEN,
    "busy_beyond_dates": part.BROKEN,
    "broken_500": part.BROKEN,
    "broken_502": part.BROKEN,
    "broken_503": part.BROKEN,
    "broken_504": part.BROKEN,
    "slow_start": part.TOO_SLOW,
    "silent_middle": part.TOO_SLOW,
    "dripping": part.TOO_SLOW,
    "cut_off": part.CUT_OFF,
    "cut_off_unsaid": part.CUT_OFF,
    "too_little": part.OTHER_PART,
    "reset": part.CUT_OFF,
    "reset_at_once": part.NO_ANSWER,
    "wrong_part": part.OTHER_PART,
    "wrong_part_unsaid": part.OTHER_PART,
    "beyond": part.OTHER_PART,
    "missing": part.NOT_THERE,
    "gone": part.NOT_THERE,
    "forbidden": part.DENIED,
    "teapot": "the host answers 418",
    "packed_badly": part.CUT_OFF,
    "babble": part.NO_ANSWER,
    "to_stranger": "it leads to the host 'localhost'",
    "to_file": "it leads to an address of kind 'file' in a remote catalog",
    "to_link_local": "it leads to the host '169.254.169.254'",
    "to_bucket": "it leads to a bucket",
    "to_nowhere": "it leads to an address with blanks or backslashes, or none",
    "to_odd_address": "it leads to an address with blanks or backslashes, or none",
    "in_a_loop": part.NO_END,
    "to_tls": part.NO_ANSWER,
}
"""What is said when a fault stays."""

UNPROVED = {"flipped", "garbled", "zeros"}
"""Wrong bytes that only their decoder can tell."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "red.tif"
    path.write_bytes(random.Random(1).randbytes(SIZE))  # noqa: S311
    return path


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Api]:
    """A server that nobody may ask."""
    with stac_api(tmp_path) as api:
        yield api
        assert api.log == []


def elsewhere(api: Api) -> str:
    """The same machine under another name."""
    return api.url.replace("127.0.0.1", "localhost")


def assert_fixed(reason: str) -> None:
    assert reason in WORDS or reason.startswith(("it leads to ", "the host answers ")), reason


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_costs_only_time(fault: str, file: Path, stranger: Api) -> None:
    data = file.read_bytes()
    mischief = Mischief((fault,), most=1, stranger=elsewhere(stranger))
    with stac_api(file.parent, mischief=mischief) as api:
        href, start = f"{api.url}/assets/red.tif", time.monotonic()
        if fault in FINAL:
            with pytest.raises(fetch.Unread) as caught:
                fetch.spans(href, SPANS)
            assert_fixed(caught.value.reason)
        elif fault not in UNPROVED | {"odd_numbers"}:
            assert fetch.spans(href, SPANS) == [data[slice(*span)] for span in SPANS]
        assert fetch.spans(href, SPANS)[1:] == [data[slice(*span)] for span in SPANS[1:]]
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_is_put_into_words(fault: str, file: Path, stranger: Api) -> None:
    data = file.read_bytes()
    mischief = Mischief((fault,), stranger=elsewhere(stranger))
    with stac_api(file.parent, mischief=mischief) as api:
        href, start = f"{api.url}/assets/red.tif", time.monotonic()
        if fault in HARMLESS | UNPROVED:
            found = fetch.spans(href, SPANS)
            assert fault in UNPROVED or found == [data[slice(*span)] for span in SPANS]
        else:
            with pytest.raises(fetch.Unread) as caught:
                fetch.spans(href, SPANS)
            assert_fixed(caught.value.reason)
            assert caught.value.reason == STAYS.get(fault, caught.value.reason)
    assert time.monotonic() - start < 20
    assert len(mischief.log) <= len(SPANS) * fetch.ATTEMPTS * (part.REDIRECTS + 1)


@pytest.mark.parametrize("seed", range(12))
def test_all_faults_at_random_give_the_right_bytes_or_words(
    seed: int, file: Path, stranger: Api
) -> None:
    data, dice = file.read_bytes(), random.Random(seed)  # noqa: S311
    names = tuple(set(FAULTS) - UNPROVED - {"odd_numbers", "slow_start", "silent_middle"})
    mischief = Mischief(tuple(sorted(names)), 0.5, seed, stranger=elsewhere(stranger))
    with stac_api(file.parent, mischief=mischief) as api:
        for _ in range(20):
            start = dice.randrange(SIZE)
            span = start, start + dice.randrange(1, 40_000)
            try:
                (found,) = fetch.spans(f"{api.url}/assets/red.tif", [span])
            except fetch.Unread as unread:
                assert_fixed(unread.reason)
            else:
                assert found == data[slice(*span)]


# --- redirects and secrets ---------------------------------------------------


def test_a_host_that_is_allowed_may_be_led_to(file: Path) -> None:
    with stac_api(file.parent, mischief=Mischief()) as other:
        mischief = Mischief(("to_stranger",), stranger=elsewhere(other))
        with stac_api(file.parent, mischief=mischief) as api:
            href = f"{api.url}/assets/red.tif"
            with pytest.raises(fetch.Unread):
                fetch.spans(href, [(0, 9)])
            assert other.mischief is not None
            assert not other.mischief.log
            (file.parent / "x.tif").write_bytes(file.read_bytes())
            found = fetch.spans(href, [(0, 9)], Reach(None, "", ("localhost",)))
    assert found == [file.read_bytes()[:9]]


@pytest.mark.filterwarnings("ignore:Support for class-based:DeprecationWarning")
@pytest.mark.parametrize("fault", ["forbidden", "broken_500", "reset", "in_a_loop", "to_nowhere"])
def test_signatures_are_renewed_and_never_told(
    fault: str, file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from planetary_computer import sas

    signed: list[str] = []
    renewals: list[int] = []

    def sign(href: str) -> str:
        signed.append(href)
        return f"{href}?se=2026&sig=secret{len(signed)}&X-Amz-Signature=secret"

    monkeypatch.setattr(part, "SIGNED_HOST", "127.0.0.1")
    monkeypatch.setattr("planetary_computer.sign_url", sign)
    monkeypatch.setattr(sas, "TOKEN_CACHE", SimpleNamespace(clear=lambda: renewals.append(1)))
    caplog.set_level(logging.DEBUG)
    told = ""
    for most in (1, 10**9):
        with stac_api(file.parent, mischief=Mischief((fault,), most=most)) as api:
            try:
                fetch.spans(f"{api.url}/assets/red.tif", [(0, 9)])
            except fetch.Unread as unread:
                told += unread.reason + "".join(traceback.format_exception(unread))
    assert signed
    assert bool(renewals) == (fault == "forbidden")
    assert "urllib3" in {record.name.partition(".")[0] for record in caplog.records}
    assert "se=2026" in caplog.text
    assert "secret" not in caplog.text + told


def test_a_certificate_of_its_own_is_not_trusted(file: Path, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        with pytest.raises(fetch.Unread) as caught:
            fetch.spans(f"https://127.0.0.1:{server.server_address[1]}/red.tif", [(0, 9)])
        server.shutdown()
    assert caught.value.reason == part.NOT_TRUSTED


def test_certificates_are_tested_at_all() -> None:
    pool = connections._pool("", 0)
    assert pool.connection_pool_kw["ca_certs"]
    assert "cert_reqs" not in pool.connection_pool_kw


# --- hosts that tire ---------------------------------------------------------


def test_a_weary_host_says_why(file: Path) -> None:
    with stac_api(file.parent, mischief=Mischief(("busy",))) as api:
        for _ in range(fetch.PATIENCE + 3):
            with pytest.raises(fetch.Unread) as caught:
                fetch.spans(f"{api.url}/assets/red.tif", [(0, 9)])
            assert caught.value.reason == part.REFUSES
        assert api.mischief is not None
        assert len(api.mischief.log) == fetch.PATIENCE * fetch.ATTEMPTS


def test_an_outage_is_sat_out_by_all_who_ask(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "OUTAGE_SECONDS", 30.0)
    mischief = Mischief(down=True)
    with stac_api(file.parent, mischief=mischief) as api, ThreadPoolExecutor(12) as pool:
        href = f"{api.url}/assets/red.tif"
        waiting = [pool.submit(fetch.spans, href, [(n, n + 9)]) for n in range(60)]
        time.sleep(1.5)
        assert not any(one.done() for one in waiting)
        mischief.down = False
        found = [one.result()[0] for one in waiting]
    assert found == [file.read_bytes()[n : n + 9] for n in range(60)]
    down = [one for one in mischief.log if one.fault == "down"]
    assert len(down) < 3 * 12 * fetch.ATTEMPTS


def test_an_outage_that_lasts_is_waited_for_once(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "OUTAGE_SECONDS", 1.0)
    start = time.monotonic()
    with stac_api(file.parent, mischief=Mischief(down=True)) as api:
        for _ in range(50):
            with pytest.raises(fetch.Unread, match=part.NO_ANSWER):
                fetch.spans(f"{api.url}/assets/red.tif", [(0, 9)])
    assert 1.0 < time.monotonic() - start < 3.0


def test_one_bad_file_is_no_outage(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others get theirs from the same host, so nobody waits for it to come back."""
    monkeypatch.setattr(fetch, "OUTAGE_SECONDS", 30.0)
    ended = threading.Event()
    with stac_api(file.parent, asset_failing=("bad.tif",)) as api, ThreadPoolExecutor(1) as pool:
        (file.parent / "bad.tif").write_bytes(b"II")

        def others() -> None:
            while not ended.is_set():
                fetch.spans(f"{api.url}/assets/red.tif", [(0, 9)])

        busy = pool.submit(others)
        start = time.monotonic()
        with pytest.raises(fetch.Unread, match=part.BROKEN):
            fetch.spans(f"{api.url}/assets/bad.tif", [(0, 9)])
        ended.set()
        busy.result()
    assert time.monotonic() - start < 5


def test_files_that_are_missing_do_not_tire_a_host(file: Path) -> None:
    with stac_api(file.parent, mischief=Mischief()) as api:
        for _ in range(3 * fetch.PATIENCE):
            with pytest.raises(fetch.Unread, match=part.NOT_THERE):
                fetch.spans(f"{api.url}/assets/absent.tif", [(0, 9)])
        assert fetch.spans(f"{api.url}/assets/red.tif", [(0, 9)]) == [file.read_bytes()[:9]]


def test_one_weary_host_does_not_stall_another(file: Path) -> None:
    with (
        stac_api(file.parent, mischief=Mischief(("broken_500",))) as ill,
        stac_api(file.parent, mischief=Mischief()) as well,
    ):
        for _ in range(fetch.PATIENCE + 1):
            with pytest.raises(fetch.Unread):
                fetch.spans(f"{ill.url}/assets/red.tif", [(0, 9)])
        assert fetch.spans(f"{well.url}/assets/red.tif", [(0, 9)]) == [file.read_bytes()[:9]]


def test_a_host_without_parts_is_not_asked_for_a_whole_granule(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, "REQUEST_BYTES", 100_000)
    with (
        stac_api(file.parent, mischief=Mischief(("whole",))) as api,
        pytest.raises(fetch.Unread, match=part.NO_PARTS),
    ):
        fetch.spans(f"{api.url}/assets/red.tif", [(120_000, 120_100)])


# --- which bytes are asked for -----------------------------------------------

MANY = st.lists(
    st.tuples(st.integers(0, SIZE + 5_000), st.integers(0, 60_000)).map(
        lambda one: (one[0], one[0] + one[1])
    ),
    max_size=12,
)


@given(MANY, st.integers(1, 50_000), st.integers(0, 20_000))
def test_requests_cover_spans_and_waste_no_more_than_gaps(
    wanted: list[fetch.Span], most: int, gap: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "REQUEST_BYTES", most)
        patch.setattr(fetch, "GAP_BYTES", gap)
        asked = fetch.merged(wanted)
    needed = {byte for span in wanted for byte in range(*span)}
    given_ = [byte for span in asked for byte in range(*span)]
    assert needed <= set(given_)
    assert given_ == sorted(set(given_))
    assert all(0 < stop - start <= most for start, stop in asked)
    wasted = sorted(set(given_) - needed)
    run = 0
    for number, byte in enumerate(wasted):
        run = run + 1 if number and byte == wasted[number - 1] + 1 else 1
        assert run <= gap


@pytest.fixture(scope="module")
def serving(file: Path) -> Iterator[Api]:
    with stac_api(file.parent, mischief=Mischief()) as api:
        yield api


@given(MANY, st.sampled_from([700, 30_000, 16_000_000]))
def test_any_spans_come_back_equal_from_disk_and_network(
    serving: Api, file: Path, wanted: list[fetch.Span], most: int
) -> None:
    data = file.read_bytes()
    expected = [data[slice(*span)] for span in wanted]
    assert fetch.spans(str(file), wanted) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "REQUEST_BYTES", max(most, 7_000))
        assert fetch.spans(f"{serving.url}/assets/red.tif", wanted) == expected


def test_threads_share_connections(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, threads = file.read_bytes(), 16
    dice = random.Random(3)  # noqa: S311
    wanted = [[(start, start + 900)] for start in (dice.randrange(SIZE) for _ in range(400))]
    opened: list[object] = []
    with stac_api(file.parent, mischief=Mischief()) as api:
        href, accept = f"{api.url}/assets/red.tif", HTTPServer.get_request

        def counted(server: HTTPServer) -> object:
            link = accept(server)
            opened.append(link)
            return link

        monkeypatch.setattr(HTTPServer, "get_request", counted)
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(lambda spans: fetch.spans(href, spans), wanted))
    assert found == [[data[slice(*spans[0])]] for spans in wanted]
    assert 1 <= len(opened) <= 2 * threads  # of 400 requests; some links end on a busy machine


# --- addresses ---------------------------------------------------------------

HOSTILE = [
    "http://127.0.0.1@{}/x",
    "http://127.0.0.1:80@{}/x",
    "http://127.0.0.1%00@{}/x",
    "http://127.0.0.1#@{}/x",
    "http://user:word@127.0.0.1/x",
    "http://@{}/x",
    "http://LOCALHOST/x",
    "http://localhost./x",
    "http://%6cocalhost/x",
    "http://loc%61lhost:1/x",
    "http://ⓛocalhost/x",
    "http://localhost。/x",
    "http://[::1]/x",
    "http://[::ffff:127.0.0.1]/x",
    "http://[fe80::1%25eth0]/x",
    "http://0x7f000001/x",
    "http://2130706433/x",
    "http://0/x",
    "http:///{}/x",
    "//{}/x",
    "///{}/x",
    "\\\\{}\\x",
    "/\\{}/x",
    "http:\\\\{}\\x",
    "ht\ttp://{}/x",
    "http://{}\t/x",
    "http://127.0.0.1\n.{}/x",
    "gopher://{}/x",
    "jar:http://{}/x",
    "data:text/plain,x",
    "javascript:x",
    "HTTP://{}/x",
    "//127.0.0.1:99999/x",
    "http://127.0.0.1:x/x",
]


@pytest.mark.parametrize("address", HOSTILE)
def test_no_spelling_of_a_redirect_reaches_another_host(
    address: str, file: Path, stranger: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where our reading of an address and that of urllib3 could differ."""
    asked: list[str] = []
    ask = connections.ask

    def noted(url: str, *others: object) -> object:
        asked.append(url)
        return ask(url, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(connections, "ask", noted)
    monkeypatch.setattr(part, "CONNECT_SECONDS", 0.3)
    location = address.format(elsewhere(stranger).removeprefix("http://"))
    monkeypatch.setitem(FAULTS, "onward", lambda handler, given: lead(handler, location))
    with (
        stac_api(file.parent, mischief=Mischief(("onward",))) as api,
        pytest.raises(fetch.Unread) as caught,
    ):
        fetch.spans(f"{api.url}/assets/red.tif", [(0, 9)])
    assert_fixed(caught.value.reason)
    assert {urlsplit(url).hostname for url in asked} == {"127.0.0.1"}


def lead(handler: BaseHTTPRequestHandler, location: str) -> None:
    """Redirect, spelling the address as it is."""
    head = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n"
    handler.wfile.write(head.encode("utf-8"))


PARTS = st.lists(
    st.sampled_from(
        [
            *(
                "http",
                "https",
                ":",
                "/",
                "//",
                "\\",
                "@",
                "#",
                "?",
                "127.0.0.1",
                "localhost",
                ":80",
            ),
            *("%40", "%2f", ".", "。", "[", "]", "::1", "\t", "\x00", "x", "user", "ſ", "ﬁle", "%"),
        ]
    ),
    max_size=8,
).map("".join)


@given(PARTS)
def test_what_may_be_asked_is_read_alike_by_us_and_by_the_client(address: str) -> None:
    from urllib3.exceptions import LocationParseError
    from urllib3.util import parse_url

    for href in (address, f"http://{address}", f"http:{address}"):
        try:
            located = Reach(None, "127.0.0.1").locate(href, "http://127.0.0.1/item.json")
        except Refused:
            continue
        if located.lower().startswith("s3:"):
            continue
        try:
            host = parse_url(located).host
        except LocationParseError:
            continue
        assert host == "127.0.0.1", located
