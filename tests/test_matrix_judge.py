"""What the matrix makes of what was seen: right is right, and nothing else is."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from tests.matrix.evaluator import bill
from tests.matrix.judge import Cell, Review, judged, review_of, traces_of

DUE = bill("openai.chat", "cache_read")
assert DUE is not None


def seen(
    amount: Fraction | None,
    status: str = "priced",
    calls: int = 1,
    case: str = "cache_read",
    error: str | None = None,
    **more: object,
) -> dict[str, Any]:
    """One cell as the runner writes it, of the OpenAI client's chat."""
    attributes: dict[str, object] = dict(more)
    if amount is not None and status == "priced":
        attributes["gen_ai.usage.cost.amount"] = float(amount)
    return {
        "client": "openai_sdk",
        "api": "openai.chat",
        "case": case,
        "error": error,
        "calls": Counter({status: calls}) if calls else {},
        "spend": {f"{status.split('/', maxsplit=1)[0]}/USD": str(amount)} if amount is not None else {},
        "spans": [{"attributes": attributes}],
    }


def outcome(cell: dict[str, Any]) -> str:
    (found,) = judged({"cells": [cell]})
    return found.outcome


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param(seen(DUE), "exact", id="the-bill"),
        pytest.param(seen(DUE + Fraction(1, 10**6)), "wrong", id="one-millionth-more"),
        pytest.param(seen(DUE - Fraction(1, 10**6)), "wrong", id="one-millionth-less"),
        pytest.param(seen(2 * DUE, calls=2), "wrong", id="counted-twice"),
        pytest.param(seen(None, calls=0), "no span", id="not-counted"),
        pytest.param(seen(DUE * 2, **{"llm_cost.assumed": ["tier=standard"]}), "assumed:tier=standard", id="assumed"),
        pytest.param(seen(DUE, **{"llm_cost.assumed": ["tier=standard"]}), "exact", id="assumed-and-right"),
        pytest.param(seen(DUE / 2, "partial/no_usage"), "partial:no_usage", id="known-in-part"),
        pytest.param(seen(DUE * 2, "partial/no_usage"), "wrong", id="more-known-than-billed"),
        pytest.param(seen(None, "unpriced/no_usage"), "unpriced:no_usage", id="unpriced"),
        pytest.param(seen(DUE, error="TypeError: no"), "failed", id="the-client-failed"),
        pytest.param(seen(DUE, case="stream_no_usage"), "wrong", id="priced-what-nobody-can-know"),
        pytest.param(seen(DUE, case="batch"), "wrong", id="a-batch-is-no-call"),
        pytest.param(seen(None, calls=0, case="batch"), "exact", id="a-batch"),
    ],
)
def test_what_a_cell_comes_to(cell: dict[str, Any], expected: str) -> None:
    assert outcome(cell) == expected


def test_the_spans_and_the_metrics_have_to_agree() -> None:
    cell = seen(DUE)
    cell["spans"].append({"attributes": {"gen_ai.usage.cost.amount": float(DUE)}})
    assert outcome(cell) == "wrong"


def review(*, outcome: str = "partial:*", cells: str = "*/cache_read", pointers: tuple[str, ...] = ()) -> Review:
    return Review(("openllmetry-*",), (cells,), outcome, "it does not say", "missing", pointers)


def test_a_review_is_of_its_columns_cells_and_outcome() -> None:
    cell = Cell("openai_sdk", "openai.chat", "cache_read", "partial:no_usage", "")
    assert review_of("openllmetry-openai", cell, [review()]) == review()
    assert review_of("otel-openai", cell, [review()]) is None
    assert review_of("openllmetry-openai", cell, [review(cells="*/tier")]) is None
    assert review_of("openllmetry-openai", cell, [review(outcome="wrong")]) is None


def test_a_count_that_is_said_to_be_on_no_span_may_be_on_none() -> None:
    pointer = "/usage/prompt_tokens_details/cached_tokens"
    absent, present = seen(DUE / 2, "partial/no_usage"), seen(DUE / 2, "partial/no_usage", text='{"cached": 1277}')
    assert list(traces_of(absent, review(pointers=(pointer,)))) == []
    assert list(traces_of(present, review(pointers=(pointer,)))) == [f"{pointer} = 1277"]
