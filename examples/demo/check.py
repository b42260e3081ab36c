"""What arrived, against what was written by hand beside the replies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from examples.demo.otlp import Point, Span, last_points
from examples.demo.replies import CURRENCY, Reply

AMOUNT: Final = "gen_ai.usage.cost.amount"
AMOUNT_CURRENCY: Final = "gen_ai.usage.cost.currency"
STATUS: Final = "llm_cost.status"
REASON: Final = "llm_cost.reason"
DUPLICATE: Final = "duplicate"
RELATIVE: Final = Decimal("1e-9")
"""How far doubles that were added up may be from the exact sum."""


@dataclass
class Check:
    """One comparison."""

    what: str
    value: str = ""
    differences: list[str] = field(default_factory=list)


def compare(spans: Sequence[Span], points: Iterable[Point], replies: Sequence[Reply]) -> list[Check]:
    """Compares spans and metrics with the costs of the replies that were served. A check without differences holds."""
    last = last_points(points)
    expected = sum((reply.cost for reply in replies if reply.cost is not None), Decimal(0))
    amounts = [(span.attributes[AMOUNT], span.attributes.get(AMOUNT_CURRENCY)) for span in spans if AMOUNT in span.attributes]
    spend = [(point.value, point.attributes.get(AMOUNT_CURRENCY)) for point in last if point.metric == "llm_cost.spend"]
    histogram = [
        (point.value, point.attributes.get(AMOUNT_CURRENCY)) for point in last if point.metric == "gen_ai.client.operation.cost"
    ]
    return [
        _each_call(spans, replies),
        _total(f"{AMOUNT}, all spans", amounts, expected),
        _total("llm_cost.spend, last points", spend, expected),
        _total("gen_ai.client.operation.cost, sums", histogram, expected),
        _calls(spans, last, replies),
    ]


def equal(received: Decimal, expected: Decimal) -> bool:
    """Within what doubles may lose."""
    return abs(received - expected) <= RELATIVE * abs(expected)


def short(amount: Decimal) -> str:
    """An amount to a thousandth of a millionth."""
    return f"{amount:.9f}"


def _each_call(spans: Sequence[Span], replies: Sequence[Reply]) -> Check:
    priced = sum(reply.cost is not None for reply in replies)
    check = Check(
        "every call, by its response id", f"expected {priced} with a cost, {len(replies) - priced} with a reason for none"
    )
    counted: dict[object, list[Span]] = {}
    for span in spans:
        if span.attributes.get(STATUS, DUPLICATE) != DUPLICATE:
            counted.setdefault(_key_of_span(span), []).append(span)
    for reply in replies:
        found = counted.pop(_key_of_reply(reply), [])
        name = reply.id or f"{reply.asked} ({'failed' if reply.status >= 400 else 'no id'})"  # noqa: PLR2004 - HTTP's
        if len(found) != 1:
            check.differences.append(f"{name} is counted on {len(found)} spans, not on one")
            continue
        check.differences.extend(f"{name} {difference}" for difference in _of_call(found[0], reply))
    check.differences.extend(f"{span.name} is counted, but was never served" for found in counted.values() for span in found)
    return check


def _of_call(span: Span, reply: Reply) -> Iterable[str]:
    amount, currency = span.attributes.get(AMOUNT), span.attributes.get(AMOUNT_CURRENCY)
    if reply.cost is None:
        if amount is not None:
            yield f"costs {amount} {currency}, and should have no cost"
        if span.attributes.get(REASON) != reply.reason:
            yield f"is unpriced because of {span.attributes.get(REASON)}, not {reply.reason}"
    elif not isinstance(amount, float):
        yield f"has no cost ({span.attributes.get(STATUS)}, {span.attributes.get(REASON)}), and should cost {reply.cost} {CURRENCY}"
    elif currency != CURRENCY or not equal(Decimal(amount), reply.cost):
        yield f"costs {amount!r} {currency}, and should cost {reply.cost} {CURRENCY}"


def _key_of_span(span: Span) -> object:
    # Embeddings and failed calls have no id: the model and the outcome tell them apart here.
    return span.attributes.get("gen_ai.response.id") or (span.attributes.get("gen_ai.request.model"), span.failed)


def _key_of_reply(reply: Reply) -> object:
    return reply.id or (reply.asked, reply.status >= 400)  # noqa: PLR2004


def _total(what: str, amounts: Sequence[tuple[object, object]], expected: Decimal) -> Check:
    received = sum((Decimal(amount) for amount, _ in amounts if isinstance(amount, int | float)), Decimal(0))
    check = Check(what, f"{short(received)} {CURRENCY}")
    if not equal(received, expected):
        check.differences.append(f"{what}: {received:.15f}, and should be {expected:.15f} {CURRENCY}")
    if others := {str(currency) for _, currency in amounts if currency != CURRENCY}:
        check.differences.append(f"{what}: in {', '.join(sorted(others))}, and should be in {CURRENCY}")
    return check


def _calls(spans: Sequence[Span], last: Sequence[Point], replies: Sequence[Reply]) -> Check:
    counted: Counter[str] = Counter()
    for point in last:
        if point.metric == "llm_cost.calls":
            counted[" ".join(str(point.attributes[name]) for name in (STATUS, REASON) if name in point.attributes)] += int(
                point.value
            )
    wanted: Counter[str] = Counter("priced" if reply.cost is not None else f"unpriced {reply.reason}" for reply in replies)
    wanted[DUPLICATE] = sum(span.attributes.get(STATUS) == DUPLICATE for span in spans)
    check = Check("llm_cost.calls, replies served", ", ".join(f"{count} {what}" for what, count in sorted(counted.items())))
    check.differences.extend(
        f"llm_cost.calls: {counted[what]} {what}, and should be {wanted[what]}"
        for what in sorted(counted.keys() | wanted.keys())
        if counted[what] != wanted[what]
    )
    return check
