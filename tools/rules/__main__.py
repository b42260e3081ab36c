"""The command: `python -m tools.rules` writes the recording rules of spend, `--check` says whether they are as built."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tools.built_files import write_or_check
from tools.rules.spend import FORMS, text

FOLDER: Final = Path(__file__).parents[2] / "collector-config" / "prometheus" / "rules"


def built() -> dict[Path, str]:
    """The text of each file."""
    return {FOLDER / form.file: text(form) for form in FORMS}


def main(arguments: list[str] | None = None) -> int:
    """0 where all is well."""
    return write_or_check("tools.rules", "The recording rules of spend.", built(), "spend-*.yaml", arguments)


if __name__ == "__main__":
    sys.exit(main())
