"""An href from outside cannot make us read a local file or ask an unlisted host."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(st.text(max_size=40))
def test_no_text_leads_from_a_remote_item_to_a_local_file(text: str) -> None:
    for href in (text, f"/{text}", f"file:{text}", f"../{text}"):
        try:
            located = REMOTE.locate(href, API)
        except (Refused, ValueError):
            continue
        assert located.lower().startswith(("https://", "http://", "s3://"))
