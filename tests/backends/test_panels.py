"""Every query of the dashboards, asked of a real Prometheus that a real program sent to, against the exact ledger."""

from __future__ import annotations

import bisect
import calendar
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final

import pytest

from otel_llm_cost.names import OPERATION_COST_BUCKETS
from otel_llm_cost.prices.table import PriceTable
from tests.backends.paced import CACHED, EURO, FAILED, FREE, FULL, PARTIAL, PLAIN, SMALL, TOLD, TWICE, UNKNOWN, Call, paced
from tests.backends.process import get_json
from tests.backends.programs import FEATURES, Prometheus, prometheus
from tools.dashboards.built import Query, documents, filled, queries

CONFIG: Final = "otlp: {promote_resource_attributes: [service.name]}"
DOCUMENTS: Final = documents()
EXACT, OLDER = "llm-cost", "llm-cost-older"
WITHIN: Final = {EXACT: 1e-9, OLDER: 1e-2}
CURRENCIES: Final = ("USD", "EUR")
STEP: Final = 2
"""Seconds."""


@dataclass
class Window:
    """A Prometheus in which money was spent before a window, and in it: by series that were there before, and by new ones."""

    prometheus: Prometheus
    form: str
    calls: dict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))
    """Within, by service."""
    traces: dict[str, Call] = field(default_factory=dict)
    start: int = 0
    end: int = 0

    @property
    def seconds(self) -> int:
        return self.end - self.start

    @property
    def all_calls(self) -> list[Call]:
        return [call for calls in self.calls.values() for call in calls]

    def of(self, title: str, currency: str = "USD", group: str = "service_name", ref: str = "A", **parameters: str) -> Any:  # noqa: ANN401 - the API's answer
        """The answer to a panel's query; over time where it is no instant query."""
        (query,) = [query for query in queries(DOCUMENTS[self.form]) if query.title == title and query.ref == ref]
        return self.ask(query, currency, group, **parameters)

    def ask(self, query: Query, currency: str, group: str = "service_name", service: str = ".*") -> Any:  # noqa: ANN401 - as above
        values = {
            "__range": f"{self.seconds}s",
            "__range_s": str(self.seconds),
            "__interval": f"{STEP}s",
            "__rate_interval": f"{self.seconds}s",
            "currency": currency,
            "service": service,
            "group": group,
        }
        text = filled(query.text, values)
        if query.is_instant:
            answer = get_json(f"{self.prometheus.url}/api/v1/query", query=text, time=str(self.end))
        else:
            start = self.start + STEP
            answer = get_json(
                f"{self.prometheus.url}/api/v1/query_range", query=text, start=str(start), end=str(self.end), step=str(STEP)
            )
        return answer["data"]["result"]

    def number(self, title: str, currency: str = "USD") -> float:
        """Of a panel that has one."""
        ((_, value),) = [(series["metric"], float(series["value"][1])) for series in self.of(title, currency)]
        return value

    def by(self, title: str, label: str, currency: str = "USD", group: str = "service_name") -> dict[str, float]:
        """An instant query's values by a label."""
        answer = self.of(title, currency, group)
        found = {series["metric"].get(label, ""): float(series["value"][1]) for series in answer}
        assert len(found) == len(answer)
        return found

    def bars(self, title: str, label: str, currency: str = "USD") -> dict[str, float]:
        """The sum of a panel's bars by a label."""
        answer = self.of(title, currency)
        return {series["metric"][label]: sum(float(value) for _, value in series["values"]) for series in answer}

    def spent(self, currency: str, *calls: Call) -> float:
        return float(sum((call.spent for call in calls or self.all_calls if call.currency == currency), Fraction(0)))

    def near(self, expected: object) -> Any:  # noqa: ANN401 - pytest's
        return pytest.approx(expected, rel=WITHIN[self.form])


@pytest.fixture(scope="module", params=[EXACT, OLDER])
def window(request: pytest.FixtureRequest) -> Iterator[Window]:
    """The older form has a Prometheus without the features."""
    features = FEATURES if request.param == EXACT else "exemplar-storage"
    with ExitStack() as stack:
        server = stack.enter_context(prometheus(CONFIG, features=features))
        made = Window(server, request.param)
        shop = stack.enter_context(paced(server.otlp_http, "shop"))
        shop.make([PLAIN, SMALL, CACHED, EURO, UNKNOWN, FAILED, PLAIN, TWICE, FULL])
        made.start = math.ceil(time.time())
        # Points within lie after its start, on Prometheus' clock of milliseconds.
        _pass(made.start + 0.1)

        def make(service: str, program: Any, *calls: Call) -> None:  # noqa: ANN401 - the program
            made.traces |= dict(zip(program.make(calls), calls, strict=True))
            made.calls[service] += calls

        chat = stack.enter_context(paced(server.otlp_http, "chat"))
        make("shop", shop, PLAIN, CACHED, TOLD, UNKNOWN, UNKNOWN, FULL)
        make("chat", chat, SMALL, EURO, EURO, PARTIAL, FREE, replace(PLAIN, input=1013))
        _pass(time.time() + STEP)
        make("shop", shop, replace(CACHED, cache_read=500_009), TWICE, FAILED)
        make("chat", chat, PARTIAL, replace(EURO, output=7001))
        shop.finish()
        again = stack.enter_context(paced(server.otlp_http, "shop"))
        make("shop", again, replace(PLAIN, output=20_011), SMALL)
        again.finish()
        chat.finish()
        made.end = made.start + math.ceil((time.time() - made.start) / STEP + 1) * STEP
        yield made


