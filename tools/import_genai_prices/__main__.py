"""The command: `python -m tools.import_genai_prices [--releases] [--differences FILE]`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Final

from tools.import_genai_prices import releases
from tools.import_genai_prices.contested import listed
from tools.import_genai_prices.history import History
from tools.import_genai_prices.naming import providers
from tools.import_genai_prices.package import read
from tools.import_genai_prices.rows import Imported, imported
from tools.import_genai_prices.write import write
from tools.import_genai_prices.written import Written

PRICES: Final = Path(__file__).parent.parent.parent / "otel_llm_cost" / "prices"


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tools.import_genai_prices", description=__doc__)
    parser.add_argument("--releases", action="store_true", help="choose the releases anew from the index, and keep the list")
    parser.add_argument("--differences", type=Path, help="where to write the rates of which the hand-written files say otherwise")
    given = parser.parse_args(arguments)
    if given.releases:
        releases.keep(releases.chosen(releases.uploads()))
    history = History([read(release, releases.data(release.version)) for release in releases.listed()])
    made = of_all(history)
    write(PRICES / "imported", {key: held.document for key, held in made.items()})
    counts = sum((held.counts for held in made.values()), Counter[str]())
    print(f"{history.newest.release.version}: {len(made)} providers, {', '.join(f'{n} {what}' for what, n in counts.items())}")
    if given.differences is not None:
        lines = [f"- {key}: {line}\n" for key, held in made.items() for line in held.differences]
        given.differences.write_text("".join(lines), encoding="utf-8")
    return 0


def of_all(history: History) -> dict[str, Imported]:
    """Every provider's file, by our key. Raises KeyError for a provider that has none yet."""
    made = {}
    for provider in history.newest.providers.values():
        key = providers()[provider.id]["key"]
        made[key] = imported(history, provider, Written.of(PRICES / "data" / f"{key}.json"), listed().get(key, ()))
    return dict(sorted(made.items()))


if __name__ == "__main__":
    sys.exit(main())
