"""Overlapping counts to disjoint ones. In the tables each count is another prime, and what is expected is subtracted by hand."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from otel_llm_cost.conventions.counts import OLDER, RENAMED, Counts, Disjoint, Plan, disjoint
from otel_llm_cost.conventions.providers import COUNTS_CACHE_INSIDE
from otel_llm_cost.conventions.scope_table import TOTAL, InputCount, ReasoningCount
from otel_llm_cost.conventions.scopes import Reading, reading
from otel_llm_cost.usage import COMPONENTS, MAX_COUNT

INCLUSIVE, EXCLUSIVE, UNKNOWN = InputCount.INCLUSIVE, InputCount.EXCLUSIVE, InputCount.UNKNOWN
CONTRADICTORY: tuple[dict[str, int], str, tuple[str, ...]] = ({}, "contradictory_usage", ())


def read(found: Counts, counting: InputCount, provider: str = "openai") -> tuple[dict[str, int], str | None, tuple[str, ...]]:
    """What `disjoint` makes of counts: counts by component, doubt, assumptions."""
    components, counts, doubt, assumed = disjoint(dict(found), Reading(counting, ReasoningCount.INSIDE), provider)
    return dict(zip(components, counts, strict=True)), doubt, assumed


@pytest.mark.parametrize("counting", [INCLUSIVE, EXCLUSIVE, UNKNOWN])
@pytest.mark.parametrize(
    ("found", "held"),
    [
        pytest.param({"input": 997, "output": 499}, {"input": 997, "output": 499}, id="plain"),
        pytest.param({"input": 997}, {"input": 997}, id="embeddings"),
        pytest.param({"input": 997, "output": 0}, {"input": 997}, id="no-answer"),
        pytest.param({"input": 0, "output": 0}, {}, id="zeros"),
        pytest.param({}, {}, id="nothing"),
        pytest.param(
            {"input": 997, "output": 499, "reasoning": 211}, {"input": 997, "output": 288, "reasoning": 211}, id="reasoning"
        ),
        pytest.param({"input": 997, "output": 499, "reasoning": 499}, {"input": 997, "reasoning": 499}, id="nothing-but-reasoning"),
        pytest.param({"input": 997, "output": 499, "reasoning": 0}, {"input": 997, "output": 499}, id="no-reasoning"),
        pytest.param(
            {"input": 997, "output": 499, "input_audio": 101, "output_audio": 103},
            {"input": 896, "input_audio": 101, "output": 396, "output_audio": 103},
            id="audio",
        ),
        pytest.param(
            {"input": 997, "output": 499, "input_image": 107, "output_image": 109},
            {"input": 890, "input_image": 107, "output": 390, "output_image": 109},
            id="image",
        ),
        pytest.param(
            {"input": 997, "output": 499, "input_video": 113}, {"input": 884, "input_video": 113, "output": 499}, id="video"
        ),
        pytest.param(
            {
                "input": 997,
                "input_audio": 101,
                "input_image": 107,
                "input_video": 113,
                "output": 499,
                "reasoning": 211,
                "output_audio": 103,
                "output_image": 109,
            },
            {
                "input": 676,  # 997 - 101 - 107 - 113
                "input_audio": 101,
                "input_image": 107,
                "input_video": 113,
                "output": 76,  # 499 - 211 - 103 - 109
                "reasoning": 211,
                "output_audio": 103,
                "output_image": 109,
            },
            id="every-modality",
        ),
    ],
)
def test_what_is_not_cached_is_read_alike_everywhere(found: Counts, held: dict[str, int], counting: InputCount) -> None:
    assert read(found, counting) == (held, None, ())


@pytest.mark.parametrize(
    ("found", "held", "assumed"),
    [
        pytest.param(
            {"input": 997, "cache_read": 401, "output": 499}, {"input": 596, "cache_read": 401, "output": 499}, (), id="read"
        ),
        pytest.param(
            {"input": 997, "cache_write": 307, "output": 499}, {"input": 690, "cache_write": 307, "output": 499}, (), id="write"
        ),
        pytest.param(
            {"input": 997, "cache_read": 401, "cache_write": 307, "output": 499},
            {"input": 289, "cache_read": 401, "cache_write": 307, "output": 499},
            (),
            id="read-and-write",
        ),
        pytest.param(
            {"input": 401, "cache_read": 401, "output": 499}, {"cache_read": 401, "output": 499}, (), id="all-of-it-cached"
        ),
        pytest.param({"input": 997, "cache_read": 0, "output": 499}, {"input": 997, "output": 499}, (), id="nothing-cached"),
        pytest.param(
            {"input": 997, "cache_write": 307, "cache_write_5m": 131, "cache_write_1h": 137, "output": 499},
            {"input": 690, "cache_write": 39, "cache_write_5m": 131, "cache_write_1h": 137, "output": 499},
            (),
            id="ttl-parts-and-what-they-leave",
        ),
        pytest.param(
            {"input": 997, "cache_write": 268, "cache_write_5m": 131, "cache_write_1h": 137, "output": 499},
            {"input": 729, "cache_write_5m": 131, "cache_write_1h": 137, "output": 499},
            (),
            id="ttl-parts-that-leave-nothing",
        ),
        pytest.param(
            {"input": 997, "cache_write_5m": 131, "cache_write_1h": 137, "output": 499},
            {"input": 729, "cache_write_5m": 131, "cache_write_1h": 137, "output": 499},
            (),
            id="ttl-parts-alone",
        ),
        pytest.param(
            {"input": 997, "cache_write_1h": 137, "output": 499},
            {"input": 860, "cache_write_1h": 137, "output": 499},
            (),
            id="one-ttl-part-alone",
        ),
        pytest.param(
            {"input": 997, "cache_read": 401, "input_audio": 101, "output": 499},
            {"input": 495, "cache_read": 401, "input_audio": 101, "output": 499},
            ("cache_read=text",),
            id="cached-and-audio-that-nobody-relates",
        ),
        pytest.param(
            {"input": 997, "cache_read": 401, "input_audio": 101, "cache_read_audio": 61, "output": 499},
            # Text that is not cached: 997 - 401 - (101 - 61).
            {"input": 556, "cache_read": 340, "input_audio": 40, "cache_read_audio": 61, "output": 499},
            (),
            id="cached-audio",
        ),
        pytest.param(
            {"input": 997, "cache_read": 401, "input_audio": 101, "cache_read_audio": 0, "output": 499},
            {"input": 495, "cache_read": 401, "input_audio": 101, "output": 499},
            (),
            id="no-cached-audio",
        ),
    ],
)
def test_an_inclusive_input_holds_what_is_cached(found: Counts, held: dict[str, int], assumed: tuple[str, ...]) -> None:
    assert read(found, INCLUSIVE, "anthropic") == (held, None, assumed)
    # The order in which a span states its counts says nothing.
    assert read(dict(reversed(found.items())), INCLUSIVE, "anthropic") == (held, None, assumed)


@pytest.mark.parametrize(
    ("found", "held"),
    [
        pytest.param({"input": 997, "cache_read": 401, "output": 499}, {"input": 997, "cache_read": 401, "output": 499}, id="read"),
        pytest.param(
            {"input": 7, "cache_read": 401, "output": 499}, {"input": 7, "cache_read": 401, "output": 499}, id="more-read"
        ),
        pytest.param({"input": 0, "cache_read": 401, "output": 499}, {"cache_read": 401, "output": 499}, id="nothing-else"),
        pytest.param(
            {"input": 997, "cache_read": 401, "cache_write": 307, "output": 499, "reasoning": 211},
            {"input": 997, "cache_read": 401, "cache_write": 307, "output": 288, "reasoning": 211},
            id="read-and-write-and-reasoning",
        ),
        pytest.param(
            {"input": 7, "cache_write": 307, "cache_write_5m": 131, "cache_write_1h": 137, "output": 499},
            {"input": 7, "cache_write": 39, "cache_write_5m": 131, "cache_write_1h": 137, "output": 499},
            id="ttl-parts-are-inside-the-writes-all-the-same",
        ),
        pytest.param(
            {f"input{OLDER}": 997, f"cache_read{OLDER}": 401, f"output{OLDER}": 499},
            {"input": 997, "cache_read": 401, "output": 499},
            id="older-names",
        ),
    ],
)
def test_an_exclusive_input_stands_beside_what_is_cached(found: Counts, held: dict[str, int]) -> None:
    assert read(found, EXCLUSIVE, "anthropic") == (held, None, ())


@pytest.mark.parametrize("counting", [INCLUSIVE, EXCLUSIVE, UNKNOWN])
@pytest.mark.parametrize(
    "found",
    [
        pytest.param({"input": 997, "output": 499, "reasoning": 503}, id="more-reasoning-than-output"),
        pytest.param({"input": 997, "reasoning": 211}, id="reasoning-without-output"),
        pytest.param({"input": 997, "output": 499, "output_audio": 503}, id="more-audio-than-output"),
        pytest.param(
            {"input": 997, "output": 499, "reasoning": 251, "output_audio": 257}, id="parts-that-exceed-the-output-together"
        ),
        pytest.param({"input": 997, "output": 499, "input_audio": 1009}, id="more-audio-than-input"),
        pytest.param(
            {"input": 997, "output": 499, "input_image": 499, "input_video": 503}, id="parts-that-exceed-the-input-together"
        ),
        pytest.param({"input": 997, "output": 499, "cache_write": 131, "cache_write_1h": 137}, id="more-of-a-ttl-than-was-written"),
        pytest.param(
            {"input": 997, "output": 499, "cache_write": 263, "cache_write_5m": 131, "cache_write_1h": 137},
            id="ttls-that-exceed-it-together",
        ),
        pytest.param(
            {"input": 997, "output": 499, "cache_read": 401, "input_audio": 59, "cache_read_audio": 61},
            id="more-audio-cached-than-there-is",
        ),
        pytest.param(
            {"input": 997, "output": 499, "cache_read": 59, "input_audio": 101, "cache_read_audio": 61},
            id="more-audio-cached-than-cached",
        ),
    ],
)
def test_parts_that_exceed_their_whole_contradict_it_everywhere(found: Counts, counting: InputCount) -> None:
    assert read(found, counting) == CONTRADICTORY


@pytest.mark.parametrize(
    "found",
    [
        pytest.param({"input": 397, "cache_read": 401, "output": 499}, id="more-read-than-input"),
        pytest.param({"input": 400, "cache_read": 401, "output": 499}, id="one-more"),
        pytest.param({"input": 0, "cache_read": 401, "output": 499}, id="read-of-no-input"),
        pytest.param({"cache_read": 401, "output": 499}, id="read-without-input"),
        pytest.param({"input": 601, "cache_read": 401, "cache_write": 307, "output": 499}, id="read-and-write-together"),
        pytest.param({"input": 263, "cache_write_5m": 131, "cache_write_1h": 137, "output": 499}, id="ttl-parts-alone"),
        pytest.param({"input": 499, "cache_read": 401, "input_audio": 101, "output": 499}, id="read-and-audio-together"),
        pytest.param({f"input{OLDER}": 397, f"cache_read{OLDER}": 401, f"output{OLDER}": 499}, id="older-names"),
    ],
)
def test_more_cached_than_input_contradicts_an_inclusive_input(found: Counts) -> None:
    assert read(found, INCLUSIVE, "anthropic") == CONTRADICTORY


CACHED = {"input": 997, "cache_read": 401, "cache_write": 307, "output": 499}
INSIDE = {"input": 289, "cache_read": 401, "cache_write": 307, "output": 499}
ALL_OLDER = {f"{name}{OLDER}": count for name, count in CACHED.items()}


@pytest.mark.parametrize(
    ("found", "provider", "held", "doubt", "assumed"),
    [
        pytest.param(CACHED, "anthropic", INSIDE, None, ("input=inclusive",), id="current-names"),
        pytest.param(CACHED, "openai", INSIDE, None, ("input=inclusive",), id="current-names-of-openai"),
        pytest.param(ALL_OLDER, "openai", INSIDE, None, ("input=inclusive",), id="older-names-of-one-that-counts-inside"),
        # The lower of 289 and 997 tokens of input.
        pytest.param(ALL_OLDER, "anthropic", INSIDE, "ambiguous_usage", (), id="older-names-of-one-that-counts-beside"),
        pytest.param(ALL_OLDER, "aws.bedrock", INSIDE, "ambiguous_usage", (), id="older-names-of-bedrock"),
        pytest.param(ALL_OLDER, "", INSIDE, "ambiguous_usage", (), id="older-names-of-nobody"),
        pytest.param(
            {f"input{OLDER}": 997, "cache_read": 401, "cache_write": 307, "output": 499},
            "anthropic",
            INSIDE,
            "ambiguous_usage",
            (),
            id="an-older-input-with-a-current-cache",
        ),
        pytest.param(
            {"input": 997, f"cache_read{OLDER}": 401, f"cache_write{OLDER}": 307, "output": 499},
            "anthropic",
            INSIDE,
            "ambiguous_usage",
            (),
            id="a-current-input-with-an-older-cache",
        ),
        pytest.param(CACHED | {"input": 701}, "anthropic", CACHED | {"input": 701}, None, (), id="more-cached-can-only-be-beside"),
        pytest.param(CACHED | {"input": 701}, "openai", CACHED | {"input": 701}, None, (), id="even-of-one-that-counts-inside"),
        pytest.param(
            ALL_OLDER | {f"input{OLDER}": 701}, "anthropic", CACHED | {"input": 701}, None, (), id="more-cached-under-older-names"
        ),
        pytest.param(
            {"input": 263, "cache_write_5m": 131, "cache_write_1h": 137, "output": 499},
            "anthropic",
            {"input": 263, "cache_write_5m": 131, "cache_write_1h": 137, "output": 499},
            None,
            (),
            id="more-written-by-ttl",
        ),
        pytest.param(
            CACHED | {"cache_read": 0, "cache_write": 0}, "anthropic", {"input": 997, "output": 499}, None, (), id="none-cached"
        ),
        pytest.param(
            ALL_OLDER | {f"cache_read{OLDER}": 0, f"cache_write{OLDER}": 0},
            "anthropic",
            {"input": 997, "output": 499},
            None,
            (),
            id="none-cached-under-older-names",
        ),
        pytest.param(
            {f"input{OLDER}": 997, f"output{OLDER}": 499, f"reasoning{OLDER}": 211},
            "anthropic",
            {"input": 997, "output": 288, "reasoning": 211},
            None,
            (),
            id="older-names-without-a-cache",
        ),
    ],
)
def test_an_unknown_input_is_read_as_the_conventions_or_the_provider_say(
    found: Counts, provider: str, held: dict[str, int], doubt: str | None, assumed: tuple[str, ...]
) -> None:
    assert read(found, UNKNOWN, provider) == (held, doubt, assumed)


@pytest.mark.parametrize("provider", sorted(COUNTS_CACHE_INSIDE))
def test_older_names_of_each_provider_that_counts_inside_are_read_so(provider: str) -> None:
    assert read(ALL_OLDER, UNKNOWN, provider) == (INSIDE, None, ("input=inclusive",))


def test_a_name_that_was_only_changed_means_what_it_meant() -> None:
    found = {"input": 997, "cache_read": 401, f"cache_write{RENAMED}": 307, "output": 499}
    assert read(found, UNKNOWN, "anthropic") == (INSIDE, None, ("input=inclusive",))
    assert read(found, INCLUSIVE, "anthropic") == (INSIDE, None, ())


@pytest.mark.parametrize("counting", [INCLUSIVE, EXCLUSIVE])
def test_of_three_spellings_the_newest_is_read_in_any_order(counting: InputCount) -> None:
    spellings = {"cache_write": 307, f"cache_write{RENAMED}": 311, f"cache_write{OLDER}": 313}
    for names in permutations(spellings):
        for kept in (names, [name for name in names if name != "cache_write"]):
            found = {"input": 997, "output": 499} | {name: spellings[name] for name in kept}
            assert read(found, counting)[0]["cache_write"] == (307 if "cache_write" in kept else 311)


def test_as_much_cached_as_input_is_inside_it_and_one_more_is_beside_it() -> None:
    assert read({"input": 401, "cache_read": 401, "output": 499}, UNKNOWN) == (
        {"cache_read": 401, "output": 499},
        None,
        ("input=inclusive",),
    )
    beside = {"input": 400, "cache_read": 401, "output": 499}
    assert read(beside, UNKNOWN) == (beside, None, ())


@pytest.mark.parametrize("counting", [INCLUSIVE, EXCLUSIVE, UNKNOWN])
def test_a_current_spelling_is_read_before_an_older_one(counting: InputCount) -> None:
    both = {f"input{OLDER}": 991, "input": 997, "output": 499, f"output{OLDER}": 503}
    assert read(both, counting)[0] == {"input": 997, "output": 499}


def test_what_stands_behind_an_older_spelling_that_was_not_read_does_not_matter() -> None:
    # Instrumentations that move to the current names write both for a while.
    both = CACHED | {f"input{OLDER}": 997, f"output{OLDER}": 499}
    assert read(both, UNKNOWN, "anthropic") == (INSIDE, None, ("input=inclusive",))


def test_older_names_of_other_counts_do_not_put_the_input_in_doubt() -> None:
    found = CACHED | {f"reasoning{OLDER}": 211}
    assert read(found, UNKNOWN, "anthropic") == (INSIDE | {"output": 288, "reasoning": 211}, None, ("input=inclusive",))


@pytest.mark.parametrize("counting", [INCLUSIVE, EXCLUSIVE, UNKNOWN])
def test_compaction_that_is_billed_beside_the_usage_leaves_a_doubt(counting: InputCount) -> None:
    found = {"input": 997, "output": 499, "compaction": 503}
    assert read(found, counting, "anthropic") == ({"input": 997, "output": 499}, "incomplete_usage", ())
    assert read(found | {"compaction": 0}, counting, "anthropic") == ({"input": 997, "output": 499}, None, ())


IN = ["input_audio", "input_image", "input_video", "cache_read", "cache_write"]
OUT = ["reasoning", "output_audio", "output_image"]
NAMES = ["input", *IN, "cache_read_audio", "cache_write_5m", "cache_write_1h", "output", *OUT]
COUNT = st.one_of(st.integers(0, 30), st.integers(0, 10**6), st.integers(0, MAX_COUNT))
ANY_COUNTS = st.dictionaries(
    st.sampled_from(
        [*NAMES, "compaction", *(f"{name}{OLDER}" for name in ("input", "output", "cache_read", "cache_write", "reasoning"))]
    ),
    COUNT,
)
COUNTING = st.sampled_from(InputCount)
PROVIDER = st.sampled_from(["openai", "anthropic", ""])


def current(found: Counts) -> Counts:
    """Counts under their current names; of several spellings the newest."""
    older, renamed = ({name[:-1]: count for name, count in found.items() if name.endswith(mark)} for mark in (OLDER, RENAMED))
    return older | renamed | {name: count for name, count in found.items() if not name.endswith((OLDER, RENAMED))}


@st.composite
def consistent(draw: st.DrawFn) -> tuple[dict[str, int], Counts]:
    """Disjoint counts, and what an instrumentation that counts inclusively states of them."""
    held = draw(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 10**9)))

    def of(*names: str) -> int:
        return sum(held.get(name, 0) for name in names)

    written = of("cache_write", "cache_write_5m", "cache_write_1h")
    stated = {
        "input": of("input", "input_audio", "input_image", "input_video", "cache_read", "cache_read_audio") + written,
        "input_audio": of("input_audio", "cache_read_audio"),
        "cache_read": of("cache_read", "cache_read_audio"),
        "cache_write": written,
        "output": of("output", *OUT),
    }
    found = {name: stated.get(name, held.get(name, 0)) for name in draw(st.permutations(NAMES))}
    return {name: count for name, count in held.items() if count}, found


@given(consistent(), PROVIDER)
def test_an_inclusive_reading_gives_back_what_was_put_together(made: tuple[dict[str, int], Counts], provider: str) -> None:
    held, found = made
    assert read(found, INCLUSIVE, provider) == (held, None, ())
    assert sum(held.values()) == found["input"] + found["output"]


@given(ANY_COUNTS, COUNTING, PROVIDER)
@example({"input": 0, "cache_read": 1}, INCLUSIVE, "openai")
def test_no_bucket_is_ever_negative_or_empty(found: Counts, counting: InputCount, provider: str) -> None:
    held, doubt, _ = read(found, counting, provider)
    assert all(count > 0 for count in held.values())
    assert held.keys() <= COMPONENTS.keys()
    assert doubt in {None, "ambiguous_usage", "incomplete_usage", "contradictory_usage"}
    if doubt == "contradictory_usage":
        assert held == {}


@given(ANY_COUNTS, PROVIDER)
def test_the_buckets_of_an_inclusive_reading_add_up_to_input_and_output(found: Counts, provider: str) -> None:
    held, doubt, _ = read(found, INCLUSIVE, provider)
    assume(doubt != "contradictory_usage")
    stated = current(found)
    assert sum(held.values()) == stated.get("input", 0) + stated.get("output", 0)
    assert held.get("reasoning", 0) <= stated.get("output", 0)


@given(ANY_COUNTS, PROVIDER)
def test_the_buckets_of_an_exclusive_reading_add_up_with_what_is_cached(found: Counts, provider: str) -> None:
    held, doubt, _ = read(found, EXCLUSIVE, provider)
    assume(doubt != "contradictory_usage")
    stated = current(found)
    written = stated.get("cache_write", stated.get("cache_write_5m", 0) + stated.get("cache_write_1h", 0))
    assert sum(held.values()) == stated.get("input", 0) + stated.get("output", 0) + stated.get("cache_read", 0) + written


@given(ANY_COUNTS, PROVIDER)
def test_an_unknown_reading_is_one_of_the_two_and_the_lower_where_in_doubt(found: Counts, provider: str) -> None:
    held, doubt, assumed = read(found, UNKNOWN, provider)
    inside, beside = read(found, INCLUSIVE, provider), read(found, EXCLUSIVE, provider)
    assert held in (inside[0], beside[0])
    if "input=inclusive" in assumed:
        assert held == inside[0]
    if doubt == "ambiguous_usage":
        assert (held, None) == inside[:2]
        assert sum(held.values()) < sum(beside[0].values())


TYPED_WRONGLY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(max_value=-1),
    st.integers(min_value=MAX_COUNT + 1),
    st.just(7.0),
    st.just(float("nan")),
    st.just("7"),
)


def as_mapping(read: Disjoint) -> tuple[dict[str, int], str | None, tuple[str, ...]]:
    return dict(zip(read[0], read[1], strict=True)), read[2], read[3]


WHOLES = (
    {"cache_write_5m": "cache_write", "cache_write_1h": "cache_write"} | dict.fromkeys(IN, "input") | dict.fromkeys(OUT, "output")
)


@st.composite
def stated_counts(draw: st.DrawFn) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names as a span may state them, most of them parts with their wholes; values, half of them consistent with each other."""
    chosen = draw(st.lists(st.sampled_from([*WHOLES, "input", "output"]), min_size=1, unique=True))
    if draw(st.integers(0, 9)):
        chosen += [WHOLES[name] for name in chosen if name in WHOLES] + ["input"]
        if not {"cache_read", "cache_write"}.isdisjoint(chosen) and "input_audio" in chosen:
            chosen = [name for name in chosen if name != "input_audio"]
    names = tuple(draw(st.permutations(list(dict.fromkeys(chosen)))))
    if draw(st.booleans()):
        _, found = draw(consistent())
        return names, tuple(found[name] for name in names)
    return names, tuple(draw(COUNT) for _ in names)


