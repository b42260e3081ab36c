"""Counters of the past: how programs spent over five weeks, what Prometheus saw of it, and what it exactly was in a period."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Final, NamedTuple

from tests.backends.programs import binary

MICRO: Final = Fraction(1, 10**6)
STEP: Final = 600
"""Seconds between two samples: more than the 5 minutes for which an instant query sees one."""


def at(day: str, time: str = "00:00:00") -> int:
    """A time of UTC, in seconds since 1970."""
    return int(datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC).timestamp())


BEGIN: Final = at("2026-10-27")
END: Final = at("2026-12-03")


class Seen(NamedTuple):
    """One sample of a counter, in millionths of its currency."""

    at: int
    micro: int


class Counter(NamedTuple):
    """One series of `llm_cost_spend_total`."""

    service: str
    instance: str
    samples: tuple[Seen, ...]
    currency: str = "USD"

    def spent(self, since: int, until: int) -> Fraction:
        """In (since, until]: each sample's growth belongs to when it was seen; what is seen first, or again, began at 0."""
        micro, last = 0, 0
        for seen in self.samples:
            if since < seen.at <= until:
                micro += seen.micro - (last if seen.micro >= last else 0)
            last = seen.micro
        return micro * MICRO

    def lines(self) -> Iterator[str]:
        labels = {
            "gen_ai_provider_name": "acme",
            "gen_ai_response_model": "m",
            "gen_ai_usage_cost_currency": self.currency,
            "llm_cost_component": "input",
            "llm_cost_status": "priced",
            "instance": self.instance,
            "service_name": self.service,
        }
        written = ",".join(f'{name}="{value}"' for name, value in labels.items())
        return (
            f"llm_cost_spend_total{{{written}}} {seen.micro // 10**6}.{seen.micro % 10**6:06} {seen.at}" for seen in self.samples
        )


def growing(since: int, until: int, by: int, *, first: int | None = None, step: int = STEP) -> tuple[Seen, ...]:
    """Grows by another amount from sample to sample."""
    micro = by if first is None else first
    samples = []
    for place, moment in enumerate(range(since, until, step)):
        samples.append(Seen(moment, micro))
        micro += by * (1 + place % 7)
    return tuple(samples)


def without(samples: tuple[Seen, ...], since: int, until: int) -> tuple[Seen, ...]:
    """Nothing is received between, and the counter goes on."""
    return tuple(seen for seen in samples if not since <= seen.at < until)


def lives(service: str, *spans: tuple[int, int, int], step: int = STEP) -> Counter:
    """One series, which begins at 0 again and again: from, until, by how much."""
    return Counter(service, "fixed", tuple(seen for since, until, by in spans for seen in growing(since, until, by, step=step)))


def _counters() -> list[Counter]:
    steady = growing(BEGIN + 17, END, 1009)
    day = 86400
    return [
        Counter("steady", "a", steady),
        Counter("euro", "a", growing(BEGIN + 41, END, 211), "EUR"),
        # Ten minutes each morning: one sample, and with a zero sample at its start every other day.
        *(
            Counter(
                "script",
                f"run-{number}",
                (
                    *((Seen(BEGIN + number * day + 30000, 0),) if number % 2 else ()),
                    Seen(BEGIN + number * day + 30600, 70001 + number),
                ),
            )
            for number in range(37)
        ),
        # Deployed twice a day, each process a series of its own; the first began at 0 as Prometheus knows.
        *(
            Counter(
                "deployed",
                f"process-{number}",
                growing(BEGIN + number * day // 2 + 4001, BEGIN + (number + 1) * day // 2 + 4001, 307, first=number % 2 * 307),
            )
            for number in range(73)
        ),
        Counter("born late", "a", growing(at("2026-11-30", "23:50:05"), END, 503)),
        Counter("ended", "a", growing(BEGIN + 5, at("2026-11-30", "11:00:00"), 401)),
        # Prometheus was down over a midnight, and over a weekend.
        Counter("night", "a", without(steady, at("2026-11-30", "18:00:00"), at("2026-12-01", "07:00:00"))),
        Counter("weekend", "a", without(steady, at("2026-11-27", "17:00:00"), at("2026-11-30", "08:30:00"))),
        # Tells only what is new, as the Collector does where it has turned deltas into sums.
        Counter("seldom", "a", growing(BEGIN + 7, END, 90007, step=23 * 3600)),
        # The same labels after each restart.
        lives("reset", *((BEGIN + number * 3 * day + 7000, BEGIN + (number + 1) * 3 * day + 7000, 601) for number in range(12))),
        # Within a minute, of an hour that is not yet over.
        lives(
            "scraped",
            (at("2026-11-26", "15:00:05"), at("2026-11-26", "15:20:35"), 101),
            (at("2026-11-26", "15:20:45"), at("2026-11-26", "15:50:00"), 31),
            step=10,
        ),
        # Each midnight, between the last sample of one day and the first of the next.
        lives("nightly", *((BEGIN + number * day + 300, BEGIN + (number + 1) * day, 701) for number in range(37))),
        # Each time after little, and soon past what it was.
        lives(
            "outrun",
            *(
                (BEGIN + number * day + 36000 + wait, BEGIN + number * day + 36000 + until, by)
                for number in range(36)
                for wait, until, by in ((0, 3000, 907), (3600, 72000, 1103))
            ),
        ),
        lives("crashing", *((BEGIN + number * 9000, BEGIN + number * 9000 + 8000, 1301) for number in range(350)), step=60),
    ]


COUNTERS: Final = _counters()
NEAR: Final = frozenset({"outrun", "crashing"})
"""Where the older form is near only."""


def blocks(folder: Path) -> Path:
    """As Prometheus keeps them."""
    written = folder / "counters.om"
    with written.open("w", encoding="utf-8") as file:
        file.write("# TYPE llm_cost_spend counter\n")
        for counter in COUNTERS:
            file.writelines(f"{line}\n" for line in counter.lines())
        file.write("# EOF\n")
    data = folder / "data"
    command = [
        binary("promtool"),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "--quiet",
        "--max-block-duration=744h",
        written,
        data,
    ]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - a program that we built
    return data


def start_of(period: str, moment: int) -> int:
    """Of the day, week or month that a moment is in; "hour" is the 60 minutes before it."""
    if period == "hour":
        return moment - 3600
    then = datetime.fromtimestamp(moment, UTC).replace(hour=0, minute=0, second=0)
    days = {"day": 0, "week": then.weekday(), "month": then.day - 1}[period]
    return int((then - timedelta(days=days)).timestamp())


def spent(period: str, moment: int) -> dict[tuple[str, str], Fraction]:
    """By service and currency, from the period's start to the last full minute, of what has been seen in it."""
    since, until = start_of(period, moment), moment - moment % 60
    totals: dict[tuple[str, str], Fraction] = {}
    for counter in COUNTERS:
        if any(since < seen.at <= until for seen in counter.samples):
            key = (counter.service, counter.currency)
            totals[key] = totals.get(key, Fraction(0)) + counter.spent(since, until)
    return totals
