"""Where something stands in a file: the line and column of a key or item, in JSON and in TOML."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_llm_cost.prices.place import Place, in_json, in_toml, text_of_place, twice_in_json


@pytest.mark.parametrize(
    ("place", "text"),
    [
        pytest.param((), "", id="the-whole"),
        pytest.param(("prices",), "prices", id="a-key"),
        pytest.param(("prices", 3), "prices[3]", id="an-item"),
        pytest.param(("prices", 3, "rates", "input"), "prices[3].rates.input", id="a-rate"),
    ],
)
def test_a_place_as_text(place: Place, text: str) -> None:
    assert text_of_place(place) == text


# JSON -----------------------------------------------------------------------------------------------------------------------------
JSON = """\
{
  "provider": "acme", "names": ["acme", "acme.cloud"],
  "sources": {},
  "prices": [
    {"model": "m", "rates": {"input": "3"}},
\t{"model": "a \\"{[,", "note": "]}", "rates": {
        "input" : "3" ,
        "output":"x"}},
    7
  ]
}
"""


@pytest.mark.parametrize(
    ("place", "where"),
    [
        pytest.param((), (1, 1), id="the-whole"),
        pytest.param(("provider",), (2, 3), id="the-first-key"),
        pytest.param(("names",), (2, 23), id="a-later-key-of-its-line"),
        pytest.param(("names", 0), (2, 33), id="the-first-item"),
        pytest.param(("names", 1), (2, 41), id="the-second-item"),
        pytest.param(("prices",), (4, 3), id="a-key"),
        pytest.param(("prices", 0), (5, 5), id="an-object"),
        pytest.param(("prices", 0, "rates", "input"), (5, 30), id="a-rate"),
        pytest.param(("prices", 1), (6, 2), id="after-a-tab"),
        pytest.param(("prices", 1, "note"), (6, 23), id="after-brackets-in-text"),
        pytest.param(("prices", 1, "rates", "input"), (7, 9), id="on-a-line-of-its-own"),
        pytest.param(("prices", 1, "rates", "output"), (8, 9), id="after-blanks-around-everything"),
        pytest.param(("prices", 2), (9, 5), id="the-last-item"),
        # What is missing stands where it is missing.
        pytest.param(("prices", 3), (4, 3), id="an-item-too-many"),
        pytest.param(("prices", 0, "from"), (5, 5), id="a-missing-key"),
        pytest.param(("prices", 0, "rates", "input", "more"), (5, 30), id="within-text"),
        pytest.param(("prices", 2, "rates"), (9, 5), id="within-a-number"),
        pytest.param(("provider", 0), (2, 3), id="an-item-of-text"),
        pytest.param(("sources", "page"), (3, 3), id="of-an-empty-object"),
        pytest.param(("names", "page"), (2, 23), id="a-key-of-a-list"),
        pytest.param(("prices", "rates"), (4, 3), id="a-key-of-a-list-of-objects"),
    ],
)
def test_in_json(place: Place, where: tuple[int, int]) -> None:
    assert in_json(JSON, place) == where
    assert in_json(JSON.replace("\n", "\r\n"), place) == where


@pytest.mark.parametrize(
    "text", [pytest.param("[]", id="a-list"), pytest.param('"text"', id="text"), pytest.param("7", id="a-number")]
)
def test_in_json_that_is_no_object(text: str) -> None:
    assert in_json(text, ("prices", 0)) == (1, 1)


def test_of_two_keys_the_first() -> None:
    assert in_json('{"a": 1,\n "a": 2}', ("a",)) == (1, 2)


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        pytest.param('{"a": 1, "b": {"a": 2}, "c": [{"a": 3}, {"a": 4}]}', None, id="in-objects-of-their-own"),
        pytest.param('{"a": "b", "b": "a"}', None, id="a-key-and-a-text"),
        pytest.param('{"a": "\\"a\\": {"}', None, id="within-a-text"),
        pytest.param("[1, [2, 2]]", None, id="items"),
        pytest.param('{"a": 1, "a": 2}', ("a", 1, 10), id="twice"),
        pytest.param('{"b": {},\n "a" : [{"x": 1}],\n  "a": 2}', ("a", 3, 3), id="on-another-line"),
        pytest.param('{"b": [{"x": 1,\n"y": {}, "x": 2}]}', ("x", 2, 10), id="in-an-object-of-a-list"),
        pytest.param('{"a": 1, "\\u0061": 2}', ("a", 1, 10), id="written-in-another-way"),
        pytest.param("7", None, id="a-number"),
    ],
)
def test_a_key_that_stands_twice(text: str, twice: tuple[str, int, int] | None) -> None:
    assert twice_in_json(text) == twice


LEAF = st.text('ab{}[]",:\\\n ', max_size=5) | st.integers() | st.none() | st.booleans()
VALUE = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab{}[]":\\\n ', max_size=4), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, before: Place = ()) -> list[tuple[Place, str, Any]]:  # noqa: ANN401 - JSON
    """Each place, what stands there, and its value."""
    held: list[tuple[Place, str, Any]] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            held += [((*before, key), json.dumps(key), inner), *places(inner, (*before, key))]
    if isinstance(value, list):
        for number, inner in enumerate(value):
            held += [((*before, number), json.dumps(inner, indent=1), inner), *places(inner, (*before, number))]
    return held


@settings(deadline=None)
@given(st.dictionaries(st.text("ab", max_size=3), VALUE, max_size=4), st.sampled_from([None, 0, 1, 3]))
def test_in_json_each_place_begins_with_what_stands_there(document: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(document, indent=indent)
    for place, shown, value in places(document):
        line, column = in_json(text, place)
        found = text.split("\n")[line - 1][column - 1 :]
        start = (
            shown if isinstance(place[-1], str) else json.dumps(value)[:1] if isinstance(value, list | dict) else json.dumps(value)
        )
        assert found.startswith(start)
    assert twice_in_json(text) is None


# TOML -----------------------------------------------------------------------------------------------------------------------------
TOML = '''\
# prices
currency = "USD"
checked = 2026-11-22

[sources]
page = { url = "https://acme.example", read = "2026-11-22" }

[hosts]
"llm.example:8080" = "acme"
"llm.example" = "acme"

[[price]]
model = "m"
  input = "3"
note = """
[[price]]
output = "no key"
"""
when = { tier = "batch", region = ["eu", "us-*"] }
"output" = "x"

[[price]]
glob = "m-*"
rates.input = "3"
when.tier = "flex"
aliases = [
  "other",
  "another",
]
hosts = ["a"]

  [price.when]
  hours = "01:00-02:00"

[[ factor ]]
factor = "2"
[models]
'prod chat' = { model = "m", provider = "acme" }
'''


@pytest.mark.parametrize(
    ("place", "where"),
    [
        pytest.param((), (1, 1), id="the-whole"),
        pytest.param(("currency",), (2, 1), id="at-the-top"),
        pytest.param(("checked",), (3, 1), id="a-day-at-the-top"),
        pytest.param(("sources",), (5, 1), id="a-table"),
        pytest.param(("sources", "page"), (6, 1), id="a-key-of-a-table"),
        pytest.param(("sources", "page", "read"), (6, 40), id="a-key-of-an-inline-table"),
        pytest.param(("hosts", "llm.example:8080"), (9, 1), id="a-quoted-key"),
        pytest.param(("hosts", "llm.example"), (10, 1), id="a-quoted-key-with-a-point"),
        pytest.param(("price", 0), (12, 1), id="the-first-of-an-array"),
        pytest.param(("price", 0, "model"), (13, 1), id="its-key"),
        pytest.param(("price", 0, "input"), (14, 3), id="an-indented-key"),
        pytest.param(("price", 0, "rates", "input"), (14, 3), id="a-rate-beside-the-rest"),
        pytest.param(("price", 0, "when", "region"), (19, 26), id="a-condition-of-an-inline-table"),
        pytest.param(("price", 0, "output"), (20, 1), id="not-within-a-text-of-several-lines"),
        pytest.param(("price", 1), (22, 1), id="the-second-of-an-array"),
        pytest.param(("price", 1, "glob"), (23, 1), id="its-own-key"),
        pytest.param(("price", 1, "rates", "input"), (24, 7), id="a-dotted-key"),
        pytest.param(("price", 1, "hosts"), (30, 1), id="after-a-list-of-several-lines"),
        pytest.param(("price", 1, "when"), (32, 3), id="a-table-of-its-own"),
        pytest.param(("price", 1, "when", "hours"), (33, 3), id="a-key-of-a-table-of-its-own"),
        pytest.param(("factor", 0, "factor"), (36, 1), id="a-header-with-blanks"),
        pytest.param(("models", "prod chat"), (38, 1), id="a-key-in-single-quotes"),
        pytest.param(("models", "prod chat", "provider"), (38, 30), id="within-a-key-in-single-quotes"),
        # What is missing stands where it is missing.
        pytest.param(("note",), (1, 1), id="a-missing-key-at-the-top"),
        pytest.param(("alias", 0), (1, 1), id="a-missing-array"),
        pytest.param(("price", 2), (1, 1), id="an-item-too-many"),
        pytest.param(("price", 0, "from"), (12, 1), id="a-missing-key"),
        pytest.param(("price", 0, "rates", "reasoning"), (12, 1), id="a-missing-rate"),
        pytest.param(("price", 0, "when", "zone"), (19, 1), id="a-missing-condition"),
        pytest.param(("factor", 0, "note"), (35, 1), id="a-missing-key-of-a-factor"),
    ],
)
def test_in_toml(place: Place, where: tuple[int, int]) -> None:
    assert in_toml(TOML, place) == where
    assert in_toml(TOML.replace("\n", "\r\n"), place) == where


def test_in_toml_the_place_is_of_its_own_entry() -> None:
    text = "\n".join(f'[[price]]\nmodel = "m-{number}"\ninput = "3"\n' for number in range(7))
    for number in range(7):
        assert in_toml(text, ("price", number)) == (4 * number + 1, 1)
        assert in_toml(text, ("price", number, "input")) == (4 * number + 3, 1)


def test_in_toml_a_text_of_several_lines_within_one_line_ends_there() -> None:
    assert in_toml('[[price]]\nnote = """one line"""\ninput = "3"\n', ("price", 0, "input")) == (3, 1)
