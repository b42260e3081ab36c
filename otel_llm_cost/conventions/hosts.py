"""Hosts that are a provider's own, and the region in which they serve.

Read 2026-11-22 from the providers' documentation and from genai-prices 0.2.3.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

GLOBAL: Final = "global"


class Host(NamedTuple):
    """Who is asked at a host, and where it is served; None where the host does not say."""

    provider: str
    region: str | None = None


_HOSTS: Final = {
    "aiplatform.googleapis.com": Host("gcp.vertex_ai", GLOBAL),
    "api.anthropic.com": Host("anthropic"),
    "api.arcee.ai": Host("arcee"),
    "api.avian.io": Host("avian"),
    "api.cerebras.ai": Host("cerebras"),
    "api.cloudflare.com": Host("cloudflare"),
    "api.cohere.ai": Host("cohere"),
    "api.cohere.com": Host("cohere"),
    "api.cursor.com": Host("cursor"),
    "api.deepseek.com": Host("deepseek"),
    "api.doubleword.ai": Host("doubleword"),
    "api.elevenlabs.io": Host("elevenlabs"),
    "api.fireworks.ai": Host("fireworks"),
    "api.githubcopilot.com": Host("github-copilot"),
    "api.groq.com": Host("groq"),
    "api.meta.ai": Host("meta"),
    "api.minimax.io": Host("minimax"),
    "api.mistral.ai": Host("mistral_ai", GLOBAL),
    "api.moonshot.ai": Host("moonshot_ai"),
    "api.novita.ai": Host("novita"),
    "api.openai.com": Host("openai", GLOBAL),
    "api.openrouter.ai": Host("openrouter"),
    "api.perplexity.ai": Host("perplexity"),
    "api.quicksilverpro.io": Host("quicksilverpro"),
    "api.together.ai": Host("together"),
    "api.together.xyz": Host("together"),
    "api.typesafe.ai": Host("typesafe"),
    "api.voyageai.com": Host("voyageai"),
    "api.x.ai": Host("x_ai", GLOBAL),
    "api.z.ai": Host("zai"),
    "generativelanguage.googleapis.com": Host("gcp.gemini", GLOBAL),
    "inference.baseten.co": Host("baseten"),
    "mtls.api.openai.com": Host("openai", GLOBAL),
    "oai.endpoints.kepler.ai.cloud.ovh.net": Host("ovhcloud"),
    "ollama.com": Host("ollama-cloud"),
    "open.bigmodel.cn": Host("zhipuai"),
    "openrouter.ai": Host("openrouter"),
}
_SUFFIXES: Final = (
    (".azuredatabricks.net", "databricks"),
    (".cloud.databricks.com", "databricks"),
    (".cognitiveservices.azure.com", "azure.ai.openai"),
    (".gcp.databricks.com", "databricks"),
    (".githubcopilot.com", "github-copilot"),
    (".openai.azure.com", "azure.ai.openai"),
    (".openai.azure.us", "azure.ai.openai"),
    (".services.ai.azure.com", "azure.ai.inference"),
)
_AWS: Final = r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)"
# Compiled by `re` when a host is first looked at: it takes longer than all else here.
_REGIONAL: Final = (
    (r"(?:mtls-)?(?P<region>us|eu|au|ca|jp|in|sg|kr|gb|ae)\.api\.openai\.com", "openai"),
    (
        rf"(?:[a-z0-9-]+\.)?bedrock-(?:runtime|mantle)(?:-fips)?\.{_AWS}\.(?:vpce\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws)",
        "aws.bedrock",
    ),
    (r"(?P<region>[a-z]+(?:-[a-z]+)+\d+)-aiplatform\.googleapis\.com", "gcp.vertex_ai"),
    (r"aiplatform\.(?P<region>[a-z0-9-]+)\.rep\.googleapis\.com", "gcp.vertex_ai"),
    (r"(?P<region>us|[a-z]{2}-[a-z]+-\d)\.api\.x\.ai", "x_ai"),
    (r"api\.(?P<region>eu|us)\.mistral\.ai", "mistral_ai"),
    (r"api\.(?P<region>us|eu|in|sg)(?:\.residency)?\.elevenlabs\.io", "elevenlabs"),
)


@lru_cache(maxsize=4096)
def host_of(server_address: str) -> Host | None:
    """A known provider's own host; None for any other."""
    host = server_address.lower()
    if host in _HOSTS:
        return _HOSTS[host]
    for suffix, provider in _SUFFIXES:
        if host.endswith(suffix):
            return Host(provider)
    for pattern, provider in _REGIONAL:
        found = re.fullmatch(pattern, host)
        if found is not None:
            return Host(provider, found["region"])
    return None
