"""Who is asked: the names by which spans call providers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from otel_llm_cost.conventions.hosts import host_of

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
    return hosts.get(f"{host}:{server_port}") or hosts.get(host)


@lru_cache(maxsize=4096)
def _provider_of(named: str, server_address: str) -> str:
    host = host_of(server_address)
    if host is not None:
        return host.provider
    name = named.lower()
    return _OLDER_NAMES.get(name, name)
