"""docs/contract.md lists what names.py and cost.py have, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from otel_llm_cost import names
from otel_llm_cost.cost import Reason, Status
from otel_llm_cost.usage import COMPONENTS, UNSPLIT

PAGE = (Path(__file__).parents[1] / "docs" / "contract.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text below a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def rows(title: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_span_attributes_are_those_written() -> None:
    written = {
        names.COST_AMOUNT,
        names.COST_CURRENCY,
        names.COST_SOURCE,
        names.STATUS,
        names.REASON,
        names.PRICE,
        names.TABLE,
        "llm_cost.component.<component>.amount",
        names.ASSUMED,
        names.USAGE_SOURCE,
        names.KNOWN_AMOUNT,
        names.LOCAL_AMOUNT,
        names.TEST,
        *(name for name, _ in names.REACHED),
    }
    assert {name for row in rows("On a span") for name in quoted(row[0])} == written
    assert set(names.COMPONENT_AMOUNT.values()) == {f"llm_cost.component.{name}.amount" for name in (*COMPONENTS, UNSPLIT)}


def test_statuses() -> None:
    assert [quoted(row[0])[0] for row in rows("Statuses")] == [str(status) for status in Status]


def test_reasons() -> None:
    assert sorted(name for row in rows("Reasons") for name in quoted(row[0])) == sorted(str(reason) for reason in Reason)


def test_components() -> None:
    # What stands in backquotes outside brackets: "not in tokens" and the like are words.
    assert set(quoted(section("Components"))) == {*COMPONENTS, UNSPLIT}


def test_metrics() -> None:
    listed = [(quoted(row[0])[0], row[1], quoted(row[2])[0], quoted(row[4])[0]) for row in rows("Metrics")]
    assert listed == [(metric.name, metric.kind, metric.unit, metric.prometheus) for metric in names.METRICS]


def test_every_attribute_constant_is_distinct() -> None:
    values = [value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)]
    assert len(values) == len(set(values))