def _pass(until: float) -> None:
    while time.time() < until:
        time.sleep(0.05)


def _money(query: Query) -> bool:
    return "$currency" in query.title


def test_every_query_is_answered(window: Window) -> None:
    unanswered = [
        (query.title, query.ref, currency)
        for query in queries(DOCUMENTS[window.form])
        if query.source == "prometheus"
        for currency in (CURRENCIES if _money(query) else CURRENCIES[:1])
        if not window.ask(query, currency)
    ]
    # What had been saved in euros was never known: nothing was cached.
    assert unanswered == [("Cache savings, $currency", "A", "EUR")]


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize("title", ["Spend today, $currency", "Month to date, $currency", "Spend, $currency"])
def test_spend_is_that_of_the_ledger(window: Window, title: str, currency: str) -> None:
    assert window.number(title, currency) == window.near(window.spent(currency))


@pytest.mark.parametrize("currency", CURRENCIES)
def test_forecast_is_the_spend_to_the_length_of_the_month(window: Window, currency: str) -> None:
    now = datetime.fromtimestamp(window.end, UTC)
    length = calendar.monthrange(now.year, now.month)[1] * 24 * 60 * 60
    expected = window.spent(currency) * length / window.seconds
    assert window.number("Forecast of the month, $currency", currency) == window.near(expected)


@pytest.mark.parametrize("currency", CURRENCIES)
def test_spend_by_model(window: Window, currency: str) -> None:
    spent: Counter[str] = Counter()
    for call in window.all_calls:
        if call.currency == currency:
            spent[call.model] += call.spent  # type: ignore[assignment] # a Counter of fractions
    expected = {model: float(amount) for model, amount in spent.items() if amount}
    found = window.by("Spend by model, top 10, $currency", "gen_ai_response_model", currency)
    assert found == window.near(expected)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert {
        model: amount
        for model, amount in window.bars("Spend over time by model, $currency", "gen_ai_response_model", currency).items()
        if amount
    } == window.near(expected)


@pytest.mark.parametrize(
    ("group", "key"),
    [
        ("service_name", lambda service, _: service),
        ("gen_ai_provider_name", lambda _, call: call.provider),
        ("gen_ai_response_model", lambda _, call: call.model),
        # Typed in.
        ("llm_cost_status", lambda _, call: call.status),
    ],
)
def test_spend_by_the_chosen_label(window: Window, group: str, key: Callable[[str, Call], str]) -> None:
    for currency in CURRENCIES:
        spent: Counter[str] = Counter()
        for service, calls in window.calls.items():
            for call in calls:
                if call.currency == currency:
                    spent[key(service, call)] += call.spent  # type: ignore[assignment] # as above
        expected = {name: float(amount) for name, amount in spent.items() if amount}
        assert window.by("Spend by $group, top 10, $currency", group, currency, group) == window.near(expected)


def test_services_can_be_chosen(window: Window) -> None:
    (query,) = [query for query in queries(DOCUMENTS[window.form]) if query.title == "Spend, $currency"]
    ((series),) = window.ask(query, "USD", service="chat|nobody")
    assert float(series["value"][1]) == window.near(window.spent("USD", *window.calls["chat"]))


@pytest.mark.parametrize("currency", CURRENCIES)
def test_mean_cost_is_of_the_calls_whose_cost_is_known(window: Window, currency: str) -> None:
    costs = [call.cost for call in window.all_calls if call.cost is not None and call.currency == currency]
    assert window.number("Cost per call, $currency", currency) == window.near(float(sum(costs) / len(costs)))


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize(("ref", "quantile"), [("A", 0.5), ("B", 0.95), ("C", 1.0)])
def test_quantiles_lie_in_their_bucket(window: Window, currency: str, ref: str, quantile: float) -> None:
    costs = sorted(float(call.cost) for call in window.all_calls if call.cost is not None and call.currency == currency)
    true = costs[math.ceil(quantile * len(costs)) - 1]
    bounds = (0.0, *OPERATION_COST_BUCKETS)
    upper = bisect.bisect_left(bounds, true)
    (series,) = window.of("Cost per call: p50, p95 and max, $currency", currency, ref=ref)
    found = float(series["values"][-1][1])
    if ref == "C":
        assert found == bounds[upper]
    assert bounds[max(upper - 1, 0)] <= found <= bounds[upper]


