"""The command: `python -m tools.dashboards` writes the dashboards, `--check` says whether they are as built."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from tools.dashboards.built import FOLDER
from tools.dashboards.dashboard import dashboard
from tools.dashboards.queries import FORMS


def built() -> dict[Path, str]:
    """The text of each file."""
    return {FOLDER / f"{form.uid}.json": json.dumps(dashboard(form), cls=JSONEncoder, indent=2) + "\n" for form in FORMS}


def main(arguments: list[str] | None = None) -> int:
    """0 where all is well."""
    parser = argparse.ArgumentParser(prog="python -m tools.dashboards", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with what is in the tree, and write nothing")
    given = parser.parse_args(arguments)
    files = built()
    stale = [path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    strangers = sorted(set(FOLDER.glob("*.json")) - set(files))
    if given.check:
        for path in (*stale, *strangers):
            print(f"{path.name}: not as built; run `python -m tools.dashboards`", file=sys.stderr)
        return 1 if stale or strangers else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.write_text(files[path], encoding="utf-8")
        print(f"wrote {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