@given(stated_counts(), st.sampled_from([INCLUSIVE, INCLUSIVE, EXCLUSIVE, UNKNOWN]), PROVIDER)
@example((("input", "output"), (0, 0)), INCLUSIVE, "openai")
@example((("output", "input", "cache_read"), (499, 401, 401)), INCLUSIVE, "openai")
@example((("output", "input", "cache_read"), (499, 400, 401)), INCLUSIVE, "openai")
def test_a_plan_reads_what_it_serves_as_the_full_reading_does(
    stated: tuple[tuple[str, ...], tuple[int, ...]], counting: InputCount, provider: str
) -> None:
    names, values = stated
    assume(Plan.serves(names, Reading(counting, ReasoningCount.INSIDE)))
    planned = Plan(names).disjoint(values)
    full = read(dict(zip(names, values, strict=True)), counting, provider)
    if full[1] == "contradictory_usage":
        assert planned is None
    else:
        assert planned is not None
        assert as_mapping((*planned, None, ())) == full


@given(stated_counts(), st.data())
def test_a_plan_refuses_values_that_are_no_counts(stated: tuple[tuple[str, ...], tuple[int, ...]], data: st.DataObject) -> None:
    names, values = stated
    assume(Plan.serves(names, Reading(INCLUSIVE, ReasoningCount.INSIDE)))
    place = data.draw(st.integers(0, len(values) - 1))
    wrong = (*values[:place], data.draw(TYPED_WRONGLY), *values[place + 1 :])
    assert Plan(names).disjoint(wrong) is None


