"""The built dashboards as Grafana reads them: panels, their queries, and what Grafana puts in place of variables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

FOLDER: Final = Path(__file__).parents[2] / "collector-config" / "grafana" / "dashboards"
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class Query(NamedTuple):
    """One query of a panel."""

    title: str
    source: str
    text: str
    legend: str
    is_instant: bool
    ref: str


def documents() -> dict[str, dict[str, Any]]:
    """Each dashboard by its uid."""
    found = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json")))
    return {document["uid"]: document for document in found}


def panels(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Without the rows' titles."""
    return [panel for panel in document["panels"] if panel["type"] != "row"]


def queries(document: Mapping[str, Any]) -> Iterator[Query]:
    """Of all its panels."""
    for panel in panels(document):
        for target in panel["targets"]:
            yield Query(
                panel["title"],
                panel["datasource"]["type"],
                target.get("expr") or target["query"],
                target.get("legendFormat", ""),
                target.get("instant", False),
                target["refId"],
            )


def filled(text: str, values: Mapping[str, str]) -> str:
    """With variables replaced; KeyError for one that has no value."""
    return _VARIABLE.sub(lambda found: values[found[1] or found[2]], text)
