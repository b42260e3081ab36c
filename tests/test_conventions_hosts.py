"""Hosts: which provider is asked there, in which region, and what the user says of hosts of their own."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest

from otel_llm_cost.conventions.hosts import _HOSTS, _REGIONAL, _SUFFIXES, Host, host_of
from otel_llm_cost.conventions.providers import own_host, provider_of
from otel_llm_cost.prices.shipped import of_package
from otel_llm_cost.prices.table import PriceTable
from tests.conftest import Telemetry, call

MILLION: Final = 10**6


@pytest.mark.parametrize(
    ("address", "provider", "region"),
    [
        ("api.openai.com", "openai", "global"),
        ("API.OpenAI.com", "openai", "global"),
        ("mtls.api.openai.com", "openai", "global"),
        ("eu.api.openai.com", "openai", "eu"),
        ("mtls-us.api.openai.com", "openai", "us"),
        ("api.anthropic.com", "anthropic", None),
        ("bedrock-runtime.eu-central-1.amazonaws.com", "aws.bedrock", "eu-central-1"),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "aws.bedrock", "us-gov-west-1"),
        ("bedrock-runtime.cn-north-1.amazonaws.com.cn", "aws.bedrock", "cn-north-1"),
        ("bedrock-runtime.us-east-1.api.aws", "aws.bedrock", "us-east-1"),
        ("bedrock-mantle.us-east-1.api.aws", "aws.bedrock", "us-east-1"),
        ("vpce-0a1b-2c3d.bedrock-runtime.us-east-1.vpce.amazonaws.com", "aws.bedrock", "us-east-1"),
        ("aiplatform.googleapis.com", "gcp.vertex_ai", "global"),
        ("europe-west1-aiplatform.googleapis.com", "gcp.vertex_ai", "europe-west1"),
        ("northamerica-northeast2-aiplatform.googleapis.com", "gcp.vertex_ai", "northamerica-northeast2"),
        ("aiplatform.eu.rep.googleapis.com", "gcp.vertex_ai", "eu"),
        ("generativelanguage.googleapis.com", "gcp.gemini", "global"),
        ("acme.openai.azure.com", "azure.ai.openai", None),
        ("acme.openai.azure.us", "azure.ai.openai", None),
        ("acme.cognitiveservices.azure.com", "azure.ai.openai", None),
        ("acme.services.ai.azure.com", "azure.ai.inference", None),
        ("api.x.ai", "x_ai", "global"),
        ("us.api.x.ai", "x_ai", "us"),
        ("eu-west-1.api.x.ai", "x_ai", "eu-west-1"),
        ("api.mistral.ai", "mistral_ai", "global"),
        ("api.eu.mistral.ai", "mistral_ai", "eu"),
        ("api.eu.residency.elevenlabs.io", "elevenlabs", "eu"),
        ("dbc-0a1b.cloud.databricks.com", "databricks", None),
        ("api.business.githubcopilot.com", "github-copilot", None),
        ("ollama.com", "ollama-cloud", None),
    ],
)
def test_a_known_host_names_its_provider_and_region(address: str, provider: str, region: str | None) -> None:
    assert host_of(address) == Host(provider, region)
    assert provider_of("openai", address) == provider


@pytest.mark.parametrize(
    "address",
    [
        *("", " ", ".", "localhost", "127.0.0.1", "::1", "api.openai.com.", "api.openai.com:443", "https://api.openai.com"),
        *("openai.azure.com", "api.openai.com.evil.example", "evil-api.openai.com", "xx.api.openai.com", "eu.eu.api.openai.com"),
        *(
            "bedrock-runtime.amazonaws.com",
            "bedrock-runtime.us-east-1.amazonaws.com.evil.example",
            "bedrock.us-east-1.amazonaws.com",
        ),
        *("a.b.bedrock-runtime.us-east-1.amazonaws.com", "bedrock-runtime.us-east-1.amazonaws.com.", "us-east-1.amazonaws.com"),
        *(
            "-aiplatform.googleapis.com",
            "europe-aiplatform.googleapis.com",
            "aiplatform..rep.googleapis.com",
            "storage.googleapis.com",
        ),
        *(
            "modal.run",
            "acme.modal.run",
            "acme.azure-api.net",
            "router.huggingface.co",
            "api.eu.mistral.ai\n",
            "eu.api.openai.com\n",
        ),
    ],
)
def test_any_other_host_is_nobodys(address: str) -> None:
    assert host_of(address) is None


def test_every_provider_of_a_host_is_known_to_the_table() -> None:
    providers = {host.provider for host in _HOSTS.values()} | {provider for _, provider in (*_SUFFIXES, *_REGIONAL)}
    assert {provider for provider in providers if not of_package().names.get(provider)} == set()


def test_what_is_remembered_of_hosts_is_bounded() -> None:
    most = host_of.cache_info().maxsize
    assert most is not None
    for number in range(most + 7):
        host_of(f"host-{number}")
    assert host_of.cache_info().currsize == most


# A user's own -------------------------------------------------------------------------------------------------------------------
OWN: Final = {"gpu-7:8000": "vllm", "gpu-7": "ollama", "gateway.internal": "openai", "api.openai.com": "acme", "::1": "acme"}


@pytest.mark.parametrize(
    ("address", "port", "provider"),
    [
        ("gpu-7", 8000, "vllm"),
        ("GPU-7", 8000, "vllm"),
        ("gpu-7", "8000", "vllm"),
        ("gpu-7", 8001, "ollama"),
        ("gpu-7", None, "ollama"),
        ("gpu-7:8000", None, "vllm"),
        ("gateway.internal", 443, "openai"),
        ("::1", 8000, "acme"),
        ("api.openai.com", 443, "acme"),
        ("gpu-8", 8000, None),
        ("my.gateway.internal", 443, None),
        ("", 8000, None),
        (None, 8000, None),
        (7, 8000, None),
    ],
)
def test_a_host_of_ones_own_is_found_with_its_port_first(address: object, port: object, provider: str | None) -> None:
    assert own_host(OWN, address, port) == provider
    assert own_host({}, address, port) is None


def test_what_the_user_says_of_a_host_is_over_the_span_and_over_what_is_known() -> None:
    assert provider_of("anthropic", "api.openai.com", "acme") == "acme"
    assert provider_of("anthropic", "api.openai.com", None) == "openai"
    assert provider_of(None, None, "vertex_ai") == "gcp.vertex_ai"


def priced(
    make_telemetry: Callable[..., Telemetry], table: PriceTable, model: str, **more: object
) -> tuple[dict[str, Any], set[object]]:
    """What the span of one call says, and the providers that the metrics name."""
    telemetry = make_telemetry(table=table).attach()
    with telemetry.tracer("app").start_as_current_span("chat", attributes=call(model, 1009, 101, **more)):
        pass
    (span,) = telemetry.spans
    points = telemetry.collect().points("llm_cost.calls")
    return dict(span.attributes or {}), {point.attributes["gen_ai.provider.name"] for point in points if point.value}


def usd(rate_in: str, rate_out: str) -> float:
    return float((Fraction(rate_in) * 1009 + Fraction(rate_out) * 101) / MILLION)


FILE: Final = """
[[price]]
provider = "self-hosted"
glob = "acme-*"
hosts = ["gpu-7:8000"]
input = 0.08
output = 0.24

