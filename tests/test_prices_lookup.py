"""The shipped table under every name that real systems report, at the rates that the sellers publish."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import pytest

from otel_llm_cost.call import Call, instant_of
from otel_llm_cost.cost import Cost, price_call
from otel_llm_cost.money import UNITS
from otel_llm_cost.prices.shipped import of_package
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import Usage

TODAY: Final = "2026-11-22"
MILLION: Final = 10**6
TABLE: Final = PriceTable(of_package())

Rates = dict[str, str]
# Published, in US dollars per million tokens.
GPT_4O: Final[Rates] = {"input": "2.50", "cache_read": "1.25", "output": "10"}
GPT_4O_MAY: Final[Rates] = {"input": "5", "output": "15"}
MINI: Final[Rates] = {"input": "0.15", "cache_read": "0.075", "output": "0.60"}
MINI_TUNED: Final[Rates] = {"input": "0.30", "cache_read": "0.15", "output": "1.20"}
GPT_35: Final[Rates] = {"input": "0.50", "output": "1.50"}
GPT_35_TUNED: Final[Rates] = {"input": "3", "output": "6"}
FLASH: Final[Rates] = {"input": "0.30", "output": "2.50"}
SONNET: Final[Rates] = {"input": "3", "cache_read": "0.30", "output": "15"}
# A tenth more where Bedrock or Vertex AI serve it in a region.
SONNET_REGIONAL: Final[Rates] = {"input": "3.30", "cache_read": "0.33", "output": "16.50"}

BEDROCK_SONNET: Final = "anthropic.claude-sonnet-4-5-20250929-v1:0"
VERTEX_SONNET: Final = "publishers/anthropic/models/claude-sonnet-4-5@20250929"


def cost_of(provider: str, model: str, at: str = TODAY, region: str | None = None, **counts: int) -> Cost:
    usage = Usage(**(counts or {"input": 1009, "output": 101}))
    return price_call(Call(provider, model, instant_of(at), usage, region=region), TABLE)


def usd(rates: Rates, **counts: int) -> Fraction:
    return sum((Fraction(rates[name]) * count / MILLION for name, count in counts.items()), Fraction(0))


def assert_costs(cost: Cost, rates: Rates, **counts: int) -> None:
    assert cost.reason is None, cost
    assert cost.units is not None
    assert (cost.currency, Fraction(cost.units, UNITS)) == ("USD", usd(rates, **(counts or {"input": 1009, "output": 101})))


@pytest.mark.parametrize(
    ("provider", "model", "rates"),
    [
        pytest.param("openai", "gpt-4o-2024-08-06", GPT_4O, id="snapshot"),
        pytest.param("openai", "gpt-4o-2024-11-20", GPT_4O, id="a-newer-snapshot"),
        pytest.param("openai", "gpt-4o-2024-05-13", GPT_4O_MAY, id="an-older-snapshot"),
        pytest.param("openai", "gpt-4o-20240513", GPT_4O_MAY, id="snapshot-without-dashes"),
        pytest.param("openai", "gpt-4o", GPT_4O, id="undated"),
        pytest.param("openai", "GPT-4o", GPT_4O, id="case"),
        pytest.param("OpenAI", "gpt-4o", GPT_4O, id="case-of-the-provider"),
        pytest.param("openai", "models/gpt-4o", GPT_4O, id="models/"),
        pytest.param("openai", "openai/gpt-4o", GPT_4O, id="seller/"),
        pytest.param("", "openai/gpt-4o", GPT_4O, id="seller/-alone"),
        pytest.param("", "openai:gpt-4o", GPT_4O, id="pydantic-ai"),
        pytest.param("openai", "gpt-3.5-turbo-0125", GPT_35, id="older-snapshot-style"),
        pytest.param("openai", "ft:gpt-4o-mini-2024-07-18:org::id", MINI_TUNED, id="fine-tune"),
        pytest.param("openai", "ft:gpt-4o-mini-2024-07-18:org:name:id:ckpt-step-90", MINI_TUNED, id="fine-tune-checkpoint"),
        pytest.param("", "openai/ft:gpt-4o-mini-2024-07-18:org::id", MINI_TUNED, id="fine-tune-at-a-gateway"),
        pytest.param("openai", "ft:gpt-3.5-turbo-0125:org::id", GPT_35_TUNED, id="fine-tune-of-an-older-model"),
        pytest.param("azure.ai.openai", "gpt-4o-mini-2024-07-18.ft-0a1b2c", MINI_TUNED, id="azure-fine-tune"),
        pytest.param("azure.ai.openai", "gpt-35-turbo", GPT_35, id="azure-35"),
        pytest.param("azure", "gpt-35-turbo-0125", GPT_35, id="azure-35-snapshot"),
        pytest.param("az.ai.openai", "gpt-4o", GPT_4O, id="azure"),
        pytest.param("azure_openai", "gpt-4o-2024-08-06", GPT_4O, id="azure-snapshot"),
        pytest.param("anthropic", "claude-sonnet-4-5-20250929", SONNET, id="anthropic-snapshot"),
        pytest.param("anthropic", "claude-sonnet-4-5", SONNET, id="anthropic"),
        pytest.param("anthropic", "anthropic/claude-sonnet-4-5", SONNET, id="anthropic/"),
        pytest.param("aws.bedrock", BEDROCK_SONNET, SONNET_REGIONAL, id="bedrock-in-a-region"),
        pytest.param("aws.bedrock", f"us.{BEDROCK_SONNET}", SONNET_REGIONAL, id="bedrock-us"),
        pytest.param("aws.bedrock", f"eu.{BEDROCK_SONNET}", SONNET_REGIONAL, id="bedrock-eu"),
        pytest.param("bedrock", f"jp.{BEDROCK_SONNET}", SONNET_REGIONAL, id="bedrock-jp"),
        pytest.param("aws.bedrock", f"global.{BEDROCK_SONNET}", SONNET, id="bedrock-global"),
        pytest.param("aws.bedrock", f"US.{BEDROCK_SONNET.upper()}", SONNET_REGIONAL, id="bedrock-case"),
        pytest.param(
            "aws.bedrock", f"arn:aws:bedrock:us-east-1::foundation-model/{BEDROCK_SONNET}", SONNET_REGIONAL, id="foundation-model"
        ),
        pytest.param(
            "aws.bedrock",
            f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.{BEDROCK_SONNET}",
            SONNET_REGIONAL,
            id="profile",
        ),
        pytest.param(
            "aws.bedrock",
            f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.{BEDROCK_SONNET}",
            SONNET,
            id="global-profile",
        ),
        pytest.param("", f"arn:aws:bedrock:us-east-1::foundation-model/{BEDROCK_SONNET}", SONNET_REGIONAL, id="an-arn-alone"),
        pytest.param("gcp.gemini", "models/gemini-2.5-flash", FLASH, id="gemini-models/"),
        pytest.param("gcp.vertex_ai", "publishers/google/models/gemini-2.5-flash", FLASH, id="vertex-publishers/"),
        pytest.param("gcp.gen_ai", "gemini-2.5-flash", FLASH, id="google"),
        pytest.param("gcp.vertex_ai", "claude-sonnet-4-5@20250929", SONNET, id="vertex-date"),
        pytest.param("gcp.vertex_ai", "claude-sonnet-4-5@default", SONNET, id="vertex-default"),
        pytest.param("vertex", f"projects/p/locations/global/{VERTEX_SONNET}", SONNET, id="vertex-global"),
        pytest.param("vertex", f"projects/p/locations/europe-west1/{VERTEX_SONNET}", SONNET_REGIONAL, id="vertex-in-a-region"),
        pytest.param("litellm", "anthropic/claude-sonnet-4-5", SONNET, id="litellm-anthropic"),
        pytest.param("litellm", f"bedrock/us.{BEDROCK_SONNET}", SONNET_REGIONAL, id="litellm-bedrock"),
        pytest.param("litellm", f"bedrock/converse/{BEDROCK_SONNET}", SONNET_REGIONAL, id="litellm-converse"),
        pytest.param("litellm", f"bedrock/eu-west-1/{BEDROCK_SONNET}", SONNET_REGIONAL, id="litellm-region"),
        pytest.param("litellm_proxy", "vertex_ai/gemini-2.5-flash", FLASH, id="litellm-vertex"),
        pytest.param("litellm", "gemini/gemini-2.5-flash", FLASH, id="litellm-gemini"),
        pytest.param("litellm", "azure/gpt-4o", GPT_4O, id="litellm-azure"),
        pytest.param("litellm", "openrouter/openai/gpt-4o", GPT_4O, id="litellm-openrouter"),
        pytest.param("openrouter", "openai/gpt-4o", GPT_4O, id="openrouter"),
        pytest.param("vercel", "openai/gpt-4o-mini", MINI, id="vercel"),
        pytest.param("gateway", "anthropic/claude-sonnet-4-5", SONNET, id="ai-sdk-gateway"),
        pytest.param("openai", "anthropic/claude-sonnet-4-5", SONNET, id="openais-client-at-a-gateway"),
        pytest.param("langchain", "openai/gpt-4o", GPT_4O, id="a-framework"),
    ],
)
def test_a_model_is_found_under_its_name(provider: str, model: str, rates: Rates) -> None:
    assert_costs(cost_of(provider, model), rates)


def test_cached_tokens_have_their_rate_under_every_name() -> None:
    for provider, model, rates in (
        ("openai", "openai/gpt-4o", GPT_4O),
        ("azure", "gpt-4o", GPT_4O),
        ("openai", "ft:gpt-4o-mini-2024-07-18:org::id", MINI_TUNED),
        ("anthropic", "claude-sonnet-4-5-20250929", SONNET),
        ("aws.bedrock", f"eu.{BEDROCK_SONNET}", SONNET_REGIONAL),
    ):
        assert_costs(cost_of(provider, model, cache_read=1009), rates, cache_read=1009)


@pytest.mark.parametrize(
    ("at", "rates"),
    [
        ("2024-05-13", GPT_4O_MAY),
        ("2024-10-01T23:59:59.999Z", GPT_4O_MAY),
        ("2024-10-02T01:59:59.999+02:00", GPT_4O_MAY),
        ("2024-10-02", GPT_4O),
        (TODAY, GPT_4O),
    ],
)
@pytest.mark.parametrize(
    ("provider", "model"), [("openai", "gpt-4o"), ("azure", "gpt-4o"), ("", "openai/gpt-4o"), ("openai", "models/GPT-4o")]
)
def test_an_undated_name_moves_to_its_next_snapshot(provider: str, model: str, at: str, rates: Rates) -> None:
    assert_costs(cost_of(provider, model, at), rates)


def test_before_its_first_day_a_name_has_no_price() -> None:
    assert cost_of("openai", "gpt-4o", "2024-05-12T23:59:59.999Z").reason == "before_first_price"
    assert cost_of("openai", "openai/gpt-4o-2024-08-06", "2024-08-05").reason == "before_first_price"


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "claude-opus-4-9"),
        ("anthropic", "claude-opus"),
        ("anthropic", "gpt-4o"),
        ("openai", "claude-sonnet-4-5"),
        ("openai", "gpt-4o-mini-distilled"),
        ("openai", "my-gpt-4o"),
        ("openai", "gpt-4o-"),
        ("openai", "gpt-4o2"),
        ("openai", "gpt-5-2027"),
        ("openai", "gpt-5-2027-13-01"),
        ("openai", "gpt-5-preview-mini"),
        ("openai", "ft:gpt-9:org::id"),
        ("openai", "ft:my-gpt-4o:org::id"),
        ("openai", "acme/gpt-4o"),
        ("openai", "gpt-4o gpt-4o"),
        ("openai", "gpt-4o\x00"),
        ("openai", ""),
        ("azure.ai.openai", "prod-chat"),
        ("azure.ai.openai", "gpt-4o-prod"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1:123456789012:imported-model/a1b2c3"),
        ("aws.bedrock", "anthropic.claude-v2:2"),
        ("aws.bedrock", "gpt-4o"),
        ("groq", "gpt-4o"),
        ("gcp.vertex_ai", "claude-opus-4-9@20270101"),
        ("x_ai", "grok"),
        ("ibm.watsonx.ai", "gpt-4o"),
        ("openai-codex", "gpt-4o"),
        ("_other", "gpt-4o/latest"),
    ],
)
def test_a_name_that_is_like_another_is_not_it(provider: str, model: str) -> None:
    cost = cost_of(provider, model)
    assert (cost.units, str(cost.reason)) in {(None, "unknown_model"), (None, "unknown_provider")}


def test_the_versions_of_one_name_at_bedrock_are_apart() -> None:
    # Whether or not the table has them, neither is priced as the other.
    one, other = (TABLE.model("aws.bedrock", f"anthropic.claude-{version}") for version in ("v2", "v2:1"))
    rows = [
        {row.model for row in found.rows} if found is not None and not hasattr(found, "models") else set() for found in (one, other)
    ]
    assert all("v2:1" not in model for model in rows[0])
    assert all("claude-v2" not in model or "v2:1" in model for model in rows[1])


def test_provisioned_capacity_of_bedrock_is_committed() -> None:
    cost = cost_of("aws.bedrock", "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc")
    assert (str(cost.status), cost.amount) == ("committed", None)


@pytest.mark.parametrize("provider", ["acme", "openai ", "open-ai", "openai-compatible-proxy", "gpt"])
def test_a_provider_that_nobody_has_is_unknown(provider: str) -> None:
    assert cost_of(provider, "gpt-4o").reason == "unknown_provider"


# What was taken for granted -----------------------------------------------------------------------------------------------------
def test_another_sellers_rates_are_said_to_be_assumed() -> None:
    assert "provider=openai" in cost_of("azure", "gpt-4o").assumed
    assert "provider=openai" not in cost_of("azure", "gpt-35-turbo").assumed


def test_a_snapshot_without_a_row_is_priced_as_its_undated_name_and_that_is_said() -> None:
    cost = cost_of("openai", "gpt-4o-2027-01-31")
    assert_costs(cost, GPT_4O)
    assert "model=gpt-4o" in cost.assumed
    assert "model=gpt-4o" not in cost_of("openai", "gpt-4o-2024-08-06").assumed


def test_strictly_nothing_is_assumed() -> None:
    for provider, model in (("openai", "gpt-4o-2027-01-31"), ("azure", "gpt-4o"), ("", "gemini-2.5-flash")):
        call = Call(provider, model, instant_of(TODAY), Usage(input=1009, output=101), "standard")
        assert price_call(call, TABLE).reason is None
        strict = price_call(call, TABLE, strict=True)
        assert (str(strict.status), strict.reason) == ("partial", "strict")


def test_where_nobody_names_the_provider_and_one_sells_the_model_that_is_said() -> None:
    for provider in ("", "litellm", "langchain", "LiteLLM"):
        cost = cost_of(provider, "gemini-2.5-flash")
        assert_costs(cost, FLASH)
        assert "provider=google" in cost.assumed


def test_where_all_who_sell_a_model_agree_it_has_that_price() -> None:
    # Anthropic and Vertex AI, at prompts below 200,000 tokens.
    cost = cost_of("", "claude-sonnet-4-5")
    assert_costs(cost, SONNET)
    assert any(said.startswith("provider=") for said in cost.assumed)


def test_where_they_differ_nobody_is_the_first() -> None:
    for model in ("gpt-4o", "claude-opus-4-5", "command-r-plus"):
        cost = cost_of("", model)
        assert (cost.units, cost.reason, str(cost.status)) == (None, "ambiguous_provider", "unpriced")
    # A vendor's long prompts cost more at Vertex AI.
    assert cost_of("", "claude-sonnet-4-5", input=300_000).reason == "ambiguous_provider"


def test_where_nobody_sold_it_yet_that_is_the_reason() -> None:
    assert cost_of("", "claude-sonnet-4-5", "2020-01-01").reason == "before_first_price"
    assert cost_of("", "gemini-2.5-flash", "2020-01-01").reason == "before_first_price"
    assert cost_of("", "of-nobody").reason == "unknown_provider"


def test_the_region_of_a_name_and_that_of_the_call_count() -> None:
    assert_costs(cost_of("gcp.vertex_ai", "claude-sonnet-4-5", region="europe-west1"), SONNET_REGIONAL)
    assert_costs(cost_of("gcp.vertex_ai", "claude-sonnet-4-5", region="global"), SONNET)
    named = f"projects/p/locations/global/{VERTEX_SONNET}"
    assert_costs(cost_of("gcp.vertex_ai", named, region="europe-west1"), SONNET_REGIONAL)


# Providers ----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("names", "model", "rates"),
    [
        # Semantic conventions, OpenInference, OpenLLMetry, LiteLLM, LangChain, Pydantic AI, the AI SDK, Spring AI.
        (["openai", "OpenAI", "openai.chat", "openai.responses", "text-completion-openai"], "gpt-4o", GPT_4O),
        (
            [
                *("azure.ai.openai", "azure.ai.inference", "az.ai.openai", "az.ai.inference", "azure", "Azure", "azure_openai"),
                *("azure_ai", "azure-openai", "azure.chat", "azure-openai.chat", "azure.responses", "azure_text"),
            ],
            "gpt-4o",
            GPT_4O,
        ),
        (["anthropic", "Anthropic", "anthropic.messages", "anthropic_text"], "claude-sonnet-4-5", SONNET),
        (
            [
                *("aws.bedrock", "AWS", "bedrock", "amazon-bedrock", "amazon_bedrock", "bedrock_converse", "anthropic-bedrock"),
                *("bedrock.anthropic.messages", "bedrock-mantle", "bedrock_mantle"),
            ],
            f"global.{BEDROCK_SONNET}",
            SONNET,
        ),
        (
            [
                *("gcp.gemini", "gcp.gen_ai", "gcp.vertex_ai", "gemini", "google", "Google", "vertex_ai", "vertexai", "vertex"),
                *("google_genai", "google_vertexai", "google-gla", "google-vertex", "google.generative-ai", "google.vertex.chat"),
                *("vertex_ai-language-models", "vertex_ai_beta"),
            ],
            "gemini-2.5-flash",
            FLASH,
        ),
        (["x_ai", "xai", "x-ai", "xai.chat", "xai.responses"], "grok-4", {"input": "3", "output": "15"}),
        (["groq", "Groq", "groq.chat"], "llama-3.3-70b-versatile", {"input": "0.59", "output": "0.79"}),
        (["openrouter", "OpenRouter", "openrouter.chat"], "openai/gpt-4o", GPT_4O),
        (
            ["mistral_ai", "mistral", "mistralai", "MistralAI", "mistral.chat"],
            "mistral-large-latest",
            {"input": "2", "output": "6"},
        ),
    ],
)
def test_a_provider_is_known_under_every_name(names: list[str], model: str, rates: Rates) -> None:
    for name in names:
        assert_costs(cost_of(name, model), rates)
