"""The tool that brings genai-prices' data into the table: on releases of a few lines, without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from tools.import_genai_prices.conditions import Key
from tools.import_genai_prices.history import History, Span
from tools.import_genai_prices.naming import Named, named
from tools.import_genai_prices.package import Data, PackageProvider, Rate, read
from tools.import_genai_prices.releases import Release, chosen, listed
from tools.import_genai_prices.rows import Imported, imported
from tools.import_genai_prices.units import amount
from tools.import_genai_prices.write import text_of, write
from tools.import_genai_prices.written import Written

JULY, AUGUST, SEPTEMBER, OCTOBER = (date(2026, month, 3) for month in (7, 8, 9, 10))
THREE = "input_mtok=Decimal('3'), output_mtok=Decimal('15')"


def model(prices: str = THREE, *, name: str = "m", match: str = "ClauseEquals(equals='m')", more: str = "") -> str:
    prices = prices if prices.startswith("[") else f"ModelPrice({prices})"
    return f"ModelInfo(id={name!r}, match={match}, prices={prices}, {more})"


def dated(*lists: tuple[date | None, str]) -> str:
    """Price lists: the first from ever on, each further one from its day on."""
    days = [f"constraint=StartDateConstraint(start_date=datetime.date({day:%Y, %-m, %-d})), " if day else "" for day, _ in lists]
    return "[" + ", ".join(f"ConditionalPrice({day}prices=ModelPrice({prices}))" for day, (_, prices) in zip(days, lists)) + "]"  # noqa: B905


def batch(prices: str, *, day: date | None = OCTOBER, when: str = "'processing': 'batch'") -> str:
    constraint = f", constraint=StartDateConstraint(start_date=datetime.date({day:%Y, %-m, %-d}))" if day else ""
    return f"price_variants=[PriceVariant(when={{{when}}}, prices=ModelPrice({prices}){constraint})]"


def data(day: date, *models: str, comment: str = "") -> Data:
    body = indent(",\n".join(models), " " * 4)
    text = (
        "import datetime\nfrom .types import *\n__all__ = ('providers',)\n"
        f"providers: list[Provider] = [\n  Provider(id='groq', pricing_urls=['https://a.example/pricing'], "
        f"price_comments={comment!r}, models=[\n{body}\n  ])\n]\n"
    )
    return read(Release(day, f"0.{day.month}.0"), text)


def history(*releases: Data) -> History:
    return History(releases)


def only(held: History) -> PackageProvider:
    (provider,) = held.newest.providers.values()
    return provider


def spans(*releases: Data) -> list[Span]:
    held = history(*releases)
    provider = only(held)
    return [span for found in provider.models for span in held.spans(provider, found)]


def said(*releases: Data) -> list[tuple[str, str, date, date | None]]:
    """Each rate with the days between which it holds."""
    return [(span.key.component, span.rate, span.start, span.until) for span in spans(*releases)]


def document(*releases: Data, by_hand: Mapping[str, Any] | None = None) -> Imported:
    held = history(*releases)
    return imported(held, only(held), Written(by_hand or {}))


# What a release says


def test_a_release_is_read_without_running_it() -> None:
    tiered = "TieredPrices(base=Decimal('1.250'), tiers=[Tier(start=200000, price=Decimal('2.5'))])"
    prices = f"input_mtok={tiered}, requests_kcount=Decimal('5')"
    found = only(history(data(JULY, model(prices)))).models[0]
    assert found.standard(JULY) == {Rate("input"): "1.250", Rate("input", 200000): "2.5", Rate("requests"): "5 per 1K"}


def test_what_is_neither_a_literal_nor_a_call_is_refused() -> None:
    with pytest.raises(ValueError, match="neither a literal nor a call"):
        read(Release(JULY, "1.0"), "providers: list[Provider] = [p for p in ()]")
    with pytest.raises(ValueError, match=r"no providers in 1\.0"):
        read(Release(JULY, "1.0"), "models = []")


def test_an_hour_of_audio_is_one_rate_under_either_key() -> None:
    found = only(history(data(JULY, model("audio_hours=Decimal('0.36'), input_audio_hours=Decimal('0.36')")))).models[0]
    assert found.standard(JULY) == {Rate("input_seconds"): "0.36 per hour"}
    with pytest.raises(ValueError, match="two rates for input_seconds"):
        data(JULY, model("audio_hours=Decimal('0.36'), input_audio_hours=Decimal('0.48')"))


def test_an_unknown_price_key_is_not_passed_over() -> None:
    with pytest.raises(KeyError, match="input_gpixels"):
        data(JULY, model("input_gpixels=Decimal('1')"))


@pytest.mark.parametrize(
    ("match", "name", "holds"),
    [
        ("ClauseStartsWith(starts_with='Ab')", "abc", True),
        ("ClauseEndsWith(ends_with='bc')", "ABC", True),
        ("ClauseContains(contains='b')", "ac", False),
        ("ClauseRegex(regex='^a-\\\\d{2}$')", "a-12", True),
        ("ClauseAnd(and_=[ClauseContains(contains='a'), ClauseContains(contains='b')])", "a", False),
        ("ClauseOr(or_=[ClauseEquals(equals='a'), ClauseEquals(equals='b')])", "B", True),
    ],
)
def test_names_match_as_in_the_package(match: str, name: str, *, holds: bool) -> None:
    assert (only(history(data(JULY, model(match=match)))).find(name) is not None) is holds


def test_the_first_model_that_matches_has_the_name() -> None:
    first, second = model(name="a", match="ClauseContains(contains='x')"), model(name="b", match="ClauseEquals(equals='x')")
    assert only(history(data(JULY, first, second))).find("x").id == "a"


# From when it holds


def test_an_undated_rate_starts_at_the_first_release_from_which_on_each_carries_it() -> None:
    assert said(data(JULY, model()), data(AUGUST, model())) == [("input", "3", JULY, None), ("output", "15", JULY, None)]
    dearer = model("input_mtok=Decimal('4'), output_mtok=Decimal('15.0')")
    assert said(data(JULY, model()), data(AUGUST, dearer), data(SEPTEMBER, model())) == [
        ("input", "3", SEPTEMBER, None),
        ("output", "15", JULY, None),
    ]
    assert said(data(JULY, model()), data(AUGUST), data(SEPTEMBER, model()))[0][2] == SEPTEMBER


def test_a_renamed_model_is_found_by_a_name_that_both_releases_give() -> None:
    old = model(name="old", match="ClauseEquals(equals='m-1')")
    new = model(name="new", match="ClauseOr(or_=[ClauseEquals(equals='new'), ClauseEquals(equals='M-1')])")
    assert [start for _, _, start, _ in said(data(JULY, old), data(AUGUST, new))] == [JULY, JULY]


def test_an_empty_price_is_unknown_and_a_zero_is_free() -> None:
    assert said(data(JULY, model(""))) == []
    assert said(data(JULY, model("input_mtok=Decimal('0')"))) == [("input", "0", JULY, None)]


def test_the_packages_own_dates_are_kept_even_before_its_first_release() -> None:
    stepped = model(dated((None, "input_mtok=Decimal('3')"), (date(2025, 1, 2), "input_mtok=Decimal('2')")))
    assert said(data(JULY, stepped)) == [("input", "2", date(2025, 1, 2), None)]


def test_a_superseded_rate_is_known_from_the_first_release_that_carried_it_before_its_end() -> None:
    cut = model(dated((None, "input_mtok=Decimal('3')"), (SEPTEMBER, "input_mtok=Decimal('2')")))
    before = model("input_mtok=Decimal('3')")
    assert said(data(JULY, before), data(AUGUST, before), data(OCTOBER, cut)) == [
        ("input", "3", JULY, None),
        ("input", "2", SEPTEMBER, None),
    ]
    assert said(data(OCTOBER, cut)) == [("input", "2", SEPTEMBER, None)]


def test_a_component_that_the_next_list_lacks_ends_there() -> None:
    tiered = "input_mtok=TieredPrices(base=Decimal('3'), tiers=[Tier(start=200000, price=Decimal('6'))])"
    flat = model(dated((None, tiered), (SEPTEMBER, "input_mtok=Decimal('3')")))
    found = spans(data(JULY, flat), data(OCTOBER, flat))
    assert [(span.key.above, span.start, span.until) for span in found] == [(-1, JULY, None), (200000, JULY, SEPTEMBER)]


def test_a_tiers_date_splits_no_standard_rate() -> None:
    assert said(data(OCTOBER, model("input_mtok=Decimal('3')", more=batch("input_mtok=Decimal('1.5')", day=AUGUST)))) == [
        ("input", "3", OCTOBER, None),
        ("input", "1.5", AUGUST, None),
    ]


def test_a_rate_cites_the_release_that_first_carried_it_and_the_page_that_this_one_names() -> None:
    commented = model(more="price_comments='See https://b.example/pricing#m, checked.'")
    first, second = spans(data(JULY, model("input_mtok=Decimal('3')")), data(AUGUST, commented))
    assert (first.release, first.page) == ("0.7.0", "https://a.example/pricing")
    assert (second.release, second.page) == ("0.8.0", "https://b.example/pricing#m")


# Tiers


def keys(*releases: Data) -> list[Key]:
    return [span.key for span in spans(*releases)]


def test_a_variant_is_a_tier_and_what_it_lacks_is_not_made_up() -> None:
    assert keys(data(JULY, model(more=batch("input_mtok=Decimal('1.5')")))) == [
        Key("input"),
        Key("output"),
        Key("input", tier="batch"),
    ]


def test_what_the_comment_leaves_at_the_standard_rate_is_written_for_the_tier_with_its_sizes() -> None:
    cached = "cache_read_mtok=TieredPrices(base=Decimal('0.3'), tiers=[Tier(start=200000, price=Decimal('0.6'))])"
    more = batch("input_mtok=Decimal('1.5')") + ", price_comments='The Batch table says that cached input keeps the standard rate.'"
    found = {span.key: span for span in spans(data(JULY, model(f"{THREE}, {cached}", more=more)))}
    kept, larger = found[Key("cache_read", tier="batch")], found[Key("cache_read", 200000, "batch")]
    assert (kept.rate, kept.start, larger.rate) == ("0.3", OCTOBER, "0.6")
    assert Key("output", tier="batch") not in found


def test_variants_that_name_the_standard_or_no_condition_of_ours_are_no_rows() -> None:
    assert len(keys(data(JULY, model(more=batch("", day=None, when="'service_tier': 'default'"))))) == 2
    assert len(keys(data(JULY, model(more=batch("web_searches_kcount=Decimal('1')", day=None, when="'search_type': 'fast'"))))) == 2
    with pytest.raises(KeyError, match="asynchronous"):
        keys(data(JULY, model(more=batch("input_mtok=Decimal('1')", when="'processing': 'asynchronous'"))))


def test_a_route_is_a_region() -> None:
    more = batch("input_mtok=Decimal('3.3')", day=None, when="'route': 'mistral/eu'")
    assert keys(data(JULY, model("input_mtok=Decimal('3')", more=more))) == [Key("input"), Key("input", region="eu")]


def test_output_that_a_comment_calls_free_is_free() -> None:
    assert said(data(JULY, model("input_mtok=Decimal('1')", more="price_comments='Output is free.'")))[1] == (
        "output",
        "0",
        JULY,
        None,
    )


# Names, beside what is written by hand

BY_HAND = {
    "names": ["groq"],
    "prices": [
        {"model": "m-1", "from": "2025-01-01", "rates": {"input": "3"}, "covers": {"input_image": "input", "input_video": "input"}},
        {"model": "m-2", "from": "2025-02-01", "rates": {"input": "3"}},
        {"model": "m-2", "from": "2025-02-01", "until": "2026-01-01", "when": {"tier": "any"}, "rates": {"output": "15"}},
    ],
    "aliases": [
        {"alias": "m", "of": "m-1", "from": "2025-01-01", "until": "2026-01-01"},
        {"alias": "m", "of": "m-2", "from": "2026-01-01"},
    ],
}
ALL = "ClauseOr(or_=[" + ", ".join(f"ClauseEquals(equals='{name}')" for name in ("m", "m-1", "M.1-high", "m-3")) + "])"


def names_of(found: str, by_hand: Mapping[str, Any], *, is_other: bool = False) -> Named:
    held = history(data(JULY, found))
    return named(only(held), only(held).models[0], Written(by_hand), JULY, lambda _: is_other)


def test_a_model_nobody_wrote_by_hand_is_written_under_its_id() -> None:
    assert names_of(model(match=ALL), {}) == Named(["m"], {"m": ["m-1", "M.1-high", "m-3"]}, ())


def test_a_hand_written_alias_is_never_shadowed() -> None:
    """The rates go to the models that it names; other names become aliases of the one that begins most like them."""
    assert names_of(model(match=ALL), BY_HAND) == Named(["m-2", "m-1"], {"m-1": ["M.1-high", "m-3"]}, ())


def test_a_hand_written_model_with_other_rates_lends_its_name_to_none() -> None:
    assert names_of(model(match=ALL), BY_HAND, is_other=True) == Named(["m-2", "m-1", "M.1-high"], {"M.1-high": ["m-3"]}, ())


def test_a_name_that_the_package_gives_to_another_model_is_left_to_it() -> None:
    first, second = model(name="a", match="ClauseContains(contains='-3')"), model(match=ALL)
    held = history(data(JULY, first, second))
    assert named(only(held), only(held).models[1], Written({}), JULY, lambda _: False).aliases == {"m": ["m-1", "M.1-high"]}


def test_a_rate_that_is_written_by_hand_is_not_imported_and_its_covers_hold_for_what_is() -> None:
    made = document(
        data(OCTOBER, model("input_mtok=Decimal('3.0'), cache_read_mtok=Decimal('0.3')", match=ALL, more=batch(THREE))),
        by_hand=BY_HAND,
    )
    covers = {"input_image": "input", "input_video": "input"}
    assert [(entry["model"], entry["rates"], entry.get("covers")) for entry in made.document["prices"]] == [
        ("m-1", {"cache_read": "0.3"}, None),
        ("m-1", {"input": "3", "output": "15"}, covers),
    ]
    assert made.document["names"] == []


def test_a_rate_that_ended_by_hand_is_a_difference_not_a_row() -> None:
    made = document(data(OCTOBER, model(name="m-2", match="ClauseEquals(equals='m-2')")), by_hand=BY_HAND)
    assert made.document["prices"] == []
    assert made.differences == ["m-2: component=output: by hand no rate any more, genai-prices 15 from 2026-10-03"]


def test_a_contradicted_list_adds_nothing() -> None:
    made = document(
        data(
            OCTOBER,
            model("input_mtok=Decimal('4'), cache_read_mtok=Decimal('0.3')", name="m-1", match="ClauseEquals(equals='m-1')"),
        ),
        by_hand=BY_HAND,
    )
    assert made.document["prices"] == []
    assert made.differences == [
        "m-1: component=input: by hand 3, genai-prices 4 from 2026-10-03",
        "m-1: therefore left out, though not written by hand: cache_read",
    ]


# The file


def test_the_entries_of_a_file() -> None:
    claude = model(
        "input_mtok=Decimal('3'), cache_write_mtok=Decimal('3.75'), cache_write_1h_mtok=Decimal('6')",
        name="claude-x",
        match="ClauseEquals(equals='claude-x')",
    )
    whisper = model(
        "audio_hours=Decimal('0.04'), input_audio_hours=Decimal('0.04')", name="whisper-large-v3", match="ClauseOr(or_=[])"
    )
    hours = "TimeOfDateConstraint(start_time=datetime.time(1, tzinfo=datetime.timezone.utc))"
    clocked = f"[ConditionalPrice(constraint={hours}, prices=ModelPrice())]"
    made = document(data(JULY, claude, whisper, model(""), model(clocked, name="c")))
    assert made.document["prices"] == [
        {
            "model": "claude-x",
            "from": "2026-07-03",
            "rates": {"input": "3", "cache_write": "3.75", "cache_write_1h": "6"},
            "covers": {"cache_write_5m": "cache_write"},
            "source": "genai-prices-0.7.0",
        },
        {
            "model": "whisper-large-v3",
            "from": "2026-07-03",
            "rates": {"input_seconds": "0.04 per hour"},
            "at_least": {"input_seconds": "10"},
            "source": "genai-prices-0.7.0",
        },
    ]
    assert made.document["sources"] == {
        "genai-prices-0.7.0": {
            "url": "https://github.com/pydantic/genai-prices",
            "read": "2026-07-03",
            "package": "genai-prices 0.7.0",
            "page": "https://a.example/pricing",
        }
    }
    assert made.document["checked"] == "2026-07-03"
    assert (made.counts["empty"], made.counts["clocked"], made.counts["models"]) == (1, 1, 2)


def test_a_session_and_a_fee_that_is_a_maximum_say_so() -> None:
    made = document(data(JULY, model("audio_hours=Decimal('3')"), comment=""))
    assert made.document["prices"][0]["note"] == "per second of the session"
    made = document(data(JULY, model("requests_kcount=Decimal('12')"), comment="we take the highest price shown"))
    assert made.document["prices"][0]["note"].startswith("the highest of the fees")


def test_pages_of_one_name_are_two_sources() -> None:
    first = model(more="price_comments='https://b.example/pricing'")
    second = model(name="n", match="ClauseEquals(equals='n')", more="price_comments='https://c.example/pricing'")
    assert list(document(data(JULY, first, second)).document["sources"]) == [
        "genai-prices-0.7.0-pricing",
        "genai-prices-0.7.0-pricing-2",
    ]


def test_one_entry_a_line_and_files_that_are_no_more_are_removed(tmp_path: Path) -> None:
    held = {"provider": "a", "sources": {"s": {"url": "u"}}, "prices": [{"model": "é"}, {"model": "n"}]}
    (tmp_path / "gone.json").write_text("{}")
    write(tmp_path, {"a": held})
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == held
    assert text_of(held).splitlines()[-5:] == [' "prices": [', '  {"model": "é"},', '  {"model": "n"}', " ]", "}"]


# The releases


def test_the_first_release_of_each_month_and_the_newest_are_read() -> None:
    uploads = [Release(date(2026, month, day), version) for month, day, version in [(7, 1, "0"), (7, 2, "0.0.1"), (7, 9, "0.0.2")]]
    uploads += [Release(date(2026, 8, 20), "0.0.10"), Release(date(2026, 8, 4), "0.0.9"), Release(date(2026, 8, 9), "0.0.11")]
    assert [release.version for release in chosen(uploads)] == ["0.0.1", "0.0.9", "0.0.10"]


def test_the_list_of_releases_is_kept_with_the_tool() -> None:
    held = listed()
    assert held == sorted(held)
    assert held[0] == Release(date(2025, 7, 12), "0.0.1")


@pytest.mark.parametrize(("rate", "one"), [("3", "3"), ("3.6 per hour", "0.001"), ("10 per 1K", "0.01")])
def test_rates_of_different_units_are_compared_by_one_unit(rate: str, one: str) -> None:
    assert amount(rate) == Fraction(one)
