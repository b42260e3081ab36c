"""Who is asked: what spans call providers, and the hosts that are a provider's own."""

from __future__ import annotations

import pytest

from otel_llm_cost.conventions.hosts import _HOSTS
from otel_llm_cost.conventions.providers import _OLDER_NAMES, COUNTS_CACHE_INSIDE, _provider_of, provider_of

# https://github.com/open-telemetry/semantic-conventions-genai, well-known values of gen_ai.provider.name, read 2026-11-22.
CURRENT = [
    "anthropic",
    "aws.bedrock",
    "azure.ai.inference",
    "azure.ai.openai",
    "cohere",
    "deepseek",
    "gcp.gemini",
    "gcp.gen_ai",
    "gcp.vertex_ai",
    "groq",
    "ibm.watsonx.ai",
    "mistral_ai",
    "moonshot_ai",
    "openai",
    "perplexity",
    "x_ai",
]


@pytest.mark.parametrize("name", CURRENT)
def test_a_current_name_stays(name: str) -> None:
    assert provider_of(name, None) == name
    assert provider_of(name.upper(), None) == name


@pytest.mark.parametrize(
    ("named", "provider"),
    [
        pytest.param("az.ai.inference", "azure.ai.inference", id="az.ai.inference"),
        pytest.param("az.ai.openai", "azure.ai.openai", id="az.ai.openai"),
        pytest.param("gemini", "gcp.gemini", id="gemini"),
        pytest.param("vertex_ai", "gcp.vertex_ai", id="vertex_ai"),
        pytest.param("xai", "x_ai", id="xai"),
        pytest.param("google", "gcp.gemini", id="google"),
        pytest.param("mistral", "mistral_ai", id="mistral"),
        pytest.param("mistralai", "mistral_ai", id="mistralai"),
        pytest.param("MistralAI", "mistral_ai", id="openllmetry-mistralai"),
        pytest.param("OpenAI", "openai", id="openllmetry-openai"),
        pytest.param("Anthropic", "anthropic", id="openllmetry-anthropic"),
        pytest.param("acme", "acme", id="a-name-that-nobody-knows-stays"),
        pytest.param("openai ", "openai ", id="nothing-is-trimmed-into-a-match"),
        pytest.param("openai-compatible", "openai-compatible", id="the-beginning-is-no-match"),
        pytest.param("", "", id="empty"),
    ],
)
def test_older_names_are_the_current_ones(named: str, provider: str) -> None:
    assert provider_of(named, None) == provider


@pytest.mark.parametrize(
    ("named", "address", "provider"),
    [
        pytest.param("openai", "api.deepseek.com", "deepseek", id="openai-client-at-deepseek"),
        pytest.param("openai", "openrouter.ai", "openrouter", id="openai-client-at-openrouter"),
        pytest.param("openai", "api.x.ai", "x_ai", id="openai-client-at-xai"),
        pytest.param("openai", "api.groq.com", "groq", id="openai-client-at-groq"),
        pytest.param("openai", "generativelanguage.googleapis.com", "gcp.gemini", id="openai-client-at-gemini"),
        pytest.param("openai", "api.anthropic.com", "anthropic", id="openai-client-at-anthropic"),
        pytest.param("openai", "API.DeepSeek.COM", "deepseek", id="hosts-have-no-case"),
        pytest.param("openai", "api.openai.com", "openai", id="its-own"),
        pytest.param("openai", "eu.api.openai.com", "openai", id="its-own-in-europe"),
        pytest.param(None, "api.mistral.ai", "mistral_ai", id="a-host-alone"),
        pytest.param("openai", "acme.openai.azure.com", "azure.ai.openai", id="azure-openai"),
        pytest.param("openai", "acme.services.ai.azure.com", "azure.ai.inference", id="azure-inference"),
        pytest.param("anthropic", "bedrock-runtime.us-east-1.amazonaws.com", "aws.bedrock", id="bedrock"),
        pytest.param("anthropic", "bedrock-runtime-fips.us-east-1.amazonaws.com", "aws.bedrock", id="bedrock-fips"),
        pytest.param("gcp.gemini", "us-central1-aiplatform.googleapis.com", "gcp.vertex_ai", id="vertex-of-a-region"),
        pytest.param("anthropic", "aiplatform.googleapis.com", "gcp.vertex_ai", id="vertex-global"),
    ],
)
def test_a_providers_own_host_overrides_the_name(named: str | None, address: str, provider: str) -> None:
    assert provider_of(named, address) == provider


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("localhost", id="localhost"),
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("::1", id="loopback-v6"),
        pytest.param("10.0.0.7", id="private"),
        pytest.param("gateway.internal", id="gateway"),
        pytest.param("", id="empty"),
        pytest.param("openai.azure.com", id="a-suffix-without-a-name-before-it"),
        pytest.param("api.deepseek.com.evil.example", id="a-host-with-more-behind-it"),
        pytest.param("notapi.deepseek.com", id="a-host-with-more-before-it"),
        pytest.param("s3.us-east-1.amazonaws.com", id="another-service-of-amazon"),
        pytest.param("bedrock-runtime.example", id="bedrock-elsewhere"),
        pytest.param("storage.googleapis.com", id="another-service-of-google"),
    ],
)
def test_any_other_host_changes_nothing(address: str) -> None:
    assert provider_of("openai", address) == "openai"
    assert provider_of("Anthropic", address) == "anthropic"
    assert provider_of(None, address) == ""


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(None, id="none"),
        pytest.param(7, id="number"),
        pytest.param(True, id="true"),
        pytest.param(float("nan"), id="nan"),
        pytest.param(b"openai", id="bytes"),
        pytest.param(("openai",), id="list"),
        pytest.param({"openai": 1}, id="map"),
    ],
)
def test_values_of_other_types_name_nobody(wrong: object) -> None:
    assert provider_of(wrong, None) == ""
    assert provider_of("openai", wrong) == "openai"
    assert provider_of(wrong, "api.deepseek.com") == "deepseek"


def test_every_name_that_comes_out_stays_what_it_is() -> None:
    for provider in {*_OLDER_NAMES.values(), *(host.provider for host in _HOSTS.values()), *COUNTS_CACHE_INSIDE}:
        assert provider_of(provider, None) == provider


def test_providers_that_count_cached_tokens_beside_their_input_are_not_among_those_that_count_them_inside() -> None:
    # https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching: input_tokens are those after the last cache breakpoint.
    assert not {"anthropic", "aws.bedrock"} & COUNTS_CACHE_INSIDE
    # https://platform.openai.com/docs/guides/prompt-caching: cached_tokens are details of prompt_tokens.
    assert {"openai", "azure.ai.openai"} <= COUNTS_CACHE_INSIDE


def test_what_is_remembered_of_names_is_bounded() -> None:
    most = _provider_of.cache_info().maxsize
    assert most is not None
    for number in range(most + 7):
        provider_of("openai", f"host-{number}")
    assert _provider_of.cache_info().currsize == most
