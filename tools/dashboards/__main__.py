"""The command: `python -m tools.dashboards` writes the dashboards, `--check` says whether they are as built."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from tools.built_files import write_or_check
from tools.dashboards.built import FOLDER
from tools.dashboards.dashboard import dashboard
from tools.dashboards.queries import FORMS


def built() -> dict[Path, str]:
    """The text of each file."""
    return {FOLDER / f"{form.uid}.json": json.dumps(dashboard(form), cls=JSONEncoder, indent=2) + "\n" for form in FORMS}


def main(arguments: list[str] | None = None) -> int:
    """0 where all is well."""
    return write_or_check("tools.dashboards", "The Grafana dashboards.", built(), "*.json", arguments)


if __name__ == "__main__":
    sys.exit(main())
