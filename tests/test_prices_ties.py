"""Rows of which neither would win are refused at load, naming both; those that can never hold for one call are not."""

from __future__ import annotations

import json
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_llm_cost.prices.checks.check import check_provider
from otel_llm_cost.prices.checks.ties import may_meet, may_share_a_name
from otel_llm_cost.prices.clock import Clock, hours_of, weekdays_of
from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.match import Match
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.row import Conditions, Factor

Document = dict[str, Any]
SOURCES = {"page": {"url": "https://acme.example/prices", "read": "2026-03-01"}}


def entry(rates: dict[str, str] | None = None, start: str = "2026-01-01", **parts: Any) -> Document:  # noqa: ANN401 - JSON
    """`when` takes the conditions; without rates it is committed."""
    named: Document = {} if parts.keys() & {"prefix", "glob", "regex"} else {"model": "m"}
    return named | {"from": start, "source": "page"} | ({"rates": rates} if rates else {"committed": True}) | parts


def file_of(*prices: Document, path: str = "acme.json", **parts: Any) -> PriceFile:  # noqa: ANN401 - JSON
    document = {"provider": "acme", "names": [], "currency": "USD", "sources": SOURCES, "prices": prices}
    return PriceFile(json.dumps(document | parts), path)


def refusal(*files: PriceFile) -> PriceFileError | None:
    """Why a provider's files are refused; None where they are right."""
    try:
        check_provider(Provider(files))
    except PriceFileError as error:
        return error
    return None


def is_refused(one: Document, other: Document, component: str = "input") -> bool:
    """Whether two entries are refused, in either order and in one file or two, each time for this component and by both names."""
    refusals = []
    for first, second in ((one, other), (other, one)):
        whole, apart = refusal(file_of(first, second)), refusal(file_of(first), file_of(second, path="other.json"))
        for error, place in ((whole, "prices[1]"), (apart, "prices[0]")):
            refusals.append(error is not None)
            if error is not None:
                assert error.problem.startswith(f"two rows for {component} would win equally: ")
                assert error.place == place
                assert "of acme.json: prices[0] and " in error.problem
                assert error.line == 1
        if apart is not None:
            assert apart.path == "other.json"
    assert len(set(refusals)) == 1, "the order, or where they stand, must not matter"
    return refusals[0]


IN: Document = {"input": "3"}
DEAR: Document = {"input": "4"}