def test_the_largest_count_is_one() -> None:
    plan = Plan(("input", "output"))
    assert plan.disjoint((MAX_COUNT, 499)) == (("input", "output"), (MAX_COUNT, 499))
    assert plan.disjoint((MAX_COUNT + 1, 499)) is None


@pytest.mark.parametrize(
    ("names", "counting", "serves"),
    [
        pytest.param(("input", "output"), UNKNOWN, True, id="plain"),
        pytest.param(("input", "output", "reasoning"), UNKNOWN, True, id="reasoning"),
        pytest.param(("input", "output", "cache_read", "cache_write"), INCLUSIVE, True, id="cached-inside"),
        pytest.param(("input", "output", "cache_read"), UNKNOWN, False, id="cached-who-knows-where"),
        pytest.param(("input", "output", "cache_read"), EXCLUSIVE, False, id="cached-beside"),
        pytest.param(("input", "output", "cache_write", "cache_write_5m", "cache_write_1h"), INCLUSIVE, True, id="ttl-parts"),
        pytest.param(("input", "output", "cache_write_5m"), INCLUSIVE, False, id="ttl-parts-alone-make-a-write"),
        pytest.param(("input", "output", "cache_read", "input_audio"), INCLUSIVE, False, id="audio-may-be-cached"),
        pytest.param(("input", "output", "input_audio"), INCLUSIVE, True, id="audio"),
        pytest.param(("input", "output", "cache_read", "cache_read_audio", "input_audio"), INCLUSIVE, False, id="cached-audio"),
        pytest.param(("input", "output", "output"), INCLUSIVE, False, id="two-spellings-of-one"),
        pytest.param((f"input{OLDER}", "output"), INCLUSIVE, False, id="an-older-spelling"),
        pytest.param(("input", "output", "compaction"), INCLUSIVE, False, id="compaction"),
        pytest.param(("input", "reasoning"), INCLUSIVE, False, id="a-part-without-its-whole"),
        pytest.param(("cache_read", "output"), INCLUSIVE, False, id="cached-without-input"),
    ],
)
def test_which_sets_of_counts_need_no_second_look(names: tuple[str, ...], counting: InputCount, *, serves: bool) -> None:
    assert Plan.serves(names, Reading(counting, ReasoningCount.INSIDE)) is serves


