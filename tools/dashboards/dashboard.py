"""The dashboard: what it is called, what can be chosen, and its rows."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.models import dashboard as model

from tools.dashboards.calls import calls_and_tokens, recent, trust
from tools.dashboards.layout import laid_out
from tools.dashboards.money import money
from tools.dashboards.queries import Form
from tools.dashboards.variables import variables


def dashboard(form: Form) -> model.Dashboard:
    """In one form of the queries."""
    made = (
        Dashboard(form.title)
        .uid(form.uid)
        .description(f"What LLM calls cost, by otel-llm-cost. {form.needs}")
        .tags(["llm", "cost", "otel-llm-cost"])
        # A day and a month are those of the budgets and of the providers' bills.
        .timezone("utc")
        .time("now-6h", "now")
        .refresh("1m")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .build()
    )
    made.editable = True
    made.templating = model.DashboardDashboardTemplating(list_val=variables())
    made.panels = list(laid_out((money(form), calls_and_tokens(form), trust(form), recent())))
    return made
