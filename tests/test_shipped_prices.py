"""The shipped prices: each change checked a nanosecond before and at its instant, with the published rates written out by hand.

A test writes the rate that the provider published for each component, per million tokens (per one search, per second); the expected
cost is counts times these, in Fractions.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime
from fractions import Fraction
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import pytest

from otel_llm_cost.call import Call, instant_of
from otel_llm_cost.cost import Cost, Status, price_call
from otel_llm_cost.prices.checks.check import check_provider, findings_of
from otel_llm_cost.prices.clock import Clock, Clocks, hours_of, weekdays_of
from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import Usage

FOLDER = files("otel_llm_cost.prices")
INDEX: dict[str, Any] = json.loads((FOLDER / "index.json").read_text("utf-8"))
PROVIDERS = ["anthropic", "google", "openai"]
PATHS = {key: [f"{part}/{key}.json" for part in parts.split()] for key, parts in INDEX["files"].items()}
BY_HAND = sorted(key for key, parts in INDEX["files"].items() if "data" in parts.split())
DOCUMENTS: dict[str, dict[str, Any]] = {key: json.loads((FOLDER / "data" / f"{key}.json").read_text("utf-8")) for key in BY_HAND}
PER_ONE = frozenset({"web_searches", "input_seconds", "requests"})

Counts = dict[str, int]
Rates = dict[str, str | None]
"""The published rate of each component, None where there is none."""


def nano(day: str) -> int:
    return int(datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).timestamp()) * 1_000_000_000


def price(name: str, at: int, tier: str | None, counts: Counts) -> Cost:
    """`name` is `provider/model`."""
    provider, model = name.split("/")
    return price_call(Call(provider, model, at, Usage(**counts), tier), PriceTable.shipped())


def by_hand(counts: Counts, rates: Rates) -> dict[str, Fraction]:
    assert set(counts) == set(rates), "each count needs its rate"
    known = {name: rate for name, rate in rates.items() if rate is not None}
    return {name: counts[name] * Fraction(rate) / (1 if name in PER_ONE else 1_000_000) for name, rate in known.items()}


def check(cost: Cost, counts: Counts, expected: Rates | str) -> None:
    """`expected` is the rates, or the reason why there is no price at all."""
    if isinstance(expected, str):
        assert (cost.status, cost.reason, cost.units) == (Status.UNPRICED, expected, None)
        return
    known = by_hand(counts, expected)
    missing = [name for name, rate in expected.items() if rate is None]
    assert {name: Fraction(amount) for name, amount in cost.component_amounts.items()} == known
    if not missing:
        assert cost.status is (Status.PRICED if any(known.values()) else Status.FREE)
        assert cost.currency == "USD"
        assert cost.amount is not None
        assert Fraction(cost.amount) == sum(known.values())
    else:
        assert cost.status is (Status.PARTIAL if known else Status.UNPRICED)
        assert cost.reason in {f"no_rate:{name}" for name in missing}
        assert cost.amount is None


# The files ------------------------------------------------------------------------------------------------------------------------
def provider_of(key: str) -> Provider:
    return Provider([PriceFile((FOLDER / path).read_bytes(), path) for path in PATHS[key]])


@pytest.mark.parametrize("key", PATHS)
def test_a_shipped_file_is_right(key: str) -> None:
    provider = provider_of(key)
    entries = [entry for path in PATHS[key] for entry in json.loads((FOLDER / path).read_text("utf-8"))["prices"]]
    # What is committed to has no rate, and is one row.
    assert check_provider(provider) == sum(len(entry.get("rates", "1")) for entry in entries)
    names = [name for file in provider.files for name in file.names]
    assert len(set(names)) == len(names)
    assert {name for name, held in INDEX["names"].items() if held == key} == set(names)
    assert {file.provider for file in provider.files} == {key}
    assert all(name == name.lower() for name in names)


@pytest.mark.parametrize("key", PATHS)
def test_a_shipped_file_has_nothing_to_be_said_of_on_the_day_of_its_check(key: str) -> None:
    assert list(map(str, findings_of(provider_of(key), date.fromisoformat(INDEX["checked"])))) == []


def test_the_index_names_each_file_and_none_besides() -> None:
    held = {f"{part}/{file.name}" for part in ("data", "imported") for file in (FOLDER / part).iterdir() if file.name[0] != "."}
    assert {path for paths in PATHS.values() for path in paths} == held
    assert set(filter(None, INDEX["names"].values())) == set(PATHS)


@pytest.mark.parametrize("key", BY_HAND)
def test_every_source_is_an_https_page_read_on_a_day_and_used(key: str) -> None:
    document = DOCUMENTS[key]
    for name, source in document["sources"].items():
        for url in (source["url"], source.get("page", source["url"])):
            parts = urlsplit(url)
            assert (parts.scheme, parts.username, parts.port) == ("https", None, None), name
            assert "." in parts.netloc, name
            assert not set(url) & set(' \t\n"<>\\{}|^`'), name
        assert date.fromisoformat(source["read"]) <= date.fromisoformat(INDEX["checked"]), name
    citing = [*document["prices"], *document.get("factors", ()), *document.get("aliases", ())]
    cited = {entry["source"] for entry in citing if "source" in entry}
    notes = " ".join(entry.get("note", "") for entry in citing)
    assert cited <= set(document["sources"])
    assert {name for name in document["sources"] if name not in cited and name not in notes} == set()


def test_at_least_ten_prices_change() -> None:
    steps: dict[tuple[object, ...], list[tuple[str, Fraction]]] = defaultdict(list)
    for key in PROVIDERS:
        for entry in DOCUMENTS[key]["prices"]:
            when = entry.get("when", {})
            for component, rate in entry.get("rates", {}).items():
                which = (key, entry["model"], component, when.get("tier"), when.get("prompt_above"))
                steps[which].append((entry["from"], Fraction(rate.partition(" ")[0])))
    changed = {which[:2] for which, rates in steps.items() if len({rate for _, rate in rates}) > 1}
    assert len(changed) >= 10
    assert {key for key, _ in changed} == {"anthropic", "google", "openai"}


def test_the_shipped_conditions_are_those_that_are_tested_here() -> None:
    entries = [entry for key in PROVIDERS for entry in DOCUMENTS[key]["prices"]]
    assert {name for entry in entries for name in entry.get("when", {})} == {"tier", "prompt_above"}
    assert {entry["when"]["tier"] for entry in entries if "tier" in entry.get("when", {})} == {
        *("batch", "flex", "priority"),
        *("fast", "any", "scale"),
    }
    assert {name for entry in entries for name in entry.get("covers", {})} == {"cache_write", "input_image", "input_video"}


def first_instant(entry: dict[str, Any]) -> int:
    """When it first holds: at its start, or when its hours first come."""
    start, when = instant_of(entry["from"]), dict(entry.get("when", {}))
    clock = clock_of(when)
    if clock is None or clock.holds_at(start):
        return start
    at = Clocks([clock]).next_change(start)
    assert at is not None
    return at


def clock_of(when: dict[str, Any]) -> Clock | None:
    hours, weekdays = when.get("hours"), when.get("weekdays")
    if hours is None and weekdays is None:
        return None
    holidays = when.get("holidays", "ignored")
    return Clock(
        hours_of(hours) if hours else (),
        weekdays_of(weekdays) if weekdays else frozenset(),
        when.get("zone", "UTC"),
        frozenset(map(date.fromisoformat, holidays)) if holidays != "ignored" else frozenset(),
    )


@pytest.mark.parametrize("key", BY_HAND)
def test_every_row_is_in_force_when_it_begins(key: str) -> None:
    """None is hidden behind another from its first nanosecond on."""
    for entry in DOCUMENTS[key]["prices"]:
        when, at = entry.get("when", {}), first_instant(entry)
        if "model" not in entry:
            continue
        tier = when.get("tier") if when.get("tier") != "any" else None
        for component, rate in entry.get("rates", {}).items():
            usage = Usage(**({component: 7} | ({"cache_read": when["prompt_above"] + 1} if "prompt_above" in when else {})))
            priced = Call(key, entry["model"], at, usage, tier, region=region_of(when), end_unix_nano=at)
            quote = price_call(priced, PriceTable.shipped()).quote
            assert quote is not None, (entry["model"], component)
            row = dict(zip(quote.components, quote.rows, strict=True))[component]
            assert row is not None, (entry["model"], component)
            assert (row.rate, row.component) == (rate, component), (entry["model"], component)


def region_of(when: dict[str, Any]) -> str | None:
    regions = when.get("region")
    region = regions[0] if isinstance(regions, list) else regions
    return region.replace("*", "1") if region is not None else None


COMMITTED_BY = [
    pytest.param("openai", "gpt-4o", "scale", "2024-06-18", id="openai-scale"),
    pytest.param("anthropic", "claude-sonnet-4-5", "priority", "2026-02-05", id="anthropic-priority"),
]


@pytest.mark.parametrize(("provider", "model", "tier", "day"), COMMITTED_BY)
def test_capacity_that_was_bought_ahead_has_no_price_per_call(provider: str, model: str, tier: str, day: str) -> None:
    cost = price(f"{provider}/{model}", nano(day), tier, PLAIN)
    assert (cost.status, cost.reason, cost.amount, cost.component_amounts) == (Status.COMMITTED, None, None, {})
    assert price(f"{provider}/{model}", nano(day) - 1, tier, PLAIN).status is Status.UNPRICED
    # It makes no model known that is not.
    assert price(f"{provider}/no-such-model", nano(day), None, PLAIN).reason == "unknown_model"


@pytest.mark.parametrize("key", PROVIDERS)
def test_every_alias_reaches_a_price_on_its_first_day_and_none_before(key: str) -> None:
    document = DOCUMENTS[key]
    starts: dict[str, list[int]] = defaultdict(list)
    for alias in document["aliases"]:
        starts[alias["alias"]].append(nano(alias["from"]))
    for alias, instants in starts.items():
        name = f"{document['names'][0]}/{alias}"
        for at in instants:
            found = [price(name, at, None, {component: 7}).status for component in ("input", "input_seconds")]
            assert Status.PRICED in found, alias
        assert price(name, min(instants) - 1, None, {"input": 7}).reason == "before_first_price", alias


@pytest.mark.parametrize("name", ["openai", "anthropic", "google", "gemini", "gcp.gemini", "gcp.gen_ai"])
def test_the_names_that_instrumentations_give_a_provider_are_known(name: str) -> None:
    assert price(f"{name}/nothing", nano("2026-01-01"), None, {"input": 7}).reason == "unknown_model"


# Changes: a nanosecond before, and at ---------------------------------------------------------------------------------------------
PLAIN: Counts = {"input": 10_007, "output": 1_009}
CACHED: Counts = {"input": 6_007, "cache_read": 4_001, "output": 2_003}
WRITTEN: Counts = {"input": 70_001, "cache_read": 20_011, "cache_write": 10_007, "output": 5_003}
WRITTEN_5M: Counts = {"input": 6_007, "cache_read": 4_001, "cache_write_5m": 3_001, "output": 2_003}
LONG: Counts = {"input": 300_007, "output": 2_003}
LONG_WRITTEN: Counts = {"input": 260_003, "cache_read": 20_011, "cache_write": 10_007, "output": 5_003}
LONG_5M_1H: Counts = {"input": 150_001, "cache_read": 100_003, "cache_write_5m": 3_001, "cache_write_1h": 5_003, "output": 2_003}
AUDIO: Counts = {"input": 1_009, "input_audio": 2_003, "output": 503, "output_audio": 1_013}


def of(counts: Counts, rates: str) -> Rates:
    """`"5.00 5.00 15.00"`, in the order of the counts; `-` where there is none."""
    return dict(zip(counts, (None if rate == "-" else rate for rate in rates.split()), strict=True))


@pytest.mark.parametrize(
    ("name", "tier", "counts", "day", "before", "after"),
    [
        # openai
        pytest.param("openai/gpt-4o", None, PLAIN, "2024-10-02", "5.00 15.00", "2.50 10.00", id="gpt-4o-moves"),
        pytest.param("openai/gpt-4o", None, CACHED, "2024-10-02", "5.00 5.00 15.00", "2.50 1.25 10.00", id="gpt-4o-moves-cached"),
        pytest.param("openai/gpt-4o", None, {"input_image": 1_009}, "2024-10-02", "5.00", "2.50", id="gpt-4o-moves-image"),
        pytest.param("openai/gpt-4o", None, PLAIN, "2024-05-13", "before_first_price", "5.00 15.00", id="gpt-4o-begins"),
        pytest.param(
            "openai/gpt-4o-2024-08-06", None, CACHED, "2024-10-01", "2.50 2.50 10.00", "2.50 1.25 10.00", id="gpt-4o-08-06-cached"
        ),
        pytest.param(
            "openai/gpt-4o-mini", None, CACHED, "2024-10-01", "0.15 0.15 0.60", "0.15 0.075 0.60", id="gpt-4o-mini-cached"
        ),
        pytest.param("openai/gpt-4o", "batch", PLAIN, "2025-02-01", "- -", "1.25 5.00", id="gpt-4o-batch-begins"),
        pytest.param("openai/gpt-4o", "priority", CACHED, "2025-10-05", "- - -", "4.25 2.125 17.00", id="gpt-4o-priority-begins"),
        pytest.param(
            "openai/gpt-4o",
            None,
            PLAIN | {"web_searches": 3},
            "2026-08-31",
            "2.50 10.00 -",
            "2.50 10.00 0.01",
            id="gpt-4o-searches",
        ),
        pytest.param("openai/o3", None, CACHED, "2025-06-10", "10.00 2.50 40.00", "2.00 0.50 8.00", id="o3"),
        pytest.param("openai/o3", "flex", PLAIN, "2025-06-10", "5.00 20.00", "1.00 4.00", id="o3-flex"),
        pytest.param(
            "openai/gpt-3.5-turbo", None, PLAIN, "2023-03-01", "before_first_price", "2.00 2.00", id="gpt-3.5-turbo-begins"
        ),
        pytest.param("openai/gpt-3.5-turbo", None, PLAIN, "2023-06-13", "2.00 2.00", "1.50 2.00", id="gpt-3.5-turbo-2023-06"),
        pytest.param("openai/gpt-3.5-turbo", None, PLAIN, "2023-06-27", "1.50 2.00", "1.50 2.00", id="gpt-3.5-turbo-same-price"),
        pytest.param("openai/gpt-3.5-turbo", None, PLAIN, "2024-02-16", "1.50 2.00", "0.50 1.50", id="gpt-3.5-turbo-2024-02"),
        pytest.param("openai/gpt-3.5-turbo-0301", None, PLAIN, "2023-06-13", "2.00 2.00", "1.50 2.00", id="gpt-3.5-turbo-0301"),
        pytest.param("openai/text-embedding-ada-002", None, {"input": 104_729}, "2023-06-13", "0.40", "0.10", id="ada-002"),
        pytest.param(
            "openai/text-embedding-ada-002", "batch", {"input": 104_729}, "2025-02-01", "-", "0.05", id="ada-002-batch-begins"
        ),
        pytest.param("openai/o1-mini", None, CACHED, "2025-01-31", "3.00 1.50 12.00", "1.10 0.55 4.40", id="o1-mini"),
        pytest.param(
            "openai/o1-preview", None, CACHED, "2024-10-01", "15.00 15.00 60.00", "15.00 7.50 60.00", id="o1-preview-cached"
        ),
        pytest.param(
            "openai/gpt-4o-audio-preview",
            None,
            AUDIO,
            "2025-02-01",
            "2.50 100.00 10.00 200.00",
            "2.50 40.00 10.00 80.00",
            id="gpt-4o-audio-preview-moves",
        ),
        pytest.param(
            "openai/gpt-4o-mini-transcribe",
            None,
            {"input_audio": 2_003, "output": 503},
            "2026-06-02",
            "3.00 5.00",
            "1.25 5.00",
            id="gpt-4o-mini-transcribe",
        ),
        pytest.param(
            "openai/o4-mini", "flex", CACHED, "2026-10-12", "0.55 0.1375 2.20", "0.55 0.138 2.20", id="o4-mini-flex-rounded"
        ),
        pytest.param(
            "openai/gpt-5.6-luna", None, WRITTEN, "2026-07-30", "1.00 0.10 1.25 6.00", "0.20 0.02 0.25 1.20", id="gpt-5.6-luna"
        ),
        pytest.param(
            "openai/gpt-5.6-luna",
            None,
            LONG_WRITTEN,
            "2026-07-30",
            "2.00 0.20 2.50 9.00",
            "0.40 0.04 0.50 1.80",
            id="gpt-5.6-luna-long",
        ),
        pytest.param(
            "openai/gpt-5.6-terra", None, WRITTEN, "2026-07-30", "2.50 0.25 3.125 15.00", "2.00 0.20 2.50 12.00", id="gpt-5.6-terra"
        ),
        pytest.param(
            "openai/gpt-5.6", None, WRITTEN, "2026-08-21", "5.00 0.50 6.25 30.00", "4.00 0.40 5.00 20.00", id="gpt-5.6-sol"
        ),
        pytest.param("openai/gpt-5.6-sol", "priority", PLAIN, "2026-08-22", "10.00 60.00", "8.00 40.00", id="gpt-5.6-sol-priority"),
        # anthropic
        pytest.param("anthropic/claude-2", None, PLAIN, "2023-11-21", "11.02 32.68", "8 24", id="claude-2"),
        pytest.param("anthropic/claude-2.0", None, PLAIN, "2023-11-21", "11.02 32.68", "8 24", id="claude-2.0"),
        pytest.param("anthropic/claude-2.1", None, PLAIN, "2023-11-21", "before_first_price", "8 24", id="claude-2.1-begins"),
        pytest.param("anthropic/claude-v1", None, PLAIN, "2023-11-21", "11.02 32.68", "after_last_price", id="claude-v1-ends"),
        pytest.param("anthropic/claude-instant-1.2", None, PLAIN, "2023-12-13", "1.63 5.51", "0.80 2.40", id="claude-instant"),
        pytest.param(
            "anthropic/claude-3-5-sonnet-20240620",
            None,
            WRITTEN_5M,
            "2024-08-14",
            "3 3 - 15",
            "3 0.30 3.75 15",
            id="claude-3-5-sonnet-caching-begins",
        ),
        pytest.param(
            "anthropic/claude-3-opus-20240229", "batch", PLAIN, "2024-10-08", "- -", "7.50 37.50", id="claude-batch-begins"
        ),
        pytest.param(
            "anthropic/claude-3-5-haiku-20241022",
            None,
            WRITTEN_5M,
            "2024-12-03",
            "1 0.10 1.25 5",
            "0.80 0.08 1 4",
            id="claude-3-5-haiku",
        ),
        pytest.param(
            "anthropic/claude-3-5-haiku-latest",
            None,
            WRITTEN,
            "2024-12-03",
            "1 0.10 1.25 5",
            "0.80 0.08 1 4",
            id="haiku-plain-writes",
        ),
        pytest.param(
            "anthropic/claude-3-7-sonnet-20250219",
            None,
            PLAIN | {"web_searches": 5},
            "2025-05-07",
            "3 15 -",
            "3 15 0.01",
            id="claude-3-7-sonnet-searches",
        ),
        pytest.param(
            "anthropic/claude-3-7-sonnet-20250219",
            None,
            {"input": 1_009, "cache_write_1h": 104_729, "output": 1_013},
            "2025-05-22",
            "3 - 15",
            "3 6 15",
            id="claude-3-7-sonnet-1h-writes",
        ),
        pytest.param(
            "anthropic/claude-sonnet-4-20250514",
            None,
            LONG_5M_1H,
            "2025-08-12",
            "3 0.30 3.75 6 15",
            "6 0.60 7.50 12 22.50",
            id="claude-sonnet-4-long-begins",
        ),
        pytest.param(
            "anthropic/claude-sonnet-4-20250514",
            None,
            LONG_5M_1H,
            "2026-04-30",
            "6 0.60 7.50 12 22.50",
            "3 0.30 3.75 6 15",
            id="claude-sonnet-4-long-ends",
        ),
        pytest.param("anthropic/claude-sonnet-4-5", None, LONG, "2026-04-30", "6 22.50", "3 15", id="claude-sonnet-4-5-long-ends"),
        pytest.param("anthropic/claude-opus-4-6", None, LONG, "2026-03-13", "10 37.50", "5 25", id="claude-opus-4-6-long-ends"),
        pytest.param(
            "anthropic/claude-sonnet-4-6", "batch", LONG, "2026-03-13", "3 11.25", "1.50 7.50", id="claude-sonnet-4-6-batch-long"
        ),
        pytest.param(
            "anthropic/claude-sonnet-5", None, PLAIN, "2026-09-01", "2 10", "2 10", id="claude-sonnet-5-increase-cancelled"
        ),
        pytest.param(
            "anthropic/claude-sonnet-5-5", None, CACHED, "2026-10-07", "2 0.20 10", "2 0.10 10", id="claude-sonnet-5-5-reads"
        ),
        pytest.param(
            "anthropic/claude-sonnet-5-5", "batch", CACHED, "2026-10-07", "1 0.10 5", "1 0.05 5", id="claude-sonnet-5-5-batch"
        ),
        # google
        pytest.param("gcp.gemini/gemini-1.5-flash", None, PLAIN, "2024-08-12", "0.35 1.05", "0.075 0.30", id="gemini-1.5-flash"),
        pytest.param("google/gemini-1.5-flash", None, LONG, "2024-08-12", "0.70 2.10", "0.15 0.60", id="gemini-1.5-flash-long"),
        pytest.param(
            "gcp.gemini/gemini-1.5-flash",
            None,
            {"input_image": 1_009, "input_video": 2_003},
            "2024-08-12",
            "0.35 0.35",
            "0.075 0.075",
            id="gemini-1.5-flash-images-and-video",
        ),
        pytest.param("gcp.gemini/gemini-1.5-pro-002", None, PLAIN, "2024-10-01", "3.50 10.50", "1.25 5.00", id="gemini-1.5-pro"),
        pytest.param(
            "gcp.gemini/gemini-1.5-pro",
            None,
            CACHED,
            "2024-10-01",
            "3.50 3.50 10.50",
            "1.25 0.3125 5.00",
            id="gemini-1.5-pro-cached",
        ),
        pytest.param("gcp.gemini/gemini-1.5-pro", None, LONG, "2024-10-01", "7.00 21.00", "2.50 10.00", id="gemini-1.5-pro-long"),
        pytest.param(
            "gcp.gemini/gemini-2.5-flash",
            None,
            PLAIN,
            "2025-06-17",
            "before_first_price",
            "0.30 2.50",
            id="gemini-2.5-flash-begins",
        ),
        pytest.param(
            "gcp.gemini/gemini-2.5-flash-preview-05-20",
            None,
            PLAIN,
            "2025-07-04",
            "0.15 -",
            "0.30 2.50",
            id="gemini-2.5-flash-preview",
        ),
        pytest.param(
            "gcp.gemini/gemini-2.5-flash", "batch", PLAIN, "2025-07-07", "- -", "0.15 1.25", id="gemini-2.5-flash-batch-begins"
        ),
        pytest.param(
            "gcp.gemini/gemini-2.5-flash",
            None,
            CACHED | {"reasoning": 1_511},
            "2025-10-31",
            "0.30 0.075 2.50 2.50",
            "0.30 0.03 2.50 2.50",
            id="gemini-2.5-flash-cached",
        ),
        pytest.param(
            "gcp.gemini/gemini-2.5-flash-lite",
            None,
            {"cache_read": 4_001, "cache_read_audio": 2_003},
            "2025-10-31",
            "0.025 0.125",
            "0.01 0.03",
            id="gemini-2.5-flash-lite-cached",
        ),
        pytest.param(
            "gcp.gemini/gemini-2.5-pro",
            None,
            CACHED,
            "2025-10-31",
            "1.25 0.31 10.00",
            "1.25 0.125 10.00",
            id="gemini-2.5-pro-cached",
        ),
        pytest.param(
            "gcp.gemini/gemini-2.5-pro",
            None,
            CACHED | {"input": 300_007},
            "2025-10-31",
            "2.50 0.625 15.00",
            "2.50 0.25 15.00",
            id="gemini-2.5-pro-long-cached",
        ),
        pytest.param(
            "gcp.gemini/gemini-3.6-flash",
            None,
            CACHED,
            "2026-08-13",
            "1.50 0.15 7.50",
            "0.75 0.075 3.75",
            id="gemini-3.6-flash-halves",
        ),
        pytest.param(
            "gcp.gemini/gemini-3.6-flash", "batch", PLAIN, "2026-09-01", "0.75 3.75", "0.375 1.875", id="gemini-3.6-flash-batch"
        ),
        pytest.param(
            "gcp.gemini/gemini-flash-latest", None, PLAIN, "2026-01-21", "0.30 2.50", "0.50 3.00", id="gemini-flash-latest-moves"
        ),
        pytest.param(
            "gcp.gemini/gemini-flash-latest",
            None,
            PLAIN,
            "2026-05-19",
            "0.50 3.00",
            "1.50 9.00",
            id="gemini-flash-latest-moves-again",
        ),
        pytest.param(
            "gcp.gemini/gemini-flash-latest", None, PLAIN, "2026-07-21", "1.50 9.00", "- -", id="gemini-flash-latest-unknown"
        ),
        pytest.param(
            "gcp.gemini/gemini-flash-latest", None, PLAIN, "2026-09-02", "- -", "0.75 3.75", id="gemini-flash-latest-known"
        ),
        pytest.param(
            "gcp.gemini/gemini-4-argon",
            None,
            CACHED,
            "2026-12-01",
            "2.00 0.10 10.00",
            "4.00 0.20 20.00",
            id="future-gemini-4-argon",
        ),
        pytest.param(
            "gcp.gemini/gemini-4-argon", "batch", CACHED, "2026-12-01", "1.00 0.05 5.00", "2.00 0.10 10.00", id="future-argon-batch"
        ),
        pytest.param(
            "gcp.gemini/gemini-4-argon", "flex", CACHED, "2026-12-01", "1.00 0.05 5.00", "- - -", id="future-argon-flex-ends"
        ),
        pytest.param(
            "gcp.gemini/gemini-3.6-flash",
            None,
            CACHED,
            "2027-01-01",
            "0.75 0.075 3.75",
            "1.50 0.15 7.50",
            id="future-gemini-3.6-flash",
        ),
        pytest.param(
            "gcp.gemini/gemini-3.8-flash",
            None,
            CACHED,
            "2027-01-01",
            "0.75 0.075 3.75",
            "1.50 0.15 7.50",
            id="future-gemini-3.8-flash",
        ),
        pytest.param(
            "gcp.gemini/gemini-3.8-flash",
            "batch",
            PLAIN,
            "2027-01-01",
            "0.375 1.875",
            "0.75 3.75",
            id="future-gemini-3.8-flash-batch",
        ),
        pytest.param(
            "gcp.gemini/gemini-3.8-flash", "priority", CACHED, "2027-01-01", "1.35 0.135 6.75", "- - -", id="future-priority-ends"
        ),
        pytest.param(
            "gcp.gemini/gemini-3.8-flash-tts",
            None,
            {"input": 1_009, "output_audio": 2_003},
            "2027-01-01",
            "0.50 9.00",
            "1.00 18.00",
            id="future-gemini-3.8-flash-tts",
        ),
    ],
)
def test_a_change_comes_at_its_instant(name: str, tier: str | None, counts: Counts, day: str, before: str, after: str) -> None:
    for at, expected in ((nano(day) - 1, before), (nano(day), after)):
        reason = "_price" in expected
        check(price(name, at, tier, counts), counts, expected if reason else of(counts, expected))


@pytest.mark.parametrize(
    ("name", "counts", "day", "rates", "contested"),
    [
        pytest.param(
            "gcp.gemini/gemini-3.5-flash",
            PLAIN,
            "2026-10-08",
            "1.50 9.00",
            ["contested=input", "contested=output"],
            id="gemini-3.5-flash",
        ),
    ],
)
def test_a_rate_that_one_source_ends_and_another_keeps_is_kept_and_said(
    name: str, counts: Counts, day: str, rates: str, contested: list[str]
) -> None:
    for at, said in ((nano(day) - 1, []), (nano(day), contested)):
        cost = price(name, at, None, counts)
        check(cost, counts, of(counts, rates))
        assert [text for text in cost.assumed if text.startswith("contested=")] == said


# Prompt sizes: exactly at the threshold, and one token more -----------------------------------------------------------------------
REST: Counts = {"output": 2_003}
REST_CACHED: Counts = {"cache_read": 40_009, "output": 2_003}
REST_WRITTEN: Counts = {"cache_read": 40_009, "cache_write": 10_007, "output": 2_003}
REST_5M_1H: Counts = {"cache_read": 40_009, "cache_write_5m": 3_001, "cache_write_1h": 5_003, "output": 2_003}
REST_IMAGE: Counts = {"input_image": 20_011, "output": 2_003}


@pytest.mark.parametrize(
    ("name", "tier", "day", "size", "rest", "at_it", "above"),
    [
        pytest.param(
            "anthropic/claude-sonnet-4-20250514", None, "2025-08-12", 200_000, REST, "3 15", "6 22.50", id="claude-sonnet-4"
        ),
        pytest.param(
            "anthropic/claude-sonnet-4-20250514",
            None,
            "2026-04-29",
            200_000,
            REST_5M_1H,
            "3 0.30 3.75 6 15",
            "6 0.60 7.50 12 22.50",
            id="claude-sonnet-4-cache-counts",
        ),
        pytest.param(
            "anthropic/claude-sonnet-4-20250514", None, "2026-04-30", 200_000, REST, "3 15", "3 15", id="claude-sonnet-4-no-longer"
        ),
        pytest.param(
            "anthropic/claude-sonnet-4-0",
            "batch",
            "2025-08-12",
            200_000,
            REST_WRITTEN,
            "1.50 0.15 1.875 7.50",
            "3 0.30 3.75 11.25",
            id="claude-sonnet-4-batch-plain-writes",
        ),
        pytest.param(
            "anthropic/claude-haiku-5-5",
            None,
            "2026-10-08",
            100_000,
            REST_CACHED,
            "0.10 0.01 0.50",
            "0.50 0.05 2.50",
            id="claude-haiku-5-5",
        ),
        pytest.param(
            "anthropic/claude-haiku-5-5", "batch", "2026-10-07", 100_000, REST, "0.05 0.25", "0.25 1.25", id="haiku-5-5-batch"
        ),
        pytest.param(
            "gcp.gemini/gemini-1.5-pro", None, "2024-10-01", 128_000, REST, "1.25 5.00", "2.50 10.00", id="gemini-1.5-pro"
        ),
        pytest.param(
            "gcp.gemini/gemini-1.5-pro", None, "2024-09-30", 128_000, REST, "3.50 10.50", "7.00 21.00", id="gemini-1.5-pro-old"
        ),
        pytest.param(
            "gcp.gemini/gemini-1.5-flash",
            None,
            "2024-08-12",
            128_000,
            REST_IMAGE,
            "0.075 0.075 0.30",
            "0.15 0.15 0.60",
            id="gemini-1.5-flash-images-count",
        ),
        pytest.param(
            "gcp.gemini/gemini-2.5-pro",
            None,
            "2025-10-31",
            200_000,
            REST_CACHED | {"reasoning": 1_511},
            "1.25 0.125 10.00 10.00",
            "2.50 0.25 15.00 15.00",
            id="gemini-2.5-pro-reasoning-moves",
        ),
        pytest.param(
            "gcp.gemini/gemini-2.5-pro", "batch", "2025-07-07", 200_000, REST, "0.625 5.00", "1.25 7.50", id="gemini-2.5-pro-batch"
        ),
        pytest.param(
            "gcp.gemini/gemini-2.5-pro",
            "flex",
            "2026-08-04",
            200_000,
            REST_CACHED,
            "0.625 0.125 5.00",
            "1.25 0.25 7.50",
            id="2.5-pro-flex",
        ),
        pytest.param(
            "gcp.gemini/gemini-2.5-pro",
            "priority",
            "2026-11-22",
            200_000,
            REST_CACHED,
            "2.25 0.225 18.00",
            "4.50 0.45 27.00",
            id="gemini-2.5-pro-priority",
        ),
        pytest.param(
            "openai/gpt-5.4", None, "2026-03-06", 272_000, REST_CACHED, "2.50 0.25 15.00", "5.00 0.50 22.50", id="gpt-5.4"
        ),
        pytest.param(
            "openai/gpt-5.4", "flex", "2026-04-03", 272_000, REST_CACHED, "1.25 0.13 7.50", "2.50 0.25 11.25", id="gpt-5.4-flex"
        ),
        pytest.param(
            "openai/gpt-5.6-luna",
            None,
            "2026-08-01",
            272_000,
            REST_WRITTEN,
            "0.20 0.02 0.25 1.20",
            "0.40 0.04 0.50 1.80",
            id="gpt-5.6-luna",
        ),
        pytest.param(
            "openai/gpt-6-sol",
            "priority",
            "2026-09-29",
            272_000,
            REST_WRITTEN,
            "4.00 0.40 5.00 20.00",
            "8.00 0.80 10.00 30.00",
            id="gpt-6-sol-priority",
        ),
    ],
)
def test_one_token_more_moves_the_whole_request(
    name: str, tier: str | None, day: str, size: int, rest: Counts, at_it: str, above: str
) -> None:
    others = sum(count for component, count in rest.items() if component not in {"output", "reasoning"})
    for prompt, expected in ((size, at_it), (size + 1, above)):
        counts = {"input": prompt - others} | rest
        check(price(name, nano(day), tier, counts), counts, of(counts, expected))


# Tiers ----------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "day", "tier", "rates"),
    [
        pytest.param("openai/gpt-5", "2026-11-01", "standard", "1.25 0.125 10.00", id="gpt-5-standard"),
        pytest.param("openai/gpt-5", "2026-11-01", "batch", "0.625 0.0625 5.00", id="gpt-5-batch"),
        pytest.param("openai/gpt-5", "2026-11-01", "flex", "0.625 0.0625 5.00", id="gpt-5-flex"),
        pytest.param("openai/gpt-5", "2026-11-01", "priority", "2.50 0.25 20.00", id="gpt-5-priority"),
        pytest.param("openai/gpt-5", "2026-11-01", "gold", "- - -", id="gpt-5-unknown-tier"),
        pytest.param("openai/gpt-5-mini", "2025-10-05", "priority", "0.45 0.045 3.60", id="gpt-5-mini-priority"),
        pytest.param("openai/gpt-4.1-mini", "2025-10-05", "priority", "0.70 0.175 2.80", id="gpt-4.1-mini-priority"),
        pytest.param("openai/gpt-4.1-nano", "2025-04-17", "batch", "0.05 0.05 0.20", id="gpt-4.1-nano-batch-reads-are-input"),
        pytest.param("anthropic/claude-haiku-4-5", "2025-10-15", "standard", "1 0.10 5", id="claude-haiku-4-5-standard"),
        pytest.param("anthropic/claude-haiku-4-5", "2025-10-15", "batch", "0.50 0.05 2.50", id="claude-haiku-4-5-batch"),
        pytest.param("anthropic/claude-opus-4-1", "2025-08-05", "batch", "7.50 0.75 37.50", id="claude-opus-4-1-batch"),
        pytest.param("gcp.gemini/gemini-2.5-flash", "2026-08-04", "standard", "0.30 0.03 2.50", id="gemini-2.5-flash-standard"),
        pytest.param("gcp.gemini/gemini-2.5-flash", "2026-08-04", "batch", "0.15 0.03 1.25", id="gemini-2.5-flash-batch"),
        pytest.param("gcp.gemini/gemini-2.5-flash", "2026-08-04", "flex", "0.15 0.03 1.25", id="gemini-2.5-flash-flex"),
        pytest.param("gcp.gemini/gemini-2.5-flash", "2026-08-04", "priority", "0.54 0.054 4.50", id="gemini-2.5-flash-priority"),
    ],
)
def test_a_tier_has_its_own_rates(name: str, day: str, tier: str, rates: str) -> None:
    check(price(name, nano(day), tier, CACHED), CACHED, of(CACHED, rates))


# Other components -----------------------------------------------------------------------------------------------------------------
WRITES: Counts = {"cache_write": 1_009, "cache_write_5m": 3_001, "cache_write_1h": 5_003}


@pytest.mark.parametrize(
    ("name", "day", "counts", "rates"),
    [
        pytest.param("anthropic/claude-sonnet-4-5", "2025-09-29", WRITES, "3.75 3.75 6", id="writes-of-5-minutes-and-1-hour"),
        pytest.param("anthropic/claude-haiku-4-5", "2026-01-01", WRITES, "1.25 1.25 2", id="writes-of-haiku"),
        pytest.param("anthropic/claude-opus-4-5", "2026-01-01", {"output": 1_009, "web_searches": 7}, "25 0.01", id="web-searches"),
        pytest.param("openai/gpt-5", "2026-11-01", {"output": 1_009, "web_searches": 11}, "10.00 0.01", id="web-searches-of-gpt-5"),
        pytest.param("openai/gpt-5.6-luna", "2026-11-01", {"cache_write": 1_009}, "0.25", id="writes-of-no-stated-life"),
        pytest.param("openai/gpt-5.6-luna", "2026-11-01", {"cache_write_5m": 1_009}, "-", id="no-writes-of-5-minutes-at-openai"),
        pytest.param("openai/whisper-1", "2024-01-01", {"input_seconds": 89}, "0.0001", id="whisper-seconds"),
        pytest.param("openai/gpt-transcribe", "2026-08-31", {"input_seconds": 97}, "0.000075", id="gpt-transcribe-seconds"),
        pytest.param("openai/text-embedding-3-small", "2024-01-25", {"input": 104_729}, "0.02", id="embedding"),
        pytest.param("gcp.gemini/text-embedding-004", "2025-05-20", {"input": 104_729}, "0", id="free-embedding"),
        pytest.param(
            "gcp.gemini/gemini-embedding-2",
            "2026-07-30",
            {"input": 101, "input_audio": 103, "input_image": 107, "input_video": 109},
            "0.20 6.50 0.45 12.00",
            id="embedding-of-four-kinds",
        ),
        pytest.param(
            "gcp.gemini/gemini-2.5-pro", "2026-01-01", {"input": 101, "input_audio": 103}, "1.25 -", id="audio-is-not-text"
        ),
        pytest.param(
            "gcp.gemini/gemini-2.5-flash-image", "2025-10-02", {"input": 101, "output_image": 1_291}, "0.30 30.00", id="image"
        ),
        pytest.param(
            "openai/gpt-realtime", "2025-11-13", {"cache_read_audio": 101, "input_audio": 103}, "0.40 32.00", id="cached-audio"
        ),
        pytest.param(
            "openai/gpt-realtime", "2025-11-12", {"cache_read_audio": 101, "input_audio": 103}, "32.00 32.00", id="audio-read"
        ),
        pytest.param("openai/o1", "2024-12-17", {"output": 2_003, "reasoning": 4_001}, "60.00 60.00", id="reasoning"),
    ],
)
def test_other_components(name: str, day: str, counts: Counts, rates: str) -> None:
    check(price(name, nano(day), "standard", counts), counts, of(counts, rates))


def test_seconds_are_priced_to_the_microsecond() -> None:
    usage = Usage(input_seconds=89.000_007)
    cost = price_call(Call("openai", "whisper-1", nano("2024-01-01"), usage), PriceTable.shipped())
    assert cost.amount is not None
    assert Fraction(cost.amount) == Fraction("89.000007") * Fraction("0.0001")


# What is said beside the amount ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "at", "counts", "assumed", "row"),
    [
        pytest.param(
            "openai/gpt-4o", nano("2024-06-18") - 1, CACHED, ("cache_read=input",), "openai/gpt-4o@2024-05-13", id="reads-as-input"
        ),
        pytest.param("openai/gpt-4o", nano("2024-06-18") - 1, PLAIN, (), "openai/gpt-4o@2024-05-13", id="no-other-tier-yet"),
        pytest.param("openai/gpt-4o", nano("2024-06-18"), PLAIN, ("tier=standard",), "openai/gpt-4o@2024-05-13", id="another-tier"),
        pytest.param(
            "openai/gpt-4o",
            nano("2024-10-02"),
            CACHED,
            ("tier=standard",),
            "openai/gpt-4o@2024-10-02",
            id="reads-at-their-own-rate",
        ),
        pytest.param(
            "anthropic/claude-3-5-haiku-20241022",
            nano("2024-12-03"),
            {"cache_write": 7},
            ("cache_write=cache_write_5m",),
            "anthropic/claude-3-5-haiku-20241022@2024-12-03",
            id="writes-as-of-5-minutes",
        ),
        pytest.param(
            "gcp.gemini/gemini-2.5-flash",
            nano("2025-06-17"),
            {"output": 7, "reasoning": 11, "input_image": 13},
            ("input_image=input", "reasoning=output"),
            "google/gemini-2.5-flash@2025-06-17",
            id="images-as-text-and-reasoning-as-output",
        ),
        pytest.param(
            "openai/gpt-3.5-turbo", nano("2023-06-27"), PLAIN, (), "openai/gpt-3.5-turbo@2023-06-27", id="the-day-an-alias-moved"
        ),
    ],
)
def test_what_was_assumed_and_which_row_it_was(name: str, at: int, counts: Counts, assumed: tuple[str, ...], row: str) -> None:
    cost = price(name, at, None, counts)
    assert cost.status is Status.PRICED
    assert (cost.assumed, cost.price) == (assumed, row)
