"""Bundles: all price files in one document, checked, merged row by row, and used in place of the shipped table."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from copy import deepcopy
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.call import Call, instant_of
from otel_llm_cost.cost import price_call
from otel_llm_cost.prices.bundle import FORMAT, Bundle, bundle_of, bundle_of_text, read_bundle
from otel_llm_cost.prices.checks.check import all_rows
from otel_llm_cost.prices.merge import merge
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.settings import TABLE
from otel_llm_cost.usage import Usage

PAGE = "https://acme.example/pricing"


def price_file(*prices: dict[str, Any], provider: str = "acme", read: str = "2026-06-01", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A price file of which every entry has one source."""
    entries = [{"from": "2026-01-01", "source": "page", **entry} for entry in prices]
    sources = {"page": {"url": PAGE, "read": read}}
    return {"provider": provider, "names": [provider], "currency": "USD", "sources": sources, "prices": entries, **more}


def bundle(*files: dict[str, Any]) -> Bundle:
    documents: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        documents.setdefault(file["provider"], []).append(file)
    names = {name: file["provider"] for file in files for name in file["names"]}
    return Bundle("a bundle", names, documents)


def rates(held: Bundle, provider: str = "acme") -> dict[tuple[str, str, str, str], str]:
    """Each rate by model, component, tier and start."""
    found = {}
    for file in held.provider(provider).files:
        for row in all_rows(file):
            key = (row.model, row.component, row.when.tier, row.name.rpartition("@")[2])
            assert key not in found
            found[key] = row.rate
    return found


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    table = PriceTable.shipped()
    sold = {key: table.provider(name) for name, key in table.provider_names.items() if key}
    return bundle_of(table.provider_names, [held for _, held in sorted(sold.items()) if held is not None])


@pytest.fixture
def _fresh() -> Iterator[None]:
    PriceTable.default.cache_clear()
    yield
    PriceTable.default.cache_clear()


def test_the_shipped_table_comes_back_from_its_bundle_row_by_row(shipped: Bundle) -> None:
    table = PriceTable.shipped()
    again = bundle_of_text(shipped.text(), "b.json")
    merged = merge(shipped, again)
    assert (merged.changes, merged.only_here) == ([], 0)
    assert again.version == merged.bundle.version == shipped.version
    used = PriceTable(merged.bundle.shipped())
    assert used.provider_names == table.provider_names
    assert sorted(used.all_models()) == sorted(table.all_models())
    for key in table.providers:
        one, other = shipped.provider(key), merged.bundle.provider(key)
        assert (other.names, other.falls_back) == (one.names, one.falls_back)
        for file, again_file in zip(one.files, other.files, strict=True):
            assert _said(all_rows(again_file)) == _said(all_rows(file))
            assert [factor.text for factor in again_file.all_factors()] == [factor.text for factor in file.all_factors()]
            for alias in file.aliases:
                assert list(again_file.windows(alias)) == list(file.windows(alias))
    assert merged.bundle.check() == shipped.check()


def _said(rows: Iterable[Any]) -> list[tuple[object, ...]]:
    return [
        (
            row.component, row.units, row.rate, row.currency, row.start, row.until, repr(row.when), row.covers, row.at_least,
            row.by_end, row.is_contested, row.reach, row.length, row.note, row.source, row.figure,
        )
        for row in rows
    ]  # fmt: skip


