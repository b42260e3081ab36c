"""The price map out of a wheel, without a network."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

from tools.litellm_prices import price_map

PRICES = {"gpt-4o": {"input_cost_per_token": 2.5e-06}}


def test_the_map_is_read_from_the_wheel_once(tmp_path: Path) -> None:
    wheel = tmp_path / "litellm-9.9.9-py3-none-any.whl"
    with ZipFile(wheel, "w") as held:
        held.writestr("litellm/model_prices_and_context_window_backup.json", json.dumps(PRICES))
    assert price_map("9.9.9", tmp_path) == PRICES
    wheel.unlink()
    assert price_map("9.9.9", tmp_path) == PRICES
    assert [path.name for path in tmp_path.iterdir()] == ["9.9.9.json"]
