"""The price map of one litellm release, read from its wheel: the wheel stays in a cache outside the checkout, and is never run.

`python tools/litellm_prices.py` brings the wheel.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

VERSION: Final = "1.109.1"
RELEASED: Final = "2026-11-12"
CACHE: Final = Path.home() / ".cache" / "otel-llm-cost" / "litellm"
_MAP: Final = "litellm/model_prices_and_context_window_backup.json"


def price_map(version: str = VERSION, cache: Path = CACHE) -> dict[str, dict[str, Any]]:
    """Each model's prices. Raises subprocess.CalledProcessError where the wheel is neither at hand nor on the index."""
    cache.mkdir(parents=True, exist_ok=True)
    kept = cache / f"{version}.json"
    if not kept.exists():
        wheels = list(cache.glob(f"litellm-{version}-*.whl")) or _download(version, cache)
        with ZipFile(wheels[0]) as held:
            text = held.read(_MAP)
        written = kept.with_suffix(".part")
        written.write_bytes(text)
        written.replace(kept)
    found: dict[str, dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def _download(version: str, cache: Path) -> list[Path]:
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--dest", str(cache))
    command = [sys.executable, "-m", "pip", "download", *options, f"litellm=={version}"]
    subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own arguments
    return list(cache.glob(f"litellm-{version}-*.whl"))


if __name__ == "__main__":
    print(f"litellm {VERSION}: {len(price_map())} models")
