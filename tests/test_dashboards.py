"""The Grafana dashboards: as built, whole, and in the names that we write. tests/backends asks a real Prometheus."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pytest

from otel_llm_cost import names
from tools.dashboards.built import Query, documents, filled, panels, queries

promql_parser = pytest.importorskip("promql_parser", reason="promql-parser is not installed")

DOCUMENTS: Final = documents()
FORMS: Final = ("llm-cost", "llm-cost-older")
ALL: Final = [(form, query) for form in FORMS for query in queries(DOCUMENTS[form])]
PROMQL: Final = [pytest.param(query, id=f"{form}-{query.title}-{query.ref}") for form, query in ALL if query.source == "prometheus"]
VALUES: Final = {
    "__range": "3600s",
    "__range_s": "3600",
    "__interval": "60s",
    "__rate_interval": "240s",
    "currency": "USD",
    "service": ".*",
    "group": "service_name",
    "expensive": "0.1",
}
METRICS: Final = {
    *(metric.prometheus for metric in names.METRICS if metric.kind != "histogram"),
    *(f"{names.OPERATION_COST.prometheus}_{part}" for part in ("bucket", "sum", "count")),
}
LABELS: Final = {
    # Of Prometheus, and of the resource.
    *("le", "service_name", "job"),
    *(
        attribute.replace(".", "_")
        for attribute in (names.COST_CURRENCY, names.MODEL, names.PROVIDER, names.STATUS, names.REASON, names.COMPONENT)
    ),
    *(attribute.replace(".", "_") for attribute in (names.TABLE, names.ERROR_KIND)),
}
MONEY: Final = tuple(metric.prometheus for metric in (names.SPEND, names.CACHE_SAVINGS, names.OPERATION_COST))
CURRENCY: Final = "gen_ai_usage_cost_currency"


def _panels(form: str) -> list[dict[str, Any]]:
    return panels(DOCUMENTS[form])


def test_the_tree_holds_what_the_tool_builds() -> None:
    pytest.importorskip("grafana_foundation_sdk", reason="the dashboards' builder is not installed")
    from tools.dashboards.__main__ import built, main  # noqa: PLC0415 - needs what is checked above

    assert set(DOCUMENTS) == {path.stem for path in built()} == set(FORMS)
    assert main(["--check"]) == 0


def test_the_forms_differ_in_queries_only() -> None:
    def bare(form: str) -> list[dict[str, Any]]:
        return [{key: value for key, value in panel.items() if key != "targets"} for panel in DOCUMENTS[form]["panels"]]

    assert bare("llm-cost") == bare("llm-cost-older")
    assert any("anchored" in query.text for query in queries(DOCUMENTS["llm-cost"]))
    assert not any("anchored" in query.text for query in queries(DOCUMENTS["llm-cost-older"]))


@pytest.mark.parametrize("form", FORMS)
def test_panels_have_their_own_number_and_title(form: str) -> None:
    everything = DOCUMENTS[form]["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    titles = [panel["title"] for panel in _panels(form)]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("form", FORMS)
def test_panels_do_not_overlap(form: str) -> None:
    places = [(panel["title"], panel["gridPos"]) for panel in DOCUMENTS[form]["panels"]]
    for title, place in places:
        assert place["x"] + place["w"] <= 24, title
    for (one, a), (other, b) in combinations(places, 2):
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert apart, (one, other)


@pytest.mark.parametrize("form", FORMS)
def test_panels_say_what_they_show_and_in_what_unit(form: str) -> None:
    for panel in _panels(form):
        assert len(panel["description"]) > 20, panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]


@pytest.mark.parametrize("form", FORMS)
def test_every_data_source_is_a_variable(form: str) -> None:
    chosen = {variable["name"]: variable for variable in DOCUMENTS[form]["templating"]["list"]}
    for panel in _panels(form):
        source = panel["datasource"]
        assert source["uid"] == f"${{{source['type']}}}"
        assert (chosen[source["type"]]["type"], chosen[source["type"]]["query"]) == ("datasource", source["type"])
    for name in ("currency", "service"):
        assert chosen[name]["datasource"] == {"type": "prometheus", "uid": "${prometheus}"}


@pytest.mark.parametrize("form", FORMS)
def test_every_variable_that_is_used_is_there(form: str) -> None:
    chosen = {variable["name"] for variable in DOCUMENTS[form]["templating"]["list"]}
    for query in queries(DOCUMENTS[form]):
        filled(query.text, VALUES)
        for text in (query.title, query.text, query.legend):
            assert {name for name in re.findall(r"\$(\w+)", text) if not name.startswith("__")} <= chosen


@pytest.mark.parametrize("query", PROMQL)
def test_promql(query: Query) -> None:
    # The parser does not know `anchored` yet; a real Prometheus is asked in tests/backends/test_panels.py.
    text = filled(query.text, VALUES).replace("] anchored", "]")
    promql_parser.parse(text)
    with pytest.raises(ValueError, match="invalid"):
        promql_parser.parse(f"{text} or")
    used = set(re.findall(r"\b((?:llm_cost|gen_ai)\w+)\{", text))
    assert used
    assert used <= METRICS
    labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", text))
    for group in re.findall(r"\bby \(([^)]*)\)", text):
        labels |= {name.strip() for name in group.split(",")}
    assert labels - {""} <= LABELS


@pytest.mark.parametrize("query", PROMQL)
def test_money_is_of_one_currency_and_never_made_up(query: Query) -> None:
    text = filled(query.text, VALUES)
    assert "vector(0)" not in text
    if not any(re.search(rf"\b{metric}", text) for metric in MONEY):
        assert CURRENCY not in text
        return
    assert "$currency" in query.title
    for metric in re.findall(r"\b(?:llm_cost|gen_ai_client)\w+\{[^}]*\}", text):
        assert f'{CURRENCY}=~"USD"' in metric
    for by in re.findall(r"\b(?:sum|topk|max|min|avg|count)\b *(by \([^)]*\))?", text):
        assert CURRENCY in by


@pytest.mark.parametrize("form", FORMS)
def test_money_has_a_row_for_each_currency(form: str) -> None:
    row = ""
    for panel in DOCUMENTS[form]["panels"]:
        if panel["type"] == "row":
            row = panel.get("repeat", "")
        else:
            assert ("$currency" in panel["title"]) == (row == "currency"), panel["title"]


@pytest.mark.parametrize("form", FORMS)
def test_days_and_months_are_utc_and_the_panels_own(form: str) -> None:
    assert DOCUMENTS[form]["timezone"] == "utc"
    own = {panel["title"]: panel["timeFrom"] for panel in _panels(form) if "timeFrom" in panel}
    assert own == {
        "Spend today, $currency": "now/d",
        "Month to date, $currency": "now/M",
        "Forecast of the month, $currency": "now/M",
    }


@pytest.mark.parametrize("form", FORMS)
def test_bars_are_as_wide_as_a_step_and_numbers_as_the_range(form: str) -> None:
    for panel in _panels(form):
        for target in panel["targets"] if panel["datasource"]["type"] == "prometheus" else ():
            if target.get("instant"):
                assert not re.search(r"\$__(interval|rate_interval)", target["expr"])
            else:
                assert "$__range" not in target["expr"]
                assert panel["interval"] == "1m"


@pytest.mark.parametrize("form", FORMS)
def test_calls_can_be_followed_to_their_traces(form: str) -> None:
    by_title = {panel["title"]: panel for panel in _panels(form)}
    quantiles = by_title["Cost per call: p50, p95 and max, $currency"]
    assert [target.get("exemplar") for target in quantiles["targets"]] == [True, None, None]
    jaeger = [
        link["url"]
        for panel in _panels(form)
        for link in panel["fieldConfig"]["defaults"].get("links", [])
        if "jaeger" in link["url"]
    ]
    tags = {tag for url in jaeger for tag in re.findall(r'"(llm_cost\.\w+)":"true"', unquote(url))}
    assert tags
    assert tags <= {name for name, _ in names.REACHED}


def test_the_names_in_traceql_are_those_on_spans() -> None:
    known = {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)}
    traceql = [query.text for _, query in ALL if query.source == "tempo"]
    assert traceql
    for text in traceql:
        assert set(re.findall(r"span\.([\w.]+)", text)) <= known


def test_the_page_speaks_of_every_panel() -> None:
    page = (Path(__file__).parents[1] / "docs" / "dashboards.md").read_text(encoding="utf-8")
    for panel in _panels("llm-cost"):
        title = panel["title"].split(", ")[0].replace("$group", "*label*")
        assert title in page, title