INSIDE_OUTPUT, BESIDE_OUTPUT, EITHER = ReasoningCount.INSIDE, ReasoningCount.BESIDE, ReasoningCount.UNKNOWN


def read_as(
    found: Counts, how: Reading, provider: str = "openai", *, holds_cache: bool = True
) -> tuple[dict[str, int], str | None, tuple[str, ...]]:
    return as_mapping(disjoint(dict(found), how, provider, holds_cache=holds_cache))


@pytest.mark.parametrize(
    ("total", "held", "doubt"),
    [
        pytest.param(997 + 499 + 401, {"input": 997, "cache_read": 401, "output": 499}, None, id="holds-the-cache-once-more"),
        # The same whether the input holds the cache, or the total leaves it out.
        pytest.param(997 + 499, {"input": 596, "cache_read": 401, "output": 499}, "ambiguous_usage", id="proves-nothing"),
        pytest.param(997 + 499 + 7, {"input": 596, "cache_read": 401, "output": 499}, "ambiguous_usage", id="has-something-else"),
        pytest.param(7, {"input": 596, "cache_read": 401, "output": 499}, "ambiguous_usage", id="has-less"),
        pytest.param(0, {"input": 596, "cache_read": 401, "output": 499}, "ambiguous_usage", id="is-none"),
    ],
)
def test_a_total_tells_whether_the_cache_stands_beside(total: int, held: dict[str, int], doubt: str | None) -> None:
    found = {f"input{OLDER}": 997, "cache_read": 401, "output": 499, TOTAL: total}
    assert read_as(found, Reading(UNKNOWN, INSIDE_OUTPUT), "anthropic") == (held, doubt, ())


