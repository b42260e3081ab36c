"""Which prices are used: the table, its age, and the user's own files."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from otel_llm_cost import settings
from otel_llm_cost.doctor.finding import Finding, bad, note, ok, warn
from otel_llm_cost.doctor.setup import Setup
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.table import PriceTable

TOPIC: Final = "prices"
OLD_DAYS: Final = 60
"""In the year before November 2026 the rates that are kept by hand changed on 90 days: a table two months old lacks some fifteen of
them. A new model shows, as `unknown_model`; a changed price does not."""
_DAY_NS: Final = 86_400 * 10**9
_OURS: Final = "OTEL_LLM_COST_"
_VARIABLES: Final = sorted(value for value in vars(settings).values() if isinstance(value, str) and value.startswith(_OURS))
_HERE: Final = Path("llm-prices.toml")


def findings(setup: Setup, now_unix_nano: int) -> list[Finding]:
    """Of the table in use, of each file of the user's own, and of what else the environment says of prices."""
    base, found = _base()
    own = [] if base is None else _own(base)
    default, held = _default(), next(iter(setup.processors), None)
    in_use = held.table if held is not None else default
    found = [_age(in_use, now_unix_nano), *found]
    if in_use.version != default.version:
        files = ", ".join(own.path for own in in_use.own) or "none"
        found.append(note(TOPIC, f"the program was given other prices than the environment names; files of your own: {files}"))
    if held.strict if held is not None else settings.strict_from_environment(setup.environment):
        found.append(
            note(
                TOPIC,
                f"strict, as by {settings.STRICT}=true: what rests on an assumption is partial, and counts what is known",
            )
        )
    return [*found, *own, *_elsewhere(setup), *_misspelt(setup)]


def _age(table: PriceTable, now_unix_nano: int) -> Finding:
    days = max(0, (now_unix_nano - table.checked_unix_nano) // _DAY_NS)
    text = f"table {table.version}, checked {days} day{'' if days == 1 else 's'} ago"
    if days <= OLD_DAYS:
        return ok(TOPIC, text)
    return warn(
        TOPIC,
        f"{text}: prices that changed since are wrong, and newer models have none",
        f"pip install --upgrade otel-llm-cost; or otel-llm-cost table update FILE|URL --into PATH, and {settings.TABLE}=PATH",
    )


def _base() -> tuple[PriceTable | None, list[Finding]]:
    path = settings.table_from_environment()
    table, wrong = _tried(PriceTable.base)
    if wrong is not None:
        return None, [
            bad(
                TOPIC,
                f"{settings.TABLE}: {wrong}; the shipped prices are used",
                f"otel-llm-cost table check {path}; a new bundle: table update",
            )
        ]
    return table, [ok(TOPIC, f"{settings.TABLE} names {path}, which is used in place of the shipped table")] if path else []


def _own(base: PriceTable) -> list[Finding]:
    """Each file by itself, so that all that is wrong is told; then all together."""
    found: list[Finding] = []
    paths = settings.price_files_from_environment()
    for path in paths:
        table, wrong = _tried(lambda path=path: base.with_own([path]))  # type: ignore[misc] # bound now
        if table is None:
            text = f"{wrong}; none of {settings.PRICES} is used, the shipped prices are"
            found.append(bad(TOPIC, text, f"otel-llm-cost table check {path} says everything that is wrong with it"))
        else:
            count = len(table.query_costs())
            found.append(ok(TOPIC, f"{path}: {count} price{'' if count == 1 else 's'} of your own"))
    if not any(not finding.is_well for finding in found):
        _, wrong = _tried(PriceTable.default.__wrapped__)
        if wrong is not None:
            text = f"{wrong}; none of your own prices is used"
            found.append(bad(TOPIC, text, "otel-llm-cost table check says everything that is wrong with all of them"))
    return found


def _default() -> PriceTable:
    table, _ = _tried(PriceTable.default)
    return table if table is not None else PriceTable.shipped()


def _tried(make: Callable[[], PriceTable]) -> tuple[PriceTable | None, str | None]:
    try:
        return make(), None
    except PriceFileError as error:
        return None, str(error)


def _elsewhere(setup: Setup) -> list[Finding]:
    named = {Path(path).resolve() for path in settings.price_files_from_environment(setup.environment)}
    if not _HERE.exists() or _HERE.resolve() in named:
        return []
    text = f"{_HERE} in this folder is read by the command line, and not by your program"
    return [note(TOPIC, text, f"{settings.PRICES}={_HERE.resolve()}, if the program is to use it")]


def _misspelt(setup: Setup) -> list[Finding]:
    return [
        warn(TOPIC, f"{name} is no variable that is read", f"{_meant(name)}; docs/own-prices.md and docs/contract.md name them all")
        for name in sorted(setup.environment)
        if name.startswith(_OURS) and name not in _VARIABLES
    ]


def _meant(name: str) -> str:
    close = get_close_matches(name.removeprefix(_OURS), [one.removeprefix(_OURS) for one in _VARIABLES], n=1)
    return f"{_OURS}{close[0]} may be meant" if close else f"one of {', '.join(_VARIABLES)}"
