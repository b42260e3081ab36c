"""Who is asked: provider names in use, and hosts that are a provider's own."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_OLDER_NAMES: Final = {
    "az.ai.inference": "azure.ai.inference",
    "az.ai.openai": "azure.ai.openai",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "xai": "x_ai",
}
"""Spellings of `gen_ai.system` and of instrumentations, to the conventions' `gen_ai.provider.name`."""

_HOSTS: Final = {
    "api.anthropic.com": "anthropic",
    "api.cerebras.ai": "cerebras",
    "api.cohere.com": "cohere",
    "api.deepseek.com": "deepseek",
    "api.fireworks.ai": "fireworks",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.moonshot.ai": "moonshot_ai",
    "api.openai.com": "openai",
    "api.perplexity.ai": "perplexity",
    "api.together.ai": "together",
    "api.together.xyz": "together",
    "api.x.ai": "x_ai",
    "eu.api.openai.com": "openai",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "openrouter.ai": "openrouter",
    "us.api.openai.com": "openai",
}
REGIONAL_HOSTS: Final = frozenset({"eu.api.openai.com", "us.api.openai.com"})
"""Hosts at which a provider may charge more for some models than its price elsewhere, which is what the table has."""
_HOST_SUFFIXES: Final = (
    (".openai.azure.com", "azure.ai.openai"),
    (".services.ai.azure.com", "azure.ai.inference"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
)

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


def provider_of(named: object, server_address: object) -> str:
    """The conventions' name of who is asked, empty where nobody says. A known provider's own host overrides the span's name."""
    return _provider_of(
        str.__str__(named) if isinstance(named, str) else "", str.__str__(server_address) if isinstance(server_address, str) else ""
    )


@lru_cache(maxsize=4096)
def _provider_of(named: str, server_address: str) -> str:
    host = server_address.lower()
    if host in _HOSTS:
        return _HOSTS[host]
    if host.startswith("bedrock-runtime") and host.endswith(".amazonaws.com"):
        return "aws.bedrock"
    for suffix, provider in _HOST_SUFFIXES:
        if host.endswith(suffix):
            return provider
    name = named.lower()
    return _OLDER_NAMES.get(name, name)
