"""genai-prices' data, the layout `v2/data.json`: providers with models, their match clauses, dated and conditional prices.

As genai-prices 0.2.3 reads it (https://github.com/pydantic/genai-prices, MIT, read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from otel_llm_cost.call import instant_of, tier_of
from otel_llm_cost.interchange import genai_prices_writer
from otel_llm_cost.interchange.document import Place, read_json
from otel_llm_cost.interchange.entries import FIVE_MINUTES, Entry, Imported, Notes, Refused, Written, day_of, undated
from otel_llm_cost.interchange.genai_prices_keys import Clause, hours_of, matches_of, rate_of_key

_ALWAYS: Final = -(2**63)
_NEVER: Final = 2**63
_TIER_KEYS: Final = {"service_tier", "processing", "speed"}
_SHORTEST_AUDIO: Final = {("groq", "whisper-large-v3"), ("groq", "whisper-large-v3-turbo")}
"""Models whose calls genai-prices bills for 10 seconds at least; its code says so, its data do not."""

_Prices = dict[int | None, dict[str, str]]
"""Rates by component, by threshold."""


@dataclass(frozen=True)
class _Listed:
    """One of a model's price lists."""

    place: Place
    start: int
    """`_ALWAYS` where none is stated."""
    hours: str | None
    prices: _Prices = field(default_factory=dict)


@dataclass(frozen=True)
class _Period:
    """Prices between two instants, under conditions."""

    start: int
    until: int
    when: dict[str, str]
    prices: _Prices


def read(text: str, *, as_of: str | None, name: str) -> Imported:
    """The models of the data. What has no start there starts at the day on which its model was checked, else at `as_of`."""
    root = read_json(text, name=name)
    made, notes = Imported(), Notes()
    as_of = None if as_of is None else undated(as_of, name=name)
    made.refused.extend(root.document.repetitions())
    providers = root if isinstance(root.value, list) else root.need("providers")
    for provider in providers.items():
        try:
            models = list(provider.need("models").items())
        except Refused as refusal:
            made.refused.append(refusal)
            continue
        seen: dict[Clause, str] = {}
        for model in models:
            try:
                made.entries.extend(_entries(provider, model, as_of, seen, notes, made.refused))
            except Refused as refusal:
                made.refused.append(refusal)
    made.notes.append(
        "Tokens that genai-prices bills at a wider rate for want of a narrower one are unpriced here, "
        "but for reasoning, cached reads of text and cache writes of five minutes"
    )
    made.notes.append("Of several clauses that match, genai-prices takes the first model, this table the closest match")
    made.notes.extend(notes.lines())
    return made


def _entries(
    provider: Place, model: Place, as_of: str | None, seen: dict[Clause, str], notes: Notes, refused: list[Refused]
) -> list[Entry]:
    sold_by, named = provider.need("id").text(), model.need("id").text()
    label = f"{sold_by}/{named}"
    periods = list(_periods(model, refused, notes, label))
    if not any(rates for period in periods for rates in period.prices.values()):
        notes.add("An empty price is unknown, where genai-prices says $0: not imported", label)
        return []
    since = _checked(model) or as_of
    if since is None and any(period.start == _ALWAYS for period in periods):
        raise model.refuse("has prices without a date: say with --as-of from which day on they hold")
    clauses = [clause for clause in matches_of(model.need("match")) if _is_first(clause, named, seen, notes, label)]
    names = [clause.text for clause in clauses if clause.kind == "model"]
    names.sort(key=lambda name: name.lower() != named.lower())
    matches: list[Entry] = [{clause.kind: clause.text} for clause in clauses if clause.kind != "model"]
    if names:
        matches.insert(0, {"model": names[0]} | ({"aliases": names[1:]} if names[1:] else {}))
    pages = provider.get("pricing_urls")
    page = next((held.text() for held in pages.items()), None) if pages is not None else None
    made: list[Entry] = []
    for period in periods:
        window = _window(period, since)
        if window is None:
            notes.add(f"A price that ended before {since}, and has no start: not imported (an earlier --as-of would)", label)
            continue
        for match in matches:
            made.extend(_of_match(match | {"provider": sold_by} | window, period, page, label))
    return made


def _of_match(common: Entry, period: _Period, page: str | None, label: str) -> Iterator[Entry]:
    for above, rates in sorted(period.prices.items(), key=lambda item: -1 if item[0] is None else item[0]):
        if not rates:
            continue
        when: dict[str, Any] = period.when | ({} if above is None else {"prompt_above": above})
        entry = common | ({"when": when} if when else {}) | {"rates": rates}
        if "cache_write" in rates and "cache_write_5m" not in rates:
            entry["covers"] = dict(FIVE_MINUTES)
        if tuple(label.split("/", 1)) in _SHORTEST_AUDIO and "input_seconds" in rates:
            entry["at_least"] = {"input_seconds": "10"}
        entry["currency"] = "USD"
        if page is not None:
            entry["source"] = {"url": page, "read": str(common["from"])[:10]}
        yield entry


def _is_first(clause: Clause, named: str, seen: dict[Clause, str], notes: Notes, label: str) -> bool:
    first = seen.setdefault(clause.folded, named)
    if first != named:
        notes.add("A clause that an earlier model has too: not imported, as genai-prices takes the earlier", label)
    return first == named


def _checked(model: Place) -> str | None:
    held = model.get("prices_checked")
    try:
        return None if held is None else day_of(held.text())
    except ValueError:
        raise model.refuse("not a day: 'prices_checked'") from None


