"""What the SDK and its exporters hold, and have no public way to tell: the one place that reads their private attributes.

Their names differ between releases (1.30 and 1.45 are tested); where one is gone, nothing is told and nothing is raised.
"""
# ruff: noqa: SLF001

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

_PREFIX: Final = "opentelemetry.exporter.otlp."
_COUNTERS: Final = frozenset({"Counter", "_Counter"})


class Otlp(NamedTuple):
    """An OTLP exporter, as it was made."""

    signal: str
    """`traces` or `metrics`."""
    protocol: str
    """`grpc`, `http/protobuf` or `http/json`."""
    url: str
    """May hold a password or a key: not to be shown as it is."""
    headers: tuple[str, ...]
    """Their names alone."""
    ask: Callable[[float], int]
    """Sends an empty export, within so many seconds: the HTTP status (200 of gRPC). Raises what the client raises."""


def span_processors(provider: object) -> list[Any]:
    """The span processors of a tracer provider, in order."""
    return _within(getattr(provider, "_active_span_processor", None), "_span_processors")


def log_processors(provider: object) -> list[Any]:
    """The processors of a logger provider, in order."""
    return _within(getattr(provider, "_multi_log_record_processor", None), "_log_record_processors")


def metric_readers(provider: object) -> list[Any]:
    """The metric readers of a meter provider, in order."""
    of_before = getattr(getattr(provider, "_sdk_config", None), "metric_readers", ())
    return list(getattr(provider, "_metric_readers", of_before))


def exporter_of(holder: object) -> Any:  # noqa: ANN401 - any exporter
    """The exporter of a processor or a metric reader; None where it has none."""
    for place in ("span_exporter", "_exporter"):
        held = getattr(holder, place, None)
        if held is not None:
            return held
    return getattr(getattr(holder, "_batch_processor", None), "_exporter", None)


def interval_seconds(reader: object) -> float | None:
    """How often a metric reader exports; None for one that is asked."""
    millis = getattr(reader, "_export_interval_millis", None)
    return millis / 1000 if isinstance(millis, int | float) else None


def counter_temporality(reader: object) -> str | None:
    """`cumulative` or `delta`: how a metric reader has counters."""
    held = getattr(reader, "_instrument_class_temporality", None) or {}
    return next((kept.name.lower() for of, kept in held.items() if of.__name__ in _COUNTERS), None)


def otlp_of(exporter: object, signal: str) -> Otlp | None:
    """What is known of an exporter over OTLP; None of any other, or where it cannot be known."""
    module = next((of.__module__ for of in type(exporter).__mro__ if of.__module__.startswith(_PREFIX)), "")
    try:
        if ".grpc." in module:
            return _grpc(exporter, signal)
        return _http(exporter, signal) if ".http." in module else None
    except AttributeError:
        return None


def _within(holder: object, place: str) -> list[Any]:
    """What a processor that only passes on holds; else itself."""
    if holder is None:
        return []
    held = getattr(holder, place, None)
    return [inner for one in held for inner in _within(one, place)] if isinstance(held, Sequence) else [holder]


def _grpc(exporter: Any, signal: str) -> Otlp:  # noqa: ANN401
    host, headers = exporter._endpoint, tuple(exporter._headers)
    scheme = "http" if getattr(exporter, "_insecure", True) else "https"

    def ask(timeout: float) -> int:
        exporter._client.Export(request=_empty(signal), metadata=headers, timeout=timeout)
        return 200

    # Older ones do not keep whether they use TLS: their endpoint has lost its scheme.
    url = f"{scheme}://{host}" if hasattr(exporter, "_insecure") else host
    return Otlp(signal, "grpc", url, tuple(name for name, _ in headers if name.lower() != "user-agent"), ask)


def _http(exporter: Any, signal: str) -> Otlp:  # noqa: ANN401
    url: str = exporter._endpoint
    client = getattr(exporter, "_client", None)
    given = dict(client._headers if client is not None else exporter._session.headers)
    headers = {name: value for name, value in given.items() if name.lower() != "content-encoding"}
    is_json = "json" in next((str(value) for name, value in headers.items() if name.lower() == "content-type"), "")
    body = b"{}" if is_json else b""

    def ask(timeout: float) -> int:
        if client is not None:
            result = client._transport.request("POST", url, headers=headers, data=body, timeout=timeout)
            if result.error is not None:
                raise result.error
            return int(result.status_code)
        # What is None here is left out of the session's own headers.
        plain = {name: None for name in given if name not in headers}
        verify, cert = exporter._certificate_file, exporter._client_cert
        answer = exporter._session.post(
            url, data=body, headers=plain, verify=verify, cert=cert, timeout=timeout, allow_redirects=False
        )
        return int(answer.status_code)

    own = tuple(name.lower() for name in headers if name.lower() not in _OF_ALL)
    return Otlp(signal, "http/json" if is_json else "http/protobuf", url, own, ask)


_OF_ALL: Final = frozenset({"accept", "accept-encoding", "connection", "content-type", "user-agent"})
"""Headers that each request has."""


def _empty(signal: str) -> object:
    if signal == "metrics":
        from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest  # noqa: PLC0415

        return ExportMetricsServiceRequest()
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: PLC0415

    return ExportTraceServiceRequest()