@pytest.mark.parametrize(
    ("one", "other", "component"),
    [
        pytest.param(entry(IN), entry(IN), "input", id="the-same-twice"),
        pytest.param(entry(IN), entry(DEAR), "input", id="two-rates"),
        pytest.param(entry(IN), entry(DEAR, "2026-01-01T00:00:00Z"), "input", id="one-start-written-twice"),
        pytest.param(entry(IN, until="2026-02-01"), entry(DEAR), "input", id="while-both-hold"),
        pytest.param(entry(IN), entry(DEAR, when={"tier": "any"}), "input", id="standard-and-any-tier"),
        pytest.param(entry(IN, when={"region": "eu"}), entry(DEAR, when={"region": ["us", "eu"]}), "input", id="a-region-of-both"),
        pytest.param(entry(IN, when={"region": "eu-*"}), entry(DEAR, when={"region": "eu-w*"}), "input", id="prefixes-that-meet"),
        pytest.param(
            entry(IN, when={"region": ["eu-1", "us-*"]}), entry(DEAR, when={"region": ["us-*", "ap"]}), "input", id="one-prefix"
        ),
        pytest.param(
            entry(IN, when={"hours": "01:00-03:00"}), entry(DEAR, when={"hours": "02:59-04:00"}), "input", id="hours-of-both"
        ),
        pytest.param(
            entry(IN, when={"region": "eu-*"}), entry(DEAR, when={"hours": "01:00-04:00"}), "input", id="regions-and-hours"
        ),
        pytest.param(entry(IN, when={"tier": "batch"}), entry(DEAR, when={"tier": "BATCH"}), "input", id="a-tier-has-no-case"),
        pytest.param(entry(IN, glob="m-*"), entry(DEAR, glob="*-1"), "input", id="globs-that-meet"),
        pytest.param(entry(IN, prefix="m-"), entry(DEAR, prefix="M-"), "input", id="one-prefix-twice"),
        pytest.param(entry(IN, regex="^m$"), entry(DEAR, regex="^m$"), "input", id="one-regex-twice"),
        pytest.param(entry(IN), entry(None), "input", id="a-rate-and-committed-capacity"),
        pytest.param(entry(None), entry(None), "committed", id="committed-twice"),
        pytest.param(
            entry({"input": "3"}, covers={"input_image": "input"}),
            entry({"input_audio": "3"}, covers={"input_image": "input_audio"}),
            "input_image",
            id="what-two-cover",
        ),
    ],
)
def test_two_rows_that_would_win_equally_are_refused(one: Document, other: Document, component: str) -> None:
    assert is_refused(one, other, component)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(entry(IN), entry(DEAR, "2026-01-02"), id="a-newer"),
        pytest.param(entry(IN, "2025-01-01", until="2026-01-01"), entry(DEAR), id="one-after-the-other"),
        pytest.param(entry(IN), entry(DEAR, when={"region": "eu"}), id="more-conditions"),
        pytest.param(entry(IN, when={"tier": "batch"}), entry(DEAR, when={"tier": "flex"}), id="two-tiers"),
        pytest.param(entry(IN, when={"tier": "batch"}), entry(DEAR, when={"tier": "any"}), id="a-tier-and-any"),
        pytest.param(entry(IN, when={"prompt_above": 7}), entry(DEAR, when={"prompt_above": 8}), id="two-thresholds"),
        pytest.param(entry(IN, when={"region": "eu"}), entry(DEAR, when={"region": "us"}), id="two-regions"),
        pytest.param(entry(IN, when={"region": "eu-1"}), entry(DEAR, when={"region": "eu-*"}), id="a-region-in-full"),
        pytest.param(entry(IN, when={"region": "eu-*"}), entry(DEAR, when={"region": "us-*"}), id="prefixes-apart"),
        pytest.param(entry(IN, when={"hours": "01:00-03:00"}), entry(DEAR, when={"hours": "03:00-04:00"}), id="hours-apart"),
        pytest.param(entry(IN, when={"region": "eu"}), entry(DEAR, when={"hours": "01:00-04:00"}), id="a-region-in-full-and-hours"),
        pytest.param(entry({"input": "3"}), entry({"output": "4"}), id="two-components"),
        pytest.param(entry(IN, model="m-1"), entry(DEAR, model="m-2"), id="two-models"),
        pytest.param(entry(IN, prefix="m-"), entry(DEAR, prefix="n-"), id="two-prefixes"),
        pytest.param(entry(IN, prefix="m-"), entry(DEAR, prefix="m-1"), id="a-longer-prefix"),
        pytest.param(entry(IN, prefix="m-"), entry(DEAR, glob="m*"), id="a-prefix-and-a-glob"),
        pytest.param(entry(IN, glob="a-*"), entry(DEAR, glob="b-*"), id="globs-apart"),
        pytest.param(entry(IN, glob="m-*"), entry(DEAR, glob="m-**"), id="a-longer-glob"),
        pytest.param(entry(IN), entry(None, when={"tier": "provisioned"}), id="a-rate-and-committed-capacity-of-a-tier"),
        pytest.param(entry(IN), entry(None, glob="*"), id="a-rate-and-committed-capacity-by-a-pattern"),
    ],
)
def test_two_rows_of_which_one_wins_or_that_never_meet_are_right(one: Document, other: Document) -> None:
    assert not is_refused(one, other)


def test_regular_expressions_that_share_a_name_of_the_table_are_refused() -> None:
    one, other = entry(IN, regex="^m-[0-9]$"), entry(DEAR, regex="^m-[1-8]$")
    assert refusal(file_of(one, other)) is None
    known = entry({"output": "1"}, model="m-9")
    assert refusal(file_of(known, one, other)) is None
    error = refusal(file_of(entry({"output": "1"}, model="m-8"), one, other))
    assert error is not None
    assert error.place == "prices[2]"


