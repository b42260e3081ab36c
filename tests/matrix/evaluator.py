"""What the provider bills for an answer, from the answer and the prices alone. Imports nothing of ours.

A count is a sum of JSON pointers into the answer's final usage, as the provider documents what holds what.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.matrix.answers import ANSWERS, Answer, Json, asked

PRICES: Final = Path(__file__).with_name("prices.toml")
Pointers = Mapping[str, tuple[str, ...]]

CHAT: Final[Pointers] = {
    "input": (
        "/prompt_tokens",
        "-/prompt_tokens_details/cached_tokens",
        "-/prompt_tokens_details/cache_write_tokens",
        "-/prompt_tokens_details/audio_tokens",
    ),
    "input_audio": ("/prompt_tokens_details/audio_tokens",),
    "cache_read": ("/prompt_tokens_details/cached_tokens",),
    "cache_write": ("/prompt_tokens_details/cache_write_tokens",),
    "output": (
        "/completion_tokens",
        "-/completion_tokens_details/reasoning_tokens",
        "-/completion_tokens_details/audio_tokens",
    ),
    "reasoning": ("/completion_tokens_details/reasoning_tokens",),
    "output_audio": ("/completion_tokens_details/audio_tokens",),
}
RESPONSES: Final[Pointers] = {
    "input": ("/input_tokens", "-/input_tokens_details/cached_tokens", "-/input_tokens_details/cache_write_tokens"),
    "cache_read": ("/input_tokens_details/cached_tokens",),
    "cache_write": ("/input_tokens_details/cache_write_tokens",),
    "output": ("/output_tokens", "-/output_tokens_details/reasoning_tokens"),
    "reasoning": ("/output_tokens_details/reasoning_tokens",),
}
MESSAGES: Final[Pointers] = {
    "input": ("/input_tokens",),
    "cache_read": ("/cache_read_input_tokens",),
    "cache_write_5m": ("/cache_creation_input_tokens", "-/cache_creation/ephemeral_1h_input_tokens"),
    "cache_write_1h": ("/cache_creation/ephemeral_1h_input_tokens",),
    "output": ("/output_tokens", "-/output_tokens_details/thinking_tokens"),
    "reasoning": ("/output_tokens_details/thinking_tokens",),
}
GENERATE: Final[Pointers] = {
    "input": (
        "/promptTokenCount",
        "-/promptTokensDetails/AUDIO",
        "-/promptTokensDetails/IMAGE",
        "-/cachedContentTokenCount",
    ),
    "input_audio": ("/promptTokensDetails/AUDIO",),
    "input_image": ("/promptTokensDetails/IMAGE",),
    "cache_read": ("/cachedContentTokenCount",),
    "output": ("/candidatesTokenCount",),
    "reasoning": ("/thoughtsTokenCount",),
}
CONVERSE: Final[Pointers] = {
    "input": ("/inputTokens",),
    "cache_read": ("/cacheReadInputTokens",),
    "cache_write_5m": ("/cacheWriteInputTokens", "-/cacheDetails/1h"),
    "cache_write_1h": ("/cacheDetails/1h",),
    "output": ("/outputTokens",),
}
MISTRAL: Final[Pointers] = {
    "input": ("/prompt_tokens", "-/prompt_tokens_details/cached_tokens"),
    "input_seconds": ("/prompt_audio_seconds",),
    "cache_read": ("/prompt_tokens_details/cached_tokens",),
    "output": ("/completion_tokens",),
}
COHERE: Final[Pointers] = {"input": ("/billed_units/input_tokens",), "output": ("/billed_units/output_tokens",)}
OLLAMA: Final[Pointers] = {"input": ("/prompt_eval_count",), "output": ("/eval_count",)}
STANDARD: Final = {None, "default", "standard", "auto", "on_demand"}
_LISTED: Final = {"modality": "tokenCount", "ttl": "inputTokens"}
"""Counts that a list tells by kind become an object, so that a pointer finds them."""


# An answer's final usage --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Settled:
    """What an answer finally says."""

    usage: Json | None
    model: str | None = None
    tier: str | None = None


def _chat(documents: Sequence[Json], _: Answer) -> Settled:
    usage = [document["usage"] for document in documents if document.get("usage")]
    model = _last(documents, "model")
    return Settled(usage[-1] if usage else None, model, _last(documents, "service_tier") or (usage or [{}])[-1].get("service_tier"))


def _responses(documents: Sequence[Json], answer: Answer) -> Settled:
    return _chat([document.get("response", document) for document in documents], answer)


def _messages(documents: Sequence[Json], answer: Answer) -> Settled:
    """A stream's last but one event revises what the first told, by field."""
    if answer.events is None:
        usage, model = documents[0].get("usage"), documents[0].get("model")
    else:
        started = documents[0]["message"]
        revised = [event["usage"] for event in documents if event["type"] == "message_delta"]
        usage, model = {**started["usage"], **revised[-1]}, started["model"]
    return Settled(usage, model, (usage or {}).get("service_tier"))


def _invoke(documents: Sequence[Json], answer: Answer) -> Settled:
    """The model is the one of the URL, the tier Amazon's, not the body's."""
    return Settled(_messages(documents, answer).usage, None, answer.headers.get("x-amzn-bedrock-service-tier"))


def _generate(documents: Sequence[Json], _: Answer) -> Settled:
    """Every event tells the usage so far."""
    usage = documents[-1].get("usageMetadata")
    return Settled(usage, documents[-1].get("modelVersion"), (usage or {}).get("serviceTier"))


def _converse(documents: Sequence[Json], _: Answer) -> Settled:
    last = documents[-1].get("metadata", documents[-1])
    return Settled(last.get("usage"), None, last.get("serviceTier", {}).get("type"))


