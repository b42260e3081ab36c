"""The span exporter: for pipelines where only the exporter can be chosen. It prices what no processor has priced."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, Final, cast

from opentelemetry import trace
from opentelemetry.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, Span
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_llm_cost.ended_span import EndedSpan, SpanWithMore, events
from otel_llm_cost.handed_over import HANDED_OVER
from otel_llm_cost.names import STATUS
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor
from otel_llm_cost.recognise import looks_like_call
from otel_llm_cost.settings import EXPORTER, exporter_from_environment
from otel_llm_cost.span_end import hook_of

NAME: Final = "llm_cost"
"""As `OTEL_TRACES_EXPORTER` has it."""
_GROUP: Final = "opentelemetry_traces_exporter"
_OTLP: Final = {"grpc": "otlp_proto_grpc", "http/protobuf": "otlp_proto_http"}


class CostSpanExporter(SpanExporter):
    """Puts the cost on the spans that go to another exporter: `BatchSpanProcessor(CostSpanExporter(OTLPSpanExporter()))`.

    Spans that a `CostSpanProcessor` has dealt with pass as they are. The others are priced and counted here, so that metrics cover
    what is exported, and not what a sampler dropped. Prefer the processor wherever one can be added: it also sees which calls ran
    in one thread, so that it finds more of the spans that show one call.
    """

    def __init__(
        self,
        delegate: SpanExporter | None = None,
        *,
        table: PriceTable | None = None,
        meter_provider: MeterProvider | None = None,
        tracer_provider: trace.TracerProvider | None = None,
        strict: bool | None = None,
    ) -> None:
        """`delegate` defaults to the exporter that `OTEL_LLM_COST_EXPORTER` names, which is `otlp`.

        `tracer_provider`, by default the global one, is flushed at exit before metrics are collected for the last time. The rest is
        as for `CostSpanProcessor`, but for a price file that cannot be used: that is logged, and the shipped prices are used.

        Raises ValueError where no such exporter is installed.
        """
        self.delegate = delegate if delegate is not None else delegate_from_environment()
        self._tracer_provider = tracer_provider
        self._processor = CostSpanProcessor(
            table=table if table is not None else PriceTable.default_or_shipped(), meter_provider=meter_provider, strict=strict
        )
        self._accounts = self._processor.accounts
        self._accounts.before_last.append(self._flush_spans)
        HANDED_OVER.expect(self._processor, tracer_provider)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            spans = self._priced(spans)
        except Exception as error:  # noqa: BLE001 - nothing of ours may keep a span from its backend
            self._accounts.guard.failed("export", error)
        return self.delegate.export(spans)

    def shutdown(self) -> None:
        self._processor.shutdown()
        self.delegate.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        self._processor.force_flush(timeout_millis)
        return self.delegate.force_flush(timeout_millis)

    def _priced(self, spans: Sequence[ReadableSpan]) -> Sequence[ReadableSpan]:
        """The same spans; those of calls with their cost."""
        left = [span for span in spans if span.context is not None and STATUS not in (span.attributes or {})]
        if not left:
            return spans
        accounts = self._accounts
        with accounts.exporting:
            known = accounts.exported
            unwritten = accounts.unwritten
            self._price(
                [span for span in left if span not in known and (span.context.trace_id, span.context.span_id) not in unwritten]
            )
            return [known.get(span, span) for span in spans]

    def _price(self, spans: Sequence[ReadableSpan]) -> None:
        """Has the processor see spans begin and end, in the order in which they did."""
        stand_ins = [EndedSpan(span) for span in spans]
        # Roots that show one call are known by their response's id alone: in which thread each was made is not.
        self._accounts.once.is_late |= any(looks_like_call(stand_in.attributes) for stand_in in stand_ins)
        places = {span.context.span_id: place for place, span in enumerate(spans)}
        windows = ((place, span.start_time or 0, span.end_time or 0) for place, span in enumerate(spans))
        for _, is_end, _, place in events(windows, lambda child: _place_above(spans[child], places)):
            stand_in = cast("Span", stand_ins[place])
            if is_end:
                stand_in.end(spans[place].end_time)
                self._processor.on_end(stand_in)
            else:
                self._processor.on_start(stand_in)
                hook = hook_of(stand_in)
                if hook is not None:
                    hook.given = HANDED_OVER.of(stand_in.context)
        written = ((span, stood_in.written) for span, stood_in in zip(spans, stand_ins, strict=True) if stood_in.written)
        self._accounts.exported.update((span, SpanWithMore(span, more)) for span, more in written)

    def _flush_spans(self) -> None:
        provider: Any = self._tracer_provider if self._tracer_provider is not None else trace.get_tracer_provider()
        flush = getattr(provider, "force_flush", None)
        try:
            if flush is not None:
                flush()
        except Exception as error:  # noqa: BLE001 - as above
            self._accounts.guard.failed("flush_spans", error)


def delegate_from_environment(environment: Mapping[str, str] = os.environ) -> SpanExporter:
    """The exporter that `OTEL_LLM_COST_EXPORTER` names, as `OTEL_TRACES_EXPORTER` would. Raises ValueError where there is none."""
    name = exporter_from_environment(environment)
    if name == "otlp":
        protocol = environment.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or environment.get("OTEL_EXPORTER_OTLP_PROTOCOL") or "grpc"
        if protocol.strip() not in _OTLP:
            raise ValueError(f"OTEL_EXPORTER_OTLP_PROTOCOL: no OTLP exporter speaks {protocol!r}; one of {', '.join(_OTLP)}")
        name = _OTLP[protocol.strip()]
    installed = {found.name: found for found in entry_points(group=_GROUP)}
    if name == NAME or name not in installed:
        others = ", ".join(sorted(installed.keys() - {NAME})) or "none"
        raise ValueError(f"{EXPORTER}: no span exporter {name!r} to hand spans to; installed: {others}")
    exporter: SpanExporter = installed[name].load()()
    return exporter


def _place_above(span: ReadableSpan, places: Mapping[int, int]) -> int | None:
    return places.get(span.parent.span_id) if span.parent is not None else None
