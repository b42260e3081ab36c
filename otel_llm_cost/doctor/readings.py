"""How the spans of an instrumentation are read, in words."""

from __future__ import annotations

from typing import Final

from otel_llm_cost.conventions import openinference
from otel_llm_cost.conventions.scope_table import ROWS, InputCount, ReasoningCount
from otel_llm_cost.conventions.scopes import reading
from otel_llm_cost.conventions.spoken import convention_of

_HANDLER: Final = "opentelemetry.util.genai.handler"
_OF_HANDLER: Final = ("opentelemetry.instrumentation.genai.", "opentelemetry.instrumentation.google_genai")
_BOTOCORE: Final = "opentelemetry.instrumentation.botocore"
_INPUT: Final = {
    InputCount.INCLUSIVE: "input holds the cached tokens",
    InputCount.EXCLUSIVE: "input leaves the cached tokens out",
    InputCount.UNKNOWN: "whether input holds the cached tokens is open",
}
_REASONING: Final = {
    ReasoningCount.INSIDE: "output holds the reasoning",
    ReasoningCount.BESIDE: "output leaves the reasoning out",
    ReasoningCount.UNKNOWN: "whether output holds the reasoning is open",
    ReasoningCount.AS_PROVIDER: "output as the provider counts it",
}


def scope_of(module: str, version: str) -> str:
    """The instrumentation scope of the spans that an instrumentation's module makes."""
    if module.startswith(_OF_HANDLER) and (1, 0) <= _release(version) < (1, 2):
        return _HANDLER
    if module == _BOTOCORE:
        return f"{module}.bedrock-runtime"
    return next((row.scope for row in ROWS if row.scope.startswith(f"{module}.")), module)


def is_known(scope: str, version: str, provider: str) -> bool:
    """Whether the scope table has a row for such spans."""
    return reading(scope, version, provider).row is not None


def reading_text(scope: str, version: str, provider: str) -> str:
    """`read as OpenInference (row …): input holds the cached tokens, output holds the reasoning; never told: cache_write`."""
    how = reading(scope, version, provider)
    marks = frozenset({openinference.MARK}) if scope.startswith("openinference.") else frozenset[str]()
    convention = convention_of(marks, scope).name
    row = f"row {how.row}" if how.row is not None else f"no row for its scope {scope}"
    said = [f"read as {convention} ({row}): {_INPUT[how.input]}, {_REASONING[how.reasoning]}"]
    if how.untold:
        said.append(f"never told: {', '.join(how.untold)}")
    if how.doubt is not None:
        said.append(f"not all that is billed is told ({how.doubt})")
    return "; ".join(said)


def _release(version: str) -> tuple[int, ...]:
    numbers = version.replace("b", ".").replace("a", ".").replace("rc", ".").split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdigit())