def test_a_bundle_that_is_as_it_was_written_is_not_checked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "b.json"
    path.write_text(bundle(price_file({"model": "m", "rates": {"input": "3"}})).text())
    checks: list[str] = []
    monkeypatch.setattr(Bundle, "check", lambda self: checks.append(self.version))
    version = read_bundle(path).version
    assert checks == []
    read_bundle(path, checked=True)
    path.write_text(path.read_text().replace('"3"', '"4"'))
    edited = read_bundle(path).version
    assert checks == [version, edited]
    assert version != edited


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda document: document.update(format="x"), "2:2: format: is no bundle of prices"),
        (lambda document: document.update(more=1), "more: unknown: more"),
        (lambda document: document.update(names=[]), "names: is an object of names"),
        (lambda document: document.update(providers={}), "providers: is an object of providers"),
        (lambda document: document["providers"].update(acme=[]), "providers.acme: is a list of price files"),
        (lambda document: document["names"].update(acme="other"), "providers.acme[0].names: 'acme' is 'other' in its names"),
        (lambda document: document["names"].update(x="nobody"), "names.x: no such provider: 'nobody'"),
        (lambda document: document["providers"]["acme"][0].update(provider="b"), "providers.acme[0].provider: is 'b'"),
        (lambda document: document["providers"]["acme"][0].pop("currency"), "providers.acme[0]: 'currency' is missing"),
        (
            lambda document: document["providers"]["acme"][0]["prices"][0]["rates"].update(input="x"),
            "providers.acme[0].prices[0].rates.input: ",
        ),
        (lambda document: document["providers"]["acme"][0]["prices"].append({}), "providers.acme[0].prices[1]: names its model by"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_in_the_bundle(change: Any, problem: str) -> None:  # noqa: ANN401
    document = json.loads(bundle(price_file({"model": "m", "rates": {"input": "3"}})).text())
    change(document)
    text = json.dumps(document, indent=1)
    with pytest.raises(PriceFileError) as raised:
        bundle_of_text(text, "b.json")
    assert problem in str(raised.value)
    assert str(raised.value).startswith("b.json:")
    assert raised.value.line is not None
    if "rates.input" in problem:
        assert '"input": "x"' in text.splitlines()[raised.value.line - 1]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": "x", "format": "y"}', "[" * 100_000, '{"format": "' + FORMAT + '"}'])
def test_what_is_no_bundle_is_refused(text: str) -> None:
    with pytest.raises(PriceFileError, match=r"b\.json"):
        bundle_of_text(text, "b.json")


def test_a_later_row_replaces_and_an_earlier_one_does_not() -> None:
    base = bundle(price_file({"model": "m", "rates": {"input": "3", "output": "15"}}))
    later = price_file({"model": "m", "rates": {"input": "2"}}, read="2026-07-01")
    earlier = price_file({"model": "m", "rates": {"output": "9"}}, read="2026-05-01")
    assert rates(merge(base, bundle(later)).bundle) == {
        ("m", "input", "standard", "2026-01-01"): "2",
        ("m", "output", "standard", "2026-01-01"): "15",
    }
    merged = merge(base, bundle(earlier))
    assert rates(merged.bundle) == rates(base)
    assert [change.how for change in merged.changes] == ["kept"]


def test_of_rows_checked_on_one_day_the_incoming_wins() -> None:
    base, incoming = (bundle(price_file({"model": "m", "rates": {"input": rate}})) for rate in ("3", "2"))
    assert rates(merge(base, incoming).bundle) == {("m", "input", "standard", "2026-01-01"): "2"}


def test_a_row_last_seen_lately_is_not_replaced_by_one_read_between() -> None:
    seen = price_file({"model": "m", "rates": {"input": "3"}}, read="2025-07-12", checked="2026-11-10")
    between = price_file({"model": "m", "rates": {"input": "2"}}, read="2026-01-01")
    assert rates(merge(bundle(seen), bundle(between)).bundle) == {("m", "input", "standard", "2026-01-01"): "3"}


def test_a_row_of_one_side_stays_and_an_end_that_became_known_is_taken() -> None:
    base = bundle(price_file({"model": "m", "rates": {"input": "3"}}, {"model": "old", "rates": {"input": "1"}}))
    new = {"model": "m", "from": "2026-08-01", "rates": {"input": "2"}}
    ended = {"model": "m", "until": "2026-08-01", "rates": {"input": "3"}}
    incoming = bundle(
        price_file(ended, new, read="2026-08-01"), price_file({"model": "x", "rates": {"input": "1"}}, provider="other")
    )
    merged = merge(base, incoming)
    assert rates(merged.bundle) == {
        ("m", "input", "standard", "2026-01-01"): "3",
        ("m", "input", "standard", "2026-08-01"): "2",
        ("old", "input", "standard", "2026-01-01"): "1",
    }
    assert rates(merged.bundle, "other") == {("x", "input", "standard", "2026-01-01"): "1"}
    assert [(change.how, change.provider) for change in merged.changes] == [
        ("replaced", "acme"),
        ("added", "acme"),
        ("added", "other"),
    ]
    assert (merged.same, merged.only_here) == (0, 1)
    assert merged.bundle.names == {"acme": "acme", "other": "other"}


def test_a_condition_in_other_words_is_the_same_and_one_that_was_mended_replaces() -> None:
    def eu(region: object, rate: str, read: str) -> Bundle:
        return bundle(price_file({"model": "m", "rates": {"input": rate}, "when": {"region": region}}, read=read))

    assert rates(merge(eu("eu", "3", "2026-06-01"), eu(["EU"], "2", "2026-07-01")).bundle) == {
        ("m", "input", "standard", "2026-01-01"): "2"
    }
    mended = merge(eu(["eu", "us"], "3", "2026-06-01"), eu(["eu", "ch"], "2", "2026-07-01")).bundle
    assert rates(mended) == {("m", "input", "standard", "2026-01-01"): "2"}


def test_what_an_entry_says_of_a_component_goes_with_it() -> None:
    whole = {
        "model": "m",
        "rates": {"input": "3", "cache_write": "4", "input_seconds": "0.36 per hour"},
        "figures": {"input": "$0.003 / 1K tokens"},
        "covers": {"cache_write_5m": "cache_write", "input_image": "input"},
        "at_least": {"input_seconds": "10"},
        "contested": ["input"],
    }
    later = price_file({"model": "m", "rates": {"input": "2"}}, read="2026-07-01")
    held = merge(bundle(price_file(whole)), bundle(later)).bundle.documents("acme")[1]["prices"][0]
    assert held["rates"] == {"cache_write": "4", "input_seconds": "0.36 per hour"}
    assert held["covers"] == {"cache_write_5m": "cache_write"}
    assert held["at_least"] == {"input_seconds": "10"}
    assert "figures" not in held
    assert "contested" not in held


def test_aliases_and_factors_are_taken_by_their_day() -> None:
    models = [{"model": name, "rates": {"input": "1"}} for name in ("a", "b")]
    dated = [
        {"alias": ["latest", "m"], "of": "a", "from": "2026-01-01", "until": "2026-03-01"},
        {"alias": "latest", "of": "b", "from": "2026-03-01"},
    ]
    factor = {"factor": "0.5", "from": "2026-01-01", "when": {"tier": "batch"}, "source": "page"}
    base = bundle(price_file(*models, aliases=[{"alias": ["latest", "m"], "of": "a"}], factors=[factor]))
    incoming = bundle(price_file(*models, read="2026-07-01", aliases=dated, factors=[{**factor, "factor": "0.6"}]))
    for one, other in ((base, incoming), (incoming, base)):
        provider = merge(one, other).bundle.provider("acme")
        assert [row.name for row in provider.rows("latest", "latest")] == ["acme/latest@2026-01-01", "acme/latest@2026-03-01"]
        assert [factor.text for factor in provider.factors("a", "a")] == ["0.6"]


def test_a_merge_with_itself_or_again_changes_nothing() -> None:
    base = bundle(price_file({"model": "m", "rates": {"input": "3"}}, falls_back=["other"]), price_file(provider="other"))
    incoming = bundle(price_file({"model": "x", "rates": {"input": "3"}}, read="2026-08-01"))
    merged = merge(base, incoming).bundle
    assert merge(base, base).bundle.version == base.version
    assert merge(merged, incoming).bundle.version == merged.version
    assert merged.provider("acme").falls_back == []


_ENTRIES = st.lists(
    st.fixed_dictionaries(
        {
            "model": st.sampled_from(["m", "n"]),
            "from": st.sampled_from(["2026-01-01", "2026-02-01"]),
            "rates": st.dictionaries(st.sampled_from(["input", "output"]), st.sampled_from(["1", "2", "3"]), min_size=1),
            "when": st.sampled_from([{}, {"tier": "batch"}, {"region": "eu"}, {"prompt_above": 9}]),
        }
    ),
    max_size=6,
)
_DAYS = st.sampled_from(["2026-05-01", "2026-06-01", "2026-07-01"])


def _once(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries of which no two are about the same."""
    seen: set[str] = set()
    kept = []
    for entry in deepcopy(entries):
        key = json.dumps([entry["model"], entry["from"], entry["when"]])
        if key not in seen:
            seen.add(key)
            kept.append(entry)
    return kept


@given(ours=_ENTRIES, theirs=_ENTRIES, our_day=_DAYS, their_day=_DAYS)
def test_of_every_row_the_one_checked_later_stays(
    ours: list[dict[str, Any]], theirs: list[dict[str, Any]], our_day: str, their_day: str
) -> None:
    base = bundle(price_file(*_once(ours), read=our_day))
    incoming = bundle(price_file(*_once(theirs), read=their_day))
    merged = merge(base, incoming)

    def flat(held: Bundle) -> dict[str, str]:
        return {
            json.dumps([entry["model"], entry["from"], entry["when"], component]): rate
            for document in held.documents("acme")
            for entry in document["prices"]
            for component, rate in entry["rates"].items()
        }

    wanted = flat(base) | flat(incoming) if their_day >= our_day else flat(incoming) | flat(base)
    assert flat(merged.bundle) == wanted
    assert merged.bundle.check() == len(wanted)


@pytest.mark.usefixtures("_fresh")
def test_the_environment_names_the_bundle_that_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "b.json"
    held = bundle(price_file({"model": "m", "rates": {"input": "3"}}))
    path.write_text(held.text())
    monkeypatch.setenv(TABLE, str(path))
    table = PriceTable.default()
    cost = price_call(Call("acme", "m", instant_of("2026-02-01"), Usage(input=1_000_000)), table)
    assert (cost.amount, table.version) == (D(3), held.version)
    assert PriceTable.shipped().provider("openai") is not None
    assert table.provider("openai") is None


@pytest.mark.usefixtures("_fresh")
def test_a_broken_bundle_is_an_error_and_the_shipped_prices_go_on_under_zero_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "b.json"
    path.write_text(bundle(price_file({"model": "m", "rates": {"input": "3"}})).text().replace('"3"', '"three"'))
    monkeypatch.setenv(TABLE, str(path))
    with pytest.raises(PriceFileError, match=r"b\.json:\d+:\d+: providers\.acme\[0\]\.prices\[0\]\.rates\.input: "):
        PriceTable.default()
    with caplog.at_level(logging.ERROR):
        assert PriceTable.default_or_shipped().version == PriceTable.shipped().version
    assert len(caplog.records) == 1
    monkeypatch.setenv(TABLE, str(tmp_path / "none.json"))
    with pytest.raises(PriceFileError, match="cannot be read"):
        PriceTable.default()
