"""The recording rules of spend: one file for each form, with the same recorded names."""

from __future__ import annotations

from textwrap import indent
from typing import Final, NamedTuple

from otel_llm_cost import names
from tools.rules.increase import HOUR, Increase, anchored, older, total
from tools.rules.periods import FORECAST, PERIODS, to_date

CURRENCY: Final = names.COST_CURRENCY.replace(".", "_")
BY_SERVICE: Final = (CURRENCY, "service_name")
BY_CURRENCY: Final = (CURRENCY,)
COUNTER: Final = names.SPEND.prometheus
SERVICE: Final = "currency_service:llm_cost_spend"
ALL: Final = "currency:llm_cost_spend"


class Form(NamedTuple):
    """How the growth of a counter is asked for."""

    file: str
    needs: str
    increase: Increase


FORMS: Final = (
    Form(
        "spend-anchored.yaml",
        """\
For Prometheus 3.8 or newer with --enable-feature=promql-extended-range-selectors. Exact, resets included.
promtool 3.8 does not know `anchored`, and refuses this file; Prometheus itself takes it.""",
        anchored,
    ),
    Form(
        "spend-older.yaml",
        """\
For any Prometheus. Exact, but near only where a series was reset twice within a day, an hour or a minute that is added up, or once
and has since outrun what it was before. (Where each process has its own `instance`, a restart is no reset, but a new series.)""",
        older,
    ),
)


class Rule(NamedTuple):
    """One recording rule."""

    record: str
    expr: str
    period: str | None = None


class Group(NamedTuple):
    """Rules that are evaluated one after the other."""

    name: str
    interval: str
    comment: str
    rules: tuple[Rule, ...]


def groups(increase: Increase) -> tuple[Group, ...]:
    """Of one file."""

    def spent(period: str) -> tuple[Rule, Rule]:
        return (
            Rule(f"{SERVICE}:to_date", to_date(period, BY_SERVICE, COUNTER, increase), period),
            Rule(f"{ALL}:to_date", f'sum by ({CURRENCY}) ({SERVICE}:to_date{{period="{period}"}})', period),
        )

    return (
        Group(
            "llm_cost_today",
            "1m",
            "Today, and the last hour, by service; and all services.",
            (
                *spent("day"),
                Rule(f"{SERVICE}:increase1h", total(BY_SERVICE, COUNTER, HOUR, increase)),
                Rule(f"{ALL}:increase1h", f"sum by ({CURRENCY}) ({SERVICE}:increase1h)"),
            ),
        ),
        Group(
            "llm_cost_week_and_month",
            "4m",
            "The week and the month, which read a month of samples. An instant query sees their values for 5 minutes.",
            (
                *(rule for period in PERIODS if period != "day" for rule in spent(period)),
                Rule(f"{SERVICE}:forecast", f'{SERVICE}:to_date{{period="month"}}\n{FORECAST}', "month"),
                Rule(f"{ALL}:forecast", f"sum by ({CURRENCY}) ({SERVICE}:forecast)", "month"),
            ),
        ),
    )


def text(form: Form) -> str:
    """A rule file."""
    header = f"""\
What LLM calls cost today, this week and this month (UTC), by service and currency.
Built by `python -m tools.rules`: change it there. docs/alerts.md says which of the two files to load.

{form.needs}"""
    lines = [*(f"# {line}".rstrip() for line in header.splitlines()), "groups:"]
    for group in groups(form.increase):
        lines += [f"  # {group.comment}", f"  - name: {group.name}", f"    interval: {group.interval}", "    rules:"]
        for rule in group.rules:
            lines.append(f"      - record: {rule.record}")
            if rule.period is not None:
                lines.append(f"        labels: {{period: {rule.period}}}")
            lines += ["        expr: |", indent(rule.expr, " " * 10)]
    return "\n".join(lines) + "\n"
