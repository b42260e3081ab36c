"""What the user of a dashboard chooses."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import CustomVariable, DatasourceVariable, QueryVariable, TextBoxVariable
from grafana_foundation_sdk.models.dashboard import VariableModel, VariableOption, VariableRefresh, VariableSort

from otel_llm_cost import names
from tools.dashboards.panels import PROMETHEUS
from tools.dashboards.queries import CURRENCY, MODEL, PROVIDER, SERVICE

_ALL: Final = VariableOption(selected=True, text=["All"], value=["$__all"])


def variables() -> list[VariableModel]:
    """In the order of the bar at the top."""
    return [
        variable.build()
        for variable in (
            DatasourceVariable("prometheus").label("Prometheus").type("prometheus"),
            DatasourceVariable("tempo").label("Tempo").type("tempo"),
            _labels("currency", "Currency", names.SPEND.prometheus, CURRENCY).description(
                "A row of panels for each: money of two currencies is never added."
            ),
            _labels("service", "Service", names.CALLS.prometheus, SERVICE)
            .all_value(".*")
            .description("They have names where Prometheus promotes the resource attribute service.name."),
            CustomVariable("group")
            .label("Group by")
            .values(f"{SERVICE},{MODEL},{PROVIDER},job")
            .current(VariableOption(selected=True, text=SERVICE, value=SERVICE))
            .allow_custom_value(allow_custom_value=True)
            .description("A label of the spend; any other label can be typed in."),
            TextBoxVariable("expensive")
            .label("Expensive from")
            .default_value("0.1")
            .description("From what amount on calls and traces are listed as expensive."),
            TextBoxVariable("jaeger")
            .label("Jaeger")
            .default_value("http://localhost:16686")
            .description("Where links to Jaeger lead."),
        )
    ]


def _labels(name: str, title: str, metric: str, label: str) -> QueryVariable:
    return (
        QueryVariable(name)
        .label(title)
        .datasource(PROMETHEUS)
        .query({"query": f"label_values({metric}, {label})", "refId": name})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .current(_ALL)
    )
