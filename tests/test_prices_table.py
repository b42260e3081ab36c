"""The table: whose prices a name means, why there is none, and that nothing is read before it is asked for."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from otel_llm_cost.call import Call
from otel_llm_cost.prices import lookup as prices_lookup
from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.quote import Quote
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.shipped import Shipped
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import Usage

if TYPE_CHECKING:
    from otel_llm_cost.prices.report import Report
    from otel_llm_cost.prices.row import Row

CHECKED = date(2025, 3, 1)


def nano(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1_000_000_000


JAN, FEB, MAR, APR = (nano(2025, month, 1) for month in range(1, 5))


def text_of(provider: str, *names: str, rate: str = "3", aliases: list[dict[str, str]] | None = None, **window: Any) -> str:  # noqa: ANN401
    document = {
        "provider": provider,
        "names": names,
        "currency": "USD",
        "sources": {"page": {"url": "https://acme.example/prices", "read": "2025-03-01"}},
        "prices": [{"model": "m", "from": "2025-02-01", "rates": {"input": rate}, "source": "page"} | window],
        "aliases": [{"source": "page"} | alias for alias in aliases or []],
    }
    return json.dumps(document)


def table_of(*texts: str) -> PriceTable:
    return PriceTable.of_texts(texts, version="test", checked=CHECKED)


def quote(table: PriceTable, asked: Call) -> Quote | str:
    return table.quote(asked.provider, asked.model, asked.at_unix_nano, asked.tier, asked.usage)


def call(provider: str = "acme", model: str = "m", at: int = FEB, tier: str | None = None, **counts: int) -> Call:
    return Call(provider, model, at, Usage(**(counts or {"input": 7})), tier)


ENDING = text_of("acme", "acme", until="2025-03-01")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        pytest.param(call("acm"), "unknown_provider", id="unknown-provider"),
        pytest.param(call("acme-2"), "unknown_provider", id="a-provider-is-not-guessed"),
        pytest.param(call("", "m-2"), "unknown_provider", id="no-provider-and-nobody-sells-it"),
        pytest.param(call(model="m-2"), "unknown_model", id="unknown-model"),
        pytest.param(call(model="mm"), "unknown_model", id="a-model-is-not-guessed"),
        pytest.param(call(model="m-2025-13-01"), "unknown_model", id="a-snapshot-of-no-day"),
        pytest.param(call(model=""), "unknown_model", id="no-model"),
        pytest.param(call(at=FEB - 1), "before_first_price", id="a-nanosecond-before-the-first"),
        pytest.param(call(at=MAR), "after_last_price", id="at-the-end-of-the-last"),
        pytest.param(call(at=FEB - 1, tier="batch"), "before_first_price", id="before-the-first-in-another-tier"),
    ],
)
def test_why_there_is_no_price(asked: Call, reason: str) -> None:
    assert quote(table_of(ENDING), asked) == reason


@pytest.mark.parametrize(
    "asked", [pytest.param(call(at=FEB), id="from-the-first-instant"), pytest.param(call(at=MAR - 1), id="to-the-last-nanosecond")]
)
def test_between_the_first_and_the_last_there_is_a_quote(asked: Call) -> None:
    found = quote(table_of(ENDING), asked)
    assert isinstance(found, Quote)
    assert found.missing == ()


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(call(tier="batch"), id="a-tier-without-rates"),
        pytest.param(call(output=7), id="a-component-without-rate"),
        pytest.param(call(model="moved", at=nano(2025, 2, 20)), id="a-gap-between-two-windows"),
    ],
)
def test_a_known_model_within_its_dates_has_a_quote_that_says_what_is_missing(asked: Call) -> None:
    moved = [
        {"alias": "moved", "of": "m", "from": "2025-02-01", "until": "2025-02-15"},
        {"alias": "moved", "of": "m", "from": "2025-02-25"},
    ]
    found = quote(table_of(text_of("acme", "acme", aliases=moved)), asked)
    assert isinstance(found, Quote)
    assert found.missing == asked.usage.components


def test_an_alias_is_before_its_first_price_before_its_own_start() -> None:
    table = table_of(text_of("acme", "acme", aliases=[{"alias": "latest", "of": "m", "from": "2025-03-01", "until": "2025-04-01"}]))
    assert quote(table, call(model="latest", at=MAR - 1)) == "before_first_price"
    assert isinstance(quote(table, call(model="latest", at=MAR)), Quote)
    assert quote(table, call(model="latest", at=APR)) == "after_last_price"


def test_every_name_of_a_provider_has_its_prices_and_no_other() -> None:
    table = table_of(text_of("acme", "acme", "acme.cloud", rate="3"), text_of("other", "other", rate="5"))
    assert dict(table.provider_names) == {"acme": "acme", "acme.cloud": "acme", "other": "other"}
    found = {name: quote(table, call(name)) for name in ("acme", "acme.cloud", "other")}
    rates = {name: one.rates for name, one in found.items() if isinstance(one, Quote)}
    assert rates == {"acme": (3 * 10**24,), "acme.cloud": (3 * 10**24,), "other": (5 * 10**24,)}


def test_its_version_and_the_day_on_which_it_was_checked_are_kept() -> None:
    table = table_of(ENDING)
    assert (table.version, table.checked_unix_nano) == ("test", MAR)


def test_texts_are_checked_when_they_are_given() -> None:
    with pytest.raises(PriceFileError) as refused:
        table_of(ENDING, text_of("other", "other", rate="free"))
    assert (refused.value.path, refused.value.place) == ("price file 2", "prices[0].rates.input")


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(text_of("acme", "acme-eu", rate="5"), id="a-provider-twice"),
        pytest.param(text_of("other", "acme", rate="5"), id="a-name-of-two-providers"),
    ],
)
def test_two_files_for_one_name_are_refused(second: str) -> None:
    with pytest.raises(PriceFileError):
        table_of(ENDING, second)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        pytest.param(call("ACME", "M"), "acme/M@2025-02-01", id="case-is-of-no-account"),
        pytest.param(call(""), "acme/m@2025-02-01", id="the-only-seller-where-nobody-names-one"),
    ],
)
def test_a_name_reaches_its_price(asked: Call, shown: str) -> None:
    found = quote(table_of(ENDING), asked)
    assert isinstance(found, Quote)
    assert (found.price, found.rates) == (shown, (3 * 10**24,))


@pytest.mark.parametrize("provider", [pytest.param("acme", id="named"), pytest.param("", id="not-named")])
def test_where_sellers_differ_the_price_is_that_of_the_one_that_is_named(provider: str) -> None:
    table = table_of(text_of("acme", "acme", rate="3"), text_of("other", "other", rate="5"))
    found = quote(table, call(provider))
    if provider:
        assert isinstance(found, Quote)
        assert found.rates == (3 * 10**24,)
    else:
        assert found == "ambiguous_provider"


def test_where_sellers_agree_any_of_them_has_the_price_and_is_said() -> None:
    table = table_of(text_of("acme", "acme", rate="3"), text_of("other", "other", rate="3.0"))
    found = quote(table, call(""))
    assert isinstance(found, Quote)
    assert found.rates == (3 * 10**24,)
    assert found.assumed == ("provider=acme",)


# Reading --------------------------------------------------------------------------------------------------------------------------
class Reads:
    """Counts what is read."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        names = {"acme": "a", "acme.cloud": "a", "other": "o"}
        self.table = PriceTable(Shipped("test", CHECKED, names, self.read))

    def read(self, key: str) -> Provider:
        self.keys.append(key)
        return Provider([PriceFile(text_of(key, key), f"{key}.json")])


