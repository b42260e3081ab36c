"""Which instrumentations count the cached tokens inside their input, as measured."""

from __future__ import annotations

import pytest

from otel_llm_cost.conventions.scope_table import ROWS, InputCount, ReasoningCount
from otel_llm_cost.conventions.scopes import _reading, reading

INCLUSIVE, EXCLUSIVE, UNKNOWN = InputCount.INCLUSIVE, InputCount.EXCLUSIVE, InputCount.UNKNOWN


@pytest.mark.parametrize(
    ("scope", "counting"),
    [
        # facts/opentelemetry.md section 5: of Anthropic's 100 input, 40 cache read and 30 cache written these state 170,
        pytest.param("com.anthropic.sdk.python", INCLUSIVE, id="anthropic-sdk"),
        pytest.param("com.anthropic.sdk.python.bedrock", INCLUSIVE, id="anthropic-sdk-on-bedrock"),
        pytest.param("com.anthropic.sdk.python.vertex", INCLUSIVE, id="anthropic-sdk-on-vertex"),
        pytest.param("opentelemetry.instrumentation.genai.anthropic", INCLUSIVE, id="otel-genai-anthropic"),
        pytest.param("opentelemetry.instrumentation.anthropic", INCLUSIVE, id="openllmetry-anthropic"),
        pytest.param("logfire.anthropic", INCLUSIVE, id="logfire-anthropic"),
        pytest.param("pydantic-ai", INCLUSIVE, id="pydantic-ai"),
        # of OpenAI's prompt of 100, of which 40 cached, these state 100,
        pytest.param("opentelemetry.instrumentation.genai.openai", INCLUSIVE, id="otel-genai-openai"),
        pytest.param("opentelemetry.instrumentation.openai_v2", INCLUSIVE, id="otel-openai-v2"),
        pytest.param("opentelemetry.instrumentation.openai.v1", INCLUSIVE, id="openllmetry-openai"),
        pytest.param("openlit.instrumentation.openai", INCLUSIVE, id="openlit-openai"),
        pytest.param("logfire.openai", INCLUSIVE, id="logfire-openai"),
        pytest.param("opentelemetry.instrumentation.google_genai", INCLUSIVE, id="otel-google-genai"),
        # and this one states Anthropic's own 100.
        pytest.param("openlit.instrumentation.anthropic", EXCLUSIVE, id="openlit-anthropic"),
        pytest.param("", UNKNOWN, id="unnamed"),
        pytest.param("my.application", UNKNOWN, id="an-application"),
        pytest.param("openlit", UNKNOWN, id="openlit-itself"),
        pytest.param("openlit.instrumentation.bedrock", EXCLUSIVE, id="openlit-bedrock"),
        pytest.param("opentelemetry.instrumentation.openai", UNKNOWN, id="openllmetry-openai-before-1.0"),
        pytest.param("opentelemetry.instrumentation.bedrock", EXCLUSIVE, id="openllmetry-bedrock"),
        pytest.param("opentelemetry.instrumentation.genai.bedrock", EXCLUSIVE, id="otel-genai-bedrock"),
        pytest.param("opentelemetry.instrumentation.botocore.bedrock-runtime", EXCLUSIVE, id="otel-botocore"),
        pytest.param("Pydantic-AI", UNKNOWN, id="capitals-are-another-scope"),
        pytest.param("x.pydantic-ai", UNKNOWN, id="a-known-one-at-the-end"),
    ],
)
def test_how_an_instrumentation_counts_its_input(scope: str, counting: InputCount) -> None:
    assert reading(scope).input is counting


def test_no_row_is_hidden_by_one_before_it() -> None:
    hidden = [
        (row.scope, before.scope)
        for place, row in enumerate(ROWS)
        for before in ROWS[:place]
        if row.scope.startswith(before.scope)
        and before.scope not in {"ai", "gen_ai"} - {row.scope}
        and before[2:9] == (ReasoningCount.AS_PROVIDER, "", "", "", "", "", "")
    ]
    assert hidden == []
    assert all(row.scope for row in ROWS)
    assert {row.input for row in ROWS} == set(InputCount)


def test_what_is_remembered_of_scopes_is_bounded() -> None:
    most = _reading.cache_info().maxsize
    assert most is not None
    for number in range(most + 7):
        reading(f"scope-{number}")
    assert _reading.cache_info().currsize == most
    assert reading("openlit.instrumentation.anthropic").input is EXCLUSIVE
