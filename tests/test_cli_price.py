"""`otel-llm-cost price`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from conftest import Ran

from otel_llm_cost.cli import main
from otel_llm_cost.prices.table import PriceTable

MILLION = 1_000_000


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    try:
        code = main(["price", *arguments])
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def priced(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = run(capsys, *arguments, "--json")
    return code, json.loads(out)


GPT_4O = ("--provider", "openai", "--model", "gpt-4o", "--input", "1009", "--cache-read", "401", "--output", "103")


def test_before_a_price_change(capsys: pytest.CaptureFixture[str]) -> None:
    code, result = priced(capsys, *GPT_4O, "--at", "2024-10-01T23:59:59Z")
    # gpt-4o-2024-05-13: $5 in, $15 out; no cached rate then, so a cached read costs what it is: input.
    parts = {"input": D(608) * 5 / MILLION, "cache_read": D(401) * 5 / MILLION, "output": D(103) * 15 / MILLION}
    assert code == 0
    assert {name: D(amount) for name, amount in result["components"].items()} == parts
    assert D(result["amount"]) == sum(parts.values())
    assert result["price"] == "openai/gpt-4o@2024-05-13"
    assert (result["effective_from"], result["effective_until"]) == ("2024-05-13T00:00:00Z", "2024-10-02T00:00:00Z")
    assert result["assumed"] == ["cache_read=input"]
    assert (result["status"], result["known_amount"], result["currency"], result["reason"]) == ("priced", None, "USD", None)


def test_after_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, result = priced(capsys, *GPT_4O, "--at", "2024-10-02T00:00:00Z")
    # gpt-4o-2024-08-06: $2.50 in, $1.25 cached, $10 out.
    parts = {
        "input": D(608) * D("2.50") / MILLION,
        "cache_read": D(401) * D("1.25") / MILLION,
        "output": D(103) * D(10) / MILLION,
    }
    assert code == 0
    assert {name: D(amount) for name, amount in result["components"].items()} == parts
    assert D(result["amount"]) == sum(parts.values())
    assert result["price"] == "openai/gpt-4o@2024-10-02"
    assert (result["effective_from"], result["effective_until"]) == ("2024-10-02T00:00:00Z", None)
    assert result["assumed"] == []
    assert set(result["rows"]["input"]) == {"row", "rate", "per", "from", "until", "source", "factors"}
    assert result["rows"]["input"]["rate"] == "2.50"
    assert result["source"] == result["rows"]["input"]["source"]
    assert result["table"] == PriceTable.shipped().version


def test_effective_until_is_where_a_newer_rate_supersedes(capsys: pytest.CaptureFixture[str]) -> None:
    _, result = priced(capsys, "--provider", "openai", "--model", "o3", "--at", "2025-06-09T23:59:59Z", "--input", "7")
    assert D(result["amount"]) == 7 * D(10) / MILLION
    assert result["effective_until"] == "2025-06-10T00:00:00Z"


def test_counts_are_inclusive(capsys: pytest.CaptureFixture[str]) -> None:
    code, result = priced(
        capsys,
        *("--provider", "anthropic", "--model", "claude-sonnet-4-5", "--at", "2026-05-01"),
        *("--input", "1009", "--cache-read", "401", "--cache-write", "307", "--cache-write-1h", "101", "--output", "53"),
    )
    # $3 in, $0.30 read, $3.75 written for 5 minutes, $6 for 1 hour, $15 out.
    expected = (D(301) * 3 + D(401) * D("0.30") + D(206) * D("3.75") + D(101) * 6 + D(53) * 15) / MILLION
    assert (code, D(result["amount"]), result["assumed"]) == (0, expected, [])
    assert set(result["components"]) == {"input", "cache_read", "cache_write_5m", "cache_write_1h", "output"}


def test_tier(capsys: pytest.CaptureFixture[str]) -> None:
    _, result = priced(capsys, *GPT_4O, "--at", "2026-11-01", "--tier", "batch")
    # Batch: half of $2.50 and $10; a cached read has no batch rate of its own and is batch input.
    assert D(result["components"]["output"]) == D(103) * D(5) / MILLION
    assert D(result["components"]["input"]) == D(608) * D("1.25") / MILLION


def test_default_is_the_standard_tier(capsys: pytest.CaptureFixture[str]) -> None:
    assert priced(capsys, *GPT_4O, "--at", "2026-11-01", "--tier", "default") == priced(capsys, *GPT_4O, "--at", "2026-11-01")


def test_strict_lets_nothing_be_assumed(capsys: pytest.CaptureFixture[str]) -> None:
    reasoning = (
        "--provider",
        "openai",
        "--model",
        "o3",
        "--at",
        "2026-01-01",
        "--input",
        "11",
        "--output",
        "13",
        "--reasoning",
        "7",
    )
    assert priced(capsys, *reasoning)[1]["status"] == "priced"
    code, result = priced(capsys, *reasoning, "--strict")
    known = (D(11) * 2 + D(6) * 8) / MILLION
    assert (code, result["status"], result["reason"], result["amount"]) == (3, "partial", "strict", None)
    assert D(result["known_amount"]) == known


def test_strict_by_the_environment(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_LLM_COST_STRICT", "true")
    assert priced(capsys, *GPT_4O, "--at", "2024-09-30")[0] == 3


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(("--provider", "openai", "--model", "nobody-9"), "unknown_model", id="model"),
        pytest.param(("--provider", "nobody", "--model", "gpt-4o"), "unknown_provider", id="provider"),
        pytest.param(("--provider", "openai", "--model", "gpt-4o", "--at", "2020-01-01"), "before_first_price", id="too early"),
        pytest.param(("--provider", "openai", "--model", "gpt-4o", "--tier", "steerage"), "no_rate:input", id="tier"),
    ],
)
def test_unknown_is_not_zero(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], reason: str) -> None:
    code, result = priced(capsys, *arguments, "--input", "17")
    assert (code, result["status"], result["reason"]) == (3, "unpriced", reason)
    assert result["amount"] is None
    assert result["known_amount"] is None
    assert result["components"] == {}


def test_no_counts_is_no_usage(capsys: pytest.CaptureFixture[str]) -> None:
    code, result = priced(capsys, "--provider", "openai", "--model", "gpt-4o")
    assert (code, result["reason"]) == (3, "no_usage")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        pytest.param(("--input", "5", "--cache-read", "7"), "--cache-read", id="read above input"),
        pytest.param(("--cache-read", "7"), "--cache-read", id="read without input"),
        pytest.param(("--cache-write", "7"), "--cache-write", id="write without input"),
        pytest.param(("--input", "5", "--cache-write-1h", "1"), "--cache-write-1h", id="1h without write"),
        pytest.param(("--input", "50", "--cache-write", "5", "--cache-write-1h", "7"), "--cache-write-1h", id="1h above write"),
        pytest.param(("--input", "10", "--cache-read", "7", "--cache-write", "5"), "--input", id="read and write above input"),
        pytest.param(("--reasoning", "7"), "--reasoning", id="reasoning without output"),
        pytest.param(("--output", "5", "--reasoning", "7"), "--reasoning", id="reasoning above output"),
        pytest.param(("--input", "-1"), "--input", id="negative"),
        pytest.param(("--input", "1.5"), "--input", id="not whole"),
        pytest.param(("--input", str(2**63)), "--input", id="too large"),
        pytest.param(("--at", "2024-10-02T00:00:00"), "--at", id="no zone"),
        pytest.param(("--at", "yesterday"), "--at", id="no instant"),
        pytest.param(("--tier", "auto"), "--tier", id="auto is no tier"),
        pytest.param(("--input-audio", "7"), "--input-audio", id="audio without input"),
        pytest.param(("--input", "5", "--input-audio", "7"), "--input-audio", id="audio above input"),
        pytest.param(("--input", "9", "--input-audio", "5", "--input-image", "5"), "--input", id="audio and images above input"),
        pytest.param(("--output", "5", "--output-audio", "7"), "--output-audio", id="audio above output"),
        pytest.param(
            ("--output", "9", "--output-audio", "5", "--reasoning", "5"), "--output", id="audio and reasoning above output"
        ),
        pytest.param(
            ("--input", "9", "--cache-read", "5", "--count", "cache_read_audio=3"), "--count cache_read_audio", id="no wider count"
        ),
        pytest.param(("--count", "input=5"), "--count", id="has a flag"),
        pytest.param(("--count", "tokens=5"), "--count", id="no component"),
        pytest.param(("--count", "input_pages=few"), "--count", id="no number"),
        pytest.param(("--count", "input_pages=NaN"), "--count", id="not finite"),
        pytest.param(("--count", "input_pages=1.5"), "--count", id="half a page"),
        pytest.param(("--count", "input_pages=1", "--count", "input_pages=1"), "--count", id="twice"),
        pytest.param(("--at", "2026-05-02", "--end", "2026-05-01"), "--end", id="ends before it begins"),
    ],
)
def test_mistakes_name_the_flag(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], named: str) -> None:
    code, out, err = run(capsys, "--provider", "openai", "--model", "gpt-4o", *arguments)
    assert (code, out) == (2, "")
    assert f"argument {named}:" in err


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, *GPT_4O, "--at", "2024-10-02")
    # 608 x 2.50 + 401 x 1.25 + 103 x 10, per million.
    assert code == 0
    assert out.startswith("openai gpt-4o at 2024-10-02T00:00:00Z: 0.00305125 USD (priced)\n")
    assert "cache_read  401    1.25 per 1M tokens   0.00050125  2024-10-02  -" in out
    code, out, _ = run(capsys, "--provider", "openai", "--model", "nobody-9", "--input", "1", "--at", "2024-10-02")
    assert code == 3
    assert out.startswith("openai nobody-9 at 2024-10-02T00:00:00Z: unknown (unpriced)\nreason   unknown_model\n")


OWN = """
[[price]]
provider = "acme"
model = "writer"
from = 2026-01-01
input = "3"
output = "15"
input_audio = "40"
cache_read = "0.30"
cache_read_audio = "2"
output_audio = "80"
web_searches = "10 per 1K"
input_seconds = "0.36 per hour"
at_least = { input_seconds = "10" }

