"""Files in the tree that a tool builds: written, or compared with what is there."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def write_or_check(module: str, about: str, files: Mapping[Path, str], pattern: str, arguments: Sequence[str] | None = None) -> int:
    """Runs `python -m module`, which writes the files, or with `--check` says which are not as built: 1 where one is not.

    Nothing else in their folders may match `pattern`.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    parser.add_argument("--check", action="store_true", help="compare with what is in the tree, and write nothing")
    given = parser.parse_args(arguments)
    stale = [path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    strangers = {found for path in files for found in path.parent.glob(pattern)} - files.keys()
    if given.check:
        for path in (*stale, *sorted(strangers)):
            print(f"{path.name}: not as built; run `python -m {module}`", file=sys.stderr)
        return 1 if stale or strangers else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
        print(f"wrote {path.name}")
    return 0
