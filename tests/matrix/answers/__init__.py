"""What the providers answer, by API and case.

Every count that is not 0 is a prime of its own, so that a number found on a span tells which answer it came from; sums are none.
A new case is a line in its family's module; `python -m tests.matrix.answers` names primes that are still free.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.matrix.answers import bedrock, cohere, gemini, mistral, ollama, openai
from tests.matrix.answers.answer import BASE, ID, Answer, Json
from tests.matrix.answers.anthropic import MESSAGES
from tests.matrix.answers.openai_alike import DEEPSEEK_CHAT, GROQ_CHAT, OPENROUTER_CHAT
from tests.matrix.answers.responses import RESPONSES

__all__ = ["ANSWERS", "APIS", "BASE", "ID", "MODELS", "Answer", "Json", "asked"]

_BY_API: Final[Mapping[str, Mapping[str, list[Answer]]]] = {
    "openai.chat": openai.CHAT,
    "openai.responses": RESPONSES,
    "openai.embeddings": openai.EMBEDDINGS,
    "anthropic.messages": MESSAGES,
    "gemini.generate": gemini.GENERATE,
    "gemini.embed": gemini.EMBED,
    "bedrock.converse": bedrock.CONVERSE,
    "bedrock.invoke": bedrock.INVOKE,
    "mistral.chat": mistral.CHAT,
    "cohere.chat": cohere.CHAT,
    "cohere.embed": cohere.EMBED,
    "groq.chat": GROQ_CHAT,
    "ollama.chat": ollama.CHAT,
    "deepseek.chat": DEEPSEEK_CHAT,
    "openrouter.chat": OPENROUTER_CHAT,
    "azure.chat": openai.AZURE_CHAT,
}
APIS: Final = tuple(_BY_API)
ANSWERS: Final[dict[tuple[str, str], list[Answer]]] = {
    (api, case): answers for api, cases in _BY_API.items() for case, answers in cases.items()
}

MODELS: Final[Mapping[tuple[str, str] | str, str]] = {
    "openai.chat": "gpt-5.4",
    ("openai.chat", "cache_write"): "gpt-5.6-sol",
    ("openai.chat", "cache_stream"): "gpt-5.6-sol",
    ("openai.chat", "audio"): "gpt-audio",
    "openai.responses": "gpt-5.4",
    ("openai.responses", "cache_write"): "gpt-5.6-sol",
    ("openai.responses", "cache_stream"): "gpt-5.6-sol",
    "openai.embeddings": "text-embedding-3-large",
    "anthropic.messages": "claude-sonnet-4-5",
    "gemini.generate": "gemini-2.5-flash",
    "gemini.embed": "gemini-embedding-2",
    "bedrock.converse": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "bedrock.invoke": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "mistral.chat": mistral.MODEL,
    ("mistral.chat", "reasoning"): mistral.THINKING,
    ("mistral.chat", "reasoning_stream"): mistral.THINKING,
    ("mistral.chat", "audio"): mistral.HEARING,
    "cohere.chat": cohere.MODEL,
    ("cohere.chat", "reasoning"): cohere.THINKING,
    ("cohere.chat", "reasoning_stream"): cohere.THINKING,
    ("cohere.chat", "image"): cohere.SEEING,
    "cohere.embed": cohere.EMBEDDING,
    "groq.chat": "openai/gpt-oss-120b",
    ("groq.chat", "image"): "meta-llama/llama-4-scout-17b-16e-instruct",
    "ollama.chat": ollama.MODEL,
    "deepseek.chat": "deepseek-chat",
    "openrouter.chat": "anthropic/claude-sonnet-4.6",
    "azure.chat": "my-deployment",
}
"""The names that clients ask for, by API or by API and case; the answers name what answered."""


def asked(api: str, case: str) -> str:
    """The model's name that a client puts into its request."""
    return MODELS.get((api, case), MODELS[api])