[[price]]
provider = "acme"
model = "nightly"
input = "2"
instant = "end"
from = 2026-01-01
until = 2026-02-01

[[price]]
provider = "acme"
model = "nightly"
input = "1"
instant = "end"
from = 2026-02-01

[[price]]
provider = "acme"
model = "fee"
input = "1"
requests = "0.005"

[[price]]
provider = "acme"
prefix = "ptu-"
committed = true

[[price]]
provider = "other"
model = "everywhere"
input = "1"

[[factor]]
provider = "acme"
factor = "1.1"
components = ["input"]
when = { region = "eu" }
source = "https://acme.example/residency"
"""
ACME = ("--provider", "acme", "--model", "writer", "--at", "2026-05-01")


@pytest.fixture
def acme(command: Callable[..., Ran], tmp_path: Path) -> Callable[..., Ran]:
    """Prices a call with a price file that is found in the working directory."""
    (tmp_path / "llm-prices.toml").write_text(OWN)
    return lambda *arguments: command("price", *arguments)


def amount(ran: Ran) -> D:
    assert ran.code == 0
    return D(ran.json["amount"])


def test_audio_is_in_the_counts_that_include_it(acme: Callable[..., Ran]) -> None:
    counts = ("--input", "1009", "--cache-read", "401", "--input-audio", "307", "--count", "cache_read_audio=101")
    ran = acme(*ACME, *counts, "--output", "211", "--output-audio", "103", "--region", "us", "--json")
    # Of the input 401 are cached and 307 are audio, and 101 are both.
    parts = {
        "input": D(1009 - 401 - 307 + 101) * 3 / MILLION,
        "input_audio": D(307 - 101) * 40 / MILLION,
        "cache_read": D(401 - 101) * D("0.30") / MILLION,
        "cache_read_audio": D(101) * 2 / MILLION,
        "output": D(211 - 103) * 15 / MILLION,
        "output_audio": D(103) * 80 / MILLION,
    }
    assert {name: D(part) for name, part in ran.json["components"].items()} == parts
    assert amount(ran) == sum(parts.values())
    assert ran.json["assumed"] == []


def test_cached_tokens_beside_audio_are_read_as_text_and_said_to_be(acme: Callable[..., Ran]) -> None:
    ran = acme(*ACME, "--input", "50", "--cache-read", "20", "--input-audio", "10", "--region", "us", "--json")
    assert amount(ran) == (D(20) * 3 + D(20) * D("0.30") + D(10) * 40) / MILLION
    assert ran.json["assumed"] == ["cache_read=text"]


def test_what_is_not_counted_in_tokens(acme: Callable[..., Ran]) -> None:
    ran = acme(*ACME, "--web-searches", "3", "--count", "input-seconds=61.5", "--json")
    # $10 per 1,000 searches, $0.36 per hour.
    assert amount(ran) == 3 * D("0.01") + D("61.5") * D("0.0001")
    assert (ran.json["rows"]["web_searches"]["rate"], ran.json["rows"]["web_searches"]["per"]) == ("10", "1K searches")
    assert (ran.json["rows"]["input_seconds"]["rate"], ran.json["rows"]["input_seconds"]["per"]) == ("0.36", "hour")


def test_a_least_count_is_shown(acme: Callable[..., Ran]) -> None:
    ran = acme(*ACME, "--count", "input_seconds=2.5", "--json")
    assert amount(ran) == 10 * D("0.0001")
    assert ran.json["rows"]["input_seconds"]["at_least"] == "10"
    assert "2.5, billed as 10  0.36 per hour" in acme(*ACME, "--count", "input_seconds=2.5").out


def test_a_factor_is_shown_and_multiplies(acme: Callable[..., Ran]) -> None:
    counts = ("--input", "1000", "--output", "10", "--region", "EU")
    ran = acme(*ACME, *counts, "--json")
    assert amount(ran) == (1000 * 3 * D("1.1") + 10 * 15) / MILLION
    (factor,) = ran.json["rows"]["input"]["factors"]
    assert (factor["factor"], factor["kind"], factor["source"]) == ("1.1", "region", "https://acme.example/residency")
    assert ran.json["rows"]["output"]["factors"] == []
    assert "3 per 1M tokens   x 1.1 (region)  0.0033" in acme(*ACME, *counts).out


def test_a_region_that_nobody_names_is_said_to_be_assumed(acme: Callable[..., Ran]) -> None:
    assert acme(*ACME, "--input", "1", "--json").json["assumed"] == ["region=global"]


def test_the_end_may_choose_the_price(acme: Callable[..., Ran]) -> None:
    call = ("--provider", "acme", "--model", "nightly", "--input", "7", "--at", "2026-01-31T23:59:00Z", "--json")
    ended = acme(*call, "--end", "2026-02-01T00:01:00Z", "--region", "us")
    assert (amount(ended), ended.json["assumed"]) == (D(7) / MILLION, [])
    unsaid = acme(*call, "--region", "us")
    assert (amount(unsaid), unsaid.json["assumed"]) == (D(14) / MILLION, ["instant=start"])


def test_committed_capacity_has_no_price_and_is_no_failure(acme: Callable[..., Ran]) -> None:
    call = ("--provider", "acme", "--model", "ptu-chat", "--input", "7", "--at", "2026-05-01")
    ran = acme(*call, "--json")
    assert (ran.code, ran.json["status"], ran.json["amount"], ran.json["known_amount"]) == (0, "committed", None, None)
    assert acme(*call).out.startswith("acme ptu-chat at 2026-05-01T00:00:00Z: no price per call (committed)\n")


def test_a_fee_of_every_call_is_shown(acme: Callable[..., Ran]) -> None:
    call = ("--provider", "acme", "--model", "fee", "--input", "7")
    ran = acme(*call, "--json")
    assert amount(ran) == D(7) / MILLION + D("0.005")
    assert D(ran.json["components"]["requests"]) == D("0.005")
    (line,) = [line for line in acme(*call).out.splitlines() if line.startswith("requests")]
    assert line.split() == ["requests", "1", "0.005", "per", "request", "0.005"]


def test_a_price_of_ones_own_without_dates_and_source(acme: Callable[..., Ran]) -> None:
    ran = acme("--provider", "acme", "--model", "fee", "--input", "7", "--json")
    assert (ran.json["price"], ran.json["effective_from"], ran.json["source"]) == ("own:acme/fee", None, None)
    assert "source   llm-prices.toml: price[3]\n" in acme("--provider", "acme", "--model", "fee", "--input", "7").out


def test_where_nobody_is_named(acme: Callable[..., Ran]) -> None:
    ran = acme("--model", "gpt-4o", "--input", "7", "--at", "2026-11-01")
    assert ran.code == 3
    lines = ran.out.splitlines()
    assert lines[:2] == ["gpt-4o at 2026-11-01T00:00:00Z: unknown (unpriced)", "reason   ambiguous_provider"]
    assert {"openai", "github-copilot"} <= set(lines[2].removeprefix("sellers  ").split(", "))
    # One seller only: its price, and the seller is said to be assumed.
    ran = acme("--model", "gpt-4o-2024-08-06", "--input", "7", "--at", "2024-09-01", "--json")
    assert amount(ran) == 7 * D("2.50") / MILLION
    assert "provider=openai" in ran.json["assumed"]
    assert ran.json["price"].startswith("openai/gpt-4o-2024-08-06@")


def test_price_files(acme: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "env.toml").write_text('[[price]]\nmodel = "from-env"\ninput = "1"\n')
    (tmp_path / "flag.toml").write_text('[[price]]\nmodel = "from-flag"\ninput = "2"\n')
    # The file of the working directory is named too, and read once.
    monkeypatch.setenv("OTEL_LLM_COST_PRICES", os.pathsep.join(["env.toml", "llm-prices.toml"]))
    call = ("--provider", "acme", "--input", "7", "--at", "2026-05-01", "--json", "--prices", "flag.toml")
    amounts = [amount(acme(*call, "--model", model)) for model in ("from-env", "from-flag", "writer")]
    assert amounts == [D(7) / MILLION, D(14) / MILLION, D(21) / MILLION]


def test_a_price_file_that_cannot_be_used(acme: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text('[[price]]\nmodel = "m"\ninput = 1.5.2\n')
    ran = acme(*ACME, "--input", "1", "--prices", "broken.toml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("broken.toml:3:")
    assert acme(*ACME, "--input", "1", "--prices", "none.toml").code == 2


def test_effective_until_is_that_of_the_region_and_of_the_end(command: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text(
        '[[price]]\nprovider = "acme"\nmodel = "m"\ninput = "1"\nuntil = 2027-01-01\n'
        '[[price]]\nprovider = "acme"\nmodel = "m"\ninput = "2"\nuntil = 2026-07-01\nwhen = { region = "eu" }\n'
        '[[price]]\nprovider = "acme"\nmodel = "late"\ninput = "1"\nuntil = 2027-01-01\ninstant = "end"\n'
    )
    call = ("price", "--provider", "acme", "--input", "1", "--at", "2026-06-01", "--json")
    ends = [command(*call, "--model", "m", "--region", region).json["effective_until"] for region in ("eu", "us")]
    assert ends == ["2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"]
    late = command(*call, "--model", "late", "--end", "2026-06-01T01:00:00Z").json
    assert late["effective_until"] == "2027-01-01T00:00:00Z"
