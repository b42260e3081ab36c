"""What pointers find inside attributes whose text is a document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.conventions.documents import _MAX_JSON, _MAX_PYTHON, find, parsed, pointer_tree


def found(document: object, *pointers: str) -> dict[str, Any]:
    """What pointers without the attribute's name find in a document."""
    held: dict[str, Any] = {}
    tree = pointer_tree(f"a/{pointer}" for pointer in pointers)
    find(document, tree.get("a", {}), held)
    return {name.removeprefix("a/"): value for name, value in held.items()}


@pytest.mark.parametrize(
    ("text", "document"),
    [
        pytest.param('{"a": 997}', {"a": 997}, id="json"),
        pytest.param('{"a": null, "b": true}', {"a": None, "b": True}, id="json-words"),
        pytest.param("[997, {}]", [997, {}], id="json-list"),
        pytest.param(' {"a": 997}', {"a": 997}, id="json-after-a-space"),
        pytest.param("{}", {}, id="nothing-inside"),
        pytest.param("{'a': 997, 'b': None, 'c': True}", {"a": 997, "b": None, "c": True}, id="python"),
        pytest.param("{'a': {'b': [1, (2, 3)]}}", {"a": {"b": [1, (2, 3)]}}, id="python-inside-python"),
        pytest.param("{'a': \"it's\"}", {"a": "it's"}, id="python-with-both-quotes"),
        pytest.param("7", 7, id="number"),
        pytest.param('"text"', "text", id="text"),
    ],
)
def test_json_and_pythons_own_notation_are_read(text: str, document: object) -> None:
    assert parsed(text) == document


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("hello", id="text"),
        pytest.param("__REDACTED__", id="masked"),
        pytest.param('{"a": 997', id="json-cut-off"),
        pytest.param("{'a': 997", id="python-cut-off"),
        pytest.param("{'a': null}", id="a-mix-of-both"),
        pytest.param("{'a': open('x')}", id="python-that-calls"),
        pytest.param("{'a': 7 ** 9999}", id="python-that-computes"),
        pytest.param("{'a': 'b'\0}", id="a-null-byte"),
        pytest.param("{'a': <Usage 7>}", id="an-object's-own-words"),
        pytest.param("[" * 50_000, id="deep-json"),
        pytest.param("{'a':" * 1_900, id="deep-python"),
        pytest.param("{'a': " + "-" * 9_900 + "1}", id="deep-python-signs"),
        pytest.param('{"a": ' + "9" * 5_000 + "}", id="more-digits-than-python-converts"),
        pytest.param(b'{"a": 997}', id="bytes"),
        pytest.param(None, id="none"),
        pytest.param(7, id="number"),
        pytest.param({"a": 997}, id="map"),
        pytest.param(('{"a": 997}',), id="list"),
    ],
)
def test_anything_else_is_no_document(text: object) -> None:
    assert parsed(text) is None


def test_what_is_too_long_for_a_spans_path_is_not_looked_into() -> None:
    json_text = json.dumps({"a": "x" * (_MAX_JSON - 9)})
    assert len(json_text) == _MAX_JSON
    assert parsed(json_text) is not None
    assert parsed(json_text + " ") is None
    python = repr({"a": "x" * (_MAX_PYTHON - 9)})
    assert len(python) <= _MAX_PYTHON
    assert parsed(python) is not None
    assert parsed(repr({"a": "x" * _MAX_PYTHON})) is None


def test_a_tree_has_the_pointers_alone() -> None:
    assert pointer_tree(["plain", "a/b", "a/c/d", "a/c/e", "z/y"]) == {
        "a": {"b": "a/b", "c": {"d": "a/c/d", "e": "a/c/e"}},
        "z": {"y": "z/y"},
    }
    assert pointer_tree(["plain", "plain.too"]) == {}


