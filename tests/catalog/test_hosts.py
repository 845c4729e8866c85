"""An href from outside cannot make us read a local file or ask an unlisted host."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.io.catalog import reach_of
from farmland.io.hosts import Reach, Refused

API = "https://stac.example.org/v1/search"
REMOTE = Reach(None, "stac.example.org", ("mirror.example.net", "my-bucket"))


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("https://stac.example.org/B04.tif", None),
        ("https://mirror.example.net:8443/B04.tif", None),
        ("https://sentinel-cogs.s3.us-west-2.amazonaws.com/B04.tif", None),
        ("s3://eodata/B04.jp2", None),
        ("s3://my-bucket/B04.tif", None),
        ("assets/B04.tif", "https://stac.example.org/v1/assets/B04.tif"),
    ],
)
def test_known_hosts_are_read(href: str, expected: str | None) -> None:
    assert REMOTE.locate(href, API) == (expected or href)


@pytest.mark.parametrize(
    "href",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "ftp://stac.example.org/B04.tif",
        "https://elsewhere.org/B04.tif",
        "//elsewhere.org/B04.tif",
        "https://stac.example.org@elsewhere.org/B04.tif",
        "https://user@stac.example.org/B04.tif",
        "https://sentinel-cogs.s3.us-west-2.amazonaws.com.elsewhere.org/B04.tif",
        "s3://private/B04.tif",
        "zip+https://stac.example.org/a.zip",
        "vrt:///etc/passwd",
        "https://stac.example.org\\@elsewhere.org/",
        "https://stac.example.org/a\nb",
        "",
    ],
)
def test_other_addresses_of_a_remote_item_are_refused(href: str) -> None:
    with pytest.raises(Refused):
        REMOTE.locate(href, API)


@pytest.mark.parametrize("href", ["/vsizip/a.zip", "/etc/passwd", "../../etc/passwd"])
def test_a_path_in_a_remote_item_stays_on_its_host(href: str) -> None:
    assert REMOTE.locate(href, API).startswith("https://stac.example.org/")


def test_a_local_catalog_reads_only_below_its_folder(tmp_path: Path) -> None:
    inside, outside = tmp_path / "catalog", tmp_path / "secret.tif"
    (inside / "scene").mkdir(parents=True)
    outside.write_text("secret")
    (inside / "link.tif").symlink_to(outside)
    reach = Reach(inside.resolve())
    item = str(inside / "scene/item.json")
    assert reach.locate("./red.tif", item) == str(inside / "scene/red.tif")
    assert reach.locate("../red.tif", item) == str(inside / "red.tif")
    assert reach.locate((inside / "red.tif").as_uri(), item) == str(inside / "red.tif")
    for href in ("../../secret.tif", "../link.tif", str(outside), outside.as_uri(), "/vsimem/a"):
        with pytest.raises(Refused, match="outside the folder"):
            reach.locate(href, item)


def test_a_local_catalog_may_point_at_known_hosts_unless_offline(tmp_path: Path) -> None:
    href = "https://sentinel-cogs.s3.us-west-2.amazonaws.com/B04.tif"
    assert Reach(tmp_path).locate(href, str(tmp_path / "a.json")) == href
    with pytest.raises(Refused, match="--offline"):
        Reach(tmp_path, offline=True).locate(href, str(tmp_path / "a.json"))


@pytest.mark.parametrize(
    "location",
    [
        "http://elsewhere.org/B04.tif",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/",
        "http://127.0.0.1/",
        "http://[",
        "//user:word@stac.example.org/B04.tif",
    ],
)
def test_a_file_on_a_host_redirects_only_to_hosts_that_may_be_asked(
    location: str, tmp_path: Path
) -> None:
    """Also from the files that a local catalog points at: a host never leads into its folder."""
    url = "https://sentinel-cogs.s3.us-west-2.amazonaws.com/B04.tif"
    inside = (tmp_path / "red.tif").as_uri()
    for reach in (REMOTE, Reach(tmp_path.resolve())):
        for there in (location, inside):
            with pytest.raises(Refused) as caught:
                reach.locate(there, url)
            assert any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.words.zh)
        assert reach.locate("B08.tif", url).endswith("amazonaws.com/B08.tif")


def test_a_refusal_names_the_host_to_allow_and_travels_between_processes() -> None:
    with pytest.raises(Refused) as caught:
        REMOTE.locate("https://Elsewhere.org:8443/B04.tif", API)
    assert caught.value.host == "elsewhere.org"
    copied = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # our own
    assert (copied.words, copied.host) == (caught.value.words, caught.value.host)


def test_the_reach_of_a_catalog_is_its_folder_or_its_host(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_text("{}")
    folder = tmp_path.resolve()
    assert reach_of(str(tmp_path / "catalog.json")) == Reach(folder)
    assert reach_of(str(tmp_path), ("a.org",), offline=True) == Reach(folder, "", ("a.org",), True)
    assert reach_of("cdse") == Reach(None, "stac.dataspace.copernicus.eu")
    assert reach_of("HTTP://STAC.example.org:81/v1", ("a.org",)) == Reach(
        None, "stac.example.org", ("a.org",)
    )


@given(st.text(max_size=40))
def test_no_text_leads_from_a_remote_item_to_a_local_file(text: str) -> None:
    for href in (text, f"/{text}", f"file:{text}", f"../{text}"):
        try:
            located = REMOTE.locate(href, API)
        except Refused:
            continue
        assert located.lower().startswith(("https://", "http://", "s3://"))
