"""`otel-llm-cost table at`: what each model costs at an instant."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_llm_cost.call import STANDARD, instant_text
from otel_llm_cost.cli import arguments
from otel_llm_cost.cli.output import complain, say, say_json, say_table
from otel_llm_cost.cli.tables import add_prices, table_of
from otel_llm_cost.cli.wording import own_unit, per_own_unit
from otel_llm_cost.prices.model import ModelPrices
from otel_llm_cost.prices.quote import Quote
from otel_llm_cost.prices.row import COMMITTED, Reach
from otel_llm_cost.prices.sellers import Sellers
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import COMPONENTS, Usage

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_COLUMNS: Final = ("input", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "output")
_ALL: Final = tuple(COMPONENTS)
_ENDLESS: Final = 2**62


class Rates(NamedTuple):
    """What a model costs in prompts of more than some tokens."""

    provider: str
    model: str
    prompt_above: int | None
    price: str | None
    currency: str
    rates: dict[str, str | None]
    """By component, for its own unit; None where the capacity is paid for otherwise."""
    factors: dict[str, list[str]]


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "at",
        help="what each model cost at an instant",
        description="Lists the rates that were in force at an instant, per 1M tokens (or per second, image, page, search, ...), "
        "with the factors that hold. Models that only a pattern names are not listed. Exits 1 where nothing had a price then.",
    )
    parser.add_argument("at", type=arguments.instant, metavar="INSTANT", help="with a zone, or a day (its start in UTC)")
    parser.add_argument("--provider", default="", help=f"{arguments.PROVIDER_HELP}; default: all")
    parser.add_argument("--tier", default=STANDARD, type=arguments.tier, help=arguments.TIER_HELP)
    parser.add_argument("--region", help="where it is served, as the provider names its regions")
    add_prices(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run)


def _run(given: Namespace) -> int:
    table = table_of(given)
    region = given.region.lower() if given.region else None
    keys = [table.key_of(given.provider)] if given.provider else [*table.providers, *_own_keys(table)]
    if given.provider and keys[0] not in {*table.providers, *_own_keys(table)}:
        complain(f"no prices are known of the provider {given.provider!r}")
        return 1
    found: list[Rates] = []
    unpriced = 0
    for key in dict.fromkeys(keys):
        for name in _names(table, key, is_all=not given.provider):
            model = table.model(key, name)
            if isinstance(model, Sellers):
                # The user's price for any provider stands with each of them.
                continue
            rates = list(_rates(key, name, model, given.at, given.tier, region)) if isinstance(model, ModelPrices) else []
            found += rates
            unpriced += not rates
    if given.json:
        say_json(
            {
                "at": instant_text(given.at),
                "tier": given.tier,
                "region": region,
                "rates": [_json(rates) for rates in found],
                "without_rates": unpriced,
                "table": table.version,
            }
        )
    else:
        _say(given, keys, found, unpriced, table)
    return 0 if found else 1


def _own_keys(table: PriceTable) -> list[str]:
    """The providers of which a user has prices; an empty one where they hold for any."""
    return sorted({entry.provider or "" for own in table.own for entry in own.prices})


def _names(table: PriceTable, key: str, *, is_all: bool) -> list[str]:
    """Every exact name and alias of a provider's models; those that the user's file gives for any provider stand apart."""
    provider = table.provider(key) if key else None
    names = set(provider.names if provider is not None else ())
    for own in table.own:
        for entry in own.prices:
            if entry.provider == (key or None) or (entry.provider is None and not is_all):
                names |= {*entry.names, *([entry.match.text] if entry.match and entry.match.reach is Reach.EXACT else [])}
        names |= {name for name, held in own.aliases.items() for alias in held if alias.provider == (key or None)}
    return sorted(names)


def _rates(key: str, name: str, model: ModelPrices, at: int, tier: str, region: str | None) -> Iterator[Rates]:
    """The rates for prompts of any size, then those for large prompts where they differ."""
    prompt, last = 1, None
    while prompt < _ENDLESS:
        usage = Usage.of_counts(_ALL, tuple(prompt if component == "input" else 1 for component in _ALL))
        quote = model.quote(at, tier, usage, region)
        rates = dict(_own_rates(quote))
        if rates and rates != last:
            above = quote.sizes[0] if quote.sizes[0] >= 0 else None
            factors = {
                component: [factor.text for factor in held]
                for component, held in zip(quote.components, quote.factors, strict=True)
                if held and component in rates
            }
            yield Rates(key, name, above, quote.price, quote.currency, rates, factors)
            last = rates
        prompt = quote.sizes[1] + 1


def _own_rates(quote: Quote) -> Iterator[tuple[str, str | None]]:
    """The rate of every component that has one of its own."""
    for component, units, row in zip(quote.components, quote.rates, quote.rows, strict=True):
        if row is not None and row.component == COMMITTED:
            yield COMMITTED, None
        elif row is not None and row.component == component:
            plain = row.rate.replace(".", "", 1).isdecimal() and units == row.units
            yield component, row.rate if plain else per_own_unit(units, component)


def _json(rates: Rates) -> dict[str, Any]:
    return {
        "provider": rates.provider,
        "model": rates.model,
        "prompt_above": rates.prompt_above,
        "price": rates.price,
        "currency": rates.currency,
        "committed": COMMITTED in rates.rates,
        "rates": {component: {"rate": rate, "per": own_unit(component)} for component, rate in rates.rates.items() if rate},
        "factors": rates.factors,
    }


def _say(given: Namespace, keys: list[str], found: Iterable[Rates], unpriced: int, table: PriceTable) -> None:
    lines = []
    for rates in found:
        beside = [f"{name} {rate} per {own_unit(name)}" for name, rate in rates.rates.items() if name not in _COLUMNS and rate]
        beside += ["committed: no price per call"] if COMMITTED in rates.rates else []
        used = sorted({text for texts in rates.factors.values() for text in texts})
        lines.append(
            (
                "" if given.provider else rates.provider or "any",
                rates.model,
                f"> {rates.prompt_above}" if rates.prompt_above is not None else "",
                *(rates.rates.get(column) or "" for column in _COLUMNS),
                "" if rates.currency == "USD" else rates.currency,
                ", ".join(f"x {text}" for text in used),
                ", ".join(beside),
            )
        )
    said = [f"tier {given.tier}", *([f"region {given.region}"] if given.region else [])]
    whose = keys[0] if given.provider else "all providers"
    say(f"{whose} at {instant_text(given.at)}, {', '.join(said)}: per 1M tokens, if not said otherwise")
    if lines:
        say()
        say_table(("provider", "model", "prompt", *_COLUMNS, "currency", "factors", "further"), lines)
    say()
    if unpriced:
        say(f"{unpriced} more names had no price then")
    say(f"table    {table.version}")
