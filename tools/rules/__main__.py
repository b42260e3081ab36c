"""The command: `python -m tools.rules` writes the recording rules of spend, `--check` says whether they are as built."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from tools.rules.spend import FORMS, text

FOLDER: Final = Path(__file__).parents[2] / "collector-config" / "prometheus" / "rules"


def built() -> dict[Path, str]:
    """The text of each file."""
    return {FOLDER / form.file: text(form) for form in FORMS}


def main(arguments: list[str] | None = None) -> int:
    """0 where all is well."""
    parser = argparse.ArgumentParser(prog="python -m tools.rules", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with what is in the tree, and write nothing")
    given = parser.parse_args(arguments)
    files = built()
    stale = [path for path, text_ in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text_]
    if given.check:
        for path in stale:
            print(f"{path.name}: not as built; run `python -m tools.rules`", file=sys.stderr)
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.write_text(files[path], encoding="utf-8")
        print(f"wrote {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