[hosts]
"Gateway.internal" = "gemini"
"models.internal:8443" = "anthropic"
"""


@pytest.mark.parametrize("by", ["file", "environment"])
@pytest.mark.parametrize(
    ("address", "port", "model", "provider", "rates"),
    [
        ("gateway.internal", 443, "gemini-2.5-flash", "gcp.gemini", ("0.30", "2.50")),
        ("models.internal", 8443, "claude-sonnet-4-5", "anthropic", ("3", "15")),
        ("gpu-7", 8000, "acme-writer", "self-hosted", ("0.08", "0.24")),
        ("api.openai.com", 443, "gpt-4o", "openai", ("2.50", "10")),
    ],
)
def test_a_call_at_a_host_has_that_providers_price(
    make_telemetry: Callable[..., Telemetry],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    by: str,
    address: str,
    port: int,
    model: str,
    provider: str,
    rates: tuple[str, str],
) -> None:
    path = tmp_path / "prices.toml"
    prices, _, hosts = FILE.partition("[hosts]")
    path.write_text(FILE if by == "file" else prices)
    for name in ("TABLE", "MODELS", "HOSTS"):
        monkeypatch.delenv(f"OTEL_LLM_COST_{name}", raising=False)
    monkeypatch.setenv("OTEL_LLM_COST_PRICES", str(path))
    if by == "environment":
        pairs = [line.replace('"', "").replace(" = ", "=") for line in hosts.split("\n") if line]
        monkeypatch.setenv("OTEL_LLM_COST_HOSTS", ",".join(pairs))
    table = PriceTable.default.__wrapped__()
    span, named = priced(make_telemetry, table, model, **{"server.address": address, "server.port": port})
    assert span["gen_ai.usage.cost.amount"] == usd(*rates)
    assert named == {provider}


def test_another_port_is_not_the_users_host(make_telemetry: Callable[..., Telemetry], tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(FILE)
    table = PriceTable(of_package()).with_own([path])
    span, named = priced(make_telemetry, table, "claude-sonnet-4-5", **{"server.address": "models.internal", "server.port": 8444})
    assert (span["llm_cost.reason"], named) == ("unknown_provider", {"acme"})


@pytest.mark.parametrize(
    ("address", "model", "rates"),
    [
        # Regional processing costs a tenth more from GPT-5.4 on, and Claude at a region of Vertex AI.
        ("api.openai.com", "gpt-5.4", ("2.50", "15")),
        ("eu.api.openai.com", "gpt-5.4", ("2.75", "16.50")),
        ("eu.api.openai.com", "gpt-4o", ("2.50", "10")),
        ("aiplatform.googleapis.com", "claude-sonnet-4-5", ("3", "15")),
        ("europe-west1-aiplatform.googleapis.com", "claude-sonnet-4-5", ("3.30", "16.50")),
    ],
)
def test_the_region_of_a_host_prices_the_call(
    make_telemetry: Callable[..., Telemetry], address: str, model: str, rates: tuple[str, str]
) -> None:
    span, _ = priced(make_telemetry, PriceTable(of_package()), model, **{"server.address": address})
    assert span["gen_ai.usage.cost.amount"] == usd(*rates)
    assert "region=global" not in span.get("llm_cost.assumed", ())
