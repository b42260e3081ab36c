"""The prices in this package: which provider a name means, who sells a model, and each provider's rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from importlib.resources import files
from typing import Final

from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.provider import Provider

BY_HAND: Final = "data"
IMPORTED: Final = "imported"


class Shipped:
    """The shipped prices: which provider each name means, and each provider's rows, read when it is first asked for."""

    def __init__(
        self,
        version: str,
        checked: date,
        names: Mapping[str, str],
        read: Callable[[str], Provider],
        sellers: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        """`names` maps each `gen_ai.provider.name` to a provider's key, and what names no seller to an empty one.

        `read` makes the provider of a key; `sellers` maps each model's name to the keys of who sells it, apart by spaces.
        """
        self.version = version
        self.checked = checked
        self.names = dict(names)
        self._read = read
        self._sellers = sellers
        self._providers: dict[str, Provider] = {}
        self._sold: Mapping[str, str] | None = None

    def provider(self, key: str) -> Provider | None:
        """A provider's rows; None where the table has none."""
        held = self._providers.get(key)
        if held is None and key and key in self.names.values():
            held = self._providers[key] = self._read(key)
        return held

    def key_of(self, name: str) -> str | None:
        """The key of a provider's name, in lower case; None where nobody here has it, or it names no seller."""
        return self.names.get(name) or None

    def sellers_of(self, model: str) -> list[str]:
        """The keys of all who sell a model of this name."""
        if self._sold is None:
            self._sold = self._sellers() if self._sellers is not None else self._names_of_all()
        return self._sold.get(model, "").split()

    def all_models(self) -> Iterable[str]:
        """Every exact name of a model."""
        self.sellers_of("")
        return self._sold or ()

    def _names_of_all(self) -> dict[str, str]:
        sold: dict[str, str] = {}
        for key in sorted(set(self.names.values()) - {""}):
            provider = self.provider(key)
            for name in provider.names if provider is not None else ():
                sold[name] = f"{sold.get(name, '')} {key}"
        return sold


def of_package() -> Shipped:
    """Reads the index only."""
    folder = files("otel_llm_cost.prices")
    index = json.loads((folder / "index.json").read_bytes())

    def read(key: str) -> Provider:
        paths = [f"{part}/{key}.json" for part in index["files"][key].split()]
        return Provider([PriceFile((folder / path).read_bytes(), path) for path in paths])

    def sellers() -> Mapping[str, str]:
        sold: Mapping[str, str] = json.loads((folder / "models.json").read_bytes())
        return sold

    return Shipped(index["version"], date.fromisoformat(index["checked"]), index["names"], read, sellers)
