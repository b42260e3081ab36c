"""The shipped configuration of Prometheus and its rules, as the tests load them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from tests.backends.programs import Prometheus, get_json, wait_for
from tests.backends.spending import ROOT

SHIPPED: Final = ROOT / "collector-config" / "prometheus"
ANCHORED, OLDER = "spend-anchored.yaml", "spend-older.yaml"
TO_DATE: Final = "currency_service:llm_cost_spend:to_date"


class Rule(NamedTuple):
    """Of a rule file."""

    name: str
    period: str | None
    expr: str


def rules_of(file: str) -> list[Rule]:
    """In their order."""
    groups = yaml.safe_load((SHIPPED / "rules" / file).read_text(encoding="utf-8"))["groups"]
    return [
        Rule(rule.get("record") or rule["alert"], rule.get("labels", {}).get("period"), rule["expr"])
        for group in groups
        for rule in group["rules"]
    ]


def rule(file: str, name: str, period: str | None = None) -> str:
    """The one expression of this name and period."""
    (found,) = [rule.expr for rule in rules_of(file) if (rule.name, rule.period) == (name, period)]
    return found


def copied(folder: Path, spend: str, alertmanager: str) -> Path:
    """The configuration's path in a copy that is the same but for where the alerts go, which form it loads, and how often."""
    shutil.copytree(SHIPPED, folder)
    for file in (folder / "rules").glob("*.yaml"):
        text, count = re.subn(r"(?m)^    interval: \w+$", "    interval: 1s", file.read_text(encoding="utf-8"))
        assert count, f"{file.name} has no interval"
        file.write_text(text, encoding="utf-8")
    config = folder / "prometheus.yaml"
    text = config.read_text(encoding="utf-8")
    for shipped, own in (("alertmanager:9093", alertmanager), (f"- rules/{ANCHORED}", f"- rules/{spend}")):
        assert text.count(shipped) == 1, shipped
        text = text.replace(shipped, own)
    config.write_text(text, encoding="utf-8")
    return config


def loaded(backend: Prometheus) -> list[dict[str, Any]]:
    """Every rule that it has, each evaluated at least once."""

    def evaluated() -> list[dict[str, Any]] | None:
        groups = get_json(f"{backend.url}/api/v1/rules")["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        return rules if all(rule["health"] != "unknown" for rule in rules) else None

    return wait_for(evaluated, "every rule to be evaluated", backend)
