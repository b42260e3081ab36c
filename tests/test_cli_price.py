"""`otel-llm-cost price`."""

from __future__ import annotations

import json
from decimal import Decimal as D
from typing import Any

import pytest

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
    assert set(result["rows"]["input"]) == {"row", "rate", "per", "from", "until", "source"}
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
