"""Disjoint counts: what is a count, in which order they stand, what makes the prompt."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.usage import COMPONENTS, MAX_COUNT, Usage

# Every count a different prime.
PROMPT = {
    "input": 101,
    "input_audio": 103,
    "input_image": 107,
    "input_video": 109,
    "cache_read": 113,
    "cache_read_audio": 127,
    "cache_read_image": 181,
    "cache_read_video": 191,
    "cache_write": 131,
    "cache_write_5m": 137,
    "cache_write_1h": 139,
}
ANSWER = {"output": 149, "reasoning": 151, "citations": 193, "output_audio": 157, "output_image": 163, "output_video": 197}
SECONDS = {"input_seconds": 167, "output_seconds": 199}
OTHER = {
    "input_characters": 211,
    "output_characters": 223,
    **SECONDS,
    "input_images": 227,
    "output_images": 229,
    "input_pages": 233,
    "annotated_pages": 239,
    "web_searches": 173,
    "file_searches": 241,
    "searches": 251,
    "tool_calls": 257,
    "messages": 263,
    "requests": 179,
}
ALL = PROMPT | ANSWER | OTHER


def test_the_components_and_their_order_are_these() -> None:
    assert list(COMPONENTS) == list(ALL)


@pytest.mark.parametrize(
    ("names", "unit", "scale", "priced_per"),
    [
        pytest.param([*PROMPT, *ANSWER], "token", 1, 1_000_000, id="tokens"),
        pytest.param(["input_characters", "output_characters"], "character", 1, 1_000_000, id="characters"),
        pytest.param(SECONDS, "second", 1_000_000, 1, id="seconds-count-in-microseconds"),
        pytest.param(["input_images", "output_images"], "image", 1, 1, id="images"),
        pytest.param(["input_pages", "annotated_pages"], "page", 1, 1, id="pages"),
        pytest.param(["web_searches", "file_searches", "searches"], "search", 1, 1, id="searches"),
        pytest.param(["tool_calls"], "call", 1, 1, id="tool-calls"),
        pytest.param(["messages"], "message", 1, 1, id="messages"),
        pytest.param(["requests"], "request", 1, 1, id="requests"),
    ],
)
def test_how_each_component_is_counted_and_priced(names: list[str], unit: str, scale: int, priced_per: int) -> None:
    for name in names:
        component = COMPONENTS[name]
        assert (component.name, component.unit, component.scale, component.priced_per) == (name, unit, scale, priced_per)


def test_counts_stand_in_one_order_however_they_are_given() -> None:
    backwards = Usage(**dict(reversed(ALL.items())))
    expected = ALL | {"input_seconds": 167_000_000, "output_seconds": 199_000_000}
    assert backwards.components == tuple(ALL)
    assert backwards.counts == tuple(expected.values())
    assert backwards.by_component() == expected
    assert backwards == Usage(**ALL)
    assert hash(backwards) == hash(Usage(**ALL))


def test_a_swapped_count_is_another_usage() -> None:
    assert Usage(input=101, output=149) != Usage(input=149, output=101)


def test_counts_of_zero_are_left_out() -> None:
    usage = Usage(input=0, cache_read=113, output=0)
    assert usage.components == ("cache_read",)
    assert usage == Usage(cache_read=113)


@pytest.mark.parametrize(
    ("usage", "holds"),
    [
        pytest.param(Usage(), False, id="nothing"),
        pytest.param(Usage(input=0, output=0), False, id="zeros"),
        pytest.param(Usage(output=1), True, id="a-token"),
    ],
)
def test_a_usage_is_true_where_it_has_a_count(usage: Usage, *, holds: bool) -> None:
    assert bool(usage) is holds


def test_the_prompt_is_all_its_tokens_cached_or_not_and_nothing_else() -> None:
    assert Usage(**ALL).prompt_tokens == 101 + 103 + 107 + 109 + 113 + 127 + 181 + 191 + 131 + 137 + 139
    assert Usage(**ANSWER, **OTHER).prompt_tokens == 0


@pytest.mark.parametrize("name", PROMPT)
def test_each_component_of_the_prompt_counts_towards_it(name: str) -> None:
    assert Usage(**{name: PROMPT[name]}, **ANSWER).prompt_tokens == PROMPT[name]


@pytest.mark.parametrize(
    ("counts", "held"),
    [
        pytest.param({"input": 101}, {"input": 101}, id="int"),
        pytest.param({"input": 1e3}, {"input": 1000}, id="whole-float"),
        pytest.param({"input": Decimal("1E+3")}, {"input": 1000}, id="whole-decimal"),
        pytest.param({"input": -0.0}, {}, id="minus-zero"),
        pytest.param({"input": 2**63 - 1}, {"input": 2**63 - 1}, id="the-largest"),
        pytest.param({"input_seconds": 90}, {"input_seconds": 90_000_000}, id="seconds"),
        pytest.param({"input_seconds": 0.1}, {"input_seconds": 100_000}, id="a-float-is-the-decimal-it-prints"),
        pytest.param({"input_seconds": 1e-6}, {"input_seconds": 1}, id="a-microsecond"),
        pytest.param({"input_seconds": Decimal("5.000007")}, {"input_seconds": 5_000_007}, id="six-places"),
        pytest.param({"web_searches": 3, "requests": 1}, {"web_searches": 3, "requests": 1}, id="searches-and-requests"),
    ],
)
def test_what_is_a_count(counts: dict[str, float | Decimal], held: dict[str, int]) -> None:
    assert Usage(**counts).by_component() == held


@pytest.mark.parametrize("name", ["input", "output", "input_seconds", "web_searches"])
@pytest.mark.parametrize(
    "given",
    [
        pytest.param(-1, id="negative"),
        pytest.param(Decimal("-0.5"), id="negative-decimal"),
        pytest.param(float("nan"), id="nan"),
        pytest.param(Decimal("sNaN"), id="signalling-nan"),
        pytest.param(float("inf"), id="infinite"),
        pytest.param(float("-inf"), id="minus-infinite"),
        pytest.param(True, id="true"),
        pytest.param(False, id="false"),
        pytest.param("101", id="digits-in-a-string"),
        pytest.param(None, id="none"),
        pytest.param([101], id="list"),
        pytest.param(2**63, id="beyond-64-bits"),
        pytest.param(1e300, id="a-huge-float"),
        pytest.param(1e-7, id="finer-than-a-microsecond"),
    ],
)
def test_what_is_no_count_is_refused_with_its_component(name: str, given: Any) -> None:  # noqa: ANN401 - what callers get wrong
    with pytest.raises(ValueError, match=rf"^{name}: not a count"):
        Usage(**{name: given})


def test_half_a_token_is_no_count() -> None:
    with pytest.raises(ValueError, match=r"input: not a count of tokens: 1\.5"):
        Usage(input=1.5)


def test_a_component_that_does_not_exist_is_an_error_of_the_caller() -> None:
    with pytest.raises(TypeError, match="no such component: 'prompt_tokens'; one of input, "):
        Usage(prompt_tokens=101)


def test_the_threads_own_decimal_context_changes_no_count() -> None:
    with localcontext() as context:
        context.prec = 2
        usage = Usage(input=104_729, input_seconds=Decimal("12345.678901"))
    assert usage.by_component() == {"input": 104_729, "input_seconds": 12_345_678_901}


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(Decimal("1E+999999"), id="beyond-every-exponent"),
        pytest.param(Decimal("1.00000000000000000000000000000000001"), id="a-last-place-too-fine"),
    ],
)
def test_a_decimal_that_a_context_would_round_is_refused(given: Decimal) -> None:
    with pytest.raises(ValueError, match="input_seconds: not a count of seconds"):
        Usage(input_seconds=given)


def test_a_usage_cannot_be_changed() -> None:
    usage: Any = Usage(input=101)
    with pytest.raises(AttributeError):
        usage.counts = (103,)
    with pytest.raises(AttributeError):
        usage.other = 1


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(copy.copy, id="copy"),
        pytest.param(copy.deepcopy, id="deepcopy"),
        pytest.param(lambda usage: pickle.loads(pickle.dumps(usage)), id="pickle"),  # noqa: S301 - our own bytes
    ],
)
def test_a_usage_can_be_copied_and_sent_to_another_process(again: Any) -> None:  # noqa: ANN401 - three functions
    usage = Usage(input=101, output=149)
    assert again(usage) == usage
    assert type(again(usage)) is Usage


@given(st.dictionaries(st.sampled_from([*PROMPT, *ANSWER]), st.integers(min_value=1, max_value=MAX_COUNT)))
def test_counts_known_to_be_right_make_the_same_usage(counts: dict[str, int]) -> None:
    usage = Usage(**counts)
    assert Usage.of_counts(usage.components, usage.counts) == usage
    assert usage.by_component() == counts
    assert usage.prompt_tokens == sum(count for name, count in counts.items() if name in PROMPT)
