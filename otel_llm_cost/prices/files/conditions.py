"""What an entry says must hold, to `Conditions`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from otel_llm_cost.call import STANDARD
from otel_llm_cost.prices.clock import Clock, hours_of, weekdays_of, zone_of
from otel_llm_cost.prices.place import Place
from otel_llm_cost.prices.report import Report
from otel_llm_cost.prices.row import Conditions

_CONDITIONS: Final = frozenset({"tier", "prompt_above", "region", "hours", "weekdays", "zone", "holidays"})


def conditions_of(when: object, place: Place, report: Report, *, is_own: bool) -> Conditions | None:
    """The conditions; None where they are wrong."""
    if not has_only(when, place, _CONDITIONS, report) or not isinstance(when, Mapping):
        return None
    tier, above = when.get("tier", STANDARD), when.get("prompt_above", -1)
    if not isinstance(tier, str) or not tier or type(above) is not int or (above < 0 and "prompt_above" in when):
        report(place, "tier is a name, prompt_above a number of tokens")
        return None
    regions = when.get("region", [])
    regions = [regions] if isinstance(regions, str) else regions
    if not isinstance(regions, list) or not all(isinstance(region, str) and region for region in regions):
        report((*place, "region"), "is the name of a region, or a list of names")
        return None
    try:
        clock, problem = _clock(when, is_own=is_own), ""
    except ValueError as error:
        clock, problem = None, str(error)
    if problem:
        report(place, problem)
        return None
    return Conditions(tier.lower(), above, tuple(region.lower() for region in regions), clock)


def has_only(held: object, place: Place, keys: frozenset[str], report: Report) -> bool:
    """Whether it is an object with none but these keys; reports each other one."""
    if not isinstance(held, Mapping):
        report(place, "unknown: not an object")
        return False
    unknown = sorted(str(key) for key in held if key not in keys)
    for key in unknown:
        report((*place, key), f"unknown: {key}")
    return not unknown


def _clock(when: Mapping[str, Any], *, is_own: bool) -> Clock | None:
    """Raises ValueError."""
    if not any(key in when for key in ("hours", "weekdays", "zone", "holidays")):
        return None
    hours, weekdays, zone = (when.get(key, default) for key, default in (("hours", ""), ("weekdays", ""), ("zone", "UTC")))
    if not all(isinstance(given, str) for given in (hours, weekdays, zone)) or not (hours or weekdays):
        raise ValueError("hours, weekdays and zone are text, and one of hours and weekdays is given")
    holidays = when.get("holidays", "ignored")
    if "holidays" not in when and weekdays and not is_own:
        raise ValueError("weekdays need holidays: the days on which the entry does not hold, or 'ignored'")
    if holidays != "ignored" and not (isinstance(holidays, list) and all(isinstance(day, str) for day in holidays)):
        raise ValueError("holidays is a list of days, or 'ignored'")
    days = frozenset(date.fromisoformat(day) for day in holidays) if holidays != "ignored" else frozenset[date]()
    zone_of(zone)
    return Clock(hours_of(hours) if hours else (), weekdays_of(weekdays) if weekdays else frozenset(), zone, days)