def _cohere(documents: Sequence[Json], _: Answer) -> Settled:
    last = documents[-1].get("delta", documents[-1])
    return Settled(last.get("usage") or last.get("meta"))


def _ollama(documents: Sequence[Json], _: Answer) -> Settled:
    last = documents[-1]
    return Settled(last if last.get("done") else None, last.get("model"))


def _last(documents: Sequence[Json], name: str) -> str | None:
    return next((document[name] for document in reversed(documents) if document.get(name)), None)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one API is billed."""

    seller: str | None
    pointers: Pointers
    settled: Callable[[Sequence[Json], Answer], Settled]


RULES: Final[Mapping[str, Rule]] = {
    "openai.chat": Rule("openai", CHAT, _chat),
    "openai.responses": Rule("openai", RESPONSES, _responses),
    "openai.embeddings": Rule("openai", {"input": ("/prompt_tokens",)}, _chat),
    "anthropic.messages": Rule("anthropic", MESSAGES, _messages),
    "gemini.generate": Rule("gcp.gemini", GENERATE, _generate),
    "gemini.embed": Rule("gcp.gemini", {"input": ("/promptTokenCount",)}, _generate),
    "bedrock.converse": Rule("aws.bedrock", CONVERSE, _converse),
    "bedrock.invoke": Rule("aws.bedrock", MESSAGES, _invoke),
    "mistral.chat": Rule("mistral_ai", MISTRAL, _chat),
    "cohere.chat": Rule("cohere", COHERE, _cohere),
    "cohere.embed": Rule("cohere", {"input": COHERE["input"]}, _cohere),
    "groq.chat": Rule("groq", CHAT, _chat),
    "ollama.chat": Rule(None, OLLAMA, _ollama),
    "deepseek.chat": Rule("deepseek", CHAT, _chat),
    "openrouter.chat": Rule("openrouter", CHAT, _chat),
    "azure.chat": Rule("azure.ai.openai", CHAT, _chat),
}


# The bill -----------------------------------------------------------------------------------------------------------------------
def bill(api: str, case: str, n: int = 0) -> Fraction | None:
    """US dollars for the n-th answer; None where `unbilled` says why."""
    if RULES[api].seller is None and ANSWERS[api, case][n].status < 400:
        # The user's own machine.
        return Fraction(0)
    if unbilled(api, case, n) is not None:
        return None
    settled = final(api, case, n)
    told = (settled.usage or {}).get("cost")
    if told is not None:
        return Fraction(str(told))
    prices = rates(api, case, n)
    return sum((count * prices[bucket] for bucket, count in counts(api, case, n).items()), Fraction(0))


def unbilled(api: str, case: str, n: int = 0) -> str | None:
    """Why there is no bill that anybody could know."""
    if ANSWERS[api, case][n].status >= 400:
        return "the provider refused, and bills nothing"
    if case == "batch":
        return "a batch is billed as one, not by its requests"
    if case == "stream_closed":
        return "the application went away before the provider told the usage"
    if final(api, case, n).usage is None:
        return "the answer tells no usage"
    return None


def counts(api: str, case: str, n: int = 0) -> dict[str, int]:
    """The n-th answer's disjoint counts by bucket, none of them 0; of a closed stream those that were to come."""
    usage = final(api, case, n).usage or {}
    held = {bucket: sum(_count(usage, pointer) for pointer in each) for bucket, each in pointers(api).items()}
    if min(held.values()) < 0:
        raise ValueError(f"{api} {case}: {held}")
    return {bucket: count for bucket, count in held.items() if count}


def pointers(api: str) -> Pointers:
    """By bucket the JSON pointers into the final usage that are added; `-` before those that are taken off."""
    return RULES[api].pointers


def final(api: str, case: str, n: int = 0) -> Settled:
    """What the n-th answer finally says; those of a batch and errors say nothing."""
    answer = ANSWERS[api, case][n]
    if answer.status >= 400 or case == "batch":
        return Settled(None)
    documents = answer.events or [answer.body or {}]
    settled = RULES[api].settled(documents, answer)
    return Settled(None if settled.usage is None else _by_kind(settled.usage), settled.model or asked(api, case), settled.tier)


def rates(api: str, case: str, n: int = 0) -> dict[str, Fraction]:
    """By bucket the price of one: the tier's own, else the standard tier's."""
    settled = final(api, case, n)
    tier = None if settled.tier in STANDARD else settled.tier
    found = [
        row
        for row in _prices()
        if row["provider"] == RULES[api].seller and settled.model in (row["model"], *row.get("aliases", ()))
    ]
    for wanted in (tier, None):
        for row in found:
            if row.get("when", {}).get("tier") == wanted:
                return {
                    bucket: Fraction(row[bucket]) / (1 if bucket == "input_seconds" else 1_000_000)
                    for bucket in pointers(api)
                    if bucket in row
                }
    raise LookupError(f"no price for {settled.model} of {RULES[api].seller}")


@cache
def _prices() -> list[dict[str, Any]]:
    return list(tomllib.loads(PRICES.read_text("utf-8"), parse_float=str)["price"])


def _count(usage: Json, pointer: str) -> int:
    found: Any = usage
    for name in pointer.removeprefix("-").split("/")[1:]:
        found = found.get(name) if isinstance(found, dict) else None
    return (found or 0) * (-1 if pointer.startswith("-") else 1)


def _by_kind(usage: Json) -> Json:
    return {name: _listed(value) if isinstance(value, list) else value for name, value in usage.items()}


def _listed(values: list[Json]) -> Json:
    return {value[kind]: value[count] for value in values for kind, count in _LISTED.items() if kind in value}
