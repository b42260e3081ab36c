"""Who is asked: the names by which spans call providers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from otel_llm_cost.conventions.hosts import host_of

_OLDER_NAMES: Final = {
    "amazon-bedrock": "aws.bedrock",
    "amazon_bedrock": "aws.bedrock",
    "anthropic-bedrock": "aws.bedrock",
    "anthropic_llm": "anthropic",
    "aws": "aws.bedrock",
    "az.ai.inference": "azure.ai.inference",
    "az.ai.openai": "azure.ai.openai",
    "azure": "azure.ai.openai",
    "azure-openai": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "google-gla": "gcp.gemini",
    "google-vertex": "gcp.vertex_ai",
    "google.generative-ai": "gcp.gemini",
    "google.vertex": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "xai": "x_ai",
}
"""Spellings of `gen_ai.system` and of instrumentations, to the conventions' `gen_ai.provider.name`."""

_APIS: Final = frozenset({"chat", "completion", "embedding", "image", "messages", "responses", "textembedding"})
"""The Vercel AI SDK writes the API behind the provider: `openai.chat`."""

COUNTS_CACHE_INSIDE: Final = frozenset(
    {
        "azure.ai.openai",
        "deepseek",
        "gcp.gemini",
        "gcp.gen_ai",
        "gcp.vertex_ai",
        "groq",
        "moonshot_ai",
        "openai",
        "openrouter",
        "x_ai",
    }
)
"""Providers whose own prompt count includes cached tokens. Anthropic and Bedrock count them beside it."""

COUNTS_REASONING_BESIDE: Final[Mapping[str, frozenset[str]]] = {"x_ai": frozenset({"chat_completions"})}
"""Providers whose own output count leaves the reasoning out, with the APIs in which it does (`openai.api.type`).

As their totals show: prompt, completion and reasoning in xAI's chat completions, input and output in its responses.
"""


THOUGHTS_BESIDE: Final = frozenset({"gcp.gemini", "gcp.gen_ai", "gcp.vertex_ai"})
"""Providers whose own output count leaves the thoughts out; who renames it may have added them."""

TELLS_COST: Final = frozenset({"openrouter"})
"""Sellers whose bill depends on who served the call, so that only the cost that they tell is sure."""


def provider_of(named: object, server_address: object, own: str | None = None) -> str:
    """The conventions' name of who is asked, empty where nobody says.

    A known provider's own host overrides the span's name; `own`, what the user says of the host, overrides both.
    """
    if own is not None:
        return _OLDER_NAMES.get(own, own)
    return _provider_of(
        str.__str__(named) if isinstance(named, str) else "", str.__str__(server_address) if isinstance(server_address, str) else ""
    )


def own_host(hosts: Mapping[str, str], server_address: object, server_port: object) -> str | None:
    """Who the user says is asked at a host, or at a host's port; None where nothing is said."""
    if not hosts or not isinstance(server_address, str):
        return None
    host = server_address.lower()
    if isinstance(server_port, float) and server_port.is_integer():
        server_port = int(server_port)  # from JavaScript
    return hosts.get(f"{host}:{server_port}") or hosts.get(host)


@lru_cache(maxsize=4096)
def _provider_of(named: str, server_address: str) -> str:
    host = host_of(server_address)
    if host is not None:
        return host.provider
    name = named.lower()
    head, _, api = name.rpartition(".")
    if api in _APIS:
        name = head
    return _OLDER_NAMES.get(name, name)
