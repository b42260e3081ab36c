"""The table: which provider and which model a name means, and the quote for a call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.resources import files
from typing import Final

from otel_llm_cost.call import unix_nano
from otel_llm_cost.prices.file import PriceFile, PriceFileError
from otel_llm_cost.prices.model import ModelPrices, Quote
from otel_llm_cost.usage import Usage

_MAX_NAMES: Final = 10_000


class PriceTable:
    """Dated prices of several providers, each read when it is first asked for.

    `PriceTable.shipped()` is the one in this package; `PriceTable.of_texts` makes one of your own files.
    """

    def __init__(self, version: str, checked: date, names: Mapping[str, str], read: Callable[[str], PriceFile]) -> None:
        """`names` maps each `gen_ai.provider.name` to the key that `read` turns into its file."""
        self.version = version
        self.checked_unix_nano = unix_nano(datetime.combine(checked, time(), UTC))
        """The day on which its rows were last checked against their sources."""
        self._names = dict(names)
        self._read = read
        self._files: dict[str, PriceFile] = {}
        self._models: dict[tuple[str, str], ModelPrices | None] = {}

    @staticmethod
    @cache
    def shipped() -> PriceTable:
        """The table in this package. Reads its index only."""
        folder = files("otel_llm_cost.prices") / "data"
        index = json.loads((folder / "index.json").read_bytes())
        return PriceTable(
            index["version"],
            date.fromisoformat(index["checked"]),
            index["names"],
            lambda key: PriceFile((folder / f"{key}.json").read_bytes(), f"{key}.json"),
        )

    @classmethod
    def of_texts(cls, texts: Iterable[str | bytes], *, version: str, checked: date) -> PriceTable:
        """A table of price files' texts, checked. Raises PriceFileError."""
        held = [PriceFile(text, f"price file {place}") for place, text in enumerate(texts, 1)]
        for file in held:
            file.check()
        by_provider: dict[str, PriceFile] = {}
        names: dict[str, str] = {}
        for file in held:
            if file.provider in by_provider:
                raise PriceFileError(file.path, "provider", f"{file.provider!r} has a file already")
            if twice := [name for name in file.names if name in names]:
                raise PriceFileError(file.path, "names", f"{twice[0]!r} is {names[twice[0]]!r} already")
            by_provider[file.provider] = file
            names |= dict.fromkeys(file.names, file.provider)
        return cls(version, checked, names, by_provider.__getitem__)

    @property
    def provider_names(self) -> Mapping[str, str]:
        """Every known `gen_ai.provider.name`, and the provider whose prices it has."""
        return self._names

    def provider(self, name: str) -> PriceFile | None:
        """A provider's prices; None where the table has none under this name."""
        key = self._names.get(name)
        if key is None:
            return None
        held = self._files.get(key)
        if held is None:
            held = self._files[key] = self._read(key)
        return held

    def quote(self, provider: str, model: str, at_unix_nano: int, tier: str | None, usage: Usage) -> Quote | str:
        """The rates for a usage at an instant, or the reason why there are none."""
        prices = self._models.get((provider, model)) or self.model(provider, model)
        if prices is None:
            return "unknown_model" if provider in self._names else "unknown_provider"
        quote = prices.quote(at_unix_nano, tier, usage)
        if quote.latest is None:
            if prices.first is not None and at_unix_nano < prices.first:
                return "before_first_price"
            if prices.last is not None and at_unix_nano >= prices.last:
                return "after_last_price"
        return quote

    def model(self, provider: str, name: str) -> ModelPrices | None:
        """The rows that a model's name reaches; None where the table has none."""
        key = (provider, name)
        try:
            return self._models[key]
        except KeyError:
            return self._find(key)

    def _find(self, key: tuple[str, str]) -> ModelPrices | None:
        provider = self.provider(key[0])
        model = provider.model(key[1]) if provider is not None else None
        if len(self._models) >= _MAX_NAMES:
            self._models.clear()
        self._models[key] = model
        return model
