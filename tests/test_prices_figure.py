"""Published figures: each way to print a price means one rate per count, exactly; what is no figure is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_llm_cost.prices.files.figure import figure_of, rate_units
from otel_llm_cost.usage import COMPONENTS

M = 10**6
UNITS = 10**30


@pytest.mark.parametrize(
    ("figure", "component", "per_count"),
    [
        # Tokens: a bare number is per million.
        pytest.param("2.50", "input", Fraction("2.50") / M, id="bare-is-per-million"),
        pytest.param("0", "input", Fraction(0), id="nothing"),
        pytest.param("Free", "input", Fraction(0), id="free"),
        pytest.param("free of charge", "web_searches", Fraction(0), id="free-of-charge"),
        pytest.param(".5", "input", Fraction("0.5") / M, id="without-a-leading-zero"),
        pytest.param("$2.50", "output", Fraction("2.50") / M, id="dollar-sign"),
        pytest.param("€2.50", "output", Fraction("2.50") / M, id="euro-sign"),
        pytest.param("USD 2.50", "output", Fraction("2.50") / M, id="code-before"),
        pytest.param("2.50 USD", "output", Fraction("2.50") / M, id="code-after"),
        pytest.param("  $2.50 ", "output", Fraction("2.50") / M, id="blanks-around"),
        pytest.param("$0.0025 / 1K tokens", "input", Fraction("0.0025") / 1000, id="per-1K-tokens"),
        pytest.param("$0.0025/1k input tokens", "input", Fraction("0.0025") / 1000, id="per-1k-input-tokens"),
        pytest.param("$0.0025 per 1,000 tokens", "cache_read", Fraction("0.0025") / 1000, id="per-1,000-tokens"),
        pytest.param("$3 / MTok", "input", Fraction(3, M), id="per-mtok"),
        pytest.param("$3/1M", "input", Fraction(3, M), id="per-1M"),
        pytest.param("$3/M", "input", Fraction(3, M), id="per-M"),
        pytest.param("3 per million output tokens", "output", Fraction(3, M), id="per-million-in-words"),
        pytest.param("3 per thousand tokens", "output", Fraction(3, 1000), id="per-thousand-in-words"),
        pytest.param("1,250 / 1B tokens", "output", Fraction(1250, 10**9), id="thousands-apart-and-per-1B"),
        pytest.param("0.000002 per token", "output", Fraction(2, M), id="per-token"),
        pytest.param("2e-06 per token", "output", Fraction(2, M), id="with-an-exponent"),
        pytest.param("0.02 / kTok", "reasoning", Fraction("0.02") / 1000, id="per-ktok"),
        pytest.param("2 / 500K tokens", "input", Fraction(2, 500_000), id="per-500K"),
        pytest.param("10 / 1,000", "input", Fraction(10, 1000), id="per-1,000-of-what-is-counted"),
        # Derived figures.
        pytest.param("50% of $3 / MTok", "input", Fraction("1.5") / M, id="half"),
        pytest.param("50 % of 3", "input", Fraction("1.5") / M, id="half-of-a-bare-number"),
        pytest.param("1.25x $3 / MTok", "cache_write_5m", Fraction("3.75") / M, id="times"),
        pytest.param("2x of $3 / MTok", "cache_write_1h", Fraction(6, M), id="times-of"),
        pytest.param("0.1 × $3 / MTok", "cache_read", Fraction("0.3") / M, id="times-sign"),  # noqa: RUF001 - as pages print it
        pytest.param("50% of 1.25x $3 / MTok", "cache_write_5m", Fraction("1.875") / M, id="half-of-a-multiple"),
        # Characters.
        pytest.param("15", "input_characters", Fraction(15, M), id="characters-per-million"),
        pytest.param("$30 / 1M characters", "input_characters", Fraction(30, M), id="per-million-characters"),
        pytest.param("$30/MChar", "output_characters", Fraction(30, M), id="per-mchar"),
        pytest.param("0.30 per 1K chars", "output_characters", Fraction("0.30") / 1000, id="per-1K-chars"),
        # Seconds, which are counted in microseconds.
        pytest.param("0.0001", "input_seconds", Fraction("0.0001") / M, id="bare-is-per-second"),
        pytest.param("$0.006 / minute", "input_seconds", Fraction("0.006") / 60 / M, id="per-minute"),
        pytest.param("0.006 per min", "output_seconds", Fraction("0.006") / 60 / M, id="per-min"),
        pytest.param("0.111 per hour", "input_seconds", Fraction("0.111") / 3600 / M, id="per-hour"),
        pytest.param("0.111 per audio hour", "input_seconds", Fraction("0.111") / 3600 / M, id="per-audio-hour"),
        pytest.param("9 / 100 hours", "input_seconds", Fraction(9, 360_000) / M, id="per-100-hours"),
        pytest.param("0.10 per s", "output_seconds", Fraction("0.10") / M, id="per-s"),
        pytest.param("0.10 / sec", "output_seconds", Fraction("0.10") / M, id="per-sec"),
        # By the piece.
        pytest.param("0.01", "web_searches", Fraction("0.01"), id="bare-is-per-search"),
        pytest.param("$10 / 1K searches", "web_searches", Fraction("0.01"), id="per-1K-searches"),
        pytest.param("10 per 1K", "web_searches", Fraction("0.01"), id="per-1K-of-what-is-counted"),
        pytest.param("$2.50 per 1,000 queries", "file_searches", Fraction("0.0025"), id="per-1,000-queries"),
        pytest.param("$10 / 1k calls", "web_searches", Fraction("0.01"), id="a-search-is-a-call"),
        pytest.param("$2 / 1K requests", "searches", Fraction("0.002"), id="a-search-is-a-request"),
        pytest.param("$2 / 1K requests", "tool_calls", Fraction("0.002"), id="a-call-is-a-request"),
        pytest.param("0.039 per image", "output_images", Fraction("0.039"), id="per-image"),
        pytest.param("$1 / 1000 pages", "input_pages", Fraction(1, 1000), id="per-1000-pages"),
        pytest.param("$3 / 1K pages", "annotated_pages", Fraction(3, 1000), id="per-1K-annotated-pages"),
        pytest.param("0.004 per message", "messages", Fraction("0.004"), id="per-message"),
        pytest.param("12 per 1K", "requests", Fraction("0.012"), id="per-1K-requests"),
    ],
)
def test_a_figure_is_one_rate_per_count(figure: str, component: str, per_count: Fraction) -> None:
    assert figure_of(figure, component) == per_count


@pytest.mark.parametrize(
    ("figure", "component"),
    [
        pytest.param("", "input", id="empty"),
        pytest.param("cheap", "input", id="a-word"),
        pytest.param("-3", "input", id="negative"),
        pytest.param("$", "input", id="a-sign-alone"),
        pytest.param("3..0", "input", id="two-points"),
        pytest.param("1,23", "input", id="a-decimal-comma"),
        pytest.param("3 /", "input", id="per-nothing"),
        pytest.param("3 per", "input", id="per-nothing-in-words"),
        pytest.param("3 per 0 tokens", "input", id="per-no-tokens"),
        pytest.param("1/2", "input", id="a-half-may-be-meant"),
        pytest.param("3 / 999", "input", id="a-number-alone-below-1000"),
        pytest.param("3 per hour", "input", id="tokens-by-the-hour"),
        pytest.param("3 per 1M tokens", "input_seconds", id="seconds-by-the-token"),
        pytest.param("3 per MTok", "input_characters", id="characters-by-the-token"),
        pytest.param("3 per MChar", "input", id="tokens-by-the-character"),
        pytest.param("3 per image", "input_image", id="image-tokens-by-the-image"),
        pytest.param("3 per page", "input_images", id="images-by-the-page"),
        pytest.param("3 per search", "tool_calls", id="calls-by-the-search"),
        pytest.param("3 per message", "requests", id="requests-by-the-message"),
        pytest.param("3 per week", "input_seconds", id="an-unknown-unit"),
        pytest.param("3 per second", "output_images", id="images-by-the-second"),
        pytest.param("50% of", "input", id="half-of-nothing"),
        pytest.param("50% of cheap", "input", id="half-of-a-word"),
        pytest.param("x $3", "input", id="times-without-a-number"),
        pytest.param("$3 $4", "input", id="two-figures"),
        pytest.param("3-4", "input", id="a-range"),
    ],
)
def test_what_is_no_figure_of_its_component_is_refused(figure: str, component: str) -> None:
    with pytest.raises(ValueError, match="figure"):
        figure_of(figure, component)


# Rates: units of 1e-30 per count --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rate", "component", "per_count"),
    [
        pytest.param("2.50", "input", Fraction("2.50") / M, id="tokens"),
        pytest.param("10 per 1K", "web_searches", Fraction("0.01"), id="searches"),
        pytest.param("0.36 per hour", "input_seconds", Fraction("0.36") / 3600 / M, id="an-hour-with-a-finite-decimal"),
        pytest.param("0.000001 / token", "output", Fraction(1, M), id="per-token"),
        pytest.param("0", "output", Fraction(0), id="free"),
        pytest.param("0 per 1K tokens", "output", Fraction(0), id="free-per-1K"),
    ],
)
def test_a_rate_is_exact(rate: str, component: str, per_count: Fraction) -> None:
    assert rate_units(rate, component) == per_count * UNITS


@pytest.mark.parametrize(
    ("rate", "seconds"),
    [
        pytest.param("0.111 per hour", 3600, id="an-hour"),
        pytest.param("0.01 per minute", 60, id="a-minute"),
        pytest.param("0.22 / min", 60, id="min"),
    ],
)
def test_a_rate_by_the_hour_is_rounded_to_the_nearest_unit(rate: str, seconds: int) -> None:
    exact = Fraction(rate.split(maxsplit=1)[0]) / seconds / M * UNITS
    assert exact.denominator != 1
    assert abs(rate_units(rate, "input_seconds") - exact) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("rate", "component", "problem"),
    [
        pytest.param("free", "input", "not a decimal number: 'free'", id="a-word"),
        pytest.param("-3", "input", "a negative amount", id="negative"),
        pytest.param("-3 per 1K", "web_searches", "not a figure", id="negative-with-its-unit"),
        pytest.param("NaN", "input", "not a finite number", id="nan"),
        pytest.param("1e-25", "input", "finer than 1e-30", id="too-fine"),
        pytest.param("1e-30 per 1K", "web_searches", "finer than 1e-30", id="too-fine-with-its-unit"),
        pytest.param("1 / 7K tokens", "input", "finer than 1e-30", id="tokens-by-sevenths-are-not-rounded"),
        pytest.param("1e-28 per hour", "input_seconds", "finer than 1e-30", id="no-rate-is-rounded-to-free"),
        pytest.param("1e31", "input", "beyond any bill", id="too-large"),
        pytest.param("1e40 per token", "input", "beyond any bill", id="too-large-with-its-unit"),
        pytest.param("$3", "input", "not a decimal number", id="a-sign-is-for-figures"),
        pytest.param("50% of 3", "input", "not a decimal number", id="a-derived-one-is-for-figures"),
        pytest.param("1/2", "input", "not a figure", id="a-fraction"),
        pytest.param("3 per hour", "input", "per 'hour' is not one for tokens", id="another-unit"),
    ],
)
def test_what_is_no_rate_is_refused(rate: str, component: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        rate_units(rate, component)


def test_a_rate_is_as_fine_as_a_unit() -> None:
    assert rate_units("1e-24", "input") == 1
    assert rate_units("1e-27 per 1K", "web_searches") == 1


@settings(deadline=None)
@given(
    st.sampled_from(sorted(COMPONENTS)),
    st.decimals(0, 10**4, places=6),
    st.sampled_from([("1", 1), ("1K", 1000), ("1,000", 1000), ("1M", M), ("million", M), ("500K", 500_000)]),
)
def test_a_figure_with_its_unit_is_the_amount_by_the_number(component: str, amount: object, many: tuple[str, int]) -> None:
    known = COMPONENTS[component]
    word, number = many
    assert figure_of(f"${amount} / {word} {known.unit}s", component) == Fraction(str(amount)) / number / known.scale


@settings(deadline=None)
@given(st.sampled_from(sorted(COMPONENTS)), st.decimals(0, 10**4, places=12))
def test_a_bare_rate_and_the_same_as_a_figure_agree(component: str, amount: object) -> None:
    text = format(amount, "f")
    assert rate_units(text, component) == figure_of(text, component) * UNITS
