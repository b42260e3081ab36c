"""Every test in this folder needs real programs, and is marked so."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

from tests.backends.process import missing
from tools.backends.versions import BACKENDS, is_built

HERE: Final = Path(__file__).parent
# The oldest SDK's environment has no exporters, and no use for these tests.
collect_ignore_glob: Final = [] if find_spec("opentelemetry.exporter") else ["test_*.py"]


@pytest.hookimpl(tryfirst=True)  # before -m looks at the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`make test` leaves them to `make test-backends`; where a program is not built it skips them, with the reason."""
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    for item in ours:
        item.add_marker("backends")
    if "backends" in config.option.markexpr:
        return
    unbuilt = [backend.binaries[0] for backend in BACKENDS if not is_built(backend)]
    if unbuilt:
        for item in ours:
            item.add_marker(pytest.mark.skip(reason=missing(unbuilt[0])))
        return
    items[:] = [item for item in items if item not in ours]
    config.hook.pytest_deselected(items=ours)
