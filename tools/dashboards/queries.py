"""What the panels ask Prometheus, in its names of our metrics and labels (docs/contract.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from otel_llm_cost import names
from tools.rules.increase import BEFORE, duration


def label(attribute: str) -> str:
    """An attribute as Prometheus writes it."""
    return attribute.replace(".", "_")


CURRENCY: Final = label(names.COST_CURRENCY)
MODEL: Final = label(names.MODEL)
PROVIDER: Final = label(names.PROVIDER)
STATUS: Final = label(names.STATUS)
REASON: Final = label(names.REASON)
COMPONENT: Final = label(names.COMPONENT)
TABLE: Final = label(names.TABLE)
ERROR_KIND: Final = label(names.ERROR_KIND)
SERVICE: Final = "service_name"
GROUP: Final = "$group"

RANGE: Final = "$__range"
"""The time range of a panel: of an instant query all of it."""
STEP: Final = "$__interval"
"""The width of a bar: as wide as the step, so that bars neither overlap nor leave anything out."""
RATE: Final = "$__rate_interval"

_OF_SERVICE: Final = f'{SERVICE}=~"$service"'
_OF_CURRENCY: Final = f'{CURRENCY}=~"$currency"'

SPEND: Final = f"{names.SPEND.prometheus}{{{_OF_CURRENCY}, {_OF_SERVICE}}}"
SAVINGS: Final = f"{names.CACHE_SAVINGS.prometheus}{{{_OF_CURRENCY}, {_OF_SERVICE}}}"
COST_BUCKET, COST_SUM, COST_COUNT = (
    f"{names.OPERATION_COST.prometheus}_{part}{{{_OF_CURRENCY}, {_OF_SERVICE}}}" for part in ("bucket", "sum", "count")
)
TOKENS: Final = f"{names.TOKENS.prometheus}{{{_OF_SERVICE}}}"
CALLS: Final = f'{names.CALLS.prometheus}{{{STATUS}!="duplicate", {_OF_SERVICE}}}'
# A call that failed with no usage has no cost to be known: it is neither priced nor unpriced.
PRICEABLE: Final = f'{names.CALLS.prometheus}{{{STATUS}!="duplicate", {REASON}!="error", {_OF_SERVICE}}}'
NOT_PRICED: Final = f'{names.CALLS.prometheus}{{{STATUS}=~"partial|unpriced", {REASON}!="error", {_OF_SERVICE}}}'
TABLE_AGE: Final = f"{names.TABLE_AGE.prometheus}{{{_OF_SERVICE}}}"
ERRORS: Final = f"{names.ERRORS.prometheus}{{{_OF_SERVICE}}}"


def before(selector: str, window: str) -> str:
    """The last value before the window, as far back as the rules look."""
    return f"last_over_time({selector}[{duration(BEFORE * 60)}] offset {window})"


def anchored(selector: str, window: str) -> str:
    """What a counter grew by in (t - window, t], exactly, where Prometheus knows `anchored`.

    The window's anchor is the last sample in the 5 minutes before it. Where there is none, since nothing was received for
    longer than that, the growth up to the first sample within is added; all of that sample, if the counter began anew. What
    was not there before the window counts from 0, whether or not Prometheus wrote a sample of 0 at its start.
    """
    grown, moved = (f"{function}({selector}[{window}] anchored)" for function in ("increase", "delta"))
    first, last, known = f"min_over_time({selector}[{window}])", f"last_over_time({selector}[{window}])", before(selector, window)
    # As far back as Prometheus looks, and past the marker of a target that was gone, as `anchored` does.
    anchor = f"last_over_time({selector}[5m] offset {window})"
    unseen = f"({first} - {known} >= 0 or {first} and {known}) unless {anchor}"
    return f"({grown} + ({unseen}) or {grown} + {last} - {moved} unless {known} or {grown})"


def unanchored(selector: str, window: str) -> str:
    """The same for any Prometheus. Exact, but for a counter that began anew in the window.

    What was not there before the window counts from 0.
    """
    last, first, known = f"max_over_time({selector}[{window}])", f"min_over_time({selector}[{window}])", before(selector, window)
    whole = f"({last} - {known} and {first} - {known} >= 0 or {last}) unless resets({selector}[{window}]) > 0"
    grown = f"increase({selector}[{window}])"
    return f"({whole} or {grown} + ({first} unless {known}) or {grown})"


def changed(selector: str, window: str) -> str:
    """What an up-down counter changed by. It starts at 0 with its program."""
    last = f"last_over_time({selector}[{window}])"
    return f"({last} - {before(selector, window)} or {last})"


class Form(NamedTuple):
    """How the growth of a counter is asked for: one dashboard for each."""

    uid: str
    title: str
    needs: str
    grown: Callable[[str, str], str]


FORMS: Final = (
    Form(
        "llm-cost",
        "LLM cost",
        "For Prometheus 3.8 or newer with promql-extended-range-selectors.",
        anchored,
    ),
    Form(
        "llm-cost-older",
        "LLM cost (older Prometheus)",
        "For any Prometheus.",
        unanchored,
    ),
)


def total(values: str, *by: str) -> str:
    """The sum by labels."""
    return f"sum by ({', '.join(by)}) ({values})" if by else f"sum({values})"


def forecast(month_to_date: str) -> str:
    """As the month has gone so far. The range of the panel is the month to date."""
    return f"{month_to_date} * scalar(days_in_month()) * 86400 / $__range_s"


def top(values: str) -> str:
    """The ten greatest of each currency, the greatest first, without those of nothing."""
    return f"sort_desc(topk by ({CURRENCY}) (10, {values} > 0))"


def mean_cost(form: Form, window: str) -> str:
    """Of the calls whose cost is known."""
    cost, calls = (total(form.grown(metric, window), CURRENCY) for metric in (COST_SUM, COST_COUNT))
    return f"{cost} / ({calls} > 0)"


def cost_quantile(form: Form, quantile: str, window: str) -> str:
    """Within a bucket, a straight line."""
    return f"histogram_quantile({quantile}, {total(form.grown(COST_BUCKET, window), CURRENCY, 'le')})"


def unpriced_share(form: Form, window: str) -> str:
    """0 where calls came and all are priced; nothing where none came."""
    of_all = total(form.grown(PRICEABLE, window))
    return f"({total(form.grown(NOT_PRICED, window))} or {of_all} * 0) / ({of_all} > 0)"


def unpriced_calls(form: Form, window: str) -> str:
    """By reason and model."""
    return f"{total(form.grown(NOT_PRICED, window), REASON, MODEL)} > 0"


def unpriced_shares(form: Form, window: str) -> str:
    """The share of all calls that one reason makes of one model."""
    return f"({unpriced_calls(form, window)}) / on() group_left() {total(form.grown(PRICEABLE, window))}"