@pytest.mark.parametrize("counting", [INCLUSIVE, EXCLUSIVE, UNKNOWN])
@pytest.mark.parametrize(("total", "doubt"), [(1496, None), (1495, None), (0, None), (1497, "incomplete_usage")])
def test_a_total_of_more_than_is_stated_leaves_a_doubt(total: int, doubt: str | None, counting: InputCount) -> None:
    found = {"input": 997, "output": 499, TOTAL: total}
    assert read_as(found, Reading(counting, INSIDE_OUTPUT)) == ({"input": 997, "output": 499}, doubt, ())


def test_a_total_alone_is_no_usage() -> None:
    assert read_as({TOTAL: 1496}, Reading(INCLUSIVE, INSIDE_OUTPUT)) == ({}, None, ())


@pytest.mark.parametrize(
    ("counting", "output", "total", "held", "doubt"),
    [
        pytest.param(INSIDE_OUTPUT, 499, None, {"output": 288, "reasoning": 211}, None, id="inside"),
        pytest.param(BESIDE_OUTPUT, 499, None, {"output": 499, "reasoning": 211}, None, id="beside"),
        pytest.param(BESIDE_OUTPUT, 7, None, {"output": 7, "reasoning": 211}, None, id="beside-a-short-answer"),
        pytest.param(BESIDE_OUTPUT, 0, None, {"reasoning": 211}, None, id="beside-none"),
        pytest.param(INSIDE_OUTPUT, 499, 997 + 499 + 211, {"output": 499, "reasoning": 211}, None, id="the-total-proves-it-beside"),
        pytest.param(EITHER, 499, 997 + 499 + 211, {"output": 499, "reasoning": 211}, None, id="unknown-but-for-the-total"),
        pytest.param(EITHER, 7, None, {"output": 7, "reasoning": 211}, None, id="more-than-the-output-can-only-be-beside"),
        # The lower of 499 and 710.
        pytest.param(EITHER, 499, None, {"output": 288, "reasoning": 211}, "ambiguous_usage", id="unknown"),
        pytest.param(EITHER, 211, None, {"reasoning": 211}, "ambiguous_usage", id="as-much-as-the-output"),
        pytest.param(EITHER, 499, 1496, {"output": 288, "reasoning": 211}, "ambiguous_usage", id="a-total-that-proves-nothing"),
        pytest.param(BESIDE_OUTPUT, 499, 997 + 499 + 211, {"output": 499, "reasoning": 211}, None, id="beside-and-in-the-total"),
        pytest.param(BESIDE_OUTPUT, 499, 997 + 499 + 211 + 7, {"output": 499, "reasoning": 211}, "incomplete_usage", id="and-more"),
    ],
)
def test_where_the_reasoning_is(
    counting: ReasoningCount, output: int, total: int | None, held: dict[str, int], doubt: str | None
) -> None:
    found = {"input": 997, "output": output, "reasoning": 211} | ({TOTAL: total} if total is not None else {})
    assert read_as(found, Reading(INCLUSIVE, counting)) == ({"input": 997} | held, doubt, ())
    none = {name: count for name, count in found.items() if name not in {"reasoning", TOTAL}}
    assert read_as(none | {"reasoning": 0}, Reading(INCLUSIVE, counting)) == read_as(none, Reading(INCLUSIVE, counting))


