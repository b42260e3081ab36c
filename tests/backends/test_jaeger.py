"""Program to Collector to Jaeger: the cost is on the right span, and found by its tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

import pytest

from tests.backends.programs import Jaeger, collector, jaeger, wait_for
from tests.backends.spending import CACHED, DEAR, EURO, FAILED, PARTIAL, PLAIN, ROOT, UNKNOWN, Call, spender

CONFIG: Final = ROOT / "collector-config" / "collector" / "jaeger.yaml"
CALLS: Final = {
    name: replace(call, name=name)
    for name, call in {
        "plain": PLAIN,
        "cached": CACHED,
        "dear": DEAR,
        "cent": Call("dear-1", 11, 2),
        "dearest": Call("dear-1", 9001, 2903),
        "euro": EURO,
        "unknown": UNKNOWN,
        "failed": FAILED,
        "partial": PARTIAL,
    }.items()
}
PRICED: Final = {name: call for name, call in CALLS.items() if call.is_priced}
MAGNITUDES: Final = {"llm_cost.ge_0_01": "0.01", "llm_cost.ge_0_1": "0.1", "llm_cost.ge_1": "1", "llm_cost.ge_10": "10"}


@pytest.fixture(scope="module", params=["http/protobuf", "grpc"])
def backend(request: pytest.FixtureRequest) -> Iterator[Jaeger]:
    """Jaeger, with the calls' traces in it."""
    protocol: str = request.param
    with jaeger() as stored, collector(CONFIG, env={"JAEGER_OTLP": stored.address}) as gateway:
        endpoint = gateway.otlp_grpc if protocol == "grpc" else gateway.otlp_http
        with spender(endpoint, protocol, OTEL_METRICS_EXPORTER="none") as program:
            program.spend(*CALLS.values())
            program.terminate()
        wait_for(lambda: len(stored.traces("spender")) == len(CALLS), "the traces in Jaeger", stored, gateway)
        yield stored


def found(backend: Jaeger, **tags: str) -> set[str]:
    """The names of the spans whose traces have these tags."""
    return {span["operationName"] for trace in backend.traces("spender", tags) for span in trace["spans"]}


def tags_of(backend: Jaeger, name: str) -> dict[str, Any]:
    """Key to type and value."""
    (span,) = [span for trace in backend.traces("spender") for span in trace["spans"] if span["operationName"] == name]
    return {tag["key"]: (tag["type"], tag["value"]) for tag in span["tags"]}


@pytest.mark.parametrize("name", PRICED)
def test_the_cost_is_on_the_span_of_the_call(backend: Jaeger, name: str) -> None:
    tags = tags_of(backend, name)
    assert tags["gen_ai.usage.cost.amount"] == ("float64", float(CALLS[name].cost))
    assert tags["gen_ai.usage.cost.currency"] == ("string", CALLS[name].currency)
    amounts = {component: float(cost) for component, cost in CALLS[name].costs.items()}
    assert {key: value for key, (_, value) in tags.items() if key.startswith("llm_cost.component.")} == {
        f"llm_cost.component.{component}.amount": amount for component, amount in amounts.items()
    }


@pytest.mark.parametrize("name", CALLS.keys() - PRICED.keys())
def test_a_call_without_a_price_has_no_cost_there(backend: Jaeger, name: str) -> None:
    tags = tags_of(backend, name)
    # The known part of a cost has a currency.
    said = {"gen_ai.usage.cost.currency": ("string", CALLS[name].currency)} if CALLS[name].costs else {}
    assert {key: value for key, value in tags.items() if key.startswith("gen_ai.usage.cost")} == said
    assert (tags["llm_cost.status"], tags["llm_cost.reason"]) == tuple(("string", said) for said in CALLS[name].status)
    known = tags.get("llm_cost.known_amount")
    assert known == (("float64", float(CALLS[name].cost)) if CALLS[name].costs else None)


@pytest.mark.parametrize("tag", MAGNITUDES)
def test_expensive_calls_are_found_by_a_tag(backend: Jaeger, tag: str) -> None:
    # Of a cost that is known in part, the known part counts: it cost at least that.
    expensive = {name for name, call in CALLS.items() if call.cost >= Fraction(MAGNITUDES[tag])}
    assert expensive
    assert expensive != CALLS.keys()
    assert found(backend, **{tag: "true"}) == expensive


def test_other_tags_find_calls_too(backend: Jaeger) -> None:
    assert found(backend, **{"llm_cost.status": "unpriced"}) == {"unknown", "failed"}
    assert found(backend, **{"llm_cost.reason": "unknown_model"}) == {"unknown"}
    assert found(backend, **{"llm_cost.status": "partial"}) == {"partial"}
    assert found(backend, **{"gen_ai.usage.cost.currency": "EUR"}) == {"euro"}
    assert found(backend, **{"llm_cost.price": tags_of(backend, "dear")["llm_cost.price"][1]}) == {"cent", "dear", "dearest"}
    assert found(backend, **{"gen_ai.usage.cost.amount": repr(float(PLAIN.cost))}) == {"plain"}
