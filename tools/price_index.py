"""Writes the index of the shipped price files and of who sells each model.

`--check` writes nothing and exits 1 where they are not what they should be.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from hashlib import sha256
from pathlib import Path

from otel_llm_cost.prices.checks.check import check_provider
from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.shipped import BY_HAND, IMPORTED

PRICES = Path(__file__).parent.parent / "otel_llm_cost" / "prices"


def written() -> dict[Path, str]:
    """Each file's text. The version is the day of the last check and a hash of all rows."""
    parts: dict[str, list[str]] = defaultdict(list)
    for part in (BY_HAND, IMPORTED):
        for path in sorted((PRICES / part).glob("*.json")):
            parts[path.stem].append(part)
    names: dict[str, str] = {}
    sold: dict[str, list[str]] = defaultdict(list)
    checked, content = "", sha256()
    for key in sorted(parts):
        files = []
        for part in parts[key]:
            text = (PRICES / part / f"{key}.json").read_bytes()
            files.append(PriceFile(text, f"{part}/{key}.json"))
            content.update(f"{part}/{key}".encode() + b"\0" + text + b"\0")
        provider = Provider(files)
        check_provider(provider)
        for file in files:
            if twice := [name for name in file.names if names.get(name, key) != key]:
                raise SystemExit(f"{file.path}: names: {twice[0]!r} is {names[twice[0]]!r} already")
            names |= dict.fromkeys(file.names, key)
            days = [source.read for source in file.sources().values()]
            checked = max([checked, *([file.checked] if file.checked else days)])
        for name in provider.names:
            sold[name].append(key)
    unnamed = json.loads((Path(__file__).parent / "unnamed.json").read_text("utf-8"))
    index = {
        "version": f"{checked}+{content.hexdigest()[:8]}",
        "checked": checked,
        "names": names | dict.fromkeys(unnamed, ""),
        "files": {key: " ".join(found) for key, found in sorted(parts.items())},
    }
    models = {name: " ".join(keys) for name, keys in sorted(sold.items())}
    return {
        PRICES / "index.json": json.dumps(index, indent=1, sort_keys=True) + "\n",
        PRICES / "models.json": json.dumps(models, indent=0, ensure_ascii=False) + "\n",
    }


def main() -> int:
    """The command."""
    stale = [path for path, text in written().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path}: not up to date: run make prices", file=sys.stderr)
        return 1 if stale else 0
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