def test_cache_savings(window: Window) -> None:
    expected = sum((call.savings for call in window.all_calls), Fraction(0))
    assert window.number("Cache savings, $currency") == window.near(float(expected))


def test_calls_and_their_status(window: Window) -> None:
    assert window.number("Calls") == len(window.all_calls)
    found = window.bars("Calls over time by status", "llm_cost_status")
    assert {status: count for status, count in found.items() if count} == Counter(call.status for call in window.all_calls)


def test_tokens_by_component(window: Window) -> None:
    expected: Counter[str] = Counter()
    for call in window.all_calls:
        expected.update(call.counts)
    assert window.bars("Tokens over time by component", "llm_cost_component") == dict(expected)


def test_unpriced_share_by_reason_and_model(window: Window) -> None:
    calls = [call for call in window.all_calls if call.reason != "error"]
    unpriced = Counter((call.reason, call.model) for call in calls if call.status in {"unpriced", "partial"})
    assert window.number("Calls not priced") == pytest.approx(sum(unpriced.values()) / len(calls), rel=1e-12)
    title = "Calls not priced, by reason and model"
    for ref, of_all in (("A", 1), ("B", len(calls))):
        found = {
            (series["metric"]["llm_cost_reason"], series["metric"]["gen_ai_response_model"]): float(series["value"][1])
            for series in window.of(title, ref=ref)
        }
        assert found == pytest.approx({key: count / of_all for key, count in unpriced.items()}, rel=1e-12)


def test_failures_of_our_own(window: Window) -> None:
    full = sum(call.full for call in window.all_calls)
    assert window.by("Failures of otel-llm-cost itself", "llm_cost_error_kind") == {"attribute_limit": full}


def test_age_of_the_price_table(window: Window) -> None:
    checked = PriceTable.shipped().checked_unix_nano / 1e9
    (age,) = window.by("Age of the price table", "llm_cost_table").values()
    assert window.start - checked <= age <= window.end - checked


def test_exemplars_lead_to_the_traces_of_the_calls(window: Window) -> None:
    (query,) = [
        query for query in queries(DOCUMENTS[window.form]) if query.title.startswith("Cost per call: p50") and query.ref == "A"
    ]
    values = {"__rate_interval": f"{window.seconds}s", "currency": "USD|EUR", "service": ".*"}
    found = get_json(
        f"{window.prometheus.url}/api/v1/query_exemplars",
        query=filled(query.text, values),
        start=str(window.start),
        end=str(window.end),
    )["data"]
    exemplars = {one["labels"]["trace_id"]: float(one["value"]) for series in found for one in series["exemplars"]}
    assert exemplars
    unknown = set(exemplars) - set(window.traces)
    assert not unknown
    for trace, value in exemplars.items():
        assert value == pytest.approx(float(window.traces[trace].cost), rel=1e-9)
    assert {window.traces[trace].currency for trace in exemplars} == set(CURRENCIES)


@pytest.mark.parametrize("form", [EXACT, OLDER])
def test_without_data_money_is_empty(form: str) -> None:
    features = FEATURES if form == EXACT else ""
    with prometheus(CONFIG, args=["--web.enable-admin-api"], features=features) as server, paced(server.otlp_http, "shop") as shop:
        start = math.floor(time.time())
        shop.make([PLAIN, CACHED, EURO])
        shop.finish()
        made = Window(server, form, start=start, end=math.ceil(time.time()) + STEP)
        money = [
            (query, currency)
            for query in queries(DOCUMENTS[form])
            if _money(query) and query.source == "prometheus"
            for currency in CURRENCIES
        ]
        answered = [pair for pair in money if made.ask(*pair)]
        assert len(answered) == len(money) - 1
        _delete_all(server)
        assert [(query.title, currency) for query, currency in money if made.ask(query, currency)] == []


def _delete_all(server: Prometheus) -> None:
    from urllib.request import ProxyHandler, Request, build_opener  # noqa: PLC0415 - nothing else posts

    address = f"{server.url}/api/v1/admin/tsdb/delete_series?match[]={{__name__=~%22.%2B%22}}"
    with build_opener(ProxyHandler({})).open(Request(address, method="POST")) as answer:  # noqa: S310 - loopback
        assert answer.status == 204