def test_nothing_is_read_before_the_first_quote_and_each_file_once() -> None:
    reads = Reads()
    assert reads.keys == []
    assert quote(reads.table, call("nobody")) == "unknown_provider"
    assert (reads.table.checked_unix_nano, list(reads.table.provider_names)) == (MAR, ["acme", "acme.cloud", "other"])
    assert reads.keys == []
    quote(reads.table, call("acme"))
    assert reads.keys == ["a"]
    quote(reads.table, call("acme.cloud"))
    quote(reads.table, call("acme", "m-2"))
    quote(reads.table, call("acme", at=FEB - 1))
    assert reads.keys == ["a"]
    quote(reads.table, call("other"))
    assert reads.keys == ["a", "o"]


def test_a_provider_is_read_once_and_none_where_nobody_has_the_name() -> None:
    reads = Reads()
    file = reads.table.provider("acme")
    assert file is not None
    assert reads.table.provider("acme.cloud") is file
    assert reads.table.provider("nobody") is None
    assert reads.keys == ["a"]


def test_a_file_that_cannot_be_read_is_tried_again() -> None:
    attempts: list[str] = []

    def read(key: str) -> Provider:
        attempts.append(key)
        if len(attempts) == 1:
            raise OSError("gone")
        return Provider([PriceFile(ENDING, key)])

    table = PriceTable(Shipped("test", CHECKED, {"acme": "acme"}, read))
    with pytest.raises(OSError, match="gone"):
        quote(table, call())
    assert isinstance(quote(table, call()), Quote)


def test_a_models_rows_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    table = table_of(ENDING)
    rows = Provider.rows

    def counted(provider: Provider, name: str, shown: str, report: Report | None = None) -> list[Row]:
        asked.append(name)
        return rows(provider, name, shown, report)

    monkeypatch.setattr(Provider, "rows", counted)
    first = quote(table, call())
    assert quote(table, call(at=FEB + 7, input=11)) is first
    for _ in range(3):
        assert quote(table, call(model="m-2")) == "unknown_model"
    assert asked == ["m", "m-2"]


def test_the_rows_of_a_model_are_those_that_a_quote_uses() -> None:
    table = table_of(ENDING)
    model = table.model("acme", "m")
    assert model is not None
    assert quote(table, call()) is model.quote(FEB, None, Usage(input=7))
    assert table.model("acme", "m-2") is None
    assert table.model("nobody", "m") is None


def test_names_that_nobody_has_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices_lookup, "_MAX_NAMES", 5)
    table = table_of(ENDING)
    for number in range(23):
        assert quote(table, call(model=f"m-{number}")) == "unknown_model"
        assert quote(table, call(f"p-{number}")) == "unknown_provider"
        assert isinstance(quote(table, call()), Quote)
    assert len(table.lookup._found) <= 5


def test_the_shipped_table_is_one_and_reads_a_providers_file_when_it_is_asked_for() -> None:
    PriceTable.shipped.cache_clear()
    try:
        table = PriceTable.shipped()
        assert table._shipped._providers == {}
        assert PriceTable.shipped() is table
        assert isinstance(quote(table, call("anthropic", "claude-2.1", FEB)), Quote)
        assert list(table._shipped._providers) == ["anthropic"]
    finally:
        PriceTable.shipped.cache_clear()
