"""The shipped configuration of Alertmanager tells by e-mail and Slack, and does not tell twice."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.backends.inbox import PASSWORD, body, mail_server, webhook
from tests.backends.process import LOOPBACK
from tests.backends.programs import Alertmanager, alertmanager, binary, free_port, get_json, wait_for
from tests.backends.spending import ROOT

SHIPPED: Final = ROOT / "collector-config" / "alertmanager" / "alertmanager.yaml"


def amtool(*arguments: str) -> str:
    done = subprocess.run([binary("amtool"), *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_amtool_takes_the_configuration() -> None:
    assert "SUCCESS" in amtool("check-config", str(SHIPPED))


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["alertname=LLMCostBudgetSpent", "severity=critical", "period=day"], "mail-and-slack"),
        (["alertname=LLMCostBudgetNearlySpent", "severity=warning", "period=day"], "mail"),
        (["alertname=LLMCostUnpricedCalls", "severity=warning"], "mail"),
        (["alertname=SomebodyElses"], "mail"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_who_is_told(labels: list[str], receiver: str) -> None:
    assert amtool("config", "routes", "test", f"--config.file={SHIPPED}", *labels).strip() == receiver


def alert(name: str, severity: str, summary: str, **labels: str) -> dict[str, Any]:
    """As Prometheus sends it."""
    return {
        "labels": {"alertname": name, "severity": severity, "gen_ai_usage_cost_currency": "USD", **labels},
        "annotations": {"summary": summary, "description": f"{summary}, in full.", "runbook": "Slow it down."},
    }


def send(backend: Alertmanager, *alerts: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/json"}
    request = Request(f"{backend.url}/api/v2/alerts", json.dumps(alerts).encode(), headers)  # noqa: S310 - loopback
    with build_opener(ProxyHandler({})).open(request) as answer:
        assert answer.status == 200


def held_back(backend: Alertmanager) -> dict[str, bool]:
    """By summary."""
    alerts = get_json(f"{backend.url}/api/v2/alerts")
    return {alert["annotations"]["summary"]: bool(alert["status"]["inhibitedBy"]) for alert in alerts}


def configured(folder: Path, mail: int, slack: int) -> Path:
    """The shipped configuration; only addresses and the places of secrets are others."""
    (folder / "smtp_password").write_bytes(PASSWORD)
    (folder / "slack_url").write_text(f"http://{LOOPBACK}:{slack}/services/T0/B0/secret", encoding="utf-8")
    text = SHIPPED.read_text(encoding="utf-8")
    own = {"smtp.example.com:587": f"{LOOPBACK}:{mail}", "/etc/alertmanager/secrets/": f"{folder}/"}
    for shipped, here in own.items():
        assert shipped in text
        text = text.replace(shipped, here)
    config = folder / "alertmanager.yaml"
    config.write_text(text, encoding="utf-8")
    return config


def test_a_spent_budget_is_told_by_mail_and_slack_and_the_nearly_spent_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, slack, certificates = free_port(), free_port(), tmp_path / "authority.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates))
    with (
        mail_server(mail, certificates) as box,
        webhook(slack) as posted,
        alertmanager(configured(tmp_path, mail, slack)) as backend,
    ):
        day, own = {"scope": "all", "period": "day"}, {"scope": "service", "period": "day", "service_name": "shop"}
        send(
            backend,
            alert("LLMCostBudgetSpent", "critical", "100% of the day's budget is spent", **day),
            alert("LLMCostBudgetNearlySpent", "warning", "104% of the day's budget is spent", **day),
        )
        # The first is in one mail with the one that is held back: when it has come, that would have come too.
        send(
            backend,
            alert("LLMCostBudgetNearlySpent", "warning", "shop: 85% of the day's budget is spent", **own),
            alert("LLMCostBudgetNearlySpent", "warning", "81% of the month's budget is spent", scope="all", period="month"),
        )
        wait_for(lambda: box.about("100% of the day") and posted, "mail and Slack", backend, state=lambda: (box.mails, posted))
        (told,) = box.about("100% of the day")
        assert told["To"] == "llm-cost-owners@example.com"
        assert "LLMCostBudgetSpent" in told["Subject"]
        assert "100% of the day's budget is spent, in full." in body(told)
        assert "Slow it down." in body(told)
        (message,) = posted
        assert message["channel"] == "#llm-cost"
        assert message["attachments"][0]["title"] == "FIRING: LLMCostBudgetSpent"
        assert "100% of the day's budget is spent, in full." in message["attachments"][0]["text"]
        # Of another service, and of another period: not the same budget.
        wait_for(
            lambda: box.about("shop: 85%") and box.about("81% of the month"), "the other budgets", backend, state=lambda: box.mails
        )
        assert held_back(backend) == {
            "100% of the day's budget is spent": False,
            "104% of the day's budget is spent": True,
            "shop: 85% of the day's budget is spent": False,
            "81% of the month's budget is spent": False,
        }
        assert box.about("104%") == []
        assert len(posted) == 1
