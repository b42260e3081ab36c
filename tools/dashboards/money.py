"""The panels on money: a row of them for each currency."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue
from grafana_foundation_sdk.models.tempo import SearchTableType

from otel_llm_cost import names
from tools.dashboards import links
from tools.dashboards.layout import Placed, Section
from tools.dashboards.links import explore, jaeger, link
from tools.dashboards.panels import asked, bars, calls_table, lines, number, ranking
from tools.dashboards.queries import (
    CURRENCY,
    GROUP,
    MODEL,
    RANGE,
    RATE,
    SAVINGS,
    SPEND,
    STEP,
    Form,
    changed,
    cost_quantile,
    forecast,
    mean_cost,
    top,
    total,
)

LEGEND: Final = f"{{{{{CURRENCY}}}}}"
# The panel's relative time takes `now/d` and `now/M`, in the dashboard's time zone, and has no effect on an absolute time range
# (https://grafana.com/docs/grafana/latest/panels-visualizations/query-transform-data/#query-options, read 2026-11-22).
TODAY, THIS_MONTH = "now/d", "now/M"
RELATIVE_ONLY: Final = "With an absolute time range of the dashboard it is about that range."
KNOWN: Final = "With the known part of calls whose cost is known in part; without calls that are not priced."
LARGEST_BOUND: Final = f"{names.OPERATION_COST_BUCKETS[-1]:g}"


def money(form: Form) -> Section:
    """Repeated for each currency: never added over them."""
    return Section("Money in $currency", "currency", (*_numbers(form), *_spend(form), *_calls(form)))


def _numbers(form: Form) -> tuple[Placed, ...]:
    month = total(form.grown(SPEND, RANGE), CURRENCY)
    since_midnight = f"Spent since midnight, UTC. {KNOWN} {RELATIVE_ONLY}"
    since_the_first = f"Spent since the first of the month, UTC. {KNOWN} {RELATIVE_ONLY}"
    as_so_far = (
        f"What the month will have cost if it goes on like this: month to date * its length / what has passed. {RELATIVE_ONLY}"
    )
    return (
        Placed(0, 0, 4, 4, number("Spend today, $currency", since_midnight, month, LEGEND).time_from(TODAY)),
        Placed(4, 0, 4, 4, number("Month to date, $currency", since_the_first, month, LEGEND).time_from(THIS_MONTH)),
        Placed(8, 0, 4, 4, number("Forecast of the month, $currency", as_so_far, forecast(month), LEGEND).time_from(THIS_MONTH)),
        Placed(12, 0, 4, 4, number("Spend, $currency", f"Spent in the time range. {KNOWN}", month, LEGEND)),
        Placed(
            16,
            0,
            4,
            4,
            number(
                "Cost per call, $currency",
                "The mean over the calls in the time range whose cost is known.",
                mean_cost(form, RANGE),
                LEGEND,
            ),
        ),
        Placed(
            20,
            0,
            4,
            4,
            number(
                "Cache savings, $currency",
                "What cached tokens in the time range would have cost uncached, less what they cost. "
                "Writing a cache costs more, so it can be below 0.",
                total(changed(SAVINGS, RANGE), CURRENCY),
                LEGEND,
            ),
        ),
    )


def _spend(form: Form) -> tuple[Placed, ...]:
    by_model, by_group = (total(form.grown(SPEND, RANGE), CURRENCY, by) for by in (MODEL, GROUP))
    legend_of_model = f"{{{{{MODEL}}}}}"
    dear = "Jaeger: the service's calls of 0.1 and more"
    return (
        Placed(
            0,
            4,
            16,
            9,
            bars(
                "Spend over time by model, $currency",
                "Spent in each interval. The bars add up to the spend in the time range.",
                total(form.grown(SPEND, STEP), CURRENCY, MODEL),
                legend_of_model,
            ).data_links([link("Tempo: calls of this model", explore(links.OF_MODEL))]),
        ),
        Placed(
            16,
            4,
            8,
            9,
            ranking(
                "Spend by model, top 10, $currency",
                "Spent in the time range on the ten models that cost most.",
                top(by_model),
                legend_of_model,
            ).data_links([link("Tempo: calls of this model", explore(links.OF_MODEL))]),
        ),
        Placed(
            16,
            13,
            8,
            9,
            ranking(
                "Spend by $group, top 10, $currency",
                "Spent in the time range, by the label that is chosen above. What has no such label has no name.",
                top(by_group),
                f"{{{{{GROUP}}}}}",
            ).data_links(
                [
                    link(dear, jaeger("llm_cost.ge_0_1")),
                    link(dear.replace("0.1", "1"), jaeger("llm_cost.ge_1")),
                ]
            ),
        ),
    )


def _calls(form: Form) -> tuple[Placed, ...]:
    quantiles = (
        asked(cost_quantile(form, "0.5", RATE), "p50", "A").exemplar(exemplar=True),
        asked(cost_quantile(form, "0.95", RATE), "p95", "B"),
        asked(cost_quantile(form, "1", RATE), "max, at most", "C"),
    )
    dear = link("Tempo: calls of $expensive $currency and more", explore(links.EXPENSIVE))
    of_value = [{"title": "Tempo: calls of ${__value.text} and more", "url": explore(links.OF_VALUE), "targetBlank": True}]
    return (
        Placed(
            0,
            13,
            16,
            9,
            lines(
                "Cost per call: p50, p95 and max, $currency",
                "Read from the histogram: p50 and p95 lie in the right bucket, by a straight line within it. "
                "The maximum is the upper bound of the highest bucket reached, so no call was dearer; "
                f"at {LARGEST_BOUND} the bucket has no bound, and a call may have been. "
                "The dots are single calls (exemplars) at their true cost, with a link to the trace.",
                quantiles,
            )
            .data_links([dear])
            .override_by_regexp("^p\\d+$", [DynamicConfigValue(id_val="links", value=of_value)]),
        ),
        Placed(
            0,
            22,
            12,
            8,
            calls_table(
                "Expensive calls, $currency",
                "Calls from the amount on that is set above, in Tempo. Sampled traces only.",
                links.EXPENSIVE,
                SearchTableType.SPANS,
            ),
        ),
        Placed(
            12,
            22,
            12,
            8,
            calls_table(
                "Expensive traces, $currency",
                "Traces whose calls together cost at least the amount that is set above, in Tempo. Sampled traces only.",
                links.EXPENSIVE_TRACES,
                SearchTableType.TRACES,
            ),
        ),
    )
