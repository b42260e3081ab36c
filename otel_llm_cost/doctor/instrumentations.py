"""Which instrumentations of LLM libraries are there and at work, and how their spans are read."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import Any, Final, NamedTuple

from opentelemetry.instrumentation.dependencies import get_dist_dependency_conflicts

from otel_llm_cost.doctor.clients import CLIENTS, NATIVE, PLATFORMS, Client, Native, has_part, installed
from otel_llm_cost.doctor.finding import Finding, bad, note, ok, warn
from otel_llm_cost.doctor.loading import DISABLED, NAME, switched_off
from otel_llm_cost.doctor.readings import is_known, reading_text, scope_of
from otel_llm_cost.doctor.setup import Setup
from otel_llm_cost.recognise import makes_calls

TOPIC: Final = "instrumentations"
_LOOK: Final = "otel-llm-cost explain SPAN.json, with a span of it, shows how it is read"


class Seen(NamedTuple):
    """An instrumentation, or a library that traces itself: whose calls are seen by it, and what is to be said."""

    client: str
    is_on: bool
    who: str
    finding: Finding


def findings(setup: Setup) -> list[Finding]:
    """Of each instrumentation of an LLM library, and each library that traces itself or is not seen at all."""
    seen = [*(_entry(entry, setup) for entry in _of_llms()), *_natives(setup)]
    on = {one.client for one in seen if one.is_on}
    found = [_beside(one.finding) if one.client in on and not one.is_on else one.finding for one in seen]
    for name in dict.fromkeys(one.client for one in seen if one.is_on):
        several = [one.who for one in seen if one.is_on and one.client == name]
        if len(several) > 1:
            text = f"{name}: {' and '.join(several)} each put a span on a call: it is counted once, the others say duplicate"
            found.append(note(TOPIC, text))
    if not on and setup.has_sdk and not _switched_in_code():
        found.append(_nothing_on(setup, seen))
    told = {one.client for one in seen}
    for client in CLIENTS:
        held = installed(client.name)
        is_seen = client.name in on or (client.name in told and not client.switch) or (client.is_framework and bool(on))
        if held is not None and not is_seen:
            found.append(_unseen(client, held, setup))
    return found


def _beside(finding: Finding) -> Finding:
    """What is not well with one is no fault where another one sees the same calls."""
    if finding.is_well:
        return finding
    return note(TOPIC, f"{finding.text}; another one sees these calls", finding.todo)


def _of_llms() -> list[EntryPoint]:
    group = entry_points(group="opentelemetry_instrumentor")
    by_module = {found.value: found for found in group if found.name != NAME and (makes_calls(found.module) or _is_platform(found))}
    return sorted(by_module.values(), key=lambda found: (found.name, found.value))


def _is_platform(entry: EntryPoint) -> bool:
    return entry.module == "opentelemetry.instrumentation.botocore" and entry.attr == "BotocoreInstrumentor"


def _entry(entry: EntryPoint, setup: Setup) -> Seen:
    held = entry.dist
    version = held.version if held is not None else ""
    client, provider = _whose(entry.module)
    who = f"{held.name if held is not None else entry.module} {version}".strip()
    if _is_on(entry):
        scope = scope_of(entry.module, version)
        read = reading_text(scope, version, provider)
        is_read = is_known(scope, version, provider)
        finding = ok(TOPIC, f"{client}: {who} is on, {read}") if is_read else note(TOPIC, f"{client}: {who} is on, {read}", _LOOK)
        return Seen(client, True, who, finding)  # noqa: FBT003 - a field
    return Seen(client, False, who, _why_not(entry, held, f"{client}: {who}", setup))  # noqa: FBT003


def _whose(module: str) -> tuple[str, str]:
    """The library that a module instruments, and whom that asks."""
    end = module.rpartition(".")[2]
    client = next((client for client in CLIENTS if end in client.targets), None)
    return (client.name, client.provider) if client is not None else (end, PLATFORMS.get(end, ""))


def _is_on(entry: EntryPoint) -> bool:
    """Whether it instruments, told without importing it: what was not loaded is not on."""
    made = getattr(getattr(sys.modules.get(entry.module), entry.attr, None), "_instance", None)
    return bool(getattr(made, "is_instrumented_by_opentelemetry", False))


def _why_not(entry: EntryPoint, held: Distribution | None, name: str, setup: Setup) -> Finding:
    off = switched_off(setup)
    if entry.name in off or "*" in off:
        return note(
            TOPIC,
            f"{name} is switched off by {DISABLED}",
            f"take {entry.name if '*' not in off else '*'} out of it, if its calls cost you money",
        )
    conflict: Any = get_dist_dependency_conflicts(held) if held is not None else None
    if conflict is not None:
        wanted = _wanted(conflict)
        had = getattr(conflict, "found", None) or ", ".join(map(str, getattr(conflict, "found_any", None) or ()))
        if not had:
            return note(TOPIC, f"{name} is not needed: {wanted} is not installed")
        return warn(
            TOPIC,
            f"{name} is not loaded: it instruments {wanted}, and {had} is installed",
            f"pip install '{wanted}', or another instrumentation{_another(entry)}",
        )
    if not setup.is_auto:
        return note(TOPIC, f"{name} is installed; opentelemetry-instrument would load it")
    if entry.module in sys.modules:
        return warn(
            TOPIC, f"{name} was loaded and is not on", f"the log above says why; or call {entry.attr}().instrument() in the program"
        )
    return warn(
        TOPIC, f"{name} was not loaded", f'the log above says why; python -c "import {entry.module}" shows whether it can be'
    )


def _wanted(conflict: Any) -> str:  # noqa: ANN401 - of two releases
    """What an instrumentation requires, without the marker of the extra."""
    required = getattr(conflict, "required", None)
    many: Iterable[object] = [required] if required else getattr(conflict, "required_any", None) or ()
    return " or ".join(str(one).partition(";")[0].strip() for one in many)


def _another(entry: EntryPoint) -> str:
    client = next((client for client in CLIENTS if entry.module.rpartition(".")[2] in client.targets), None)
    held = entry.dist
    is_other = client is not None and client.install and (held is None or held.name != client.install)
    return f", such as {client.install}" if client is not None and is_other else ""


def _natives(setup: Setup) -> list[Seen]:
    found: list[Seen] = []
    for native in NATIVE:
        held = installed(native.name)
        if held is None or not has_part(held, native.part):
            continue
        who = f"{native.name} {held.version} itself"
        if native.off and setup.value(native.off).lower() == "false":
            finding = note(
                TOPIC,
                f"{native.name}: {native.name} {held.version} traces its own calls, and is switched off by {native.off}",
                f"take {native.off} away",
            )
            found.append(Seen(native.name, False, who, finding))  # noqa: FBT003
        else:
            found.append(Seen(native.name, setup.has_sdk, who, _native(native, held)))
    return found


def _native(native: Native, held: Distribution) -> Finding:
    provider = next(client.provider for client in CLIENTS if client.name == native.name)
    return ok(
        TOPIC,
        f"{native.name}: {native.name} {held.version} traces its own calls, {reading_text(native.scope, held.version, provider)}",
    )


def _switched_in_code() -> bool:
    return any(client.switch and installed(client.name) is not None for client in CLIENTS)


def _nothing_on(setup: Setup, seen: list[Seen]) -> Finding:
    text = "nothing makes spans of LLM calls: there is nothing to put a cost on"
    off = switched_off(setup)
    if seen and off:
        return bad(TOPIC, text, f"take the instrumentations that you need out of {DISABLED}")
    clients = [client for client in CLIENTS if installed(client.name) is not None and client.install]
    names = (
        " ".join(client.install for client in clients)
        or "opentelemetry-instrumentation-genai-openai, or that of the library in use"
    )
    return bad(TOPIC, text, f"pip install {names}")


def _unseen(client: Client, held: Distribution, setup: Setup) -> Finding:
    who = f"{client.name} {held.version}"
    if client.switch:
        how = client.switch + (f", or pip install {client.install}" if client.install else "")
        return note(TOPIC, f"{who} is installed; it makes spans where the program says so", how)
    if not setup.has_sdk:
        return note(TOPIC, f"{who} is installed, and no instrumentation of it", f"pip install {client.install}")
    return note(
        TOPIC,
        f"{who} is installed, and nothing instruments it: its calls have no cost",
        f"pip install {client.install}, if the program uses it",
    )