# Aliases --------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        pytest.param({"until": "2026-03-01"}, {"from": "2026-03-01"}, False, id="one-after-the-other"),
        pytest.param({"until": "2026-03-01"}, {"from": "2026-02-28"}, True, id="a-day-together"),
        pytest.param({}, {"from": "2026-02-28"}, True, id="one-without-end"),
        pytest.param({}, {}, True, id="neither-dated"),
    ],
)
def test_an_alias_means_one_model_at_a_time(first: Document, second: Document, *, refused: bool) -> None:
    aliases = [
        {"alias": "latest", "of": "m-1"} | ({"from": "2026-01-01"} | first if first else {}),
        {"alias": "latest", "of": "m-2"} | second,
    ]
    prices = entry(IN, model="m-1"), entry(DEAR, model="m-2")
    for held in (aliases, aliases[::-1]):
        error = refusal(file_of(*prices, aliases=held))
        assert (error is not None) is refused
        if error is not None:
            assert "alias 'latest': it means two models at once" in error.problem


# Factors --------------------------------------------------------------------------------------------------------------------------
def factor(value: str = "0.9", **parts: Any) -> Document:  # noqa: ANN401 - JSON
    return {"factor": value, "from": "2026-01-01", "source": "page"} | parts


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        pytest.param(factor(), factor("0.8"), True, id="two-of-one-kind"),
        pytest.param(factor(), factor("0.8", name="discount"), True, id="a-name-is-the-kind"),
        pytest.param(factor(), factor("0.8", name="contract"), False, id="two-kinds"),
        pytest.param(factor(), factor("0.8", **{"from": "2026-01-02"}), False, id="a-newer"),
        pytest.param(factor(components=["input"]), factor("0.8", components=["output"]), False, id="two-components"),
        pytest.param(factor(components=["input", "output"]), factor("0.8", components=["output"]), True, id="a-component-of-both"),
        pytest.param(factor(), factor("0.8", components=["output"]), True, id="a-component-of-all"),
        pytest.param(factor(model="m"), factor("0.8", model="m-2"), False, id="two-models"),
        pytest.param(factor(model="m"), factor("0.8", model="M"), True, id="one-model"),
        pytest.param(factor(), factor("0.8", model="m"), False, id="a-closer-one"),
        pytest.param(factor(when={"tier": "batch"}), factor("0.8", when={"tier": "flex"}), False, id="two-tiers"),
        pytest.param(factor(when={"region": "eu"}), factor("0.8", when={"region": ["eu", "us"]}), True, id="a-region-of-both"),
    ],
)
def test_of_two_factors_of_one_kind_one_wins(one: Document, other: Document, *, refused: bool) -> None:
    for held in ([one, other], [other, one]):
        error = refusal(file_of(entry(IN), factors=held))
        assert (error is not None) is refused
        if error is not None:
            assert "factors would win equally: " in error.problem
            assert error.place == "factors[1]"
            assert "of acme.json: factors[0] and " in error.problem


# Names that two patterns share ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        pytest.param("m-*", "*-1", True, id="stars-at-both-ends"),
        pytest.param("a*b", "*ab", True, id="ab"),
        pytest.param("a*", "b*", False, id="two-beginnings"),
        pytest.param("*a", "*b", False, id="two-ends"),
        pytest.param("a*c", "ab*", True, id="abc"),
        pytest.param("m-?", "m-1", True, id="any-character"),
        pytest.param("m-?", "m-*", True, id="any-characters"),
        pytest.param("m-??", "m-1?", True, id="two-any-characters"),
        pytest.param("m?", "n?", False, id="any-character-after-another"),
        pytest.param("*", "", True, id="the-empty-name"),
        pytest.param("?", "", False, id="a-character-is-not-empty"),
        pytest.param("m-[12]", "m-1*", True, id="a-set"),
        pytest.param("m-[!a]", "m-1*", True, id="no-set"),
        pytest.param("[]]", "?", True, id="a-set-of-a-bracket"),
        pytest.param("m-[", "m-[", True, id="no-set-at-all"),
        pytest.param("a*b*c", "*x*", True, id="x-between"),
    ],
)
def test_globs_meet(one: str, other: str, *, meet: bool) -> None:
    for first, second in ((one, other), (other, one)):
        assert may_share_a_name(Match.of("glob", first), Match.of("glob", second), ()) is meet


NAMES = ["".join(letters) for length in range(9) for letters in product("ab", repeat=length)]


@settings(max_examples=300, deadline=None)
@given(st.text("ab?*", max_size=4), st.text("ab?*", max_size=4))
def test_globs_meet_where_some_name_is_meant_by_both(one: str, other: str) -> None:
    shared = any(fnmatchcase(name, one) and fnmatchcase(name, other) for name in NAMES)
    # Two globs of four letters that share any name share one of eight or less.
    assert may_share_a_name(Match.of("glob", one), Match.of("glob", other), ()) is (shared or one == other)


