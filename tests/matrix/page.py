"""docs/matrix.md, from the results."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

_HEAD: Final = """\
# Which instrumentation's spans tell the bill

Made by `make matrix`; CI checks that it was made from the lock files, fixtures and tables in the tree, and runs one column again.

Real SDK clients ask a provider on this machine, through real instrumentations, each set in an environment of its own. Every count \
in an answer is a prime that no other has. What the provider bills is worked out from the answer and a price list by code that \
shares nothing with otel-llm-cost, and compared with what stands on the spans and in the metrics.

- **exact**: each call counted once, at the provider's figure.
- **assumed**: priced, and `llm_cost.assumed` names what the span does not say; with `OTEL_LLM_COST_STRICT` it is `partial`.
- **partial**, **unpriced**: the status on the span, with its reason; the known amount is no more than the bill.
- **no span**: the instrumentation makes none for this request, or never ends it.
- **wrong upstream**: the spans state a number that is not the provider's, or show more or fewer calls than were made, and \
nothing on them betrays that.

A cell is a client's request to an API: `openai_sdk/openai.chat/cache_read`. Each that is not exact says why: what \
is not on the span, what the instrumentation does wrong, what its client cannot ask, or what we do not do.
""".splitlines()
_KINDS: Final = {"missing": "not on the span", "upstream": "wrong upstream", "request": "cannot be asked", "ours": "our limit"}


def written(results: Mapping[str, Any]) -> str:
    """The page."""
    columns: Mapping[str, Any] = results["columns"]
    lines = [*_HEAD, *_totals(columns), ""]
    for name, column in columns.items():
        lines += [f"## {name}", "", *_column(column), ""]
    return "\n".join(lines).rstrip() + f"\n\n<!-- made from {results['made_from']} -->\n"


def _outcome(cell: list[str]) -> str:
    """The outcome as it is counted: without its reason."""
    return "wrong upstream" if cell[0] == "wrong" else cell[0].partition(":")[0]


def _totals(columns: Mapping[str, Any]) -> Iterator[str]:
    order = ("exact", "assumed", "partial", "unpriced", "no span", "wrong upstream", "not applicable")
    yield f"| column | {' | '.join(order)} |"
    yield f"|---|{'---:|' * len(order)}"
    total: Counter[str] = Counter()
    for name, column in columns.items():
        counts = Counter(_outcome(cell) for cell in column["cells"].values())
        total += counts
        yield f"| [{name}](#{name}) | {' | '.join(str(counts[kind] or '') for kind in order)} |"
    yield f"| **all {total.total()}** | {' | '.join(f'**{total[kind]}**' for kind in order)} |"


def _column(column: Mapping[str, Any]) -> Iterator[str]:
    yield ", ".join(f"{package} {version}" for package, version in column["versions"].items()) + "."
    yield ""
    by_place: defaultdict[str, list[str]] = defaultdict(list)
    for name, cell in column["cells"].items():
        if cell[0] == "exact":
            client, api, case = name.split("/")
            by_place[f"{client} `{api}`"].append(case)
    for place, cases in by_place.items():
        yield f"- {place}: exact in {', '.join(sorted(cases))}."
    others: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, cell in column["cells"].items():
        if cell[0] != "exact":
            others[tuple(cell)].append(name)
    if others:
        yield ""
        yield "| cells | outcome | why |"
        yield "|---|---|---|"
        for cell, names in sorted(others.items()):
            said = f"{_KINDS.get(cell[1], cell[1])}: {cell[2]}" if len(cell) > 1 else ""
            shown = "wrong upstream" if cell[0] == "wrong" else cell[0]
            yield f"| {', '.join(names)} | {shown} | {said} |"
