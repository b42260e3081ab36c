"""Price files: every refusal names its place; windows, aliases and what covers what."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from otel_llm_cost.prices.checks.check import check_provider
from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.model import ModelPrices
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.report import PriceFileError
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


def check(file: PriceFile) -> int:
    """The number of its rates, where it is right."""
    return check_provider(Provider([file]))


def model_of(file: PriceFile, name: str = "m") -> ModelPrices | None:
    rows = Provider([file]).rows(name, name)
    return ModelPrices(file.currency, rows) if rows else None


def rows_of(file: PriceFile, name: str = "m", component: str = "input") -> list[Row]:
    model = model_of(file, name)
    return [row for row in model.rows if row.component == component] if model is not None else []


# What is right --------------------------------------------------------------------------------------------------------------------
def test_a_right_file_is_read_whole() -> None:
    file = file_of()
    assert (file.path, file.provider, file.names, file.currency) == ("acme.json", "acme", ["acme", "acme.cloud"], "EUR")
    assert (file.models, file.aliases) == (["m"], ["m-latest"])
    assert check(file) == 2
    assert file.sources() == {"page": Source("https://acme.example/prices", "2025-03-01")}


def test_a_row_says_all_that_its_entry_says() -> None:
    conditions = {"tier": "batch", "prompt_above": 200}
    file = file_of(prices=[entry(until="2026-01-01", when=conditions, covers={"input_image": "input", "cache_write": "output"})])
    model = model_of(file, "m")
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
        "path": "acme.json",
        "place": ("prices", 0),
        "currency": "EUR",
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
    assert check(PriceFile(json.dumps(document()).encode(), "acme.json")) == 2


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
    ("when", "conditions", "stated"),
    [
        pytest.param({}, Conditions("standard", -1), (), id="none"),
        pytest.param({"tier": "standard"}, Conditions("standard", -1), (), id="standard-is-no-condition"),
        pytest.param({"tier": "any"}, Conditions("any", -1), (), id="any-tier-is-no-condition"),
        pytest.param({"tier": "flex"}, Conditions("flex", -1), ("tier",), id="tier"),
        pytest.param({"prompt_above": 0}, Conditions("standard", 0), ("prompt_above",), id="above-0"),
        pytest.param({"tier": "flex", "prompt_above": 7}, Conditions("flex", 7), ("tier", "prompt_above"), id="both"),
    ],
)
def test_conditions_are_counted(when: Document, conditions: Conditions, stated: tuple[str, ...]) -> None:
    (row,) = rows_of(file_of(prices=[entry(when=when)], aliases=[]))
    assert row.when == conditions
    assert row.when.stated == stated


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
    assert model_of(file_of(prices=[entry(**row)], aliases=[ALIAS | alias]), "m-latest") is None


def test_an_alias_moves_from_one_model_to_another() -> None:
    old, new = entry(model="m-1", rates={"input": "5"}), entry(model="m-2", rates={"input": "2"}, **{"from": "2025-02-15"})
    moved = windows({"of": "m-1", "until": "2025-03-01"}, {"of": "m-2", "from": "2025-03-01"}, prices=[old, new])
    assert moved == [("m-latest", "5", FEB, MAR, JAN), ("m-latest", "2", MAR, None, nano(2025, 2, 15))]


@pytest.mark.parametrize("newer_first", [pytest.param(False, id="older-first"), pytest.param(True, id="newer-first")])
def test_a_row_keeps_its_own_age_under_an_alias_so_that_the_newer_rate_wins(*, newer_first: bool) -> None:
    prices = [entry(rates={"input": "5"}), entry(rates={"input": "2"}, **{"from": "2025-01-15"})]
    model = model_of(file_of(prices=prices[::-1] if newer_first else prices), "m-latest")
    assert model is not None
    assert {row.start for row in model.rows} == {FEB}
    assert model.quote(FEB, None, Usage(input=7)).rates == (2 * 10**24,)


def test_a_name_that_nobody_has_reaches_nothing() -> None:
    assert model_of(file_of(), "m-lates") is None


def test_aliases_may_be_left_out() -> None:
    file = PriceFile(json.dumps(without(document(), "aliases")), "acme.json")
    assert (file.aliases, check(file)) == ([], 2)


# What would win equally -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({}, {}, id="the-same-twice"),
        pytest.param({}, {"rates": {"input": "4"}}, id="two-rates"),
        pytest.param({}, {"when": {"tier": "standard"}}, id="no-tier-is-standard"),
        pytest.param({"when": {"prompt_above": 7}}, {"when": {"prompt_above": 7}}, id="one-threshold"),
        pytest.param({"until": "2025-02-01"}, {"until": "2025-03-01"}, id="two-ends"),
        pytest.param({}, {"model": "M"}, id="a-name-has-no-case"),
    ],
)
def test_two_rows_that_would_win_equally_are_refused_by_name(one: Document, other: Document) -> None:
    with pytest.raises(PriceFileError, match="two rows for input would win equally") as refused:
        check(file_of(prices=[entry(**one), entry(**other)]))
    assert refused.value.place == "prices[1]"
    assert "acme/m@2025-01-01 of acme.json: prices[0] and acme/m@2025-01-01" in refused.value.problem


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
    assert check(file_of(prices=[entry(), entry(**other)])) >= 3


def test_two_aliases_that_bring_equal_rows_are_refused_only_where_they_overlap() -> None:
    prices = [entry(model="m-1"), entry(model="m-2")]
    first = ALIAS | {"of": "m-1", "until": "2025-03-01"}
    assert check(file_of(prices=prices, aliases=[first, ALIAS | {"of": "m-2", "from": "2025-03-01"}])) == 4
    with pytest.raises(PriceFileError, match="two models at once") as refused:
        check(file_of(prices=prices, aliases=[first, ALIAS | {"of": "m-2", "from": "2025-02-28"}]))
    assert refused.value.place == "aliases[1]"


def test_an_alias_that_means_two_models_at_once_is_refused() -> None:
    prices = [entry(model="m-1"), entry(model="m-2", rates={"cache_read": "3"})]
    first, second = ALIAS | {"of": "m-1", "until": "2025-03-01"}, ALIAS | {"of": "m-2", "from": "2025-02-28"}
    with pytest.raises(PriceFileError, match="two models at once") as refused:
        check(file_of(prices=prices, aliases=[first, second]))
    assert refused.value.place == "aliases[1]"
    assert "'m-latest'" in refused.value.problem


def test_two_rows_that_would_cover_equally_are_refused() -> None:
    one = entry(rates={"input": "3"}, covers={"cache_write": "input"})
    other = entry(rates={"cache_write_5m": "4"}, covers={"cache_write": "cache_write_5m"})
    with pytest.raises(PriceFileError, match="cache_write"):
        check(file_of(prices=[one, other]))


# What is wrong --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "place", "problem", "shown"),
    [
        pytest.param(
            '{\n  "provider": "acme",\n  "names" []\n}',
            "",
            "Expecting ':' delimiter",
            "my prices.json:3:11: Expecting ':' delimiter",
            id="no-json",
        ),
        pytest.param("", "", "Expecting value", "my prices.json:1:1: Expecting value", id="empty"),
        pytest.param(b'{"provider": "\xff"}', "byte 14", "not UTF-8", "my prices.json: byte 14: not UTF-8", id="not-utf-8"),
        pytest.param(
            "[]",
            "top level",
            "'provider' is missing or not a str",
            "my prices.json: top level: 'provider' is missing or not a str",
            id="a-list",
        ),
        pytest.param(
            "{}",
            "top level",
            "'provider' is missing or not a str",
            "my prices.json: top level: 'provider' is missing or not a str",
            id="nothing-in-it",
        ),
    ],
)
def test_what_is_no_price_file_is_refused_at_its_place(text: str | bytes, place: str, problem: str, shown: str) -> None:
    with pytest.raises(PriceFileError) as refused:
        PriceFile(text, "my prices.json")
    assert (refused.value.path, refused.value.place, refused.value.problem) == ("my prices.json", place, problem)
    assert str(refused.value) == shown


def test_a_wrong_entry_is_shown_with_its_line_and_column() -> None:
    text = json.dumps(document(prices=[ENTRY, entry(rates={"input": "3", "output": "free"})]), indent=2)
    (number,) = (number for number, line in enumerate(text.splitlines(), 1) if '"free"' in line)
    column = text.splitlines()[number - 1].index('"output"') + 1
    with pytest.raises(PriceFileError) as refused:
        check(PriceFile(text, "acme.json"))
    assert (refused.value.line, refused.value.column) == (number, column)
    assert str(refused.value) == f"acme.json:{number}:{column}: prices[1].rates.output: not a decimal number: 'free'"


def test_what_was_refused_can_be_sent_to_another_process() -> None:
    refused = pickle.loads(pickle.dumps(PriceFileError("a.json", "prices[0]", "wrong", 3, 7)))  # noqa: S301 - our own bytes
    assert str(refused) == "a.json:3:7: prices[0]: wrong"
    assert (refused.path, refused.place, refused.problem, refused.line, refused.column) == ("a.json", "prices[0]", "wrong", 3, 7)


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
FACTOR = "is a decimal in quotes of at most 6 places, such as '0.85': "
NO_NAME = "names its model by one of model, prefix, glob and regex, as text"


@pytest.mark.parametrize(
    ("second", "place", "problem"),
    [
        pytest.param("m", "prices[1]", "not an object", id="entry-no-object"),
        pytest.param(without(ENTRY, "model"), "prices[1]", NO_NAME, id="no-model"),
        pytest.param(entry(model=7), "prices[1]", NO_NAME, id="model-a-number"),
        pytest.param(entry(model=""), "prices[1]", NO_NAME, id="model-empty"),
        pytest.param(entry(prefix="m"), "prices[1]", NO_NAME, id="model-and-prefix"),
        pytest.param(without(ENTRY, "model") | {"glob": "m*", "regex": "m"}, "prices[1]", NO_NAME, id="glob-and-regex"),
        pytest.param(
            without(ENTRY, "model") | {"regex": "m("},
            "prices[1].regex",
            "no regular expression: missing ), unterminated subpattern at position 1: 'm('",
            id="no-regex",
        ),
        pytest.param(entry(until_="2026-01-01", notes=""), "prices[1].notes", "unknown: notes", id="unknown-keys"),
        pytest.param(without(ENTRY, "rates"), "prices[1]", "'rates' is missing or empty", id="no-rates"),
        pytest.param(entry(rates=["3"]), "prices[1]", "'rates' is missing or empty", id="rates-a-list"),
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
        pytest.param(entry(when={"regions": "eu", "day": 1}), "prices[1].when.day", "unknown: day", id="unknown-conditions"),
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
        pytest.param(entry(rates={}), "prices[1]", "'rates' is missing or empty", id="rates-empty"),
        pytest.param(
            entry(committed=True), "prices[1].committed", "is true, and then there are no rates", id="committed-with-rates"
        ),
        pytest.param(
            without(ENTRY, "rates") | {"committed": "yes"},
            "prices[1].committed",
            "is true, and then there are no rates",
            id="committed-a-word",
        ),
        pytest.param(
            without(ENTRY, "rates") | {"committed": False}, "prices[1]", "'rates' is missing or empty", id="committed-false"
        ),
        pytest.param(entry(instant="middle"), "prices[1].instant", "is start or end: 'middle'", id="instant"),
        pytest.param(entry(note=7), "prices[1].note", "is text: 7", id="note-a-number"),
        pytest.param(entry(currency="usd"), "prices[1].currency", "no currency code such as USD: 'usd'", id="currency"),
        pytest.param(
            entry(figures={"cache_read": "3"}),
            "prices[1].figures.cache_read",
            "is a figure of no rate of this entry",
            id="a-figure-without-rate",
        ),
        pytest.param(
            entry(figures={"input": "$0.004 / 1K tokens"}),
            "prices[1].figures.input",
            "the figure '$0.004 / 1K tokens' is not the rate '3'",
            id="a-figure-that-is-not-the-rate",
        ),
        pytest.param(entry(figures={"input": 3}), "prices[1].figures.input", "not a figure: 3", id="a-figure-that-is-a-number"),
        pytest.param(
            entry(at_least={"input": 10}), "prices[1].at_least", "is a number in quotes by component: {'input': 10}", id="at-least"
        ),
        pytest.param(
            entry(at_least={"inptu": "10"}),
            "prices[1].at_least",
            "is a number in quotes by component: {'inptu': '10'}",
            id="at-least-of-no-component",
        ),
        pytest.param(
            entry(contested=["inptu"]), "prices[1].contested", "is a list of components: ['inptu']", id="contested-no-component"
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
        check(file_of(prices=[entry(model="right"), second]))
    assert (refused.value.path, refused.value.place, refused.value.problem) == ("acme.json", place, problem)


NO_ALIAS = "'alias' is missing or neither text nor a list of texts"


@pytest.mark.parametrize(
    ("second", "place", "problem"),
    [
        pytest.param("m", "aliases[1]", NO_ALIAS, id="no-object"),
        pytest.param(without(ALIAS, "alias"), "aliases[1]", NO_ALIAS, id="no-alias"),
        pytest.param(ALIAS | {"alias": ["m-2", 7]}, "aliases[1]", NO_ALIAS, id="a-number-among-them"),
        pytest.param(ALIAS | {"alias": ["m-2", ""]}, "aliases[1]", NO_ALIAS, id="an-empty-one-among-them"),
        pytest.param(without(ALIAS, "of"), "aliases[1]", "an alias of a model without rates: None", id="no-of"),
        pytest.param(ALIAS | {"of": "n"}, "aliases[1]", "an alias of a model without rates: 'n'", id="of-nothing"),
        pytest.param(ALIAS | {"of": "m-1"}, "aliases[1]", "an alias of a model without rates: 'm-1'", id="of-an-alias"),
        pytest.param(
            without(ALIAS, "from") | {"until": "2025-03-01"}, "aliases[1].from", NOT_AN_INSTANT + "None", id="until-without-from"
        ),
        pytest.param(ALIAS | {"until": "soon"}, "aliases[1].until", NOT_AN_INSTANT + "'soon'", id="until-a-word"),
        pytest.param(ALIAS | {"until": "2025-02-01"}, "aliases[1]", "ends before it begins", id="ends-where-it-begins"),
        pytest.param(ALIAS | {"rates": {}}, "aliases[1]", "unknown: rates", id="unknown-key"),
    ],
)
def test_a_wrong_alias_is_refused_at_its_place(second: object, place: str, problem: str) -> None:
    with pytest.raises(PriceFileError) as refused:
        check(file_of(aliases=[ALIAS | {"alias": "m-1"}, second]))
    assert (refused.value.path, refused.value.place, refused.value.problem) == ("acme.json", place, problem)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        pytest.param("https://acme.example", "a source has url, read, package and page", id="a-string"),
        pytest.param(
            {"url": "https://acme.example", "read": "2025-03-01", "by": "me"},
            "a source has url, read, package and page",
            id="unknown-key",
        ),
        pytest.param({"read": "2025-03-01"}, "'url' is missing or not a str", id="no-url"),
        pytest.param({"url": "https://acme.example"}, "'read' is missing or not a str", id="no-day"),
        pytest.param(
            {"url": "https://acme.example", "read": "March"}, "no day on which it was read: 'March'", id="a-month-is-no-day"
        ),
    ],
)
def test_a_wrong_source_is_refused_at_its_place(given: object, problem: str) -> None:
    with pytest.raises(PriceFileError) as refused:
        check(file_of(sources={"page": given}))
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
        pytest.param({"prices": [entry(contested=[["input"]])]}, id="contested-of-lists"),
        pytest.param({"prices": [entry(contested=[7])]}, id="contested-of-numbers"),
        pytest.param({"prices": [entry(contested="input")]}, id="contested-a-word"),
        pytest.param({"prices": [entry(covers={"input_image": None})]}, id="covers-by-nothing"),
        pytest.param({"prices": [entry(at_least=7)]}, id="at-least-a-number"),
        pytest.param({"prices": [entry(at_least={"input": "7.5"})]}, id="at-least-half-a-token"),
        pytest.param({"prices": [entry(at_least={"input": "²"})]}, id="at-least-a-square"),
        pytest.param({"prices": [entry(figures=["3"])]}, id="figures-a-list"),
        pytest.param({"prices": [entry(instant=["start"])]}, id="instant-a-list"),
        pytest.param({"prices": [entry(committed=1)]}, id="committed-a-number"),
        pytest.param({"prices": [entry(currency=7)]}, id="currency-of-an-entry-a-number"),
        pytest.param({"currency": "euro"}, id="currency-a-word"),
        pytest.param({"checked": 7}, id="checked-a-number"),
        pytest.param({"checked": "March"}, id="checked-a-month"),
        pytest.param({"falls_back": "openai"}, id="falls-back-a-word"),
        pytest.param({"falls_back": [7]}, id="falls-back-of-numbers"),
        pytest.param({"factors": {}}, id="factors-an-object"),
        pytest.param({"factors": [7]}, id="factor-a-number"),
        pytest.param({"sources": {"page": {"url": "https://acme.example", "read": "2025-03-01", "page": 7}}}, id="page-a-number"),
        pytest.param(
            {"sources": {"page": {"url": "https://acme.example", "read": "2025-03-01", "package": 7}}}, id="package-a-number"
        ),
    ],
)
def test_what_is_wrong_is_refused_as_a_price_file_error(parts: Document) -> None:
    with pytest.raises(PriceFileError):
        check(file_of(**parts))


def test_a_component_that_stands_twice_in_one_entry_is_refused() -> None:
    twice = json.dumps(document()).replace('"input": "3"', '"input": "3", "input": "4"')
    with pytest.raises(PriceFileError):
        check(PriceFile(twice, "acme.json"))


@pytest.mark.parametrize(
    ("parts", "place", "problem"),
    [
        pytest.param({"factor": "1.0.0"}, "factors[0].factor", FACTOR + "'1.0.0'", id="no-decimal"),
        pytest.param({"factor": 0.5}, "factors[0].factor", FACTOR + "0.5", id="a-float"),
        pytest.param({"factor": "-0.5"}, "factors[0].factor", FACTOR + "'-0.5'", id="negative"),
        pytest.param({"factor": "1/3"}, "factors[0].factor", FACTOR + "'1/3'", id="a-third"),
        pytest.param({"factor": "1/2"}, "factors[0].factor", FACTOR + "'1/2'", id="a-half-as-a-fraction"),
        pytest.param({"factor": "0.0000001"}, "factors[0].factor", FACTOR + "'0.0000001'", id="seven-places"),
        pytest.param({"factor": "1/0"}, "factors[0].factor", FACTOR + "'1/0'", id="by-zero"),
        pytest.param({}, "factors[0].factor", FACTOR + "None", id="none"),
        pytest.param({"factor": "0.5", "name": ""}, "factors[0].name", "is text: ''", id="name-empty"),
        pytest.param({"factor": "0.5", "name": 7}, "factors[0].name", "is text: 7", id="name-a-number"),
        pytest.param({"factor": "0.5", "rates": {}}, "factors[0].rates", "unknown: rates", id="unknown-key"),
        pytest.param(
            {"factor": "0.5", "components": ["inptu"]},
            "factors[0].components",
            "is a list of components: ['inptu']",
            id="no-component",
        ),
        pytest.param({"factor": "0.5", "model": "m", "glob": "m*"}, "factors[0]", NO_NAME, id="two-names"),
    ],
)
def test_a_wrong_factor_is_refused_at_its_place(parts: Document, place: str, problem: str) -> None:
    with pytest.raises(PriceFileError) as refused:
        check(file_of(factors=[{"from": "2025-01-01", "source": "page"} | parts]))
    assert (refused.value.place, refused.value.problem) == (place, problem)


def test_a_mistake_of_another_model_is_found_when_that_model_is_asked_for() -> None:
    file = file_of(prices=[ENTRY, entry(model="wrong", rates={"input": 3})])
    assert model_of(file, "m") is not None
    with pytest.raises(PriceFileError, match="a rate is a decimal in quotes"):
        model_of(file, "wrong")
