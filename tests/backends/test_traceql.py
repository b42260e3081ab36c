"""Every TraceQL query of the dashboards, of their links and of the documentation, read by Grafana's own parser of TraceQL."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pytest

from tools.dashboards.built import documents, panels, queries
from tools.dashboards.traceql import folder, is_installed

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = (ROOT / "docs" / "dashboards.md", ROOT / "collector-config" / "tempo" / "README.md")
VALUES: Final = {
    "$expensive": "0.1",
    "$currency": "USD",
    "$service": "shop|chat",
    "${__value.raw}": "0.25",
    "${__field.labels.gen_ai_usage_cost_currency}": "USD",
    "${__field.labels.gen_ai_response_model}": "gpt-4o",
}


def parsed(*traceql: str) -> list[bool]:
    """Whether each is whole."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node was not found: install Node.js (https://nodejs.org)")
    if not is_installed():
        pytest.skip("Grafana's TraceQL parser is not installed: run `make backends`")
    script = Path(__file__).with_name("traceql.mjs")
    done = subprocess.run(  # noqa: S603 - a program of the test's own
        [node, script, folder()], input=json.dumps(traceql), capture_output=True, text=True, check=True
    )
    answer: list[bool] = json.loads(done.stdout)
    return answer


def whole(text: str) -> str:
    for name, value in VALUES.items():
        text = text.replace(name, value)
    assert "$" not in text
    return text


def linked(panel: dict[str, Any]) -> list[str]:
    """The queries of the panel's links into Explore."""
    config = panel["fieldConfig"]
    links = list(config["defaults"].get("links", []))
    for override in config.get("overrides", []):
        links += [link for one in override["properties"] if one["id"] == "links" for link in one["value"]]
    addresses = [unquote(link["url"].split("panes=")[1]) for link in links if "/explore?" in link["url"]]
    return [query["query"] for address in addresses for query in json.loads(address)["llm"]["queries"]]


def test_dashboards() -> None:
    made = documents().values()
    found = [query.text for document in made for query in queries(document) if query.source == "tempo"]
    links = [query for document in made for panel in panels(document) for query in linked(panel)]
    assert found
    assert links
    texts = [whole(text) for text in dict.fromkeys(found + links)]
    assert dict(zip(texts, parsed(*texts), strict=True)) == dict.fromkeys(texts, True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```traceql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    found = [one.replace("\\|", "|") for one in re.findall(r"`(\{ .*?)`", text)]
    texts = [line for block in fenced for line in block.splitlines() if line] + [
        one for one in found if one.count("{") == one.count("}")
    ]
    assert len(texts) > 2
    assert dict(zip(texts, parsed(*texts), strict=True)) == dict.fromkeys(texts, True)


def test_what_is_cut_off_is_refused() -> None:
    assert parsed("{ span.gen_ai.usage.cost.amount > 0.1 }", "{ span.gen_ai.usage.cost.amount > ", "{ } | sum(") == [
        True,
        False,
        False,
    ]
