"""``farmland explain`` as people and programs call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from explain.conftest import BUILT, QUIET

from farmland import cli


def test_text_is_the_page_and_the_picture_lies_where_it_was_asked_for(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "why.png"
    words = ["explain", str(written), "--parcel", BUILT, "--lang", "zh", "--plot", str(picture)]
    assert cli.main(words) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"地块 {BUILT} · 影像确认变化")
    assert told.err == ""
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_json_goes_to_stdout(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", str(written), "--parcel", QUIET, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["parcel"]["parcel_id"] == QUIET
    assert told["patches"] == []


@pytest.mark.parametrize(
    ("words", "code", "english", "chinese"),
    [
        (["--parcel", "BE0077"], 2, "the nearest id is BE007", "最接近的编号是 BE007"),
        (["--parcel", QUIET, "--plot", "why.pdf"], 2, "why.pdf is no PNG", "不是 PNG"),
        (["--parcel", QUIET, "--plot", "/proc/why.png"], 4, "cannot be written", "无法写入"),
    ],
)
def test_wrong_words_get_a_sentence(
    written: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    english: str,
    chinese: str,
) -> None:
    for language, sentence in (("en", english), ("zh", chinese)):
        assert cli.main(["explain", str(written), *words, "--lang", language]) == code
        told = capsys.readouterr()
        assert sentence in told.err
        assert told.out == ""
