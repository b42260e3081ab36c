"""What an entry says must hold: each condition as it is read, and each mistake at its place."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from otel_llm_cost.prices.clock import Clock
from otel_llm_cost.prices.files.conditions import conditions_of
from otel_llm_cost.prices.place import Place
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.row import Conditions

When = dict[str, Any]
PLACE: Place = ("prices", 3, "when")


def read(when: object, *, is_own: bool = False) -> tuple[Conditions | None, list[tuple[Place, str]]]:
    reported: list[tuple[Place, str]] = []
    return conditions_of(when, PLACE, lambda place, problem: reported.append((place, problem)), is_own=is_own), reported


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        pytest.param({}, Conditions(), id="none"),
        pytest.param({"tier": "Batch"}, Conditions("batch"), id="a-tier-has-no-case"),
        pytest.param({"tier": "any"}, Conditions("any"), id="any-tier"),
        pytest.param({"prompt_above": 0}, Conditions(prompt_above=0), id="above-0"),
        pytest.param({"prompt_above": 200_000}, Conditions(prompt_above=200_000), id="above"),
        pytest.param({"region": "EU"}, Conditions(regions=("eu",)), id="a-region-has-no-case"),
        pytest.param({"region": ["us", "eu-*"]}, Conditions(regions=("us", "eu-*")), id="regions"),
        pytest.param({"region": []}, Conditions(), id="no-regions"),
        pytest.param({"hours": "01:00-04:00"}, Conditions(clock=Clock(((60, 240),))), id="hours-in-utc"),
        pytest.param(
            {"hours": "22:00-06:00", "zone": "Asia/Shanghai"},
            Conditions(clock=Clock(((1320, 360),), zone="Asia/Shanghai")),
            id="zone",
        ),
        pytest.param(
            {"weekdays": "sat,sun", "holidays": "ignored"},
            Conditions(clock=Clock(weekdays=frozenset({5, 6}))),
            id="holidays-ignored",
        ),
        pytest.param(
            {"weekdays": "mon-fri", "holidays": ["2026-10-01"]},
            Conditions(clock=Clock(weekdays=frozenset(range(5)), holidays=frozenset({date(2026, 10, 1)}))),
            id="holidays",
        ),
        pytest.param(
            {"hours": "01:00-04:00", "holidays": ["2026-10-01"]},
            Conditions(clock=Clock(((60, 240),), holidays=frozenset({date(2026, 10, 1)}))),
            id="holidays-of-hours",
        ),
    ],
)
def test_conditions_are_read(when: When, expected: Conditions) -> None:
    assert read(when) == (expected, [])
    assert read(when, is_own=True) == (expected, [])


WORDS = "tier is a name, prompt_above a number of tokens"
CLOCK = "hours, weekdays and zone are text, and one of hours and weekdays is given"
HOLIDAYS = "holidays is a list of days, or 'ignored'"
REGION = "is the name of a region, or a list of names"


@pytest.mark.parametrize(
    ("when", "step", "problem"),
    [
        pytest.param([], None, "unknown: not an object", id="a-list"),
        pytest.param("batch", None, "unknown: not an object", id="a-word"),
        pytest.param(None, None, "unknown: not an object", id="null"),
        pytest.param({"teir": "batch"}, "teir", "unknown: teir", id="unknown"),
        pytest.param({"tier": ""}, None, WORDS, id="tier-empty"),
        pytest.param({"tier": ["batch"]}, None, WORDS, id="tier-a-list"),
        pytest.param({"prompt_above": True}, None, WORDS, id="threshold-a-bool"),
        pytest.param({"prompt_above": -1}, None, WORDS, id="threshold-negative"),
        pytest.param({"prompt_above": 2e5}, None, WORDS, id="threshold-a-float"),
        pytest.param({"prompt_above": "200000"}, None, WORDS, id="threshold-a-text"),
        pytest.param({"region": 7}, "region", REGION, id="region-a-number"),
        pytest.param({"region": ""}, "region", REGION, id="region-empty"),
        pytest.param({"region": ["eu", ""]}, "region", REGION, id="an-empty-region-among-them"),
        pytest.param({"region": ["eu", None]}, "region", REGION, id="no-region-among-them"),
        pytest.param({"region": {"eu": 1}}, "region", REGION, id="region-an-object"),
        pytest.param({"zone": "UTC"}, None, CLOCK, id="a-zone-alone"),
        pytest.param({"holidays": "ignored"}, None, CLOCK, id="holidays-alone"),
        pytest.param({"hours": 9}, None, CLOCK, id="hours-a-number"),
        pytest.param({"hours": ["09:00-10:00"]}, None, CLOCK, id="hours-a-list"),
        pytest.param({"hours": "09:00-10:00", "zone": 1}, None, CLOCK, id="zone-a-number"),
        pytest.param({"hours": "9-10"}, None, "no hours such as 09:00-17:30: '9-10'", id="no-hours"),
        pytest.param(
            {"weekdays": "weekend", "holidays": "ignored"}, None, "no weekdays such as mon-fri: 'weekend'", id="no-weekdays"
        ),
        pytest.param({"hours": "09:00-10:00", "zone": "CET/1"}, None, "no such time zone: 'CET/1'", id="no-zone"),
        pytest.param({"weekdays": "sat", "holidays": "none"}, None, HOLIDAYS, id="holidays-a-word"),
        pytest.param({"weekdays": "sat", "holidays": [20261001]}, None, HOLIDAYS, id="holidays-numbers"),
        pytest.param({"weekdays": "sat", "holidays": ["soon"]}, None, "Invalid isoformat string: 'soon'", id="a-holiday-of-no-day"),
    ],
)
def test_a_wrong_condition_is_reported_at_its_place(when: object, step: str | None, problem: str) -> None:
    place = PLACE if step is None else (*PLACE, step)
    for is_own in (False, True):
        assert read(when, is_own=is_own) == (None, [(place, problem)])


def test_every_unknown_condition_is_reported() -> None:
    assert read({"b": 1, "tier": "batch", "a": 2})[1] == [((*PLACE, "a"), "unknown: a"), ((*PLACE, "b"), "unknown: b")]


def test_weekdays_of_a_shipped_row_need_holidays_and_a_users_own_do_not() -> None:
    conditions, reported = read({"weekdays": "mon-fri"})
    assert conditions is None
    assert [(place, problem.partition(":")[0]) for place, problem in reported] == [(PLACE, "weekdays need holidays")]
    assert read({"weekdays": "mon-fri"}, is_own=True) == (Conditions(clock=Clock(weekdays=frozenset(range(5)))), [])


@pytest.mark.parametrize("when", [{"weekdays": "mon-fri"}, {"hours": "9-10"}], ids=["no-holidays", "no-hours"])
def test_a_report_that_raises_raises_once(when: When) -> None:
    """What is raised is a ValueError too, as is what a mistake raises within."""

    def refuse(place: Place, problem: str) -> None:
        raise PriceFileError("a.json", str(place), problem)

    with pytest.raises(PriceFileError) as refused:
        conditions_of(when, PLACE, refuse, is_own=False)
    assert "a.json" not in refused.value.problem


# What a call meets ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("regions", "region", "met"),
    [
        pytest.param((), None, True, id="any-region-for-nobody-says"),
        pytest.param((), "eu", True, id="any-region"),
        pytest.param(("eu",), "eu", True, id="the-region"),
        pytest.param(("eu",), None, False, id="nobody-says"),
        pytest.param(("eu",), "eu-west-1", False, id="a-name-is-no-prefix"),
        pytest.param(("eu-*",), "eu-west-1", True, id="a-prefix"),
        pytest.param(("eu-*",), "eu", False, id="shorter-than-the-prefix"),
        pytest.param(("*",), "us", True, id="every-region"),
        pytest.param(("*",), None, False, id="every-region-that-is-named"),
        pytest.param(("us", "eu-*"), "eu-north-1", True, id="one-of-them"),
        pytest.param(("us", "eu-*"), "ap-east-1", False, id="none-of-them"),
    ],
)
def test_a_region_is_met(regions: tuple[str, ...], region: str | None, *, met: bool) -> None:
    assert Conditions(regions=regions).in_region(region) is met


@pytest.mark.parametrize(
    ("conditions", "stated"),
    [
        pytest.param(Conditions(), (), id="none"),
        pytest.param(Conditions("any"), (), id="any-tier"),
        pytest.param(Conditions("batch"), ("tier",), id="tier"),
        pytest.param(Conditions(prompt_above=0), ("prompt_above",), id="above-0"),
        pytest.param(Conditions(regions=("*",)), ("region",), id="region"),
        pytest.param(Conditions(clock=Clock(((0, 60),))), ("hours",), id="hours"),
        pytest.param(Conditions(clock=Clock(weekdays=frozenset({0}))), ("weekdays",), id="weekdays"),
        pytest.param(
            Conditions("batch", 7, ("eu",), Clock(((0, 60),), frozenset({0}))),
            ("tier", "prompt_above", "region", "hours", "weekdays"),
            id="all",
        ),
    ],
)
def test_what_is_stated(conditions: Conditions, stated: tuple[str, ...]) -> None:
    assert conditions.stated == stated
