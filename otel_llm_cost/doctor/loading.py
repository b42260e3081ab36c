"""Whether we are loaded; why not, where we are not."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, entry_points, version
from typing import Final

from otel_llm_cost.doctor.finding import Finding, bad, note, ok
from otel_llm_cost.doctor.setup import Setup
from otel_llm_cost.instrumentor import LLMCostInstrumentor
from otel_llm_cost.version import VERSION

TOPIC: Final = "loading"
NAME: Final = "llm_cost"
DISABLED: Final = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
_SDK_DISABLED: Final = "OTEL_SDK_DISABLED"
_CONFIG_FILE: Final = "OTEL_CONFIG_FILE"
_DISTRO: Final = "OTEL_PYTHON_DISTRO"
_COMMAND: Final = "opentelemetry-instrument otel-llm-cost doctor"
_IN_CODE: Final = (
    "or, where your program sets OpenTelemetry up in code, otel-llm-cost doctor --import MODULE with the module that does"
)


def findings(setup: Setup) -> list[Finding]:
    """Whether the cost goes on spans, and the versions that do it."""
    return [*_loaded(setup), ok(TOPIC, _versions())]


def is_off(setup: Setup) -> bool:
    """Whether the environment switches our instrumentation off."""
    return not switched_off(setup).isdisjoint({NAME, "*"})


def switched_off(setup: Setup) -> set[str]:
    """The names of the instrumentations that the environment switches off."""
    return {name.strip() for name in setup.value(DISABLED).split(",")} - {""}


def _loaded(setup: Setup) -> list[Finding]:
    if setup.value(_SDK_DISABLED).lower() == "true":
        return [bad(TOPIC, f"{_SDK_DISABLED}=true: there are no spans, no metrics and no costs", f"take {_SDK_DISABLED} away")]
    if not setup.has_sdk:
        return [_no_sdk(setup)]
    at_work = [processor for processor in setup.processors if processor.enabled]
    if at_work:
        held = LLMCostInstrumentor()
        by = "by the entry point llm_cost" if setup.is_auto and held.processor in at_work else "in code"
        to = f"to {_kind(setup.tracer_provider)}"
        found = [ok(TOPIC, f"the cost goes on spans before they end: CostSpanProcessor, attached {by} {to}")]
        if len(at_work) > 1:
            found.append(note(TOPIC, f"{len(at_work)} of them are attached: the first prices a span, the others pass it by"))
        return found
    if setup.pricing_exporters:
        text = (
            f"the cost goes on spans of {_kind(setup.tracer_provider)} as they are exported: CostSpanExporter; "
            "the metrics cover exported spans only"
        )
        return [ok(TOPIC, text)]
    return [_not_attached(setup)]


def _no_sdk(setup: Setup) -> Finding:
    kind = type(setup.tracer_provider).__name__
    if not setup.is_auto:
        return bad(
            TOPIC,
            "nothing is loaded: this process does not run under opentelemetry-instrument",
            f"{_COMMAND}, with your program's environment; {_IN_CODE}",
        )
    if setup.value(_CONFIG_FILE):
        return bad(
            TOPIC,
            f"no tracer provider of the SDK ({kind}): {_CONFIG_FILE} names a file that sets none up, or that was refused",
            "give the file a tracer_provider section; what the log above says of it is why it was refused",
        )
    if not entry_points(group="opentelemetry_configurator"):
        return bad(
            TOPIC,
            f"no tracer provider of the SDK ({kind}): nothing that is installed sets one up",
            "pip install opentelemetry-distro opentelemetry-exporter-otlp",
        )
    return bad(
        TOPIC,
        f"no tracer provider of the SDK ({kind}): {_distro(setup)} set none up",
        "the log above says why; without one, a distro or a program has to set an OpenTelemetry SDK tracer provider",
    )


def _not_attached(setup: Setup) -> Finding:
    if is_off(setup):
        names = ", ".join(sorted(switched_off(setup)))
        return bad(TOPIC, f"switched off by {DISABLED}={names}", f"take {NAME if '*' not in names else '*'} out of it")
    if setup.processors:
        return bad(TOPIC, "CostSpanProcessor is attached and switched off: uninstrument() was called", "call instrument() again")
    if NAME not in {found.name for found in entry_points(group="opentelemetry_instrumentor")}:
        return bad(
            TOPIC,
            f"the entry point {NAME} is not found: otel-llm-cost is not installed where this Python looks ({sys.prefix})",
            "install otel-llm-cost in the program's environment: pip install otel-llm-cost",
        )
    elsewhere = "OTEL_TRACES_EXPORTER=llm_cost prices spans in distros that load no instrumentations"
    if not setup.is_auto:
        return bad(
            TOPIC,
            "the program has a tracer provider, and our processor is not attached to it",
            "provider.add_span_processor(CostSpanProcessor()), or otel_llm_cost.configure()",
        )
    return bad(
        TOPIC,
        f"{_distro(setup)} did not load the instrumentation {NAME}, or an instrumentation before it failed",
        f"where the log above names a failure, mend it; {elsewhere}",
    )


def _distro(setup: Setup) -> str:
    named = setup.value(_DISTRO)
    found = [one for one in entry_points(group="opentelemetry_distro") if named in {"", one.name}]
    return f"the distro {found[0].name} ({found[0].value.partition(':')[0]})" if found else "no distro, and the default one"


def _kind(provider: object) -> str:
    return f"{type(provider).__module__}.{type(provider).__name__}"


def _versions() -> str:
    said = [f"otel-llm-cost {VERSION}"]
    for name in ("opentelemetry-api", "opentelemetry-sdk", "opentelemetry-instrumentation"):
        try:
            said.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            said.append(f"{name} of an unknown version")
    return ", ".join([*said, f"Python {platform.python_version()}"])
