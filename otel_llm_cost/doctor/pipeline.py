"""By which sampler, processors and exporters spans leave this process, and by which readers metrics do."""

from __future__ import annotations

import re
import secrets
from typing import Any, Final, NamedTuple

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision

from otel_llm_cost.doctor import internals
from otel_llm_cost.doctor.finding import Finding, bad, note, ok, warn
from otel_llm_cost.doctor.setup import Route, Setup

TRACES: Final = "traces"
METRICS: Final = "metrics"
TRIES: Final = 1000
"""How many traces a sampler is asked about."""
_UNKNOWN: Final = "unknown_service"
_NOT_SENT: Final = frozenset({"ConsoleSpanExporter", "ConsoleMetricExporter", "InMemorySpanExporter"})
_CALL: Final = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
}
"""As a sampler sees a call's span when it begins."""


def findings(setup: Setup) -> list[Finding]:
    """Of spans, then of metrics; nothing where there is no SDK."""
    if not setup.has_sdk:
        return []
    return [*_service(setup), *_sampling(setup), *_processors(setup), *_readers(setup)]


class Shares(NamedTuple):
    """Of the root spans that a sampler is asked about."""

    dropped: float
    unexported: float
    """Recorded, so that they are counted, and not exported."""
    bared: float
    """Recorded without the attributes with which they began."""


def shares(sampler: Any) -> Shares:  # noqa: ANN401 - any sampler
    """What a sampler does."""
    results: list[Any] = []
    for place in range(TRIES):
        # Samplers go by the low bits of a trace's id; these are spread evenly.
        trace_id = secrets.randbits(64) << 64 | ((2 * place + 1) << 63) // TRIES
        asked = Context(), trace_id, "chat gpt-4o-mini", trace.SpanKind.CLIENT, dict(_CALL)
        results.append(sampler.should_sample(*asked))
    decided = [result.decision for result in results]
    bared = sum(result.decision is not Decision.DROP and not _CALL.items() <= result.attributes.items() for result in results)
    return Shares(decided.count(Decision.DROP) / TRIES, decided.count(Decision.RECORD_ONLY) / TRIES, bared / TRIES)


def exporter_name(exporter: object, signal: str) -> str:
    """`OTLPSpanExporter (grpc)`."""
    otlp = internals.otlp_of(exporter, signal)
    name = type(exporter).__name__
    return f"{name} ({otlp.protocol})" if otlp is not None else name


def _service(setup: Setup) -> list[Finding]:
    resource = getattr(setup.tracer_provider, "resource", None)
    name = str(resource.attributes.get("service.name", "")) if resource is not None else ""
    if name and not name.startswith(_UNKNOWN):
        return [ok(TRACES, f"service.name is {name}")]
    return [
        note(
            TRACES, f"service.name is {name or 'not set'}: costs of several programs cannot be told apart", "set OTEL_SERVICE_NAME"
        )
    ]


def _sampling(setup: Setup) -> list[Finding]:
    sampler = setup.tracer_provider.sampler
    # What it does with spans that have a parent is said in words.
    name = re.sub(r",remoteParent.*(?=})", "", sampler.get_description())
    dropped, unexported, bared = shares(sampler)
    if bared:
        return [
            bad(
                TRACES,
                f"the sampler {name} takes away what spans begin with, a call's operation and model: such calls are not recognised",
                "OTEL_TRACES_SAMPLER=parentbased_always_on, or another of the SDK's standard samplers",
            )
        ]
    if dropped:
        return [
            warn(
                TRACES,
                f"the sampler {name} drops {_percent(dropped)} of traces: the calls in them have no span, and are not counted",
                "OTEL_TRACES_SAMPLER=parentbased_always_on, and sample in the Collector, by tail_sampling",
            )
        ]
    said = f"the sampler {name} drops nothing but what the caller of this process has not sampled"
    said = said if name.startswith("ParentBased") else f"the sampler {name} drops nothing"
    return [ok(TRACES, f"{said}; {_percent(unexported)} are counted and not exported" if unexported else said)]


def _percent(share: float) -> str:
    return f"{share:.1%}".replace(".0%", "%").replace("%", " %")


def _processors(setup: Setup) -> list[Finding]:
    if not setup.routes:
        return [warn(TRACES, "no span processor: spans go nowhere", _how_to_export(setup, "TRACES"))]
    chain = ", ".join(_route_text(route) for route in setup.routes)
    found = [ok(TRACES, f"span processors, in order: {chain}")]
    exporters = [route.exporter for route in setup.routes if route.exporter is not None]
    if not exporters:
        found.append(warn(TRACES, "no span exporter: spans, and the costs on them, go nowhere", _how_to_export(setup, "TRACES")))
    elif all(type(exporter).__name__ in _NOT_SENT for exporter in exporters):
        found.append(note(TRACES, f"{type(exporters[0]).__name__}: spans go to no backend", _how_to_export(setup, "TRACES")))
    return found


def _route_text(route: Route) -> str:
    name = type(route.processor).__name__
    if route.exporter is None:
        return name
    sender = exporter_name(route.exporter, TRACES)
    return f"{name} to {sender if route.pricing is None else f'{type(route.pricing).__name__} to {sender}'}"


def _readers(setup: Setup) -> list[Finding]:
    if not setup.readers:
        return [
            warn(METRICS, "no metric reader: what was spent is counted, and goes nowhere", _how_to_export(setup, "METRICS")),
        ]
    found: list[Finding] = []
    for reader in setup.readers:
        exporter, interval = internals.exporter_of(reader), internals.interval_seconds(reader)
        sender = f" to {exporter_name(exporter, METRICS)}" if exporter is not None else ", which is asked"
        every = f", every {interval:g} s" if exporter is not None and interval is not None else ""
        temporality = internals.counter_temporality(reader)
        name = f"{type(reader).__name__}{sender}{every}, {temporality or 'of a temporality that is not told'}"
        if type(exporter).__name__ in _NOT_SENT:
            found.append(note(METRICS, f"{name}: metrics go to no backend", _how_to_export(setup, "METRICS")))
        elif temporality == "delta":
            text = f"{name}: the spend of an export that fails is lost, where the next cumulative one would bring it again"
            found.append(
                note(METRICS, text, "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative, unless the backend wants delta")
            )
        else:
            found.append(ok(METRICS, name))
    return found


def _how_to_export(setup: Setup, signal: str) -> str:
    variable = f"OTEL_{signal}_EXPORTER"
    said = setup.value(variable)
    return f"{variable} is {said}: otlp sends them" if said else f"set {variable}=otlp"
