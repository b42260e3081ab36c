"""What commands are given: instants, days, tiers and counts, read from text."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from typing import Final

from otel_llm_cost.call import instant_of, tier_of, unix_nano
from otel_llm_cost.usage import MAX_COUNT

TIER_HELP: Final = "the service tier: standard (default), batch, flex, priority, ..."
PROVIDER_HELP: Final = "as gen_ai.provider.name has it: openai, anthropic, gcp.gemini"


def instant(text: str) -> int:
    """A day or an instant, as an argument's type."""
    try:
        return instant_of(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"neither a day nor an instant with a zone: {text!r}") from None


def now() -> int:
    """The instant at which it is called."""
    return unix_nano(datetime.now(UTC))


def day(text: str) -> date:
    """A day, as an argument's type."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a day such as 2026-11-22: {text!r}") from None


def count(text: str) -> int:
    """A number of tokens, as an argument's type."""
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a number of tokens: {text!r}") from None
    if not 0 <= number <= MAX_COUNT:
        raise argparse.ArgumentTypeError(f"not a number of tokens: {text!r}")
    return number


def tier(text: str) -> str:
    """A service tier, as an argument's type."""
    named = tier_of(text)
    if named is None:
        raise argparse.ArgumentTypeError(f"no tier that a call is served at: {text!r}")
    return named
