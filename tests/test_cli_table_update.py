"""`otel-llm-cost table update`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from conftest import Ran

from otel_llm_cost.cli.table import fetch
from otel_llm_cost.prices.bundle import Bundle, read_bundle
from otel_llm_cost.prices.table import PriceTable

Command = Callable[..., Ran]

ACME: dict[str, Any] = {
    "provider": "acme",
    "names": ["acme"],
    "currency": "USD",
    "sources": {
        "page": {"url": "https://acme.example/pricing", "read": "2026-10-01"},
        "later": {"url": "https://acme.example/pricing", "read": "2026-11-01"},
    },
    "prices": [
        {"model": "writer", "from": "2026-01-01", "rates": {"input": "3", "output": "15"}, "source": "page"},
        {"model": "reader", "from": "2026-01-01", "rates": {"input": "1"}, "source": "later"},
    ],
}


def newer() -> dict[str, Any]:
    """A later check of one row, an earlier one of another, and a new one."""
    document = deepcopy(ACME)
    document["prices"] = [
        {"model": "writer", "from": "2026-01-01", "rates": {"input": "2"}, "source": "later"},
        {"model": "reader", "from": "2026-01-01", "rates": {"input": "9"}, "source": "page"},
        {"model": "drawer", "from": "2026-11-01", "rates": {"output_images": "0.04"}, "source": "later"},
    ]
    return document


def write(path: str, document: dict[str, Any]) -> Bundle:
    held = Bundle(path, {"acme": "acme"}, {"acme": [document]})
    Path(path).write_text(held.text())
    return held


def input_rates() -> dict[str, str]:
    rates = {}
    for document in read_bundle(Path("mine.json")).documents("acme"):
        rates.update({entry["model"]: entry["rates"]["input"] for entry in document["prices"] if "input" in entry["rates"]})
    return rates


class Answers(BaseHTTPRequestHandler):
    """A server of bundles, on this machine."""

    body: ClassVar[bytes] = b""
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://acme.example/b.json")
            self.end_headers()
            return
        self.send_response(404 if self.path == "/none" else 200)
        self.send_header("Content-Length", str(len(self.body) + (9 if self.path == "/short" else 0)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        del format, args


@pytest.fixture
def url() -> Iterator[str]:
    Answers.body, Answers.asked[:] = b"", []
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_rows_checked_later_replace_and_those_checked_earlier_do_not(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    write("mine.json", ACME)
    write("new.json", newer())
    monkeypatch.setenv("OTEL_LLM_COST_TABLE", "mine.json")
    ran = command("table", "update", "new.json")
    assert ran.code == 0, ran.err
    assert input_rates() == {"writer": "2", "reader": "1"}
    assert "1 added, 1 replaced, 1 kept because ours was checked later, 0 the same, 1 only here" in ran.out
    assert "written to mine.json" in ran.out
    shown = ran.out.splitlines()
    assert any("drawer" in line and "output_images" in line and "0.04 per image, read 2026-11-01" in line for line in shown)
    assert any("writer" in line and "3 per 1M tokens" in line and "2 per 1M tokens" in line for line in shown)
    again = command("table", "update", "new.json")
    assert "nothing is written" in again.out
    priced = command("price", "--provider", "acme", "--model", "writer", "--input", "1000000", "--at", "2026-11-02", "--json")
    assert (priced.json["amount"], priced.json["table"]) == ("2", read_bundle(Path("mine.json")).version)


def test_a_dry_run_writes_nothing(command: Command) -> None:
    held = write("mine.json", ACME)
    write("new.json", newer())
    said = command("table", "update", "new.json", "--into", "mine.json", "--dry-run", "--json").json
    assert [change["how"] for change in said["changes"]] == ["replaced", "kept", "added"]
    assert said["changes"][0]["here"].startswith("3 per 1M tokens")
    assert (said["base"], said["written"]) == (held.version, None)
    assert Path("mine.json").read_text() == held.text()
    assert command("table", "update", "new.json", "--dry-run").code == 0


def test_the_first_update_begins_with_the_shipped_prices(command: Command) -> None:
    write("new.json", newer())
    ran = command("table", "update", "new.json", "--into", "mine.json")
    assert ran.code == 0
    assert "OTEL_LLM_COST_TABLE names it" in ran.out
    held = read_bundle(Path("mine.json"))
    assert set(held.keys) == {"acme", *PriceTable.shipped().providers}
    assert "3 added" in ran.out


def test_the_shipped_prices_exported_and_taken_again_are_the_same(command: Command) -> None:
    assert command("table", "export", "--to", "otel-llm-cost", "--output", "b.json").code == 0
    ran = command("table", "update", "b.json", "--into", "mine.json")
    assert "0 added, 0 replaced, 0 kept" in ran.out
    assert Path("mine.json").read_text() == Path("b.json").read_text()


def test_without_a_place_for_it_the_call_is_a_mistake(command: Command) -> None:
    write("new.json", newer())
    ran = command("table", "update", "new.json")
    assert ran.code == 2
    assert "OTEL_LLM_COST_TABLE" in ran.err


def test_the_users_own_files_are_not_touched(command: Command) -> None:
    own = '[[price]]\nmodel = "writer"\ninput = 7\n'
    Path("llm-prices.toml").write_text(own)
    write("mine.json", ACME)
    write("new.json", newer())
    assert command("table", "update", "new.json", "--into", "mine.json").code == 0
    assert Path("llm-prices.toml").read_text() == own


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"prices": [{**ACME["prices"][0], "rates": {"input": "-3"}}]}, "providers.acme[0].prices[0].rates.input: "),
        ({"prices": [ACME["prices"][0]] * 2}, "two rows for input would win equally"),
        ({"aliases": [{"alias": "x", "of": "nothing"}]}, "an alias of a model without rates: 'nothing'"),
        ({"more": 1}, "unknown: more"),
    ],
)
def test_a_wrong_bundle_changes_nothing(command: Command, change: dict[str, Any], problem: str) -> None:
    held = write("mine.json", ACME)
    write("new.json", {**newer(), **change})
    ran = command("table", "update", "new.json", "--into", "mine.json")
    assert (ran.code, ran.out) == (2, "")
    assert "new.json:" in ran.err
    assert problem in ran.err
    assert Path("mine.json").read_text() == held.text()
    assert sorted(path.name for path in Path().iterdir()) == ["mine.json", "new.json"]


def test_two_that_are_right_apart_and_wrong_together_change_nothing(command: Command) -> None:
    held = write("mine.json", {**ACME, "prices": [{**ACME["prices"][0], "model": "x"}, *ACME["prices"]]})
    wide = {"glob": "wr*", "from": "2026-01-01", "rates": {"input": "3"}, "source": "page"}
    write("mine.json", {**ACME, "prices": [*ACME["prices"], wide]})
    held = read_bundle(Path("mine.json"))
    write("new.json", {**newer(), "prices": [{**wide, "glob": "*er"}, *newer()["prices"]]})
    ran = command("table", "update", "new.json", "--into", "mine.json")
    assert ran.code == 2
    assert "would win equally" in ran.err
    assert read_bundle(Path("mine.json")).version == held.version


def test_a_bundle_is_fetched_from_the_url_that_is_given(command: Command, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A proxy of the environment is not for this machine.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    write("mine.json", ACME)
    Answers.body = write("new.json", newer()).text().encode()
    ran = command("table", "update", f"{url}/b.json", "--into", "mine.json")
    assert ran.code == 0, ran.err
    assert input_rates() == {"writer": "2", "reader": "1"}
    assert Answers.asked == ["/b.json"]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/none", "cannot be fetched: 404"),
        ("/away", "http://acme.example/b.json: is fetched over https only"),
        ("/short", "cannot be fetched"),
        ("/b.json", "is larger than"),
    ],
)
def test_what_cannot_be_fetched_is_said(
    command: Command, url: str, path: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Answers.body = write("new.json", newer()).text().encode()
    monkeypatch.setattr(fetch, "MOST_BYTES", len(Answers.body) - 1 if path == "/b.json" else len(Answers.body))
    ran = command("table", "update", url + path, "--into", "mine.json")
    assert (ran.code, ran.out) == (2, "")
    assert problem in ran.err
    assert not Path("mine.json").exists()


@pytest.mark.parametrize(
    "source", ["http://acme.example/b.json", "ftp://127.0.0.1/b.json", "file:///b.json", "https://", "http://[x"]
)
def test_other_urls_are_not_asked(command: Command, source: str) -> None:
    ran = command("table", "update", source, "--into", "mine.json")
    assert ran.code == 2
    assert json.dumps(source)[1:-1] in ran.err


def test_nobody_there_is_said(command: Command) -> None:
    ran = command("table", "update", "http://localhost:9/b.json", "--into", "mine.json")
    assert ran.code == 2
    assert "cannot be fetched" in ran.err
    assert command("table", "update", "none.json", "--into", "mine.json").code == 2
