"""One test span through the program's own pipeline. It costs nothing, and no metric counts it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.trace import SpanKind, format_trace_id

from otel_llm_cost.doctor import internals
from otel_llm_cost.doctor.finding import Finding, bad, note, ok
from otel_llm_cost.doctor.pipeline import METRICS, TRIES
from otel_llm_cost.doctor.setup import Setup
from otel_llm_cost.names import COST_AMOUNT, STATUS, TEST
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor
from otel_llm_cost.version import VERSION

TOPIC: Final = "test span"
SPAN_NAME: Final = "otel-llm-cost doctor: a test, no call was made"
SCOPE: Final = "otel_llm_cost.doctor"
_MILLIS: Final = 30_000
_CODE: Final = re.compile(r"\bcode: (\d{3}|StatusCode\.[A-Z_]+)\b")
# Ollama's own API is free, by a row of the table: what adds up costs of spans adds 0.
_ATTRIBUTES: Final = {
    TEST: True,
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "ollama",
    "gen_ai.request.model": "otel-llm-cost-test",
    "gen_ai.usage.input_tokens": 2,
    "gen_ai.usage.output_tokens": 3,
}


class Sent:
    """What exporters said of what they were given."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def heard(self, result: object) -> None:
        self.said.append(str(getattr(result, "name", "FAILURE" if result is None else result)))

    @property
    def is_taken(self) -> bool:
        return bool(self.said) and set(self.said) == {"SUCCESS"}


def findings(setup: Setup, logged: list[str]) -> tuple[list[Finding], str | None]:
    """What became of the test span, and of the metrics; and the span's trace id, where one was sent.

    `logged` has what exporters log meanwhile. Only where there is an SDK tracer provider.
    """
    exporters = [route.exporter for route in setup.routes if route.exporter is not None]
    if not exporters:
        return [bad(TOPIC, "not sent: there is no span exporter", "see traces, above")], None
    with _listening(exporters) as spans:
        span = _span(setup)
        if span is None:
            return [bad(TOPIC, f"not sent: the sampler dropped {TRIES} of {TRIES}", "see traces, above")], None
        setup.tracer_provider.force_flush(_MILLIS)
    trace_id = format_trace_id(span.get_span_context().trace_id)
    held = span.attributes or {}
    found = [_of_spans(spans, trace_id, held, logged)]
    if setup.readers:
        del logged[:]
        found.append(_of_metrics(setup, logged))
    return found, trace_id


def _span(setup: Setup) -> Any:  # noqa: ANN401 - the SDK's span
    """A test span that has ended, priced beside the ledger; None where the sampler lets none through."""
    held = [processor for processor in setup.processors if processor.enabled]
    for processor in held:
        processor.enabled = False
    try:
        table = held[0].table if held else PriceTable.default_or_shipped()
        beside = CostSpanProcessor(table=table, meter_provider=NoOpMeterProvider())
        setup.tracer_provider.add_span_processor(beside)
        try:
            tracer = setup.tracer_provider.get_tracer(SCOPE, VERSION)
            for _ in range(TRIES):
                span = tracer.start_span(SPAN_NAME, Context(), SpanKind.CLIENT, _ATTRIBUTES)
                span.end()
                if span.get_span_context().trace_flags.sampled and hasattr(span, "attributes"):
                    return span
            return None
        finally:
            beside.enabled = False
    finally:
        for processor in held:
            processor.enabled = True


def _of_spans(sent: Sent, trace_id: str, held: Any, logged: list[str]) -> Finding:  # noqa: ANN401 - a mapping
    priced = f"{STATUS} {held.get(STATUS, 'not on it')}, {COST_AMOUNT} {held.get(COST_AMOUNT, 'not on it')}"
    text = f"{SPAN_NAME!r}, trace {trace_id}, {priced}"
    if sent.is_taken:
        return ok(TOPIC, f"{text}: exported; it costs nothing, and no metric counts it")
    return bad(TOPIC, f"{text}: not exported ({_why(sent, logged)})", "see endpoint, above; the receiver's own log may say more")


def _of_metrics(setup: Setup, logged: list[str]) -> Finding:
    exporters = [exporter for reader in setup.readers if (exporter := internals.exporter_of(reader)) is not None]
    if not exporters:
        return note(TOPIC, f"{METRICS}: nothing sends them, they are asked for")
    with _listening(exporters) as metrics:
        setup.meter_provider.force_flush(_MILLIS)
    if metrics.is_taken:
        return ok(TOPIC, f"{METRICS}: exported, without a call or any spend")
    return bad(
        TOPIC, f"{METRICS}: not exported ({_why(metrics, logged)})", "see endpoint, above; the receiver's own log may say more"
    )


def _why(sent: Sent, logged: list[str]) -> str:
    if not sent.said:
        return "no exporter was given anything"
    # What it logs may quote an address or an answer, and so a key.
    codes = [found[1] for text in logged if (found := _CODE.search(text)) is not None]
    return f"the exporter says {', '.join(dict.fromkeys(sent.said))}{', by ' + codes[-1] if codes else ''}"


@contextmanager
def _listening(exporters: list[Any]) -> Iterator[Sent]:
    """Hears what `export` returns, which processors do not pass on."""
    sent = Sent()
    taken: list[tuple[Any, Any]] = []
    for exporter in exporters:
        original = exporter.export

        def export(*arguments: Any, original: Any = original, **named: Any) -> Any:  # noqa: ANN401 - any exporter's
            try:
                result = original(*arguments, **named)
            except Exception as error:
                sent.heard(type(error).__name__)
                raise
            sent.heard(result)
            return result

        try:
            exporter.export = export
        except AttributeError:  # it has slots
            continue
        taken.append((exporter, original))
    try:
        yield sent
    finally:
        for exporter, _ in taken:
            vars(exporter).pop("export", None)