def _window(period: _Period, since: str | None) -> dict[str, str] | None:
    """`from` and `until`; None where the period is over before anything is known of it."""
    start = period.start if period.start != _ALWAYS else instant_of(str(since))
    if start >= period.until:
        return None
    window = {"from": day_of(genai_prices_writer.day_text(start))}
    return window if period.until == _NEVER else window | {"until": day_of(genai_prices_writer.day_text(period.until))}


def _periods(model: Place, refused: list[Refused], notes: Notes, label: str) -> Iterator[_Period]:
    """What holds from when to when, in the order of the data: of those that hold, the last wins there."""
    prices = model.need("prices")
    listed = [_listed(item, notes, label) for item in prices.items()] if isinstance(prices.value, list) else []
    if isinstance(prices.value, dict):
        listed = [_Listed(prices, _ALWAYS, None, _prices_of(prices, notes, label))]
    if not listed:
        raise prices.refuse("an empty list of prices")
    hours: dict[tuple[int, int, str], list[str]] = {}
    for number, held in enumerate(listed):
        until = min((later.start for later in listed[number + 1 :] if later.hours is None), default=_NEVER)
        if until <= held.start:
            continue
        if held.hours is None:
            yield _Period(held.start, until, {}, held.prices)
        else:
            # Windows of one price are one row.
            hours.setdefault((held.start, until, repr(held.prices)), []).append(held.hours)
    for number, held in enumerate(listed):
        until = min((later.start for later in listed[number + 1 :] if later.hours is None), default=_NEVER)
        windows = hours.pop((held.start, until, repr(held.prices)), None) if held.hours is not None else None
        if windows is not None:
            yield _Period(held.start, until, {"hours": ",".join(windows)}, held.prices)
    variants = model.get("price_variants")
    if variants is not None:
        standard = [held for held in listed if held.hours is None]
        yield from _variants(variants, standard, refused, notes, label, is_hourly=len(standard) != len(listed))


def _listed(item: Place, notes: Notes, label: str) -> _Listed:
    constraint = item.get("constraint")
    prices = _prices_of(item.need("prices"), notes, label)
    if constraint is None:
        return _Listed(item, _ALWAYS, None, prices)
    start = constraint.get("start_date")
    if start is None:
        return _Listed(item, _ALWAYS, hours_of(constraint), prices)
    try:
        return _Listed(item, instant_of(start.text()), None, prices)
    except ValueError:
        raise start.refuse(f"not a day: {start.text()!r}") from None


def _variants(
    variants: Place, standard: list[_Listed], refused: list[Refused], notes: Notes, label: str, *, is_hourly: bool
) -> Iterator[_Period]:
    """The prices of each tier: a variant's own, and the standard ones for what it does not state."""
    tiers: dict[str, list[_Listed]] = {}
    for item in variants.items():
        try:
            tier = _tier(item)
            if tier is not None:
                if is_hourly:
                    raise item.refuse("a tier's price of a model whose prices go by the hour")
                tiers.setdefault(tier, []).append(_listed(item, notes, label))
        except Refused as refusal:
            refused.append(refusal)
    for tier, held in tiers.items():
        changes = sorted({each.start for each in (*held, *standard)})
        for change, until in zip(changes, [*changes[1:], _NEVER], strict=True):
            active = [each for each in held if each.start <= change]
            base = next((each for each in reversed(standard) if each.start <= change), standard[0])
            if active:
                yield _Period(change, until, {"tier": tier}, _over(base.prices, _first_of(active)))


def _tier(item: Place) -> str | None:
    when = {key: held.text() for key, held in item.need("when").members()}
    named = next(iter(when.values()), None)
    if not set(when) <= _TIER_KEYS and not item.need("prices").value:
        # The standard prices, by another name.
        return None
    if len(when) != 1 or not set(when) <= _TIER_KEYS or named is None:
        raise item.refuse(f"no condition for {', '.join(f'{key}={value}' for key, value in when.items())}")
    tier = tier_of(named)
    if tier in {None, "standard"}:
        if item.need("prices").value:
            raise item.refuse("another price for the standard tier than the model's")
        return None
    return tier


def _first_of(active: list[_Listed]) -> _Prices:
    """Of each price the first variant that states it."""
    own: _Prices = {}
    stated: set[str] = set()
    for held in active:
        components = {component for rates in held.prices.values() for component in rates} - stated
        for above, rates in held.prices.items():
            own.setdefault(above, {}).update({component: rate for component, rate in rates.items() if component in components})
        stated |= components
    return own


def _over(base: _Prices, own: _Prices) -> _Prices:
    stated = {component for rates in own.values() for component in rates}
    merged: _Prices = {}
    for above in [*base, *(above for above in own if above not in base)]:
        kept = {component: rate for component, rate in base.get(above, {}).items() if component not in stated}
        merged[above] = kept | own.get(above, {})
    return merged


def _prices_of(prices: Place, notes: Notes, label: str) -> _Prices:
    made: _Prices = {None: {}}
    for key, held in prices.members():
        tiers = held.get("tiers") if isinstance(held.value, dict) else None
        stated: list[tuple[int | None, Place]] = [(None, held.need("base") if tiers is not None else held)]
        stated += [(tier.need("start").count(), tier.need("price")) for tier in tiers.items()] if tiers is not None else []
        for above, price in stated:
            rate = rate_of_key(key, price)
            if rate is None:
                notes.add(f"No component for {key}: not imported", label)
            elif made.setdefault(above, {}).setdefault(*rate) != rate[1]:
                raise held.refuse(f"another price for {rate[0]} than another key has")
    return made


def write(entries: Iterable[Entry], *, at: str | None) -> Written:
    """Every dated price. All dates are written, whatever `at`."""
    del at
    return genai_prices_writer.write(entries)
