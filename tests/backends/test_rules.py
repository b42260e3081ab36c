"""What promtool and Prometheus itself say of the shipped configuration and rules."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.backends.process import LOOPBACK
from tests.backends.programs import binary, free_port, get_json, prometheus
from tests.backends.rules import ANCHORED, OLDER, SHIPPED, copied, loaded, rules_of
from tests.backends.spending import ROOT

RULES: Final = sorted(path.name for path in (SHIPPED / "rules").glob("*.yaml"))
UNIT_TESTS: Final = sorted(path.name for path in (SHIPPED / "tests").glob("*.yaml"))


def promtool(*arguments: str | Path) -> str:
    """What it prints where all is well."""
    done = subprocess.run([binary("promtool"), *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("file", [name for name in RULES if name != ANCHORED])
def test_promtool_takes_the_rules(file: str) -> None:
    assert "SUCCESS" in promtool("check", "rules", SHIPPED / "rules" / file)


def test_promtool_takes_the_anchored_ones_but_for_that_word(tmp_path: Path) -> None:
    """Promtool 3.8 has no switch for it; Prometheus itself takes the file below."""
    text = (SHIPPED / "rules" / ANCHORED).read_text(encoding="utf-8")
    assert " anchored" in text
    plain = tmp_path / ANCHORED
    plain.write_text(text.replace(" anchored", ""), encoding="utf-8")
    assert "SUCCESS" in promtool("check", "rules", plain)


@pytest.mark.parametrize("file", UNIT_TESTS)
def test_unit_tests(file: str) -> None:
    promtool("test", "rules", SHIPPED / "tests" / file)


def test_promtool_takes_the_configuration() -> None:
    promtool("check", "config", "--syntax-only", SHIPPED / "prometheus.yaml")


def test_both_forms_record_the_same() -> None:
    anchored, older = ([(rule.name, rule.period) for rule in rules_of(file)] for file in (ANCHORED, OLDER))
    assert anchored == older


def test_every_rule_file_is_named_in_the_configuration() -> None:
    text = (SHIPPED / "prometheus.yaml").read_text(encoding="utf-8")
    assert [name for name in RULES if f"rules/{name}" not in text] == []
    assert f"rules/{ANCHORED}" in yaml.safe_load(text)["rule_files"]


@pytest.mark.parametrize(("spend", "features"), [(ANCHORED, None), (OLDER, "")])
def test_prometheus_takes_the_configuration(tmp_path: Path, spend: str, features: str | None) -> None:
    """All its rules can be evaluated, and where there are no data none gives anything but the budgets and limits."""
    config = copied(tmp_path / "prometheus", spend, f"{LOOPBACK}:{free_port()}")
    with prometheus(config, **({} if features is None else {"features": features})) as backend:
        rules = loaded(backend)
        assert {rule["name"] for rule in rules} >= {rule.name for rule in rules_of(spend)}
        assert [(rule["name"], rule["lastError"]) for rule in rules if rule["health"] != "ok"] == []
        recorded = {labels["__name__"] for labels, _ in backend.query('{__name__!=""}')}
        assert recorded == {rule.name for rule in rules_of("budgets.yaml")}
        status = get_json(f"{backend.url}/api/v1/status/runtimeinfo")["data"]
        assert status["storageRetention"] == "40d"


def test_the_page_tells_of_every_alert() -> None:
    groups = yaml.safe_load((SHIPPED / "rules" / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    alerts = {(rule["alert"], rule["labels"]["severity"]) for group in groups for rule in group["rules"] if "alert" in rule}
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert set(re.findall(r"(?m)^\| `(LLMCost\w+)` \| (\w+) \|", page)) == alerts
