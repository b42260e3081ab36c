"""What a check finds in the files of a provider: each error and warning, and the line and column where it stands."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_llm_cost.prices.checks.check import all_rows, check_provider, findings_of
from otel_llm_cost.prices.checks.findings import Finding, Findings
from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.report import PriceFileError

Document = dict[str, Any]
TIED = "two rows for input would win equally: acme/m@2026-01-01 of 0.json: prices[0] and acme/m@2026-01-01"
TODAY = date(2026, 11, 22)
PAGE = {"url": "https://acme.example/prices", "read": "2026-11-20"}


def text_of(*prices: str, factors: tuple[str, ...] = (), aliases: tuple[str, ...] = (), **parts: Any) -> str:  # noqa: ANN401 - JSON
    """A file as they are shipped, an entry a line: the first price stands in line 7."""
    head = {"provider": "acme", "names": ["acme"], "currency": "USD", "sources": {"page": PAGE}} | parts
    lines = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    lists = {"prices": prices, "factors": factors, "aliases": aliases}
    for name, held in lists.items():
        if held or name == "prices":
            lines += [f' "{name}": [', *(f"  {line}," for line in held[:-1]), *(f"  {line}" for line in held[-1:]), " ],"]
    return "\n".join(["{", *lines[:-1], " ]", "}", ""])


def entry(rates: str = '"input": "3"', more: str = "", model: str = "m", start: str = "2026-01-01") -> str:
    return f'{{"model": "{model}", "from": "{start}"{more}, "rates": {{{rates}}}, "source": "page"}}'


def said(text: str, findings: list[tuple[int, str, str]]) -> list[str]:
    """Each finding as it is printed: its line, what stands there, and what is said of it."""
    lines = text.splitlines()
    return [f"{line}:{lines[line - 1].index(begins) + 1}: {problem}" for line, begins, problem in findings]


def found(*texts: str, today: date = TODAY) -> list[str]:
    """What is found, without the path where there is one file only."""
    files = [PriceFile(text, f"{place}.json") for place, text in enumerate(texts)]
    shown = [str(finding) for finding in findings_of(Provider(files), today)]
    return [text.removeprefix("0.json:") for text in shown] if len(texts) == 1 else shown


def test_of_a_right_file_there_is_nothing_to_say() -> None:
    assert found(text_of(entry(), entry(model="m-2"))) == []


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        pytest.param(
            text_of(entry('"input": "free"')),
            [(7, '"input"', "error: prices[0].rates.input: not a decimal number: 'free'")],
            id="a-rate",
        ),
        pytest.param(
            text_of(entry(), entry('"input": 3, "output": "x"', model="m-2")),
            [
                (8, '"input"', "error: prices[1].rates.input: a rate is a decimal in quotes, not 3"),
                (8, '"output"', "error: prices[1].rates.output: not a decimal number: 'x'"),
            ],
            id="two-of-one-entry",
        ),
        pytest.param(
            text_of(entry(more=', "until": "soon"'), entry(more=', "when": {"teir": "batch"}', model="m-2")),
            [
                (7, '"until"', "error: prices[0].until: neither a day nor an instant with a zone: 'soon'"),
                (8, '"teir"', "error: prices[1].when.teir: unknown: teir"),
            ],
            id="of-two-entries",
        ),
        pytest.param(
            text_of(entry(more=', "figures": {"input": "$0.004 / 1K tokens"}')),
            [(7, '"input": "$', "error: prices[0].figures.input: the figure '$0.004 / 1K tokens' is not the rate '3'")],
            id="a-figure-that-is-not-the-rate",
        ),
        pytest.param(
            text_of(entry(more=', "figures": {"input": "cheap"}')),
            [(7, '"input": "c', "error: prices[0].figures.input: not a figure: 'cheap'")],
            id="no-figure",
        ),
        pytest.param(
            text_of(entry(), entry('"output": "5", "input": "4"')),
            [(8, "{", f"error: prices[1]: {TIED}")],
            id="two-that-would-win-equally",
        ),
        pytest.param(
            text_of('{"glob": "m-*", "from": "2026-01-01", "rates": {"input": 3}, "source": "page"}'),
            [(7, '"input"', "error: prices[0].rates.input: a rate is a decimal in quotes, not 3")],
            id="of-a-pattern",
        ),
        pytest.param(
            text_of(entry(), factors=('{"factor": "-1", "from": "2026-01-01", "source": "page"}',)),
            [(10, '"factor"', "error: factors[0].factor: is a decimal in quotes of at most 6 places, such as '0.85': '-1'")],
            id="of-a-factor",
        ),
        pytest.param(
            text_of(entry(), aliases=('{"alias": "latest", "of": "m-2"}',)),
            [(10, "{", "error: aliases[0]: an alias of a model without rates: 'm-2'")],
            id="an-alias-of-nothing",
        ),
        pytest.param(
            text_of(entry(), entry(model="m-2"), aliases=('{"alias": "latest", "of": "m"}', '{"alias": "latest", "of": "m-2"}')),
            [(12, "{", "error: aliases[1]: alias 'latest': it means two models at once")],
            id="an-alias-of-two",
        ),
        pytest.param(
            text_of(entry(), sources={"page": PAGE, "other": {"url": "https://acme.example"}}),
            [(5, '"other"', "error: sources.other: 'read' is missing or not a str")],
            id="a-source",
        ),
        pytest.param(
            text_of(entry('"input": "3", "output": "15", "input": "4"')),
            [(7, '"input": "4"', "error: 'input' stands twice in one object")],
            id="a-key-twice",
        ),
    ],
)
def test_an_error_stands_at_its_line_and_column(text: str, findings: list[tuple[int, str, str]]) -> None:
    expected = said(text, findings)
    assert found(text) == expected
    # What makes an error makes the file unusable, and the same is said of the first.
    with pytest.raises(PriceFileError) as refused:
        check_provider(Provider([PriceFile(text, "0.json")]))
    shown = [f"0.json:{finding}".replace(": error: ", ": ") for finding in expected]
    assert str(refused.value) in shown


def test_an_error_of_a_source_is_said_once_however_many_rows_cite_it() -> None:
    text = text_of(*(entry(model=f"m-{number}") for number in range(5)), sources={"page": {"url": "https://acme.example"}})
    assert found(text) == said(text, [(5, '"page"', "error: sources.page: 'read' is missing or not a str")])


def test_equal_winners_are_looked_for_where_all_else_is_right() -> None:
    text = text_of(entry(), entry(), entry('"input": 3', model="m-2"))
    assert found(text) == said(text, [(9, '"input"', "error: prices[2].rates.input: a rate is a decimal in quotes, not 3")])


# Two files of one provider --------------------------------------------------------------------------------------------------------
def test_two_files_of_one_provider_are_checked_together() -> None:
    first, second = text_of(entry()), text_of(entry(model="m-2"), entry('"input": "4"'))
    assert found(first, second) == [f"1.json:8:3: error: prices[1]: {TIED}"]


def test_an_alias_of_one_file_may_mean_a_model_of_the_other() -> None:
    assert found(text_of(entry()), text_of(entry(model="m-2"), aliases=('{"alias": "latest", "of": "m"}',))) == []


def test_an_alias_that_means_another_model_in_the_other_file_is_an_error() -> None:
    first = text_of(entry(), aliases=('{"alias": "latest", "of": "m"}',))
    second = text_of(entry(model="m-2", start="2026-02-01"), aliases=('{"alias": "latest", "of": "m-2", "from": "2026-02-01"}',))
    assert found(first, second) == ["1.json:10:3: error: aliases[0]: alias 'latest': it means two models at once, 'm' and 'm-2'"]


# Warnings -------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("today", "findings"),
    [
        pytest.param(date(2027, 5, 19), [], id="180-days"),
        pytest.param(
            date(2027, 5, 20), ["5:14: warning: sources.page: was last checked on 2026-11-20, 181 days ago"], id="181-days"
        ),
    ],
)
def test_a_source_that_was_read_long_ago(today: date, findings: list[str]) -> None:
    assert found(text_of(entry()), today=today) == findings


def test_the_day_on_which_a_file_was_checked_goes_before_the_day_of_its_sources() -> None:
    text = text_of(entry(), checked="2027-05-01")
    assert found(text, today=date(2027, 10, 28)) == []
    assert found(text, today=date(2027, 10, 29)) == ["5:14: warning: sources.page: was last checked on 2027-05-01, 181 days ago"]


@pytest.mark.parametrize(
    ("rows", "warned"), [pytest.param(10, 0, id="ten-rates"), pytest.param(11, 10, id="eleven-rates-of-which-one-shows-its-figure")]
)
def test_a_page_of_many_rates_shows_each_figure(rows: int, warned: int) -> None:
    entries = [entry(model=f"m-{number}") for number in range(rows - 1)]
    text = text_of(entry(more=', "figures": {"input": "$3 / MTok"}'), *entries)
    findings = found(text)
    assert len(findings) == warned
    problem = "shows no figure as printed, and its page has many rates"
    assert findings[:1] == said(text, [(8, '"input"', f"warning: prices[1].rates.input: {problem}")])[:warned]


def test_two_names_of_one_page_are_one_page() -> None:
    entries = [entry(model=f"m-{number}").replace('"page"}', f'"{"page" if number % 2 else "again"}"}}') for number in range(11)]
    assert len(found(text_of(*entries, sources={"page": PAGE, "again": PAGE}))) == 11


def test_the_rows_of_a_package_need_no_figures() -> None:
    entries = [entry(model=f"m-{number}") for number in range(20)]
    assert found(text_of(*entries, sources={"page": PAGE | {"package": "p 1"}})) == []


def test_a_gap_between_two_rates() -> None:
    older, newer = entry(more=', "until": "2026-02-01"'), entry(start="2026-03-01")
    assert found(text_of(older, newer)) == [
        "8:3: warning: prices[1]: no input rate from 2026-02-01T00:00:00Z until 2026-03-01T00:00:00Z"
    ]
    assert found(text_of(older, entry(start="2026-02-01"))) == []
    assert found(text_of(older, entry(start="2026-03-01", rates='"output": "3"'))) == []


def test_warnings_make_no_file_unusable() -> None:
    text = text_of(entry(more=', "until": "2026-02-01"'), entry(start="2026-03-01"))
    assert check_provider(Provider([PriceFile(text, "0.json")])) == 2


# Findings -------------------------------------------------------------------------------------------------------------------------
def test_findings_are_said_once_in_the_order_of_their_places() -> None:
    findings = Findings("a.json", lambda place: (int(place[0]), 7))
    findings.warning((3,), "late")
    findings.error((2,), "early")
    findings.error((2,), "early")
    assert findings.errors
    assert findings.sorted() == [
        Finding("a.json", 2, 7, "[2]", "early"),
        Finding("a.json", 3, 7, "[3]", "late", is_error=False),
    ]


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        pytest.param(Finding("a.json", 3, 7, "prices[0]", "wrong"), "a.json:3:7: error: prices[0]: wrong", id="an-error"),
        pytest.param(Finding("a.json", 3, 7, "", "odd", is_error=False), "a.json:3:7: warning: odd", id="of-the-whole"),
        pytest.param(Finding("a.json", None, None, "byte 7", "not UTF-8"), "a.json: error: byte 7: not UTF-8", id="without-a-line"),
    ],
)
def test_a_finding_as_text(finding: Finding, text: str) -> None:
    assert str(finding) == text


def test_all_rows_are_those_of_names_and_patterns_without_aliases() -> None:
    text = text_of(
        entry('"input": "3", "output": "15"'),
        '{"prefix": "m-", "from": "2026-01-01", "rates": {"input": "4"}, "source": "page"}',
        '{"glob": "*", "from": "2026-01-01", "committed": true, "when": {"tier": "scale"}, "source": "page"}',
        aliases=('{"alias": "latest", "of": "m"}',),
    )
    rows = [(row.model, row.component) for row in all_rows(PriceFile(text, "0.json"))]
    assert rows == [("m", "input"), ("m", "output"), ("m-", "input"), ("*", "committed")]


# Whatever stands in a file --------------------------------------------------------------------------------------------------------
WHOLE: Document = {
    "provider": "acme",
    "names": ["acme"],
    "falls_back": ["other"],
    "currency": "USD",
    "checked": "2026-11-20",
    "sources": {"page": PAGE | {"package": "p 1", "page": "https://acme.example"}},
    "prices": [
        {
            "model": "m",
            "from": "2026-01-01",
            "until": "2027-01-01",
            "when": {
                "tier": "batch",
                "prompt_above": 7,
                "region": ["eu-*"],
                "hours": "01:00-02:00",
                "weekdays": "mon",
                "holidays": [],
            },
            "rates": {"input": "3", "input_seconds": "0.36 per hour"},
            "figures": {"input": "$3 / MTok"},
            "covers": {"input_image": "input"},
            "at_least": {"input_seconds": "10"},
            "instant": "end",
            "contested": ["input"],
            "note": "of the page",
            "source": "page",
        },
        {"regex": "^m-", "from": "2026-01-01T00:00:00Z", "committed": True, "source": "page"},
    ],
    "factors": [
        {"prefix": "m", "factor": "0.5", "components": ["input"], "name": "n", "from": "2026-01-01", "when": {}, "source": "page"}
    ],
    "aliases": [{"alias": ["a", "b"], "of": "m", "from": "2026-01-01", "until": "2027-01-01", "source": "page"}],
}
JUNK: st.SearchStrategy[object] = st.sampled_from(
    [
        None,
        True,
        7,
        -1,
        0.5,
        1e400,
        "",
        "7",
        "²",
        "-1",
        "nan",
        "soon",
        "2026-13-01",
        "a" * 300,
        "\ud800",
        [],
        [[]],
        [7],
        {},
        {"a": 1},
    ]
) | st.text(max_size=5)


def paths(value: object, before: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [before, *(path for key, held in inner for path in paths(held, (*before, key)))]


def with_junk(value: Any, path: tuple[str | int, ...], junk: object) -> Any:  # noqa: ANN401 - JSON
    if not path:
        return junk
    held: Any = dict(value) if isinstance(value, dict) else list(value)
    held[path[0]] = with_junk(held[path[0]], path[1:], junk)
    return held


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(paths(WHOLE)), JUNK, st.booleans())
def test_whatever_stands_in_a_file_is_right_or_a_price_file_error(path: tuple[str | int, ...], junk: object, is_key: bool) -> None:  # noqa: FBT001
    if is_key and path:
        # Beside the right one, under a name that nobody knows.
        path = (*path[:-1], str(junk)) if isinstance(path[-1], str) else path
    document = with_junk(WHOLE, path[:-1], _with(WHOLE, path, junk)) if path else junk
    try:
        file = PriceFile(json.dumps(document), "0.json")
    except PriceFileError:
        return
    findings = findings_of(Provider([file]), TODAY)
    errors = [finding for finding in findings if finding.is_error]
    assert all(finding.line is not None and finding.column is not None for finding in findings)
    if errors:
        with pytest.raises(PriceFileError):
            check_provider(Provider([file]))
    else:
        check_provider(Provider([file]))


def _with(value: Any, path: tuple[str | int, ...], junk: object) -> Any:  # noqa: ANN401 - JSON
    """The innermost holder of a path, with junk at its end."""
    for step in path[:-1]:
        value = value[step]
    held: Any = dict(value) if isinstance(value, dict) else list(value)
    held[path[-1]] = junk
    return held


def test_what_the_junk_is_put_into_is_right() -> None:
    assert found(json.dumps(WHOLE)) == []
