"""A program spends more than the day's budget: Prometheus, by the shipped rules, tells Alertmanager, which tells people."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest

from tests.backends.inbox import body, mail_server, webhook
from tests.backends.programs import alertmanager, free_port, prometheus, wait_for
from tests.backends.rules import ANCHORED, copied, loaded, rules_of
from tests.backends.spending import DEAR, spender
from tests.backends.test_alertmanager import configured
from tests.backends.test_spend_rules import wait_for_an_hour_of_the_day

BUDGET: Final = next(
    int(rule.expr.removeprefix("vector(").removesuffix(")"))
    for rule in rules_of("budgets.yaml")
    if (rule.name, rule.period) == ("llm_cost:budget:amount", "day")
)
CALLS: Final = (DEAR,) * (BUDGET // int(DEAR.cost) + 1)


def test_a_budget_that_is_spent_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_an_hour_of_the_day()
    spent = sum((call.cost for call in CALLS), Fraction(0))
    assert BUDGET < spent < 2 * BUDGET
    mail, slack, certificates = free_port(), free_port(), tmp_path / "authority.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates))
    with (
        mail_server(mail, certificates) as box,
        webhook(slack) as posted,
        alertmanager(configured(tmp_path, mail, slack)) as told,
        prometheus(copied(tmp_path / "rules", ANCHORED, told.url.removeprefix("http://"))) as backend,
    ):
        loaded(backend)
        with spender(backend.otlp_http, OTEL_TRACES_EXPORTER="none") as program:
            program.spend(*CALLS)
            program.terminate()
        # What was spent in this minute is told when it is over.
        time.sleep(60 - time.time() % 60)
        wait_for(lambda: box.about("of the day's budget is spent"), "the mail", told, backend, state=lambda: box.mails)
        (mailed, *_) = box.about("of the day's budget is spent")
        assert "LLMCostBudgetSpent" in mailed["Subject"]
        assert f"{float(spent):.2f} of {BUDGET:.2f} USD since the day began (UTC)." in body(mailed)
        wait_for(lambda: posted, "Slack", told)
        assert posted[0]["attachments"][0]["title"] == "FIRING: LLMCostBudgetSpent"
