"""Which releases of genai-prices are read, and their wheels: from the index of pip, kept outside the checkout."""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from urllib.request import Request, urlopen
from zipfile import ZipFile

PACKAGE: Final = "genai-prices"
LIST: Final = Path(__file__).with_name("releases.json")
CACHE: Final = Path.home() / ".cache" / "otel-llm-cost" / PACKAGE
_SIMPLE: Final = "application/vnd.pypi.simple.v1+json"
_DATA: Final = "genai_prices/data.py"


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """One release on the index, in the order of their days."""

    day: date
    version: str


def listed() -> list[Release]:
    """The releases that the committed list names, the oldest first."""
    given = json.loads(LIST.read_text(encoding="utf-8"))
    return sorted(Release(date.fromisoformat(day), version) for version, day in given.items())


def keep(releases: Iterable[Release]) -> None:
    """Writes the list."""
    days = {release.version: release.day.isoformat() for release in releases}
    LIST.write_text(json.dumps(days, indent=1) + "\n", encoding="utf-8")


def chosen(uploads: Iterable[Release]) -> list[Release]:
    """The first release of each month, and the newest. A bare `0` only reserves the name."""
    used: dict[tuple[int, int], Release] = {}
    ordered = sorted(release for release in uploads if "." in release.version)
    for release in ordered:
        used.setdefault((release.day.year, release.day.month), release)
    return sorted({*used.values(), ordered[-1]})


def uploads(cache: Path = CACHE) -> list[Release]:
    """Every release on the index with the day of its upload."""
    said = _pip("download", "--no-deps", "--only-binary", ":all:", "--dest", str(cache), "-vv", PACKAGE)
    found = re.search(rf"\* (https?://\S+/{PACKAGE}/?)$", said, re.MULTILINE)
    if found is None:
        raise RuntimeError("pip names no index page")
    request = Request(found[1], headers={"Accept": _SIMPLE})  # noqa: S310 - the scheme is matched above
    trusted = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))
    with urlopen(request, context=trusted) as answer:  # noqa: S310 - as above
        files = json.load(answer)["files"]
    return [
        Release(date.fromisoformat(file["upload-time"][:10]), file["filename"].split("-")[1])
        for file in files
        if file["filename"].endswith(".whl") and not file.get("yanked")
    ]


def data(version: str, cache: Path = CACHE) -> str:
    """The text of a release's data module. Nothing of the wheel is run."""
    cache.mkdir(parents=True, exist_ok=True)
    wheel = cache / f"genai_prices-{version}-py3-none-any.whl"
    if not wheel.exists():
        _pip("download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(cache), f"{PACKAGE}=={version}")
    with ZipFile(wheel) as held:
        return held.read(_DATA).decode()


def _pip(*arguments: str) -> str:
    command = [sys.executable, "-m", "pip", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own arguments
