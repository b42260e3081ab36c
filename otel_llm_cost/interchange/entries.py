"""What is exchanged with other projects' price tables: entries as our price files have them, and what could not be carried over."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, NamedTuple

from otel_llm_cost.call import instant_of, instant_text
from otel_llm_cost.money import UNITS, text_of, units_of
from otel_llm_cost.usage import COMPONENTS

Entry = dict[str, Any]
"""One entry of a price file, with `provider` (absent: any) and `currency`; its `source`, where it has one, in place."""

MATCHES: Final = ("model", "prefix", "glob", "regex")
FIVE_MINUTES: Final = {"cache_write_5m": "cache_write"}
"""What `covers` says where a source's one price of cache writes is that of its shortest-lived cache."""

_PER: Final = re.compile(
    r"(?P<amount>[\d.]+) per (?P<many>1K|1M|hour|minute|second|character|image|page|search|call|message|request)"
)
_MANY: Final = {"1K": 1_000, "1M": 1_000_000, "hour": 3_600, "minute": 60}
_NAMED: Final = 3


class Refused(ValueError):  # noqa: N818 - a finding, of which an import has many, before it is an error
    """What cannot be imported truthfully: `problem`, and where it stands."""

    def __init__(self, problem: str, *, name: str, place: str = "", line: int | None = None, column: int | None = None) -> None:
        self.problem, self.name, self.place, self.line, self.column = problem, name, place, line, column
        where = name if line is None else f"{name}:{line}:{column}"
        super().__init__(f"{where}: {place}: {problem}" if place else f"{where}: {problem}")


@dataclass(frozen=True)
class Imported:
    """What a foreign table says, in our terms. A row with a part that cannot be said is in `refused`, whole."""

    entries: list[Entry] = field(default_factory=list)
    factors: list[dict[str, Any]] = field(default_factory=list)
    aliases: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What means something else here than there, and what has no counterpart."""
    refused: list[Refused] = field(default_factory=list)


class Written(NamedTuple):
    """A foreign table, and what of ours it cannot say."""

    text: str
    notes: list[str]


class Notes:
    """Notes that are said once, with how many rows they are about and the first of their names."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, problem: str, row: str) -> None:
        """Note a problem of a row."""
        self._rows[problem].append(row)

    def __bool__(self) -> bool:
        return bool(self._rows)

    def lines(self) -> list[str]:
        """The notes."""
        lines = []
        for problem, rows in self._rows.items():
            names = list(Counter(rows))
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            lines.append(f"{problem} ({len(names)}: {', '.join(names[:_NAMED])}{more})")
        return lines


def rate_of(component: str, units: int) -> str:
    """The rate of a component, in its own unit, from money units for one of what it counts."""
    return text_of(units * COMPONENTS[component].priced_per)


def rates_of(prices: Mapping[str, int]) -> dict[str, str]:
    """As `rate_of`, in the order of the components."""
    return {component: rate_of(component, prices[component]) for component in COMPONENTS if component in prices}


def cost_units(rate: str, component: str) -> int | None:
    """Money units for one of what a component counts, by a rate of ours; None where they are no finite decimal."""
    known = COMPONENTS[component]
    said = _PER.fullmatch(rate)
    try:
        if said is None:
            return units_of(rate, per=known.priced_per)
        exact = Fraction(said["amount"]) * UNITS / _MANY.get(said["many"], 1)
    except ValueError:
        return None
    return exact.numerator if exact.denominator == 1 else None


def undated(as_of: str | None, *, name: str) -> str:
    """The start of rows without one. Raises Refused where nobody says it."""
    if as_of is None:
        raise Refused("its rows have no dates: say with --as-of from which day on they hold", name=name)
    try:
        return day_of(as_of)
    except ValueError:
        raise Refused(f"--as-of is a day or an instant with a zone, not {as_of!r}", name=name) from None


def day_of(text: str) -> str:
    """A day or instant as price files write it: the day alone where it is the start of one in UTC. Raises ValueError."""
    return instant_text(instant_of(text)).removesuffix("T00:00:00Z")


def covering(rates: Mapping[str, object]) -> dict[str, str]:
    """What `covers` says where a source bills every token of a side at its one price, but for those with a price of their own."""
    covers = {}
    for component, known in COMPONENTS.items():
        if known.unit != "token" or component in rates or component in {"reasoning", "cache_read"}:
            continue
        narrow = next((wider for wider in ("cache_read", "cache_write") if component.startswith(f"{wider}_")), None)
        side = "input" if known.prompt else "output"
        wider = narrow if narrow in rates else side
        if wider is not None and wider in rates and wider != component:
            covers[component] = wider
    return covers
