"""Which counts the answers hold, so that each stays a prime of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.matrix.answers.answer import Answer

SMALLEST: Final = 1009
USAGES: Final = {"usage", "usageMetadata", "meta", "amazon-bedrock-invocationMetrics"}
"""What holds counts; Ollama's stand beside the rest."""
BARE: Final = {"prompt_eval_count", "eval_count"}
SUMS: Final = {"total_tokens", "totalTokens", "totalTokenCount", "text_tokens", "prompt_cache_miss_tokens"}
"""What follows from other counts."""
TIMES: Final = {"invocationLatency", "firstByteLatency"}


def numbers(answer: Answer) -> set[int]:
    """Every count of an answer that is not 0 and no sum."""
    return set(_counts([*(answer.events or ()), answer.body], within=False))


def _counts(held: object, *, within: bool) -> Iterator[int]:
    if isinstance(held, list | tuple):
        for each in held:
            yield from _counts(each, within=within)
    elif isinstance(held, dict) and held.get("modality") != "TEXT":
        for name, value in held.items():
            if name in SUMS | TIMES:
                continue
            inside = within or name in USAGES or name in BARE
            if isinstance(value, int) and not isinstance(value, bool):
                if inside and value:
                    yield value
            else:
                yield from _counts(value, within=inside)


def is_prime(number: int) -> bool:
    """Whether no smaller number but 1 divides it."""
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))
