"""From a panel to the traces behind it."""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import quote

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

from otel_llm_cost import names
from tools.dashboards.queries import CURRENCY

AMOUNT: Final = f"span.{names.COST_AMOUNT}"
IN_CURRENCY: Final = f'span.{names.COST_CURRENCY} = "$currency"'
SHOWN: Final = ", ".join(
    f"span.{name}" for name in (names.COST_AMOUNT, names.COST_CURRENCY, names.PROVIDER, names.MODEL, names.STATUS, names.REASON)
)
"""What a table of calls shows beside service, name, start and duration."""

RECENT: Final = f'{{ span.{names.STATUS} != nil && resource.service.name =~ "$service" }} | select({SHOWN}) with (most_recent=true)'
EXPENSIVE: Final = f'{{ {AMOUNT} >= $expensive && {IN_CURRENCY} && resource.service.name =~ "$service" }} | select({SHOWN})'
# The sum is over the spans that match, so those of one currency must be chosen before.
EXPENSIVE_TRACES: Final = f"{{ {IN_CURRENCY} }} | sum({AMOUNT}) >= $expensive"
OF_VALUE: Final = f'{{ {AMOUNT} >= ${{__value.raw}} && span.{names.COST_CURRENCY} = "${{__field.labels.{CURRENCY}}}" }}'
OF_MODEL: Final = f'{{ {AMOUNT} >= 0 && span.{names.MODEL} = "${{__field.labels.gen_ai_response_model}}" }}'


def explore(query: str) -> str:
    """Grafana's address of a TraceQL query; the variables in it stay as they are, for Grafana to fill in.

    https://grafana.com/docs/grafana/latest/explore/get-started-with-explore/#generate-explore-urls-from-external-tools
    """
    source = {"type": "tempo", "uid": "${tempo}"}
    asked = {"refId": "A", "datasource": source, "queryType": "traceql", "query": query, "limit": 20, "tableType": "spans"}
    pane = {"datasource": "${tempo}", "queries": [asked], "range": {"from": "${__from}", "to": "${__to}"}}
    panes = json.dumps({"llm": pane}, separators=(",", ":"))
    return f"/explore?schemaVersion=1&orgId=1&panes={quote(panes, safe='${}[]:,()_.')}"


def jaeger(tag: str) -> str:
    """Jaeger's search form, filled in. It searches by equality only, and wants a service."""
    tags = quote(json.dumps({tag: "true"}, separators=(",", ":")), safe="{}:,")
    # It counts in microseconds.
    within = "start=${__from}000&end=${__to}000&lookback=custom"
    return f"${{jaeger}}/search?service=${{__field.labels.service_name}}&tags={tags}&{within}"


def link(title: str, url: str) -> DashboardLink:
    """Opens beside the dashboard."""
    return DashboardLink(title).type(DashboardLinkType.LINK).url(url).target_blank(target_blank=True)
