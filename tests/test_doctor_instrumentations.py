"""Which instrumentations the doctor finds, and how it says that they are read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import NoOpTracerProvider

from otel_llm_cost.conventions.scope_table import ROWS
from otel_llm_cost.doctor import instrumentations
from otel_llm_cost.doctor.clients import CLIENTS, NATIVE
from otel_llm_cost.doctor.finding import Finding, State
from otel_llm_cost.doctor.readings import is_known, reading_text, scope_of
from otel_llm_cost.doctor.setup import setup_of

INSTRUMENTED = "opentelemetry_instrumentor"
# Made while all that is installed can be found.
SDK = TracerProvider(shutdown_on_exit=False)
ON: list[str] = []
"""The modules that the running test says are loaded."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A place where this test's distributions are installed, and no other."""
    for name in list(os.environ):
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)
    for name in list(sys.modules):
        if name.startswith(("openinference.", "opentelemetry.instrumentation.")) and "instrumentor" not in name:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    yield Site(tmp_path)
    for name in ON:
        sys.modules.pop(name, None)
    ON.clear()


class Site:
    """Distributions that have metadata alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def install(self, name: str, version: str = "1.0", requires: str = "", entry: str = "", part: str = "") -> None:
        info = self._folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        needs = f"Provides-Extra: instruments\nRequires-Dist: {requires}; extra == 'instruments'\n" if requires else ""
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
        if entry:
            (info / "entry_points.txt").write_text(f"[{INSTRUMENTED}]\n{entry}\n")
        if part:
            (self._folder / part).mkdir(parents=True)


def turn_on(module: str, attribute: str, *, is_on: bool = True) -> None:
    """As the loader leaves it: the module loaded, and its instrumentor made."""
    made = type("Made", (), {"is_instrumented_by_opentelemetry": is_on})()
    held: Any = ModuleType(module)
    setattr(held, attribute, type(attribute, (), {"_instance": made}))
    sys.modules[module] = held
    ON.append(module)


def look(*, is_auto: bool = True, has_sdk: bool = True, **variables: str) -> list[Finding]:
    return instrumentations.findings(
        setup_of(SDK if has_sdk else NoOpTracerProvider(), NoOpMeterProvider(), variables)._replace(is_auto=is_auto)
    )


GENAI = "opentelemetry.instrumentation.genai.openai"
OPENLLMETRY = "opentelemetry.instrumentation.openai"


def test_one_that_is_on_is_told_with_how_it_is_read(site: Site) -> None:
    site.install("openai", "3.54.0")
    site.install("otel-openai", "1.3b0", "openai<4", f"openai = {GENAI}:OpenAIInstrumentor")
    turn_on(GENAI, "OpenAIInstrumentor")
    (found,) = look()
    assert found.state is State.OK
    assert found.text == (
        "openai: otel-openai 1.3b0 is on, read as OpenTelemetry GenAI semantic conventions "
        "(row opentelemetry.instrumentation.genai): input holds the cached tokens, output holds the reasoning"
    )


def test_several_on_one_library_are_counted_once(site: Site) -> None:
    site.install("anthropic", "2.12.0", part="anthropic/lib/_tracing")
    site.install("openai")
    for name, module in (("a", GENAI), ("b", OPENLLMETRY), ("c", "opentelemetry.instrumentation.genai.anthropic")):
        site.install(name, entry=f"{name} = {module}:X")
        turn_on(module, "X")
    notes = [one.text for one in look() if one.state is State.NOTE]
    assert notes == [
        "openai: a 1.0 and b 1.0 each put a span on a call: it is counted once, the others say duplicate",
        "anthropic: c 1.0 and anthropic 2.12.0 itself each put a span on a call: it is counted once, the others say duplicate",
    ]


@pytest.mark.parametrize(("off", "todo"), [("openai", "take openai out of it"), ("flask, *", "take * out of it")])
def test_one_that_is_switched_off(off: str, todo: str, site: Site) -> None:
    site.install("openai")
    site.install("otel-openai", requires="openai", entry=f"openai = {GENAI}:X")
    first, last = look(OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=off)
    assert (first.state, last.state) == (State.NOTE, State.BAD)
    assert todo in str(first.todo)
    assert "nothing makes spans of LLM calls" in last.text


def test_one_whose_library_is_of_another_version(site: Site) -> None:
    site.install("google-genai", "3.4.0")
    site.install("otel-google", "1.3b0", "google-genai<3,>=1.32", "google-genai = opentelemetry.instrumentation.google_genai:X")
    found = look()[0]
    assert found.state is State.WARN
    assert found.text.endswith("google-genai 3.4.0 is installed")
    assert "pip install 'google-genai" in str(found.todo)
    assert "such as openinference-instrumentation-google-genai" in str(found.todo)


def test_one_beside_another_that_is_on_is_no_fault(site: Site) -> None:
    site.install("openai", "1.109.1")
    site.install("openinference-openai", requires="openai>=2.8", entry="openai = openinference.instrumentation.openai:X")
    site.install("otel-openai", requires="openai", entry=f"openai = {GENAI}:X")
    turn_on(GENAI, "X")
    first, second = look()
    assert (first.state, second.state) == (State.NOTE, State.OK)
    assert first.text.endswith("openai 1.109.1 is installed; another one sees these calls")


def test_a_framework_calls_by_clients_that_are_instrumented(site: Site) -> None:
    site.install("openai")
    site.install("langchain-core")
    assert "langchain-core 1.0 is installed" in str(look())
    site.install("otel-openai", requires="openai", entry=f"openai = {GENAI}:X")
    turn_on(GENAI, "X")
    assert [one.state for one in look()] == [State.OK]


def test_one_whose_library_is_not_there(site: Site) -> None:
    site.install("otel-openai", requires="openai<4", entry=f"openai = {GENAI}:X")
    first = look()[0]
    assert first.state is State.NOTE
    assert "is not needed: openai<4 is not installed" in first.text


@pytest.mark.parametrize(
    ("is_loaded", "said"), [(False, "was not loaded"), (True, "was loaded and is not on")], ids=["not loaded", "loaded"]
)
def test_one_that_failed(is_loaded: bool, said: str, site: Site) -> None:  # noqa: FBT001
    site.install("openai")
    site.install("otel-openai", requires="openai", entry=f"openai = {GENAI}:X")
    if is_loaded:
        turn_on(GENAI, "X", is_on=False)
    found = look()[0]
    assert found.state is State.WARN
    assert said in found.text
    assert found.todo


def test_without_opentelemetry_instrument_nothing_is_expected_to_be_on(site: Site) -> None:
    site.install("openai")
    site.install("cohere")
    site.install("otel-openai", requires="openai", entry=f"openai = {GENAI}:X")
    found = look(is_auto=False, has_sdk=False)
    assert {one.state for one in found} == {State.NOTE}
    assert [one.todo for one in found] == [None, "pip install opentelemetry-instrumentation-cohere"]


@pytest.mark.parametrize("variables", [{}, {"ANTHROPIC_OPEN_TELEMETRY": "False"}], ids=["on", "off"])
def test_a_library_that_traces_itself(variables: Mapping[str, str], site: Site) -> None:
    site.install("anthropic", "2.12.0", part="anthropic/lib/_tracing")
    first = look(**variables)[0]
    assert first.state is (State.NOTE if variables else State.OK)
    assert ("(row com.anthropic.sdk.python)" in first.text) is not bool(variables)


def test_one_of_before_it_did_is_as_any_other(site: Site) -> None:
    site.install("anthropic", "1.0")
    found = look()
    assert not any("traces its own calls" in one.text for one in found)
    assert found[0].state is State.BAD
    assert "opentelemetry-instrumentation-genai-anthropic" in str(found[0].todo)


def test_a_library_that_nothing_instruments(site: Site) -> None:
    site.install("openai")
    site.install("cohere", "7.3.1")
    site.install("otel-openai", requires="openai", entry=f"openai = {GENAI}:X")
    turn_on(GENAI, "X")
    last = look()[-1]
    assert last.state is State.NOTE
    assert last.text == "cohere 7.3.1 is installed, and nothing instruments it: its calls have no cost"
    assert str(last.todo).startswith("pip install opentelemetry-instrumentation-cohere")


def test_a_library_that_is_switched_on_in_the_program(site: Site) -> None:
    site.install("pydantic-ai-slim", "2.68.0")
    (found,) = look()
    assert (found.state, found.todo) == (State.NOTE, "Agent.instrument_all()")


def test_instrumentations_of_other_things_are_not_told_of(site: Site) -> None:
    site.install("otel-flask", requires="flask", entry="flask = opentelemetry.instrumentation.flask:X")
    site.install("otel-cost", entry="llm_cost = otel_llm_cost.instrumentor:LLMCostInstrumentor")
    assert [one.text for one in look()] == ["nothing makes spans of LLM calls: there is nothing to put a cost on"]


def test_an_instrumentation_that_nobody_knows_is_read_by_the_conventions(site: Site) -> None:
    module = "opentelemetry.instrumentation.together"
    site.install("otel-together", entry=f"together = {module}:X")
    turn_on(module, "X")
    (found,) = look()
    assert found.state is State.NOTE
    assert f"no row for its scope {module}" in found.text
    assert "otel-llm-cost explain" in str(found.todo)


@pytest.mark.parametrize(
    ("module", "version", "scope"),
    [
        ("opentelemetry.instrumentation.genai.openai", "1.3b0", "opentelemetry.instrumentation.genai.openai"),
        ("opentelemetry.instrumentation.genai.openai", "1.0b0", "opentelemetry.util.genai.handler"),
        ("opentelemetry.instrumentation.google_genai", "0.7b2", "opentelemetry.instrumentation.google_genai"),
        ("opentelemetry.instrumentation.google_genai", "1.0b1", "opentelemetry.util.genai.handler"),
        ("opentelemetry.instrumentation.google_genai", "1.3b0", "opentelemetry.instrumentation.google_genai"),
        ("opentelemetry.instrumentation.openai", "0.62.4", "opentelemetry.instrumentation.openai.v1"),
        ("opentelemetry.instrumentation.botocore", "0.66b2", "opentelemetry.instrumentation.botocore.bedrock-runtime"),
        ("openinference.instrumentation.openai", "0.1.66", "openinference.instrumentation.openai"),
    ],
)
def test_the_scope_of_an_instrumentation_is_the_one_in_the_matrix(module: str, version: str, scope: str) -> None:
    assert scope_of(module, version) == scope


@pytest.mark.parametrize(
    ("scope", "version", "provider", "said"),
    [
        ("openinference.instrumentation.anthropic", "3.1.0", "anthropic", "read as OpenInference"),
        ("openlit.instrumentation.anthropic", "", "anthropic", "input leaves the cached tokens out"),
        ("opentelemetry.instrumentation.mistralai", "0.62.4", "mistral_ai", "never told: input_seconds"),
        ("opentelemetry.instrumentation.anthropic", "0.32.0", "anthropic", "not all that is billed is told (incomplete_usage)"),
        ("ai", "", "", "whether input holds the cached tokens is open"),
    ],
)
def test_how_a_scope_is_read(scope: str, version: str, provider: str, said: str) -> None:
    assert is_known(scope, version, provider)
    assert said in reading_text(scope, version, provider)


def test_what_traces_itself_has_a_row() -> None:
    assert all(any(native.scope.startswith(row.scope) for row in ROWS) for native in NATIVE)
    assert {native.name for native in NATIVE} <= {client.name for client in CLIENTS}


def test_each_client_has_a_way_to_be_seen() -> None:
    assert all(client.install or client.switch for client in CLIENTS)