@pytest.mark.parametrize(
    ("document", "pointer", "value"),
    [
        pytest.param({"b": 997}, "b", 997, id="member"),
        pytest.param({"b": {"c": 997}}, "b/c", 997, id="member-of-a-member"),
        pytest.param([499, 997], "1", 997, id="element"),
        pytest.param({"b": [[{"c": 997}]]}, "b/0/0/c", 997, id="as-langchain-nests"),
        pytest.param({"b": 0}, "b", 0, id="zero"),
        pytest.param({"b": ""}, "b", "", id="empty-text"),
        pytest.param({"b": [7]}, "b", [7], id="a-list-at-its-end"),
        pytest.param({"0": 997}, "0", 997, id="a-member-that-is-a-number"),
        pytest.param([{"modality": "TEXT", "n": 7}, {"modality": "IMAGE", "n": 997}], "*modality=IMAGE/n", 997, id="by-modality"),
        pytest.param([{"modality": "MediaModality.IMAGE", "n": 997}], "*modality=IMAGE/n", 997, id="by-a-python-modality"),
        pytest.param([{"modality": "image", "n": 997}], "*modality=IMAGE/n", 997, id="by-a-small-modality"),
        pytest.param([7, None, {"modality": "IMAGE", "n": 997}], "*modality=IMAGE/n", 997, id="among-other-things"),
        pytest.param([{"n": 7}, {"modality": 7, "n": 7}, {"modality": "IMAGE", "n": 997}], "*modality=IMAGE/n", 997, id="unnamed"),
    ],
)
def test_a_pointer_finds_what_it_points_at(document: object, pointer: str, value: object) -> None:
    assert found(document, pointer) == {pointer: value}


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        pytest.param({"b": None}, "b", id="null"),
        pytest.param({"b": False}, "b", id="false"),
        pytest.param({"c": 997}, "b", id="no-such-member"),
        pytest.param({"b": 997}, "b/c", id="nothing-below-a-number"),
        pytest.param({"b": "c"}, "b/c", id="nothing-below-a-text"),
        pytest.param([997], "1", id="no-such-element"),
        pytest.param([997], "-1", id="not-from-the-end"),
        pytest.param([997], "b", id="no-member-of-a-list"),
        pytest.param([997], "²", id="a-digit-that-is-no-number"),
        pytest.param(997, "0", id="nothing-in-a-number"),
        pytest.param("997", "0", id="nothing-in-a-text"),
        pytest.param(None, "0", id="nothing-in-nothing"),
        pytest.param([{"modality": "TEXT", "n": 7}], "*modality=IMAGE/n", id="no-such-modality"),
        pytest.param([{"n": 7}], "*modality=IMAGE/n", id="no-modality"),
        pytest.param({"modality": "IMAGE", "n": 7}, "*modality=IMAGE/n", id="no-list"),
        pytest.param([{"modality": "IMAGE"}], "*modality=IMAGE/n", id="no-count"),
    ],
)
def test_a_pointer_into_nothing_finds_nothing(document: object, pointer: str) -> None:
    assert found(document, pointer) == {}


def test_pointers_find_together_what_each_finds_alone() -> None:
    document = {"b": {"c": 997, "d": [{"modality": "AUDIO", "n": 499}]}, "e": 401}
    pointers = ["b/c", "b/d/*modality=AUDIO/n", "e", "f"]
    assert found(document, *pointers) == {"b/c": 997, "b/d/*modality=AUDIO/n": 499, "e": 401}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["b", "c", "0", "modality"]), below, max_size=3),
    max_leaves=12,
)
STEPS = st.lists(st.sampled_from(["b", "c", "0", "1", "-1", "modality", "*modality=IMAGE"]), min_size=1, max_size=3).map("/".join)


@given(JSON, st.lists(STEPS, max_size=4, unique=True))
def test_no_document_makes_a_pointer_raise(document: object, pointers: list[str]) -> None:
    # A pointer that ends where another goes on would be two things at once.
    kept = [name for name in pointers if not any(other.startswith(f"{name}/") for other in pointers)]
    alone = {name: value for pointer in kept for name, value in found(document, pointer).items()}
    assert found(document, *kept) == alone


@given(JSON)
def test_both_notations_are_read_back(document: object) -> None:
    assert parsed(json.dumps(document)) == document
    if isinstance(document, dict) and document:
        assert parsed(repr(document)) == document


@given(st.text(alphabet="{}[]'\":,019abc.-+ \\n(", max_size=60))
def test_no_text_makes_the_reading_raise(text: str) -> None:
    parsed(text)
    parsed("{'" + text)
