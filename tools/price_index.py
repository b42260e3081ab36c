"""Writes the index of the shipped price files: their names, when they were last checked, and the table's version.

`--check` writes nothing and exits 1 where the index is not what it should be.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path

from otel_llm_cost.prices.file import PriceFile

DATA = Path(__file__).parent.parent / "otel_llm_cost" / "prices" / "data"


def index() -> str:
    """The index's text. The version is the day of the last check and a hash of all rows."""
    names: dict[str, str] = {}
    checked, content = "", sha256()
    for path in sorted(DATA.glob("*.json")):
        if path.name == "index.json":
            continue
        text = path.read_bytes()
        prices = PriceFile(text, path.name)
        prices.check()
        names |= dict.fromkeys(prices.names, path.stem)
        checked = max(checked, *(source.read for source in prices.sources().values()))
        content.update(path.name.encode() + b"\0" + text + b"\0")
    version = f"{checked}+{content.hexdigest()[:8]}"
    return json.dumps({"version": version, "checked": checked, "names": names}, indent=1) + "\n"


def main() -> int:
    """The command."""
    wanted, path = index(), DATA / "index.json"
    if "--check" not in sys.argv[1:]:
        path.write_text(wanted, encoding="utf-8")
        return 0
    if not path.exists() or path.read_text(encoding="utf-8") != wanted:
        print(f"{path}: not up to date: run make prices", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
