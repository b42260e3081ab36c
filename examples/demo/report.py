"""What was received, as text: a tree for each trace, a table by model, the metrics. At most 120 columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from textwrap import wrap
from typing import Final

from examples.demo.check import AMOUNT, AMOUNT_CURRENCY, DUPLICATE, REASON, STATUS, short
from examples.demo.otlp import Attributes, Point, Span, last_points

WIDTH: Final = 120
MODEL: Final = "gen_ai.response.model"
REQUEST_MODEL: Final = "gen_ai.request.model"
COMPONENT: Final = "llm_cost.component"
_ORDER: Final = ("input", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "output", "reasoning")
"""The components of text, from the first token of the prompt to the last of the answer; others come after them."""
_OURS: Final = ("gen_ai.client.operation.cost", "llm_cost.")
_COLUMNS: Final = "{:<8}{:<36}{:<27}{:<11}{}"
_NOT_SHOWN: Final = frozenset(
    {
        MODEL,
        REQUEST_MODEL,
        AMOUNT_CURRENCY,
        "gen_ai.provider.name",
        "gen_ai.operation.name",
        "gen_ai.usage.cost.source",
        "server.address",
        "server.port",
        "llm_cost.table",
    }
)
"""Attributes of metrics that the lines below do without, or show in another way."""


def trees(spans: Sequence[Span]) -> Iterator[str]:
    """Each trace as a tree, in the order of their starts."""
    yield _COLUMNS.format("TRACE", "SPAN", "MODEL", "STATUS", f"{'COST':>11}      PRICE SINCE")
    traces: dict[str, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: span.start):
        traces[span.trace_id].append(span)
    for trace in traces.values():
        known = {span.span_id for span in trace}
        for root in trace:
            if root.parent_id not in known:
                yield from _tree(root, trace, root.trace_id[:6])


def _tree(span: Span, trace: list[Span], label: str = "", branch: str = "", indent: str = "") -> Iterator[str]:
    name = span.name if len(branch + span.name) <= 35 else f"{span.name[: 34 - len(branch)]}…"  # noqa: PLR2004 - the column's
    model = str(span.attributes.get(MODEL) or span.attributes.get(REQUEST_MODEL) or "")
    yield _COLUMNS.format(label, branch + name, model, span.attributes.get(STATUS, ""), _outcome(span, trace)).rstrip()
    children = [child for child in trace if child.parent_id == span.span_id]
    for child in children:
        is_last = child is children[-1]
        yield from _tree(child, trace, "", indent + ("└─ " if is_last else "├─ "), indent + ("   " if is_last else "│  "))


def _outcome(span: Span, trace: list[Span]) -> str:
    attributes = span.attributes
    if isinstance(amount := attributes.get(AMOUNT), float):
        price = str(attributes.get("llm_cost.price", ""))
        return f"{_money(amount, attributes)}  {price.rpartition('@')[2]}"
    if attributes.get(STATUS) == DUPLICATE:
        return f"counted on {_counted(span, trace)}"
    if STATUS not in attributes and span.parent_id is None:
        return _together(trace)
    if REASON in attributes:
        return ": ".join(str(attributes[name]) for name in (REASON, "error.type") if name in attributes)
    return ""


def _together(trace: list[Span]) -> str:
    """What the calls below a root that is none cost together: added up here, no span says it."""
    costs = [
        (Decimal(repr(span.attributes[AMOUNT])), span.attributes.get(AMOUNT_CURRENCY))
        for span in trace
        if AMOUNT in span.attributes
    ]
    if not costs or len({currency for _, currency in costs}) != 1:
        return ""
    return f"{short(sum((amount for amount, _ in costs), Decimal(0))):>15} {costs[0][1]}  in {len(costs)} calls"


def _counted(duplicate: Span, trace: list[Span]) -> str:
    """The span of the same call that is counted: by response id, and for a failed call by its place."""
    wanted = duplicate.attributes.get("gen_ai.response.id")
    for span in trace:
        if span.attributes.get(STATUS, DUPLICATE) == DUPLICATE:
            continue
        related = duplicate.span_id == span.parent_id or duplicate.parent_id == span.span_id
        if (wanted is not None and span.attributes.get("gen_ai.response.id") == wanted) or (wanted is None and related):
            return span.name
    return "a span that did not arrive"


def table(points: Iterable[Point]) -> Iterator[str]:
    """Calls, tokens and cost by model, from the metrics."""
    last = last_points(points)
    components = list(dict.fromkeys(str(point.attributes[COMPONENT]) for point in last if point.metric == "llm_cost.tokens"))
    components.sort(key=_place)
    calls: Counter[str] = Counter()
    tokens: Counter[tuple[str, str]] = Counter()
    costs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    reasons: defaultdict[str, set[str]] = defaultdict(set)
    for point in last:
        model = str(point.attributes.get(MODEL, ""))
        if point.metric == "llm_cost.calls" and point.attributes.get(STATUS) != DUPLICATE:
            calls[model] += int(point.value)
            if REASON in point.attributes:
                reasons[model].add(f"{point.attributes[STATUS]}: {point.attributes[REASON]}")
        elif point.metric == "llm_cost.tokens":
            tokens[model, str(point.attributes[COMPONENT])] += int(point.value)
        elif point.metric == "llm_cost.spend":
            # A Counter adds anything that can be added to 0.
            costs[model][str(point.attributes[AMOUNT_CURRENCY])] += Decimal(point.value)  # type: ignore[assignment]
    heads = [name.replace("cache_write_", "write_").replace("_", " ").upper() for name in components]
    widths = [max(8, len(head) + 2) for head in heads]

    def line(model: str, count: object, counts: Iterable[object], outcome: Iterable[str]) -> str:
        cells = "".join(f"{cell:>{width}}" for cell, width in zip(counts, widths, strict=True))
        return f"{model:<27}{count:>6}{cells}  {', '.join(outcome)}"

    yield line("MODEL", "CALLS", heads, [f"{'COST':>11}"])
    for model, count in calls.items():
        outcome = [*_amounts(costs[model]), *(f"  {reason}" for reason in sorted(reasons[model]))]
        yield line(model, count, [tokens[model, name] or "-" for name in components], outcome)
    totals: Counter[str] = sum(costs.values(), Counter())
    yield line("total", calls.total(), [sum(tokens[model, name] for model in calls) for name in components], _amounts(totals))


def _amounts(costs: Counter[str]) -> list[str]:
    return [f"{short(Decimal(amount)):>15} {currency}" for currency, amount in costs.items()]


def metrics(points: Iterable[Point]) -> Iterator[str]:
    """The last point of each of our series, in a line for each model; of others, the names."""
    others: list[str] = []
    ours: defaultdict[str, defaultdict[str, list[Point]]] = defaultdict(lambda: defaultdict(list))
    for point in last_points(points):
        if point.metric.startswith(_OURS):
            ours[point.metric][str(point.attributes.get(MODEL) or point.attributes.get("llm_cost.table") or "")].append(point)
        elif point.metric not in others:
            others.append(point.metric)
    for name, by_model in ours.items():
        first = next(iter(by_model.values()))[0]
        yield f"{name}  ({'monotonic ' * first.monotonic}{first.kind}, {first.unit})"
        for model, held in by_model.items():
            held.sort(key=lambda point: _place(str(point.attributes.get(COMPONENT, ""))))
            yield from _wrapped(f"  {model:<27}  ", map(_point, held))
    if others:
        yield from _wrapped("and the instrumentations' own:  ", others)


def _wrapped(label: str, items: Iterable[str]) -> Iterator[str]:
    """Items after a label, none of them broken."""
    stuck = (item.replace(" ", "\N{NO-BREAK SPACE}") for item in items)
    lines = wrap(" · ".join(stuck), WIDTH - len(label), break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(lines):
        yield (" " * len(label) if number else label) + line.replace("\N{NO-BREAK SPACE}", " ")


def _place(component: str) -> int:
    return _ORDER.index(component) if component in _ORDER else len(_ORDER)


def _point(point: Point) -> str:
    said = [str(value) for name, value in point.attributes.items() if name not in _NOT_SHOWN]
    if COMPONENT in point.attributes and point.attributes.get(STATUS) == "priced":
        said.remove("priced")
    said.append(_plain(point.value))
    if point.kind == "histogram":
        said[-1:] = [f"{point.count} call{'s' * (point.count != 1)}, sum", said[-1]]
    currency = point.attributes.get(AMOUNT_CURRENCY)
    return " ".join((*said, str(currency) if currency else "s" if point.unit == "s" else "")).rstrip()


def _money(amount: float, attributes: Attributes) -> str:
    return f"{short(Decimal(repr(amount))):>15} {attributes.get(AMOUNT_CURRENCY, '?')}"


def _plain(value: float) -> str:
    """All digits of a double, without an exponent; seconds and the like to a whole."""
    if isinstance(value, int) or abs(value) >= 100:  # noqa: PLR2004
        return f"{value:.0f}"
    return f"{Decimal(repr(value)):f}"
