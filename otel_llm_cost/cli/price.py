"""`otel-llm-cost price`: the cost of one call, by hand."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from otel_llm_cost.call import STANDARD, Call, instant_of, instant_text, tier_of, unix_nano
from otel_llm_cost.cost import WITH_PRICE, Cost, price_call
from otel_llm_cost.money import text_of
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.settings import strict_from_environment
from otel_llm_cost.usage import COMPONENTS, MAX_COUNT, Usage

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

_WIDER: Final = {
    "--cache-read": "--input",
    "--cache-write": "--input",
    "--cache-write-1h": "--cache-write",
    "--reasoning": "--output",
}
"""Each narrower count, and the one that includes it."""


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "price",
        help="price one call",
        description="Prices one call at the rates in force at an instant. Counts are inclusive, as the semantic conventions define "
        "them: --input includes cache reads and writes, --cache-write includes --cache-write-1h, --output includes --reasoning. "
        "Exits 0 where the cost is known, 3 where it is not or only in part, 2 for a mistake in the call.",
    )
    parser.add_argument("--provider", required=True, help="as gen_ai.provider.name has it: openai, anthropic, gcp.gemini")
    parser.add_argument("--model", required=True)
    parser.add_argument("--at", type=_instant, metavar="INSTANT", help="when the call began, with a zone, or a day; default: now")
    for flag in ("--input", "--cache-read", "--cache-write", "--cache-write-1h", "--output", "--reasoning"):
        parser.add_argument(flag, type=_count, metavar="N", help="tokens")
    parser.add_argument(
        "--tier", default=STANDARD, type=_tier, help="the service tier: standard (default), batch, flex, priority, ..."
    )
    parser.add_argument("--strict", action="store_true", help="let nothing be assumed (default: OTEL_LLM_COST_STRICT)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=lambda given: _run(given, parser))


def _run(given: Namespace, parser: ArgumentParser) -> int:
    at = given.at if given.at is not None else unix_nano(datetime.now(UTC))
    call = Call(given.provider, given.model, at, _usage(given, parser), given.tier)
    table = PriceTable.shipped()
    cost = price_call(call, table, strict=given.strict or strict_from_environment())
    result = _result(call, cost, table)
    print(json.dumps(result, indent=2) if given.json else _text(call, result))  # noqa: T201 - a command prints
    return 0 if cost.status in WITH_PRICE else 3


def _usage(given: Namespace, parser: ArgumentParser) -> Usage:
    """The inclusive counts of the flags, as disjoint ones."""
    counts: dict[str, int | None] = {flag: getattr(given, flag[2:].replace("-", "_")) for flag in ("--input", "--output", *_WIDER)}
    for flag, wider in _WIDER.items():
        count, total = counts[flag], counts[wider]
        if count is not None and total is None:
            parser.error(f"argument {flag}: counts tokens that {wider} includes, and {wider} is not given")
        if count is not None and total is not None and count > total:
            parser.error(f"argument {flag}: {count} is more than the {total} of {wider}, which includes it")
    held = {flag: count or 0 for flag, count in counts.items()}
    cached = held["--cache-read"] + held["--cache-write"]
    if cached > held["--input"]:
        parser.error(
            f"argument --input: {held['--input']} is less than the {cached} of --cache-read and --cache-write, which it includes"
        )
    # Where nobody says how long a cache write lives, the table's documented default is assumed, and said to be.
    short = "cache_write" if counts["--cache-write-1h"] is None else "cache_write_5m"
    return Usage(
        **{
            "input": held["--input"] - cached,
            "cache_read": held["--cache-read"],
            short: held["--cache-write"] - held["--cache-write-1h"],
            "cache_write_1h": held["--cache-write-1h"],
            "output": held["--output"] - held["--reasoning"],
            "reasoning": held["--reasoning"],
        }
    )


def _result(call: Call, cost: Cost, table: PriceTable) -> dict[str, Any]:
    """What `--json` prints."""
    quote = cost.quote
    model = table.model(call.provider, call.model) if quote is not None else None
    ends = model.until(quote, call.tier) if model is not None and quote is not None else {}
    rows = (
        {
            component: {
                "row": row.name,
                "rate": row.rate,
                "per": _per(row.component),
                "from": instant_text(row.start),
                "until": _instant_or_none(ends.get(component)),
                "source": row.source.url,
            }
            for component, row in zip(quote.components, quote.rows, strict=True)
            if row is not None
        }
        if quote is not None
        else {}
    )
    latest = quote.latest if quote is not None else None
    return {
        "status": cost.status.value,
        "amount": _money(cost.amount),
        "known_amount": _money(cost.known_amount),
        "currency": cost.currency,
        "components": {name: text_of(units) for name, units in zip(cost.components, cost.parts, strict=True)},
        "price": cost.price,
        "effective_from": instant_text(latest.start) if latest is not None else None,
        "effective_until": _instant_or_none(min((end for end in ends.values() if end is not None), default=None)),
        "source": latest.source.url if latest is not None else None,
        "rows": rows,
        "reason": str(cost.reason) if cost.reason is not None else None,
        "assumed": list(cost.assumed),
        "table": table.version,
    }


def _text(call: Call, result: Mapping[str, Any]) -> str:
    amount, known = result["amount"], result["known_amount"]
    money = (
        f"{amount} {result['currency']}" if amount is not None else f"at least {known} {result['currency']}" if known else "unknown"
    )
    lines = [f"{call.provider} {call.model} at {instant_text(call.at_unix_nano)}: {money} ({result['status']})"]
    if result["reason"] is not None:
        lines.append(f"reason   {result['reason']}")
    counts = call.usage.by_component()
    table = [("component", "count", "rate", "amount", "since", "until")]
    for name, row in result["rows"].items():
        cells = (
            f"{row['rate']} per {row['per']}",
            result["components"].get(name, "-"),
            _day(row["from"]),
            _day(row["until"]) or "-",
        )
        table.append((name, str(counts[name]), *cells))
    if len(table) > 1:
        widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
        lines += [
            "",
            *("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table),
            "",
        ]
        lines += [f"price    {result['price']}", f"source   {result['source']}"]
    if result["assumed"]:
        lines.append(f"assumed  {', '.join(result['assumed'])}")
    return "\n".join([*lines, f"table    {result['table']}"])


def _per(component: str) -> str:
    known = COMPONENTS[component]
    return f"1M {known.unit}s" if known.priced_per > 1 else known.unit


def _money(amount: object) -> str | None:
    return format(amount, "f") if amount is not None else None


def _instant_or_none(at: int | None) -> str | None:
    return instant_text(at) if at is not None else None


def _day(instant: str | None) -> str:
    return (instant or "").removesuffix("T00:00:00Z")


def _instant(text: str) -> int:
    try:
        return instant_of(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"neither a day nor an instant with a zone: {text!r}") from None


def _count(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a number of tokens: {text!r}") from None
    if not 0 <= count <= MAX_COUNT:
        raise argparse.ArgumentTypeError(f"not a number of tokens: {text!r}")
    return count


def _tier(text: str) -> str:
    tier = tier_of(text)
    if tier is None:
        raise argparse.ArgumentTypeError(f"no tier that a call is served at: {text!r}")
    return tier