def test_a_total_proves_both_beside() -> None:
    found = {"input": 997, "cache_read": 401, "output": 499, "reasoning": 211}
    held = {"input": 997, "cache_read": 401, "output": 499, "reasoning": 211}
    assert read_as(found | {TOTAL: 2108}, Reading(EXCLUSIVE, INSIDE_OUTPUT)) == (held, None, ())  # 997 + 401 + 499 + 211
    assert read_as(found | {TOTAL: 1897}, Reading(EXCLUSIVE, INSIDE_OUTPUT)) == (held | {"output": 288}, None, ())


@pytest.mark.parametrize("scope", ["opentelemetry.instrumentation.genai.openai", "my.application"])
@pytest.mark.parametrize(
    ("provider", "api", "output", "doubt"),
    [
        pytest.param("x_ai", "chat_completions", 499, None, id="xai-chat"),
        pytest.param("x_ai", "responses", 288, None, id="xai-responses"),
        pytest.param("x_ai", None, 288, "ambiguous_usage", id="xai-who-knows-where"),
        pytest.param("openai", "chat_completions", 288, None, id="openai-chat"),
        pytest.param("openai", None, 288, None, id="openai"),
        pytest.param("", None, 288, None, id="nobody"),
    ],
)
def test_xai_leaves_the_reasoning_out_of_its_chats(
    provider: str, api: str | None, output: int, doubt: str | None, scope: str
) -> None:
    found = {"input": 997, "output": 499, "reasoning": 211}
    how = reading(scope, provider=provider, api=api)
    assert read_as(found, how, provider) == ({"input": 997, "output": output, "reasoning": 211}, doubt, ())


