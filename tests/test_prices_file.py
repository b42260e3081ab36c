"""Price files: every refusal names its place; windows, aliases and what covers what."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from otel_llm_cost.prices.file import PriceFile, PriceFileError
from otel_llm_cost.prices.row import Conditions, Row, Source
from otel_llm_cost.usage import Usage

Document = dict[str, Any]

NANO = 1_000_000_000
ENTRY: Document = {"model": "m", "from": "2025-01-01", "rates": {"input": "3", "output": "15"}, "source": "page"}
ALIAS: Document = {"alias": "m-latest", "of": "m", "from": "2025-02-01", "source": "page"}


def document(**parts: Any) -> Document:  # noqa: ANN401 - JSON
    """A file that is right but for `parts`."""
    return {
        "provider": "acme",
        "names": ["acme", "acme.cloud"],
        "currency": "EUR",
        "sources": {"page": {"url": "https://acme.example/prices", "read": "2025-03-01"}},
        "prices": [ENTRY],
        "aliases": [ALIAS],
    } | parts


def file_of(**parts: Any) -> PriceFile:  # noqa: ANN401 - JSON
    return PriceFile(json.dumps(document(**parts)), "acme.json")


def entry(**parts: Any) -> Document:  # noqa: ANN401 - JSON
    return ENTRY | parts


def without(held: Document, key: str) -> Document:
    return {name: value for name, value in held.items() if name != key}


def nano(*instant: int) -> int:
    return int(datetime(*instant, tzinfo=UTC).timestamp()) * NANO  # type: ignore[misc,arg-type]


def rows_of(file: PriceFile, name: str = "m", component: str = "input") -> list[Row]:
    model = file.model(name)
    return [row for row in model.rows if row.component == component] if model is not None else []


# What is right --------------------------------------------------------------------------------------------------------------------
def test_a_right_file_is_read_whole() -> None:
    file = file_of()
    assert (file.path, file.provider, file.names, file.currency) == ("acme.json", "acme", ["acme", "acme.cloud"], "EUR")
    assert (file.models, file.aliases) == (["m"], ["m-latest"])
    assert file.check() == 2
    assert file.sources() == {"page": Source("https://acme.example/prices", "2025-03-01")}


def test_a_row_says_all_that_its_entry_says() -> None:
    conditions = {"tier": "batch", "prompt_above": 200}
    file = file_of(prices=[entry(until="2026-01-01", when=conditions, covers={"input_image": "input", "cache_write": "output"})])
    model = file.model("m")
    assert model is not None
    assert model.currency == "EUR"
    common: dict[str, Any] = {
        "provider": "acme",
        "model": "m",
        "start": nano(2025, 1, 1),
        "since": nano(2025, 1, 1),
        "until": nano(2026, 1, 1),
        "when": Conditions("batch", 200),
        "source": Source("https://acme.example/prices", "2025-03-01"),
    }
    assert model.rows == [
        Row(component="input", rate="3", units=3 * 10**24, covers=("input_image",), **common),
        Row(component="output", rate="15", units=15 * 10**24, covers=("cache_write",), **common),
    ]


@pytest.mark.parametrize(
    ("component", "rate", "units"),
    [
        pytest.param("input", "2.50", 25 * 10**23, id="tokens-per-million"),
        pytest.param("input_seconds", "0.0001", 10**20, id="seconds-per-one-counted-in-microseconds"),
        pytest.param("web_searches", "0.01", 10**28, id="searches-per-one"),
        pytest.param("requests", "0.005", 5 * 10**27, id="requests-per-one"),
        pytest.param("output", "0", 0, id="free"),
        pytest.param("output", "0.000000000000000000000001", 1, id="the-finest-rate-per-million"),
    ],
)
def test_a_rate_becomes_units_per_count(component: str, rate: str, units: int) -> None:
    (row,) = rows_of(file_of(prices=[entry(rates={component: rate})], aliases=[]), component=component)
    assert (row.rate, row.units) == (rate, units)


def test_a_package_and_its_page_are_kept_with_the_source() -> None:
    given = {"url": "https://acme.example/data", "read": "2025-03-01", "package": "p 1", "page": "https://acme.example/"}
    file = file_of(sources={"page": given})
    assert rows_of(file)[0].source == Source("https://acme.example/data", "2025-03-01", "p 1", "https://acme.example/")


def test_bytes_are_read_as_text_is() -> None:
    assert PriceFile(json.dumps(document()).encode(), "acme.json").check() == 2


@pytest.mark.parametrize(
    ("given", "instant"),
    [
        pytest.param("2025-01-21", nano(2025, 1, 21), id="a-day-begins-in-utc"),
        pytest.param("2025-01-21T00:00:00Z", nano(2025, 1, 21), id="utc"),
        pytest.param("2025-01-21T05:30:00+05:30", nano(2025, 1, 21), id="east"),
        pytest.param("2025-01-20T16:00:00-08:00", nano(2025, 1, 21), id="west"),
        pytest.param("2025-01-21T00:00:00.000007Z", nano(2025, 1, 21) + 7000, id="microseconds"),
    ],
)
def test_from_and_until_are_days_or_instants_with_a_zone(given: str, instant: int) -> None:
    (begins,) = rows_of(file_of(prices=[entry(**{"from": given})], aliases=[]))
    assert (begins.start, begins.since, begins.until) == (instant, instant, None)
    (ends,) = rows_of(file_of(prices=[entry(**{"from": "2020-01-01", "until": given})], aliases=[]))
    assert ends.until == instant


@pytest.mark.parametrize(
    ("when", "conditions", "met"),
    [
        pytest.param({}, Conditions("standard", -1), 0, id="none"),
        pytest.param({"tier": "standard"}, Conditions("standard", -1), 0, id="standard-is-no-condition"),
        pytest.param({"tier": "flex"}, Conditions("flex", -1), 1, id="tier"),
        pytest.param({"prompt_above": 0}, Conditions("standard", 0), 1, id="above-0"),
        pytest.param({"tier": "flex", "prompt_above": 7}, Conditions("flex", 7), 2, id="both"),
    ],
)
def test_conditions_are_counted(when: Document, conditions: Conditions, met: int) -> None:
    (row,) = rows_of(file_of(prices=[entry(when=when)], aliases=[]))
    assert row.when == conditions
    assert row.when.met == met


@pytest.mark.parametrize(
    ("given", "name"),
    [
        pytest.param("2025-01-21", "acme/m@2025-01-21", id="day"),
        pytest.param("2025-01-21T00:00:00Z", "acme/m@2025-01-21", id="midnight-is-the-day"),
        pytest.param("2025-01-21T16:00:00Z", "acme/m@2025-01-21T16:00:00Z", id="instant"),
    ],
)
def test_a_row_has_a_short_name(given: str, name: str) -> None:
    (row,) = rows_of(file_of(prices=[entry(**{"from": given})], aliases=[]))
    assert row.name == name


# Aliases --------------------------------------------------------------------------------------------------------------------------
def windows(*aliases: Document, prices: list[Document]) -> list[tuple[str, str, int, int | None, int]]:
    given = [ALIAS | alias for alias in aliases]
    found = rows_of(file_of(prices=prices, aliases=given), "m-latest")
    return [(row.model, row.rate, row.start, row.until, row.since) for row in found]


JAN, FEB, MAR, APR, MAY = (nano(2025, month, 1) for month in range(1, 6))


@pytest.mark.parametrize(
    ("row", "alias", "start", "until"),
    [
        pytest.param({"from": "2025-01-01"}, {"from": "2025-02-01"}, FEB, None, id="begins-with-the-alias"),
        pytest.param({"from": "2025-03-01"}, {"from": "2025-02-01"}, MAR, None, id="begins-with-the-row"),
        pytest.param({"until": "2025-04-01"}, {"until": "2025-05-01"}, FEB, APR, id="ends-with-the-row"),
        pytest.param({"until": "2025-05-01"}, {"until": "2025-04-01"}, FEB, APR, id="ends-with-the-alias"),
        pytest.param({}, {"until": "2025-04-01"}, FEB, APR, id="a-row-without-end-ends-with-the-alias"),
        pytest.param({"until": "2025-04-01"}, {}, FEB, APR, id="an-alias-without-end-ends-with-the-row"),
    ],
)
def test_an_alias_reaches_a_row_within_the_dates_of_both(row: Document, alias: Document, start: int, until: int | None) -> None:
    (found,) = windows(alias, prices=[entry(**row)])
    since = MAR if row.get("from") == "2025-03-01" else JAN
    assert found == ("m-latest", "3", start, until, since)


@pytest.mark.parametrize(
    ("row", "alias"),
    [
        pytest.param({"until": "2025-02-01"}, {"from": "2025-02-01"}, id="the-row-ends-where-the-alias-begins"),
        pytest.param({"from": "2025-03-01"}, {"until": "2025-03-01"}, id="the-alias-ends-where-the-row-begins"),
    ],
)
def test_an_alias_that_never_meets_its_rows_reaches_nothing(row: Document, alias: Document) -> None:
    assert windows(alias, prices=[entry(**row)]) == []
    assert file_of(prices=[entry(**row)], aliases=[ALIAS | alias]).model("m-latest") is None


def test_an_alias_moves_from_one_model_to_another() -> None:
    old, new = entry(model="m-1", rates={"input": "5"}), entry(model="m-2", rates={"input": "2"}, **{"from": "2025-02-15"})
    moved = windows({"of": "m-1", "until": "2025-03-01"}, {"of": "m-2", "from": "2025-03-01"}, prices=[old, new])
    assert moved == [("m-latest", "5", FEB, MAR, JAN), ("m-latest", "2", MAR, None, nano(2025, 2, 15))]


@pytest.mark.parametrize("newer_first", [pytest.param(False, id="older-first"), pytest.param(True, id="newer-first")])
def test_a_row_keeps_its_own_age_under_an_alias_so_that_the_newer_rate_wins(*, newer_first: bool) -> None:
    prices = [entry(rates={"input": "5"}), entry(rates={"input": "2"}, **{"from": "2025-01-15"})]
    model = file_of(prices=prices[::-1] if newer_first else prices).model("m-latest")
    assert model is not None
    assert {row.start for row in model.rows} == {FEB}
    assert model.quote(FEB, None, Usage(input=7)).rates == (2 * 10**24,)


def test_a_name_that_nobody_has_reaches_nothing() -> None:
    assert file_of().model("m-lates") is None
    assert file_of().model("M") is None


def test_aliases_may_be_left_out() -> None:
    file = PriceFile(json.dumps(without(document(), "aliases")), "acme.json")
    assert (file.aliases, file.check()) == ([], 2)


# What would win equally -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        pytest.param({}, {}, "acme/m@2025-01-01", id="the-same-twice"),
        pytest.param({}, {"rates": {"input": "4"}}, "acme/m@2025-01-01", id="two-rates"),
        pytest.param({}, {"when": {"tier": "standard"}}, "acme/m@2025-01-01", id="no-tier-is-standard"),
        pytest.param({"when": {"prompt_above": 7}}, {"when": {"prompt_above": 7}}, "acme/m@2025-01-01", id="one-threshold"),
        pytest.param({"until": "2025-02-01"}, {"until": "2025-03-01"}, "acme/m@2025-01-01", id="two-ends"),
    ],
)
def test_two_rows_that_would_win_equally_are_refused_by_name(one: Document, other: Document, place: str) -> None:
    with pytest.raises(PriceFileError, match="two rows for input would win equally") as refused:
        file_of(prices=[entry(**one), entry(**other)]).check()
    assert refused.value.place == place


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"from": "2025-01-01T00:00:00.000001Z"}, id="a-later-start"),
        pytest.param({"when": {"tier": "batch"}}, id="another-tier"),
        pytest.param({"when": {"prompt_above": 7}}, id="a-threshold"),
        pytest.param({"rates": {"cache_read": "3"}}, id="another-component"),
        pytest.param({"model": "m-2"}, id="another-model"),
    ],
)
def test_two_rows_of_which_one_wins_are_right(other: Document) -> None:
    assert file_of(prices=[entry(), entry(**other)]).check() >= 3


def test_two_aliases_that_bring_equal_rows_are_refused_only_where_they_overlap() -> None:
    prices = [entry(model="m-1"), entry(model="m-2")]
    first = ALIAS | {"of": "m-1", "until": "2025-03-01"}
    assert file_of(prices=prices, aliases=[first, ALIAS | {"of": "m-2", "from": "2025-03-01"}]).check() == 4
    with pytest.raises(PriceFileError, match="two rows for input would win equally") as refused:
        file_of(prices=prices, aliases=[first, ALIAS | {"of": "m-2", "from": "2025-02-28"}]).check()
    assert refused.value.place == "acme/m-latest@2025-02-28"


def test_an_alias_that_means_two_models_at_once_is_refused() -> None:
    prices = [entry(model="m-1"), entry(model="m-2", rates={"cache_read": "3"})]
    first, second = ALIAS | {"of": "m-1", "until": "2025-03-01"}, ALIAS | {"of": "m-2", "from": "2025-02-28"}
    with pytest.raises(PriceFileError, match="two models at once") as refused:
        file_of(prices=prices, aliases=[first, second]).check()
    assert refused.value.place == "alias 'm-latest'"


def test_two_rows_that_would_cover_equally_are_refused() -> None:
    one = entry(rates={"input": "3"}, covers={"cache_write": "input"})
    other = entry(rates={"cache_write_5m": "4"}, covers={"cache_write": "cache_write_5m"})
    with pytest.raises(PriceFileError, match="cache_write"):
        file_of(prices=[one, other]).check()


# What is wrong --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        pytest.param('{\n  "provider": "acme",\n  "names" []\n}', "line 3, column 11", "Expecting ':' delimiter", id="no-json"),
        pytest.param("", "line 1, column 1", "Expecting value", id="empty"),
        pytest.param(b'{"provider": "\xff"}', "byte 14", "not UTF-8", id="not-utf-8"),
        pytest.param("[]", "top level", "'provider' is missing or not a str", id="a-list"),
        pytest.param("{}", "top level", "'provider' is missing or not a str", id="nothing-in-it"),
    ],
)
def test_what_is_no_price_file_is_refused_at_its_place(text: str | bytes, place: str, problem: str) -> None:
    with pytest.raises(PriceFileError) as refused:
        PriceFile(text, "my prices.json")
    assert (refused.value.path, refused.value.place, refused.value.problem) == ("my prices.json", place, problem)
    assert str(refused.value) == f"my prices.json: {place}: {problem}"


@pytest.mark.parametrize(
    ("part", "given", "kind"),
    [
        pytest.param("provider", 7, "str", id="provider"),
        pytest.param("names", "acme", "list", id="names"),
        pytest.param("currency", None, "str", id="currency"),
        pytest.param("sources", [], "dict", id="sources"),
        pytest.param("prices", {}, "list", id="prices"),
    ],
)
def test_a_main_part_of_another_kind_or_missing_is_refused(part: str, given: object, kind: str) -> None:
    for wrong in (document(**{part: given}), without(document(), part)):
        with pytest.raises(PriceFileError) as refused:
            PriceFile(json.dumps(wrong), "acme.json")
        assert (refused.value.place, refused.value.problem) == ("top level", f"{part!r} is missing or not a {kind}")


NOT_AN_INSTANT = "neither a day nor an instant with a zone: "


@pytest.mark.parametrize(
    ("second", "place", "problem"),
    [
        pytest.param("m", "prices[1]", "'model' is missing or not a str", id="entry-no-object"),
        pytest.param(without(ENTRY, "model"), "prices[1]", "'model' is missing or not a str", id="no-model"),
        pytest.param(entry(model=7), "prices[1]", "'model' is missing or not a str", id="model-a-number"),
        pytest.param(entry(until_="2026-01-01", notes=""), "prices[1]", "unknown: notes, until_", id="unknown-keys"),
        pytest.param(without(ENTRY, "rates"), "prices[1]", "'rates' is missing or not a dict", id="no-rates"),
        pytest.param(entry(rates=["3"]), "prices[1]", "'rates' is missing or not a dict", id="rates-a-list"),
        pytest.param(without(ENTRY, "from"), "prices[1].from", NOT_AN_INSTANT + "None", id="no-from"),
        pytest.param(entry(**{"from": 2025}), "prices[1].from", NOT_AN_INSTANT + "2025", id="from-a-number"),
        pytest.param(entry(**{"from": "soon"}), "prices[1].from", NOT_AN_INSTANT + "'soon'", id="from-a-word"),
        pytest.param(entry(**{"from": "2025-02-30"}), "prices[1].from", NOT_AN_INSTANT + "'2025-02-30'", id="no-such-day"),
        pytest.param(entry(**{"from": "20250201"}), "prices[1].from", NOT_AN_INSTANT + "'20250201'", id="a-day-without-dashes"),
        pytest.param(
            entry(**{"from": "2025-02-01T00:00:00"}),
            "prices[1].from",
            NOT_AN_INSTANT + "'2025-02-01T00:00:00'",
            id="from-without-zone",
        ),
        pytest.param(
            entry(until="2026-02-01T00:00"), "prices[1].until", NOT_AN_INSTANT + "'2026-02-01T00:00'", id="until-without-zone"
        ),
        pytest.param(entry(until=None), "prices[1].until", NOT_AN_INSTANT + "None", id="until-null"),
        pytest.param(entry(until="2025-01-01"), "prices[1]", "ends before it begins", id="ends-where-it-begins"),
        pytest.param(entry(until="2024-12-31"), "prices[1]", "ends before it begins", id="ends-before-it-begins"),
        pytest.param(
            entry(until="2025-01-01T00:59:00+01:00"), "prices[1]", "ends before it begins", id="ends-before-it-begins-in-its-zone"
        ),
        pytest.param(entry(source="pag"), "prices[1]", "no such source: 'pag'", id="no-such-source"),
        pytest.param(without(ENTRY, "source"), "prices[1]", "no such source: None", id="no-source"),
        pytest.param(entry(source=["page"]), "prices[1]", "no such source: ['page']", id="source-a-list"),
        pytest.param(entry(when=[]), "prices[1].when", "unknown: not an object", id="when-a-list"),
        pytest.param(entry(when={"region": "eu", "day": 1}), "prices[1].when", "unknown: day, region", id="unknown-conditions"),
        pytest.param(
            entry(when={"tier": 7}), "prices[1].when", "tier is a name, prompt_above a number of tokens", id="tier-a-number"
        ),
        pytest.param(
            entry(when={"prompt_above": "200"}),
            "prices[1].when",
            "tier is a name, prompt_above a number of tokens",
            id="threshold-a-string",
        ),
        pytest.param(
            entry(when={"prompt_above": 200.0}),
            "prices[1].when",
            "tier is a name, prompt_above a number of tokens",
            id="threshold-a-float",
        ),
        pytest.param(entry(rates={"inptu": "3"}), "prices[1].rates", "no such component: 'inptu'", id="unknown-component"),
        pytest.param(entry(rates={"unsplit": "3"}), "prices[1].rates", "no such component: 'unsplit'", id="unsplit-has-no-rate"),
        pytest.param(
            entry(rates={"output": 15}), "prices[1].rates.output", "a rate is a decimal in quotes, not 15", id="rate-a-number"
        ),
        pytest.param(
            entry(rates={"output": 0.1}), "prices[1].rates.output", "a rate is a decimal in quotes, not 0.1", id="rate-a-float"
        ),
        pytest.param(
            entry(rates={"output": None}), "prices[1].rates.output", "a rate is a decimal in quotes, not None", id="rate-null"
        ),
        pytest.param(entry(rates={"output": ""}), "prices[1].rates.output", "not a decimal number: ''", id="rate-empty"),
        pytest.param(
            entry(rates={"output": "$15"}), "prices[1].rates.output", "not a decimal number: '$15'", id="rate-with-a-sign"
        ),
        pytest.param(entry(rates={"output": "NaN"}), "prices[1].rates.output", "not a finite number: 'NaN'", id="rate-nan"),
        pytest.param(entry(rates={"output": "-15"}), "prices[1].rates.output", "a negative amount: '-15'", id="rate-negative"),
        pytest.param(
            entry(rates={"output": "1e-25"}), "prices[1].rates.output", "finer than 1e-30: '1e-25' per 1000000", id="rate-too-fine"
        ),
        pytest.param(
            entry(rates={"web_searches": "1e-31"}),
            "prices[1].rates.web_searches",
            "finer than 1e-30: '1e-31' per 1",
            id="search-too-fine",
        ),
        pytest.param(
            entry(covers={"input_imag": "input"}),
            "prices[1]",
            "covers: 'input_imag' by 'input' is not a component by one of this entry",
            id="covers-no-component",
        ),
        pytest.param(
            entry(covers={"cache_write": "cache_write_5m"}),
            "prices[1]",
            "covers: 'cache_write' by 'cache_write_5m' is not a component by one of this entry",
            id="covers-by-what-this-entry-has-not",
        ),
    ],
)
def test_a_wrong_entry_is_refused_at_its_place(second: object, place: str, problem: str) -> None:
    with pytest.raises(PriceFileError) as refused:
        file_of(prices=[entry(model="right"), second]).check()
    assert (refused.value.path, refused.value.place, refused.value.problem) == ("acme.json", place, problem)


@pytest.mark.parametrize(
    ("second", "place", "problem"),
    [
        pytest.param("m", "aliases[1]", "'alias' is missing or not a str", id="no-object"),
        pytest.param(without(ALIAS, "alias"), "aliases[1]", "'alias' is missing or not a str", id="no-alias"),
        pytest.param(without(ALIAS, "of"), "aliases[1]", "an alias of a model without rates: None", id="no-of"),
        pytest.param(ALIAS | {"of": "n"}, "aliases[1]", "an alias of a model without rates: 'n'", id="of-nothing"),
        pytest.param(ALIAS | {"of": "m-1"}, "aliases[1]", "an alias of a model without rates: 'm-1'", id="of-an-alias"),
        pytest.param(without(ALIAS, "from"), "aliases[1].from", NOT_AN_INSTANT + "None", id="no-from"),
        pytest.param(ALIAS | {"until": "soon"}, "aliases[1].until", NOT_AN_INSTANT + "'soon'", id="until-a-word"),
        pytest.param(ALIAS | {"until": "2025-02-01"}, "aliases[1]", "ends before it begins", id="ends-where-it-begins"),
        pytest.param(ALIAS | {"rates": {}}, "aliases[1]", "unknown: rates", id="unknown-key"),
    ],
)
def test_a_wrong_alias_is_refused_at_its_place(second: object, place: str, problem: str) -> None:
    with pytest.raises(PriceFileError) as refused:
        file_of(aliases=[ALIAS | {"alias": "m-1"}, second]).check()
    assert (refused.value.path, refused.value.place, refused.value.problem) == ("acme.json", place, problem)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        pytest.param("https://acme.example", "unknown: not an object", id="a-string"),
        pytest.param({"url": "https://acme.example", "read": "2025-03-01", "by": "me"}, "unknown: by", id="unknown-key"),
    ],
)
def test_a_wrong_source_is_refused_at_its_place(given: object, problem: str) -> None:
    with pytest.raises(PriceFileError) as refused:
        file_of(sources={"page": given}).check()
    assert (refused.value.place, refused.value.problem) == ("sources.page", problem)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"sources": {"page": {"read": "2025-03-01"}}}, id="source-without-url"),
        pytest.param({"sources": {"page": {"url": "https://acme.example"}}}, id="source-without-day"),
        pytest.param({"prices": [entry(covers=["input_image"])]}, id="covers-a-list"),
        pytest.param({"prices": [without(ENTRY, "rates") | {"covers": {"input_image": "input"}}]}, id="covers-without-rates"),
        pytest.param({"prices": [entry(covers={"input_image": ["input"]})]}, id="covers-by-a-list"),
        pytest.param({"prices": [entry(when={"prompt_above": True})]}, id="threshold-a-bool"),
        pytest.param({"prices": [entry(when={"prompt_above": -7})]}, id="threshold-negative"),
        pytest.param({"aliases": None}, id="aliases-null"),
        pytest.param({"aliases": 7}, id="aliases-a-number"),
        pytest.param({"aliases": [ALIAS | {"of": ["m"]}]}, id="alias-of-a-list"),
        pytest.param({"names": [["acme"]]}, id="names-of-lists"),
        pytest.param({"alias": [ALIAS]}, id="unknown-main-part"),
    ],
)
def test_what_is_wrong_is_refused_as_a_price_file_error(parts: Document) -> None:
    with pytest.raises(PriceFileError):
        file_of(**parts).check()


def test_a_component_that_stands_twice_in_one_entry_is_refused() -> None:
    twice = json.dumps(document()).replace('"input": "3"', '"input": "3", "input": "4"')
    with pytest.raises(PriceFileError):
        PriceFile(twice, "acme.json").check()


def test_a_mistake_of_another_model_is_found_when_that_model_is_asked_for() -> None:
    file = file_of(prices=[ENTRY, entry(model="wrong", rates={"input": 3})])
    assert file.model("m") is not None
    with pytest.raises(PriceFileError, match="a rate is a decimal in quotes"):
        file.model("wrong")