@settings(max_examples=200, deadline=None)
@given(st.text("ab?*[]!", max_size=5), st.text("ab?*[]!", max_size=5))
def test_no_globs_that_share_a_name_are_missed(one: str, other: str) -> None:
    if any(fnmatchcase(name, one) and fnmatchcase(name, other) for name in NAMES):
        assert may_share_a_name(Match.of("glob", one), Match.of("glob", other), ())


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        pytest.param(("prefix", "m-1"), ("prefix", "m-2"), False, id="prefixes-of-one-length"),
        pytest.param(("prefix", "m-1"), ("prefix", "M-1"), True, id="one-prefix"),
        pytest.param(("regex", "^m"), ("regex", "^m"), True, id="one-regex"),
        pytest.param(("regex", "^m"), ("regex", "-1"), True, id="regexes-that-mean-a-known-name"),
        pytest.param(("regex", "^m"), ("regex", "-2"), False, id="regexes-that-mean-none"),
        pytest.param(("glob", "m*"), ("regex", "-1"), True, id="a-glob-and-a-regex"),
        pytest.param(("glob", "n*"), ("regex", "-1"), False, id="a-glob-and-a-regex-that-mean-none"),
    ],
)
def test_patterns_of_other_kinds_meet_where_they_mean_a_known_name(
    one: tuple[str, str], other: tuple[str, str], *, meet: bool
) -> None:
    assert may_share_a_name(Match.of(*one), Match.of(*other), ["m-1", "n-2"]) is meet
    assert may_share_a_name(Match.of(*other), Match.of(*one), ["m-1", "n-2"]) is meet


# Clocks that hold together --------------------------------------------------------------------------------------------------------
def timed(hours: str = "", weekdays: str = "", zone: str = "UTC") -> Factor:
    clock = Clock(hours_of(hours) if hours else (), weekdays_of(weekdays) if weekdays else frozenset(), zone)
    (found,) = file_of(entry(IN), factors=[factor()]).all_factors()
    return replace(found, when=Conditions(clock=clock))


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        pytest.param(timed("01:00-02:00"), timed("01:59-03:00"), True, id="a-minute-together"),
        pytest.param(timed("01:00-02:00"), timed("02:00-03:00"), False, id="one-after-the-other"),
        pytest.param(timed("22:00-06:00"), timed("05:59-07:00"), True, id="past-midnight"),
        pytest.param(timed("22:00-06:00"), timed("06:00-22:00"), False, id="night-and-day"),
        pytest.param(timed(weekdays="mon-fri"), timed(weekdays="sat,sun"), False, id="week-and-weekend"),
        pytest.param(timed(weekdays="mon-fri"), timed(weekdays="fri-sun"), True, id="friday"),
        pytest.param(timed(weekdays="sun"), timed("01:00-02:00"), True, id="a-day-and-hours"),
        pytest.param(timed(weekdays="sun"), timed(weekdays="mon", zone="Asia/Tokyo"), True, id="monday-in-tokyo-is-sunday-in-utc"),
        pytest.param(timed(weekdays="sat"), timed(weekdays="mon", zone="Asia/Tokyo"), False, id="never-saturday"),
        pytest.param(timed("00:00-01:00"), timed("09:00-10:00", zone="Asia/Tokyo"), True, id="one-hour-of-two-zones"),
        pytest.param(timed("00:00-01:00"), timed("08:00-09:00", zone="Asia/Tokyo"), False, id="two-hours-of-two-zones"),
        pytest.param(timed("08:00-09:00"), timed("10:00-11:00", zone="Europe/Berlin"), True, id="in-summer-only"),
        pytest.param(timed("08:00-09:00"), timed("09:00-10:00", zone="Europe/Berlin"), True, id="in-winter-only"),
        pytest.param(timed("08:00-09:00"), timed("11:00-12:00", zone="Europe/Berlin"), False, id="in-neither"),
        pytest.param(
            timed("09:00-10:00", zone="America/New_York"),
            timed("14:00-15:00", zone="Europe/Berlin"),
            True,
            id="in-the-weeks-between-two-summer-times",
        ),
    ],
)
def test_clocks_meet(one: Factor, other: Factor, *, meet: bool) -> None:
    assert may_meet(one, other) is meet
    assert may_meet(other, one) is meet
