"""The panels on calls, on tokens, and on how far the figures can be trusted. They hold no money, so no currency."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.models.common import BigValueTextMode
from grafana_foundation_sdk.models.tempo import SearchTableType

from tools.dashboards import links
from tools.dashboards.layout import Placed, Section
from tools.dashboards.panels import bars, calls_table, coloured, joined_table, number, ranking
from tools.dashboards.queries import (
    CALLS,
    COMPONENT,
    ERROR_KIND,
    ERRORS,
    MODEL,
    RANGE,
    REASON,
    STATUS,
    STEP,
    TABLE,
    TABLE_AGE,
    TOKENS,
    Form,
    total,
    unpriced_calls,
    unpriced_share,
    unpriced_shares,
)

COUNT: Final = "none"
SHARE: Final = "percentunit"
DAY: Final = 86400
WITHOUT: Final = "Calls that failed without usage and duplicates are left out."


def calls_and_tokens(form: Form) -> Section:
    """How much is called."""
    over_time = total(form.grown(CALLS, STEP), STATUS)
    tokens = total(form.grown(TOKENS, STEP), COMPONENT)
    return Section(
        "Calls and tokens",
        None,
        (
            Placed(
                0,
                0,
                4,
                4,
                number(
                    "Calls",
                    "In the time range. A call that two instrumentations show is counted once.",
                    total(form.grown(CALLS, RANGE)),
                    "calls",
                    COUNT,
                ),
            ),
            Placed(
                0,
                4,
                4,
                4,
                coloured(
                    number(
                        "Calls not priced",
                        f"The share of the calls in the time range whose cost is unknown or known in part. {WITHOUT}",
                        unpriced_share(form, RANGE),
                        "share",
                        SHARE,
                    ),
                    {None: "green", 0.01: "orange", 0.05: "red"},
                ),
            ),
            Placed(
                4,
                0,
                10,
                8,
                bars(
                    "Calls over time by status",
                    "In each interval. What a status means: docs/contract.md. A call that failed without usage is unpriced.",
                    over_time,
                    f"{{{{{STATUS}}}}}",
                    COUNT,
                ),
            ),
            Placed(
                14,
                0,
                10,
                8,
                bars(
                    "Tokens over time by component",
                    "In each interval. Each token is in one component, so the bars may be added.",
                    tokens,
                    f"{{{{{COMPONENT}}}}}",
                    "short",
                ),
            ),
        ),
    )


def trust(form: Form) -> Section:
    """How far the figures above can be relied on."""
    age = total(TABLE_AGE, TABLE).replace("sum by", "max by")
    return Section(
        "What is not priced, and why",
        None,
        (
            Placed(
                0,
                0,
                12,
                8,
                joined_table(
                    "Calls not priced, by reason and model",
                    f"Reasons: docs/contract.md. The share is of all calls in the time range. {WITHOUT}",
                    {"calls": unpriced_calls(form, RANGE), "share": unpriced_shares(form, RANGE)},
                    {REASON: "reason", MODEL: "model"},
                    {"calls": COUNT, "share": SHARE},
                ),
            ),
            Placed(
                12,
                0,
                6,
                8,
                coloured(
                    number(
                        "Age of the price table",
                        "Since the prices were last checked, of each version that a running program uses. "
                        "`pip install --upgrade otel-llm-cost` brings newer ones.",
                        age,
                        f"{{{{{TABLE}}}}}",
                        "s",
                    ).text_mode(BigValueTextMode.VALUE_AND_NAME),
                    {None: "green", 45 * DAY: "orange", 90 * DAY: "red"},
                ),
            ),
            Placed(
                18,
                0,
                6,
                8,
                ranking(
                    "Failures of otel-llm-cost itself",
                    "And limits that it hit, in the time range, by kind. Empty where there are none.",
                    f"{total(form.grown(ERRORS, RANGE), ERROR_KIND)} > 0",
                    f"{{{{{ERROR_KIND}}}}}",
                    COUNT,
                ).no_value("none"),
            ),
        ),
    )


def recent() -> Section:
    """Single calls."""
    return Section(
        "Recent calls",
        None,
        (
            Placed(
                0,
                0,
                24,
                9,
                calls_table(
                    "Recent calls",
                    "The newest calls in Tempo, priced or not. Sampled traces only: what was spent stands above, not here.",
                    links.RECENT,
                    SearchTableType.SPANS,
                ),
            ),
        ),
    )
