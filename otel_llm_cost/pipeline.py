"""Tracer and meter provider with OTLP exporters and our processor, in one line, for programs without `opentelemetry-instrument`."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Literal
from urllib.parse import quote, urlsplit

from opentelemetry import trace
from opentelemetry.sdk._configuration import _OTelSDKConfigurator  # which distros are to extend

from otel_llm_cost.instrumentor import LLMCostInstrumentor
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.termination import flush_telemetry_at_sigterm

_log = logging.getLogger("otel_llm_cost")

HTTP: Final = "http/protobuf"
GRPC: Final = "grpc"
_SIGNALS: Final = ("TRACES", "METRICS", "LOGS")
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_DEFAULTS: Final = {
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": HTTP,
}
"""As the specification has them; the Python SDK alone exports nothing."""
_CONFIG_FILE: Final = "OTEL_CONFIG_FILE"
_DISABLED: Final = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"


class _Configurator(_OTelSDKConfigurator):
    """The SDK's own reading of all standard variables."""


def configure(
    *,
    endpoint: str | None = None,
    protocol: Literal["http/protobuf", "grpc"] | None = None,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Sets the global tracer and meter provider up, has them export over OTLP, and adds the cost to every LLM span.

    For programs without `opentelemetry-instrument`: call it once, at the start, before instrumentations. `endpoint` is the base URL
    of an OTLP receiver, by default `http://localhost:4318`; `protocol` is `http/protobuf` by default; `headers` go with each
    request. Each stands in place of its `OTEL_EXPORTER_OTLP_*` variables; all other standard variables keep their meaning:
    exporters, sampler, resource, `OTEL_CONFIG_FILE`, `OTEL_SDK_DISABLED`.

    What has been counted is exported at exit and, where the application does not handle it, at SIGTERM.

    Where a tracer provider is set already, only the cost is added. Raises ValueError for an argument that is wrong, PriceFileError
    for a price file that cannot be used, RuntimeError where an exporter is not installed (`pip install 'otel-llm-cost[otlp]'`).
    """
    said = {**_endpoint(endpoint, protocol), **_headers(headers)}
    is_on = not _is_disabled()
    if is_on:
        PriceTable.default()
    if hasattr(trace.get_tracer_provider(), "add_span_processor"):
        if said:
            _log.warning("a tracer provider is set already: its exporters are used, and not what configure() was given")
    else:
        if said and os.environ.get(_CONFIG_FILE):
            _log.warning("%s is set: its exporters are used, and not what configure() was given", _CONFIG_FILE)
        with _environment({name: value for name, value in _DEFAULTS.items() if not os.environ.get(name)} | said):
            _set_up()
    instrumentor = LLMCostInstrumentor()
    if is_on and not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.instrument()
    flush_telemetry_at_sigterm(lambda: instrumentor.processor)


def _set_up() -> None:
    try:
        _Configurator().configure()  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        if not str(error).startswith("Requested component"):
            raise
        raise RuntimeError(f"{error}; the OTLP exporters come with: pip install 'otel-llm-cost[otlp]'") from error


def _is_disabled() -> bool:
    named = [name.strip() for name in os.environ.get(_DISABLED, "").split(",")]
    return "llm_cost" in named or "*" in named


def _endpoint(endpoint: str | None, protocol: str | None) -> dict[str, str | None]:
    """As variables; those of single signals, which would win, are taken away. Raises ValueError."""
    said: dict[str, str | None] = {}
    if protocol is not None:
        if protocol not in (HTTP, GRPC):
            raise ValueError(f"protocol: {protocol!r} is neither {HTTP!r} nor {GRPC!r}")
        said |= _for_all("PROTOCOL", protocol)
    if endpoint is not None:
        spoken = protocol or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") or HTTP
        port = _port(endpoint, needs_scheme=spoken != GRPC)
        if (spoken, port) in {(HTTP, 4317), (GRPC, 4318)}:
            other = GRPC if spoken == HTTP else HTTP
            _log.warning("endpoint: port %d is %s by convention, and the protocol is %s", port, other, spoken)
        said |= _for_all("ENDPOINT", endpoint)
    return said


def _port(endpoint: str, *, needs_scheme: bool) -> int | None:
    try:
        parts = urlsplit(endpoint if "://" in endpoint or needs_scheme else f"https://{endpoint}")
        port = parts.port
    except ValueError as error:
        raise ValueError(f"endpoint: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("endpoint: not a URL such as http://localhost:4318")
    return port


def _headers(headers: Mapping[str, str] | None) -> dict[str, str | None]:
    if headers is None:
        return {}
    for name, value in headers.items():
        # Its value may be a key, and is not shown.
        if not isinstance(name, str) or not _HEADER.fullmatch(name) or not isinstance(value, str):
            raise ValueError(f"headers: not the name of a header with a text: {name!r}")
    return _for_all("HEADERS", ",".join(f"{name}={quote(value)}" for name, value in headers.items()))


def _for_all(what: str, value: str) -> dict[str, str | None]:
    return {f"OTEL_EXPORTER_OTLP_{what}": value, **{f"OTEL_EXPORTER_OTLP_{signal}_{what}": None for signal in _SIGNALS}}


@contextmanager
def _environment(said: Mapping[str, Any]) -> Iterator[None]:
    """With these variables, as long as the SDK reads them; None is one that is not set."""
    before = {name: os.environ.get(name) for name in said}
    _put(said)
    try:
        yield
    finally:
        _put(before)


def _put(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
