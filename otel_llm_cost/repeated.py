"""The span path's short cut: a call like one before, of the same kind, with the same components, under the same price.

`repeat` does what `Reader.read`, `price_call` and `Template.filled` do, for calls about which nothing is in question. It is one
function because on this path a call of a function costs more than most of what they do.
"""

from __future__ import annotations

from operator import mul
from typing import Any, Final, NamedTuple

from otel_llm_cost.attributes import Attributes, Template
from otel_llm_cost.call import Kind
from otel_llm_cost.conventions.reader import Reader, Shape
from otel_llm_cost.cost import WITH_AMOUNT, Cost, Status
from otel_llm_cost.ledger.totals import Posting, Series
from otel_llm_cost.money import UNITS
from otel_llm_cost.names import REACHED
from otel_llm_cost.usage import COMPONENTS

_MAX_REMEMBERED: Final = 4096
_LEAST_REACHED: Final = REACHED[0][1]
_new: Final = tuple.__new__


class _Known(NamedTuple):
    """What such calls share."""

    rates: tuple[int, ...]
    era: tuple[int, int]
    sizes: tuple[int, int] | None
    """None where the rates do not move with the size of the prompt."""
    in_prompt: tuple[bool, ...]
    series: Series
    template: Template


class Repeat(NamedTuple):
    """A call that was priced by the short cut."""

    posting: Posting
    written: Attributes
    kind: Kind
    shape: Shape
    values: tuple[int, ...]


def learn(shape: Shape, kind: Kind, cost: Cost, series: Series, template: Template) -> None:
    """Remembers how a call was priced, where others can be priced like it: by the table, with nothing told, missing or in doubt."""
    quote = cost.quote
    if shape.plan is None or quote is None or cost.reason is not None or not quote.is_plain or quote.era[0] >= quote.era[1]:
        return
    if cost.status not in WITH_AMOUNT or cost.status is Status.REPORTED:
        return
    if len(shape.memo) >= _MAX_REMEMBERED:
        shape.memo.clear()
    sizes = quote.sizes if quote.sizes != (-1, 2**63) else None
    in_prompt = tuple(COMPONENTS[name].prompt for name in quote.components)
    shape.memo[kind, quote.components] = _Known(quote.rates, quote.era, sizes, in_prompt, series, template)


def repeat(reader: Reader, held: dict[str, Any], at_unix_nano: int, context: Any) -> Repeat | None:  # noqa: ANN401 - opaque here
    """Prices a finished span's call; None where it is not like one that `learn` was told of."""
    shape = reader.shapes.get(tuple(held))
    if shape is None or shape.plan is None or not shape.memo:
        return None
    values = shape.pick_counts(held)
    read = shape.plan.disjoint(values)
    if read is None:
        return None
    components, counts = read
    try:
        who = shape.kinds.get(shape.pick_who(held))
    except TypeError:  # a value that cannot be a key
        return None
    known: _Known | None = shape.memo.get((who.kind, components)) if who is not None and who.is_planned else None
    if who is None or known is None:
        return None
    rates, (starts, ends), sizes, in_prompt, series, template = known
    if not starts <= at_unix_nano < ends or (sizes is not None and not sizes[0] < sum(map(mul, counts, in_prompt)) <= sizes[1]):
        return None
    parts = tuple(map(mul, counts, rates))
    units = sum(parts)
    written = template.common.copy()
    written[template.amount] = units / UNITS
    for name, part in zip(template.components, parts):  # noqa: B905 - of one length, and on the span's path
        if part:
            written[name] = part / UNITS
    if units >= _LEAST_REACHED:
        written.update((name, True) for name, least in REACHED if units >= least)
    return _new(Repeat, (_new(Posting, (series, counts, (), units, context)), written, who.kind, shape, values))
