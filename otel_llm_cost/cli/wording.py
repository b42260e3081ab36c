"""A price row in words, and as JSON has it."""

from __future__ import annotations

import re
from typing import Any, Final

from otel_llm_cost.call import STANDARD, instant_text
from otel_llm_cost.money import text_of
from otel_llm_cost.prices.clock import Clock
from otel_llm_cost.prices.row import ALWAYS, COMMITTED, Conditions, Factor, Row, Source
from otel_llm_cost.usage import COMPONENTS

_WITH_UNIT: Final = re.compile(r"([0-9.,]+)\s*(?:/|per\b)\s*(.+)")
_NO_NOUN: Final = re.compile(r"[0-9.,]+[KMB]?|[KMB]")
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def own_unit(component: str) -> str:
    """What a bare rate of a component is for: `1M tokens`, `search`."""
    known = COMPONENTS[component]
    return f"1M {known.unit}s" if known.priced_per > 1 else known.unit


def rate_and_unit(row: Row) -> tuple[str, str]:
    """The rate as it is written, and for what: `2.50` and `1M tokens`, `10` and `1K searches`."""
    found = _WITH_UNIT.fullmatch(row.rate)
    if found is None:
        return row.rate, own_unit(row.component)
    unit = COMPONENTS[row.component].unit
    plural = f"{unit}es" if unit.endswith("ch") else f"{unit}s"
    return found[1], f"{found[2]} {plural}" if _NO_NOUN.fullmatch(found[2]) else found[2]


def rate_text(row: Row) -> str:
    """`2.50 per 1M tokens`."""
    if row.component == COMMITTED:
        return "no price per call"
    rate, unit = rate_and_unit(row)
    return f"{rate} per {unit}" if row.currency == "USD" else f"{rate} {row.currency} per {unit}"


def per_own_unit(units: int, component: str) -> str:
    """Money for one count, as a decimal for the component's own unit."""
    known = COMPONENTS[component]
    return text_of(units * known.priced_per * known.scale)


def factor_text(factor: Factor) -> str:
    """`x 1.1 (region)`."""
    return f"x {factor.text} ({factor.kind})"


def instant_or_none(at: int | None) -> str | None:
    """ISO 8601; None where there is no such instant, since ever or until ever."""
    return instant_text(at) if at is not None and at != ALWAYS else None


def day_text(at: int | None) -> str:
    """An instant as short as it can be, `-` for none."""
    return (instant_or_none(at) or "-").removesuffix("T00:00:00Z")


def conditions_json(when: Conditions) -> dict[str, Any]:
    """The conditions that are stated, as a price file has them."""
    held: dict[str, Any] = {} if when.tier == STANDARD else {"tier": when.tier}
    if when.prompt_above >= 0:
        held["prompt_above"] = when.prompt_above
    if when.regions:
        held["region"] = list(when.regions)
    if when.clock is not None:
        held |= _clock_json(when.clock)
    return held


def conditions_text(when: Conditions) -> str:
    """`tier batch, prompt above 200000`; nothing where nothing is stated."""
    held = conditions_json(when)
    words = [f"tier {held['tier']}"] if "tier" in held else []
    if "prompt_above" in held:
        words.append(f"prompt above {held['prompt_above']}")
    if "region" in held:
        words.append(f"region {' or '.join(held['region'])}")
    if when.clock is not None:
        words.append(" ".join(held[key] for key in ("weekdays", "hours", "zone") if key in held))
    if held.get("holidays"):
        words.append(f"but on {len(held['holidays'])} holidays")
    return ", ".join(words)


def source_json(source: Source | None) -> dict[str, str | None] | None:
    """A source; None where a user names none."""
    if source is None:
        return None
    return {"url": source.url, "read": source.read or None, "package": source.package, "page": source.page}


def source_text(source: Source) -> str:
    """`https://... read 2026-11-22`; an imported one by its release, and marked as such."""
    page = f", citing {source.page}" if source.page else ""
    if source.package is not None:
        return f"imported from {source.package} of {source.read}, {source.url}{page}"
    return f"{source.url}{f' read {source.read}' if source.read else ''}{page}"


def _clock_json(clock: Clock) -> dict[str, Any]:
    held: dict[str, Any] = {}
    if clock.weekdays:
        held["weekdays"] = _weekdays(clock.weekdays)
    if clock.hours:
        held["hours"] = ",".join(f"{_hour(begin)}-{_hour(end)}" for begin, end in clock.hours)
    held["zone"] = clock.zone
    if clock.holidays:
        held["holidays"] = [holiday.isoformat() for holiday in sorted(clock.holidays)]
    return held


def _weekdays(days: frozenset[int]) -> str:
    """`mon-fri`, `tue,thu`."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(_DAYS[run[0]] if len(run) == 1 else f"{_DAYS[run[0]]}-{_DAYS[run[-1]]}" for run in runs)


def _hour(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
