"""What was seen of each cell, against what the provider bills. Imports nothing of ours."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from tests.matrix.answers import ANSWERS
from tests.matrix.evaluator import bill

REVIEWED: Final = Path(__file__).with_name("reviewed")
WITH_PRICE: Final = {"priced", "free", "reported"}
TIMES: Final = {"same": 4}
"""How often a case's one answer is given."""
UNBILLED: Final = {"batch"}
"""Its requests are no calls of their own."""
_CLOSE: Final = Fraction(1, 10**9)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it came out."""

    client: str
    api: str
    case: str
    outcome: str
    """`exact`, `no span`, `wrong`, `failed`, or `assumed`, `partial` or `unpriced` with what or the reason."""
    detail: str

    @property
    def name(self) -> str:
        return f"{self.client}/{self.api}/{self.case}"


@dataclass(frozen=True, slots=True)
class Review:
    """Why cells are not exact, as a person found it."""

    columns: tuple[str, ...]
    cells: tuple[str, ...]
    outcome: str
    why: str
    kind: str
    """`missing` names what the span lacks, `upstream` the instrumentation's fault, `request` what cannot be asked,
    `ours` what we do not do though the spans would allow it."""
    pointers: tuple[str, ...]
    """Into the answer: counts of which the spans hold no trace."""


def judged(seen: Mapping[str, Any]) -> list[Cell]:
    """The cells of a column that was run."""
    return [Cell(cell["client"], cell["api"], cell["case"], *_outcome(cell)) for cell in seen["cells"]]


def _outcome(cell: Mapping[str, Any]) -> tuple[str, str]:
    api, case = cell["api"], cell["case"]
    calls = Counter({status: count for status, count in cell["calls"].items() if status != "duplicate"})
    if cell["error"] is not None and case != "error":
        return "failed", cell["error"]
    if not calls:
        return ("exact", "") if case in UNBILLED else ("no span", f"{len(cell['spans'])} spans, none of them a call's")
    bills = _bills(api, case)
    if calls.total() != len(bills):
        return "wrong", f"{calls.total()} calls counted of {len(bills)}: {dict(calls)}"
    spend = {status: Fraction(amount) for status, amount in cell["spend"].items()}
    settled = sum((amount for status, amount in spend.items() if status.split("/")[0] in WITH_PRICE), Fraction(0))
    on_spans = sum((Fraction(repr(found)) for span in cell["spans"] if (found := _amount(span)) is not None), Fraction(0))
    if not _equal(on_spans, settled):
        return "wrong", f"{float(on_spans)} on the spans, {float(settled)} in the metrics"
    if {status.split("/")[0] for status in calls} <= WITH_PRICE:
        return _of_priced(cell, bills, settled)
    return _of_known_in_part(calls, bills, sum(spend.values(), Fraction(0)))


def _of_priced(cell: Mapping[str, Any], bills: list[Fraction | None], settled: Fraction) -> tuple[str, str]:
    known = [amount for amount in bills if amount is not None]
    if len(known) < len(bills):
        return "wrong", f"{float(settled)} for what nobody can know"
    due = sum(known, Fraction(0))
    if _equal(settled, due):
        return "exact", ""
    assumed = sorted({said for span in cell["spans"] for said in span["attributes"].get("llm_cost.assumed") or ()})
    return (f"assumed:{'+'.join(assumed)}" if assumed else "wrong"), f"{float(settled)} instead of {float(due)}"


def _of_known_in_part(calls: Counter[str], bills: list[Fraction | None], lower: Fraction) -> tuple[str, str]:
    reasons = " + ".join(sorted(status.replace("/", ":", 1) for status in calls if status.split("/")[0] not in WITH_PRICE))
    due = sum((amount for amount in bills if amount is not None), Fraction(0))
    if None not in bills and lower > due * (1 + _CLOSE):
        return "wrong", f"{reasons}, and the known amount {float(lower)} is more than {float(due)}"
    return reasons, f"{float(lower)} of {float(due)} known"


def _bills(api: str, case: str) -> list[Fraction | None]:
    answers = ANSWERS[api, case]
    if case in UNBILLED:
        return []
    if case in TIMES:
        return [bill(api, case)] * TIMES[case]
    return [bill(api, case, place) for place, answer in enumerate(answers) if answer.status < 500]


def _amount(span: Mapping[str, Any]) -> float | None:
    found: float | None = span["attributes"].get("gen_ai.usage.cost.amount")
    return found


def _equal(one: Fraction, other: Fraction) -> bool:
    return abs(one - other) <= _CLOSE * max(abs(one), abs(other))


# Reviews ------------------------------------------------------------------------------------------------------------------------
def reviews() -> list[Review]:
    """All of the folder, the general ones last."""
    return [
        Review(
            tuple(held["columns"]),
            tuple(held["cells"]),
            held["outcome"],
            held["why"],
            held["kind"],
            tuple(held.get("pointers", ())),
        )
        for path in sorted(REVIEWED.glob("*.toml"), key=lambda path: (path.stem == "general", path.stem))
        for held in tomllib.loads(path.read_text("utf-8")).get("review", [])
    ]


def review_of(column: str, cell: Cell, all_reviews: list[Review]) -> Review | None:
    """The first review of a cell with this outcome."""
    for review in all_reviews:
        if (
            any(fnmatchcase(column, pattern) for pattern in review.columns)
            and any(fnmatchcase(cell.name, pattern) for pattern in review.cells)
            and fnmatchcase(cell.outcome, review.outcome)
        ):
            return review
    return None


def traces_of(cell: Mapping[str, Any], review: Review) -> Iterator[str]:
    """Counts that the review says are on no span, and that are on one."""
    written = json.dumps([span["attributes"] for span in cell["spans"]])
    numbers = set(re.findall(r"(?<![\d.])\d+(?![\d.])", written))
    for pointer in review.pointers:
        for answer in ANSWERS[cell["api"], cell["case"]]:
            for document in answer.events or [answer.body]:
                count = _at(document, pointer)
                if isinstance(count, int) and count and str(count) in numbers:
                    yield f"{pointer} = {count}"


def _at(document: object, pointer: str) -> object:
    for name in pointer.split("/")[1:]:
        if isinstance(document, list):
            document = document[int(name)] if name.isdecimal() and int(name) < len(document) else None
        else:
            document = document.get(name) if isinstance(document, dict) else None
    return document