def stated_of(found: Counts, how: Reading) -> Counts:
    """What other spans of the call are compared with."""
    found = dict(found)
    disjoint(found, how, "anthropic")
    return found


def test_spans_of_one_call_are_compared_by_counts_that_hold_their_parts() -> None:
    found = {"input": 997, "cache_read": 401, "cache_write": 307, "output": 499, "reasoning": 211}
    assert stated_of(found, Reading(INCLUSIVE, INSIDE_OUTPUT)) == found
    assert stated_of(found, Reading(EXCLUSIVE, INSIDE_OUTPUT)) == found | {"input": 1705}  # 997 + 401 + 307
    assert stated_of(found, Reading(INCLUSIVE, BESIDE_OUTPUT)) == found | {"output": 710}  # 499 + 211
    assert stated_of(found, Reading(EXCLUSIVE, BESIDE_OUTPUT)) == found | {"input": 1705, "output": 710}


@pytest.mark.parametrize("mark", ["", OLDER, RENAMED])
def test_counts_that_are_not_the_providers_are_forgotten(mark: str) -> None:
    found = {f"input{mark}": 997, "cache_read": 401, f"output{mark}": 499, "reasoning": 211, TOTAL: 1496}
    made = ("output", "reasoning", TOTAL)
    assert read_as(found, Reading(INCLUSIVE, INSIDE_OUTPUT, unproven=made)) == ({"input": 596, "cache_read": 401}, None, ())
    every = ("input", "output", "reasoning", TOTAL)
    assert read_as(found, Reading(INCLUSIVE, INSIDE_OUTPUT, unproven=every)) == ({}, None, ())
    assert read_as(found, Reading(EXCLUSIVE, INSIDE_OUTPUT, unproven=every)) == ({}, None, ())
    # With the input goes what it would include: nobody knows how much of it that was.
    assert read_as(found, Reading(INCLUSIVE, INSIDE_OUTPUT, unproven=("input", TOTAL))) == (
        {"output": 288, "reasoning": 211},
        None,
        (),
    )


