"""`otel-llm-cost price`: the cost of one call, by hand."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from otel_llm_cost.call import STANDARD, Call
from otel_llm_cost.cli import arguments
from otel_llm_cost.cli.costs import cost_json, say_cost
from otel_llm_cost.cli.counts import add_counts, usage_of
from otel_llm_cost.cli.output import say_json
from otel_llm_cost.cli.tables import add_prices, table_of
from otel_llm_cost.cost import WITH_PRICE, price_call
from otel_llm_cost.settings import strict_from_environment

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "price",
        help="price one call",
        description="Prices one call at the rates in force at an instant. Counts are inclusive, as the semantic conventions define "
        "them: --input includes cache reads and writes, audio, images and video, --cache-write includes --cache-write-1h, --output "
        "includes --reasoning and audio. Exits 0 where the cost is known or the capacity is paid for otherwise (committed), 3 "
        "where it is not known or only in part, 2 for a mistake in the call or in a price file.",
    )
    parser.add_argument("--provider", default="", help=f"{arguments.PROVIDER_HELP}; default: nobody says who was asked")
    parser.add_argument("--model", required=True)
    parser.add_argument(
        "--at", type=arguments.instant, metavar="INSTANT", help="when the call began, with a zone, or a day; default: now"
    )
    parser.add_argument(
        "--end", type=arguments.instant, metavar="INSTANT", help="when it was completed, which chooses the price of some providers"
    )
    add_counts(parser)
    parser.add_argument("--tier", default=STANDARD, type=arguments.tier, help=arguments.TIER_HELP)
    parser.add_argument("--region", help="where it was served, as the provider names its regions")
    parser.add_argument("--strict", action="store_true", help="let nothing be assumed (default: OTEL_LLM_COST_STRICT)")
    add_prices(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=lambda given: _run(given, parser))


def _run(given: Namespace, parser: ArgumentParser) -> int:
    at = given.at if given.at is not None else arguments.now()
    if given.end is not None and given.end < at:
        parser.error("argument --end: it ended before it began")
    usage, assumed = usage_of(given, parser)
    region = given.region.lower() if given.region else None
    call = Call(given.provider, given.model, at, usage, given.tier, assumed=assumed, region=region, end_unix_nano=given.end)
    table = table_of(given)
    cost = price_call(call, table, strict=given.strict or strict_from_environment())
    if given.json:
        say_json(cost_json(call, cost, table))
    else:
        say_cost(call, cost, table)
    return 0 if cost.status in WITH_PRICE else 3
