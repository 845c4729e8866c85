"""A model as a file: the same again, and one sentence for everything that is none."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from learn.test_learned import MODEL

from farmland.errors import UnusableInput, WrongUsage
from farmland.io import models
from farmland.model import Model


def test_a_model_comes_back_as_it_was(model: Model, tmp_path: Path) -> None:
    path = models.write(model, tmp_path / "m.json")
    again = models.read(path)
    assert models.write(again, tmp_path / "n.json").read_bytes() == path.read_bytes()
    assert again.training == model.training
    assert again.calibration == model.calibration
    assert again.covers is not None
    assert np.array_equal(again.covers.coefficients, model.covers.coefficients)
    assert sorted(tmp_path.iterdir()) == [tmp_path / "m.json", tmp_path / "n.json"]


def test_the_file_holds_nothing_but_names_and_numbers(model: Model, tmp_path: Path) -> None:
    kinds = {type(leaf) for _, leaf in leaves(told(model, tmp_path))}
    assert kinds <= {str, int, float, type(None)}


def told(model: Model, folder: Path) -> dict[str, Any]:
    return json.loads(models.write(model, folder / "told.json").read_text("utf-8"))


def leaves(value: Any, path: tuple[Any, ...] = ()):
    """Every value that is no list and no mapping, with the way to it."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


def changed(path: tuple[Any, ...], value: Any, folder: Path) -> dict[str, Any]:
    """The model as JSON with one value set, or taken away."""
    whole = told(MODEL, folder)
    place: Any = whole
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return whole


WRONG = [
    (("kind",), "a poem", "kind 'a poem'"),
    (("format",), 2, "format 2"),
    (("confirmer",), ..., "no 'confirmer'"),
    (("confirmer", "names", 1), "peak", "do not fit"),
    (("confirmer", "means", 0), "0.4", "'0.4' is no number"),
    (("confirmer", "means", 0), True, "'True' is no number"),
    (("confirmer", "scales", 0), 0.0, "do not fit"),
    (("confirmer", "coefficients", 0, 0), float("nan"), "'nan' is no number"),
    (("confirmer", "coefficients", 0), [1.0], "do not fit"),
    (("confirmer", "coefficients"), {}, "no list of numbers"),
    (("confirmer", "classes"), ["no", "yes"], "other classes"),
    (("confirmer", "classes"), "no", "no list of names"),
    (("confirmer", "gaps"), ["moon"], "do not fit"),
    (("confirmer", "reach"), float("inf"), "'inf' is no number"),
    (("rules",), "cn\x1b[31m", "is no name"),
    (("training", "agreed"), 70, "contradict"),
    (("training", "cases"), "70", "'70' is no count"),
    (("training", "box"), [1, 2], "unpack"),
    (("training", "periods", 0), "x" * 201, "is no name"),
]


@pytest.mark.parametrize(
    ("path", "value", "said"), WRONG, ids=[f"{p}={v}"[:40] for p, v, _ in WRONG]
)
def test_one_sentence_for_a_changed_model(path, value, said: str, tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text(json.dumps(changed(path, value, tmp_path)), "utf-8")
    with pytest.raises(UnusableInput) as fault:
        models.read(file)
    assert said in fault.value.english
    assert fault.value.english.startswith("The file m.json is no model of farmland")
    assert "不是 farmland 的模型" in fault.value.chinese
    assert "\n" not in fault.value.english
    assert "\x1b" not in fault.value.english


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"3", b"null", b"\xff\xfe", b"[" * 100_000, b'{"kind": 1}']
)
def test_what_is_no_json_of_ours_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_bytes(content)
    with pytest.raises(UnusableInput, match=r"m\.json is no model"):
        models.read(file)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="There is no model"):
        models.read(tmp_path / "none.json")


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)


@given(st.data())
def test_any_change_gives_a_model_or_a_sentence(tmp_path_factory, data) -> None:
    folder = tmp_path_factory.mktemp("any")
    ways = [path for path, _ in leaves(told(MODEL, folder))]
    path = data.draw(st.sampled_from(ways))
    short = path[: data.draw(st.integers(1, len(path)))]
    value = data.draw(st.one_of(ANYTHING, st.just(...)))
    file = folder / "m.json"
    file.write_text(json.dumps(changed(short, value, folder)), "utf-8")
    with suppress(UnusableInput):
        assert isinstance(models.read(file), Model)