@pytest.mark.parametrize("counting", [INCLUSIVE, EXCLUSIVE])
def test_what_is_known_of_a_scope_is_said(counting: InputCount) -> None:
    found = {"input": 997, "output": 499}
    assert read_as(found, Reading(counting, INSIDE_OUTPUT, doubt="incomplete_usage")) == (found, "incomplete_usage", ())
    assert read_as(found, Reading(counting, INSIDE_OUTPUT, assumed=("output=overstated",))) == (found, None, ("output=overstated",))
    both = {"input": 997, "output": 499, "cache_read": 401, "input_audio": 101}
    how = Reading(counting, INSIDE_OUTPUT, doubt="incomplete_usage", assumed=("output=overstated",))
    assert read_as(both, how)[1:] == ("incomplete_usage", ("output=overstated", "cache_read=text"))
    # A doubt never hides a contradiction.
    assert read_as(found | {"reasoning": 503}, how) == CONTRADICTORY


def test_a_convention_that_does_not_say_what_its_input_holds_is_as_an_older_one() -> None:
    how = Reading(UNKNOWN, INSIDE_OUTPUT)
    assert read_as(CACHED, how, "anthropic") == (INSIDE, None, ("input=inclusive",))
    assert read_as(CACHED, how, "anthropic", holds_cache=False) == (INSIDE, "ambiguous_usage", ())
    assert read_as(CACHED, how, "openai", holds_cache=False) == (INSIDE, None, ("input=inclusive",))
    assert read_as(CACHED | {"input": 701}, how, "anthropic", holds_cache=False) == (CACHED | {"input": 701}, None, ())
    # A scope that is known needs no convention.
    assert read_as(CACHED, Reading(INCLUSIVE, INSIDE_OUTPUT), "anthropic", holds_cache=False) == (INSIDE, None, ())


@pytest.mark.parametrize("counting", [INCLUSIVE, EXCLUSIVE, UNKNOWN])
@pytest.mark.parametrize(
    ("uncached", "held"),
    [
        pytest.param(289, {"input": 289}, id="what-the-cache-leaves"),  # 997 - 401 - 307
        pytest.param(997, {"input": 997}, id="all-of-it"),
    ],
)
def test_a_count_of_what_was_not_cached_decides_whatever_the_scope(
    uncached: int, held: dict[str, int], counting: InputCount
) -> None:
    found = CACHED | {"uncached": uncached}
    assert read_as(found, Reading(counting, INSIDE_OUTPUT), "anthropic") == (CACHED | held, None, ())


def test_what_was_not_cached_tells_what_was_written() -> None:
    found = {"input": 997, "uncached": 289, "cache_read": 401, "output": 499}
    assert read_as(found, Reading(INCLUSIVE, INSIDE_OUTPUT)) == (INSIDE, None, ())
    assert read_as(found | {"uncached": 596}, Reading(INCLUSIVE, INSIDE_OUTPUT))[0] == {
        "input": 596,
        "cache_read": 401,
        "output": 499,
    }


@pytest.mark.parametrize("counting", [INSIDE_OUTPUT, EITHER])
def test_a_count_of_what_was_answered_tells_where_the_reasoning_is(counting: ReasoningCount) -> None:
    found = {"input": 997, "output": 499, "reasoning": 211}
    how = Reading(INCLUSIVE, counting)
    assert read_as(found | {"unreasoned": 499}, how) == ({"input": 997, "output": 499, "reasoning": 211}, None, ())
    assert read_as(found | {"unreasoned": 288}, how) == ({"input": 997, "output": 288, "reasoning": 211}, None, ())


def test_what_tools_gave_is_added_where_the_input_leaves_it_out() -> None:
    found = {"input": 997, "output": 499, "untooled": 997, "tool_input": 13}
    how = Reading(INCLUSIVE, INSIDE_OUTPUT)
    assert read_as(found, how) == ({"input": 1010, "output": 499}, None, ())
    # An input that is more than the prompt has it.
    assert read_as(found | {"input": 1010}, how) == ({"input": 1010, "output": 499}, None, ())
    cached = {"uncached": 596, "cache_read": 401}
    assert read_as(found | cached, how) == ({"input": 609, "cache_read": 401, "output": 499}, None, ())


WITH_TOTAL = [("input", "output"), ("input",), ("input", "output", "cache_read", "cache_write"), ("input", "output", "reasoning")]


@given(st.sampled_from(WITH_TOTAL), st.lists(COUNT, min_size=5, max_size=5), st.integers(-3, 3), st.booleans())
def test_a_plan_reads_a_total_as_the_full_reading_does(
    names: tuple[str, ...],
    values: list[int],
    off: int,
    agrees: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    stated = (*names, TOTAL)
    counts = dict(zip(names, values[: len(names)], strict=True))
    total = counts["input"] + counts.get("output", 0) + off if agrees else values[4]
    assume(0 <= total <= MAX_COUNT)
    how = Reading(INCLUSIVE, INSIDE_OUTPUT)
    assert Plan.serves(stated, how)
    planned = Plan(stated).disjoint((*counts.values(), total))
    held, doubt, assumed = read_as(counts | {TOTAL: total}, how)
    assert assumed == ()
    # Whatever leaves something to decide is left to the full reading.
    if planned is not None:
        assert (as_mapping((*planned, None, ()))[0], None) == (held, doubt)
    elif doubt is None:
        # A total of more than is stated is looked at again.
        assert total > counts["input"] + counts.get("output", 0)
