"""One billed call to a model: what is priced.

What is made for every span is a NamedTuple: a frozen dataclass of its size takes three times as long to make.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from otel_llm_cost.usage import Usage

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")

STANDARD: Final = "standard"
"""The tier of a price that names none."""
_TIERS: Final = {"default": STANDARD, "on_demand": STANDARD, "auto": None}
"""What providers call their standard tier."""


STATED: Final = ("input", "output", "cache_read", "cache_write", "reasoning")
"""The counts by which two spans are known to show one call."""


@dataclass(frozen=True, slots=True)
class Told:
    """A cost that was told to us: by the provider's response, a gateway, or the application."""

    amount: float | Decimal
    """In `currency`, as it was given."""
    currency: str | None
    """ISO 4217."""
    source: Literal["provider", "local"] = "local"
    components: Mapping[str, float | Decimal] | None = None
    """Its breakdown, where one was told."""


class Call(NamedTuple):
    """A call to a model.

    `at_unix_nano` is the instant that chooses the price: the call's start (see `unix_nano` for datetimes).
    `tier` is the service tier that the response names; None where nobody says.
    """

    provider: str
    """As `gen_ai.provider.name` has it: `openai`, `anthropic`, `gcp.gemini`."""
    model: str
    at_unix_nano: int
    usage: Usage
    tier: str | None = None
    doubt: str | None = None
    """Why the usage is not, or not surely, all that is billed: a reason of `otel_llm_cost.cost.Reason`; None where it is."""
    assumed: tuple[str, ...] = ()
    """What was taken for granted in reading the usage."""
    told: Told | None = None
    region: str | None = None
    """Where it was served, as the provider names its regions; None where nobody says."""
    end_unix_nano: int | None = None
    """When it was completed, which chooses the price of some providers; None where nobody says."""
    untold: tuple[str, ...] = ()
    """Components that whoever counted never tells: that there were none of them is assumed where they have a rate."""


def unix_nano(at: datetime | int) -> int:
    """Nanoseconds since the Unix epoch; an int is taken to be that already.

    Raises ValueError for a naive datetime, TypeError for what is no instant.
    """
    if isinstance(at, int):
        return at
    if not isinstance(at, datetime):
        raise TypeError(f"not an instant: {at!r}")
    if at.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {at!r}")
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000


def instant_of(text: str) -> int:
    """Nanoseconds since the Unix epoch of a day (its start in UTC) or an ISO 8601 instant with a zone. Raises ValueError."""
    if _DAY.fullmatch(text):
        return unix_nano(datetime.combine(date.fromisoformat(text), time(), UTC))
    return unix_nano(datetime.fromisoformat(text))


def tier_of(named: object) -> str | None:
    """A service tier as prices name it; None where nobody says. `auto` is what a request asks for, never what was served."""
    if not isinstance(named, str) or not named:
        return None
    tier = str.__str__(named).lower()
    return _TIERS.get(tier, tier)


def instant_text(at_unix_nano: int) -> str:
    """ISO 8601 in UTC, as short as it can be exact to the microsecond."""
    text = (_EPOCH + timedelta(microseconds=at_unix_nano // 1000)).isoformat()
    return text.replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """What many calls have in common, made once for all of them and compared by identity."""

    provider: str
    model: str
    operation: str
    """`gen_ai.operation.name`."""
    request_model: str | None = None
    response_model: str | None = None
    tier: str | None = None
    server_address: str | None = None
    usage_source: Literal["span", "wire", "app"] = "span"
    region: str | None = None


kind_of: Final = lru_cache(maxsize=10_000)(Kind)
"""The one `Kind` of these values."""


class Sighting(NamedTuple):
    """What one span shows of a call: the call, and what tells it from another or knows it again."""

    kind: Kind
    call: Call
    response_id: str | None
    stated: tuple[str, ...]
    """The counts that the span states, input with its cache and output with its reasoning: those of `STATED` are compared."""
    values: tuple[int, ...]
    """The values of `stated`."""
    error_type: str | None = None
