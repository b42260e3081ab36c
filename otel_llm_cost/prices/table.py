"""The table: which provider and which model a name means, and the quote for a call."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakMethod, WeakSet

from otel_llm_cost.call import unix_nano
from otel_llm_cost.prices.lookup import Lookup
from otel_llm_cost.prices.model import ModelPrices
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.quote import Quote
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.sellers import Sellers
from otel_llm_cost.prices.shipped import Shipped, of_package
from otel_llm_cost.settings import HOSTS, MODELS, pairs_from_environment, price_files_from_environment, table_from_environment
from otel_llm_cost.usage import Usage

if TYPE_CHECKING:
    from otel_llm_cost.prices.files.added import Amount
    from otel_llm_cost.prices.files.own import OwnPrices
    from otel_llm_cost.prices.own_costs import OwnCosts

_log = logging.getLogger("otel_llm_cost")


class PriceTable:
    """Dated prices: the shipped ones, and a user's own over them.

    `PriceTable.shipped()` is the one in this package, `PriceTable.default()` has the files that `OTEL_LLM_COST_PRICES` names over
    it. `PriceTable.of_texts` makes one of price files alone.
    """

    def __init__(self, shipped: Shipped, costs: OwnCosts | None = None) -> None:
        self._shipped = shipped
        self._lock = Lock()
        _tables.add(self)
        self._costs = costs
        self.lookup = Lookup(shipped)
        """What finds the rows; another whenever prices change. On the span's path `lookup.quote` saves a function's call."""
        self._at_change: list[WeakMethod[Callable[[], object]]] = []
        if costs is not None:
            self._renew(costs)

    @staticmethod
    @cache
    def shipped() -> PriceTable:
        """The table in this package. Reads its index only."""
        return PriceTable(of_package())

    @classmethod
    def of_texts(cls, texts: Iterable[str | bytes], *, version: str, checked: date) -> PriceTable:
        """A table of price files' texts, checked. Raises PriceFileError."""
        from otel_llm_cost.prices.checks.check import check_provider
        from otel_llm_cost.prices.files.file import PriceFile

        held = [PriceFile(text, f"price file {place}") for place, text in enumerate(texts, 1)]
        by_provider: dict[str, Provider] = {}
        names: dict[str, str] = {}
        for file in held:
            if file.provider in by_provider:
                raise PriceFileError(file.path, "provider", f"{file.provider!r} has a file already")
            if twice := [name for name in file.names if name in names]:
                raise PriceFileError(file.path, "names", f"{twice[0]!r} is {names[twice[0]]!r} already")
            by_provider[file.provider] = Provider([file])
            names |= dict.fromkeys(file.names, file.provider)
        for provider in by_provider.values():
            check_provider(provider)
        return cls(Shipped(version, checked, names, by_provider.__getitem__))

    @staticmethod
    def base() -> PriceTable:
        """The shipped table, or that of `OTEL_LLM_COST_TABLE`, with nothing over it. Raises PriceFileError."""
        path = table_from_environment()
        return PriceTable(of_package()) if path is None else PriceTable.of_bundle(path)

    @staticmethod
    def of_bundle(path: str | Path) -> PriceTable:
        """That of a bundle, as `otel-llm-cost table update` fetches it. Raises PriceFileError."""
        from otel_llm_cost.prices.bundle import read_bundle

        return PriceTable(read_bundle(Path(path)).shipped())

    @staticmethod
    @cache
    def default() -> PriceTable:
        """The shipped table, or that of `OTEL_LLM_COST_TABLE`, with the prices, models and hosts of the environment over it.

        Raises PriceFileError where a file cannot be used.
        """
        return PriceTable.given()

    @staticmethod
    def given(
        table: PriceTable | str | Path | None = None,
        prices: Sequence[str | Path] | str | Path | None = None,
        models: Mapping[str, str] | None = None,
        hosts: Mapping[str, str] | None = None,
    ) -> PriceTable:
        """`default`, with what is given in place of what the environment says. Raises PriceFileError."""
        base = PriceTable.base() if table is None else table if isinstance(table, PriceTable) else PriceTable.of_bundle(table)
        paths = [prices] if isinstance(prices, str | Path) else prices
        named = {"models": models, "hosts": hosts}
        said = {part: _pairs(name) for part, name in (("models", MODELS), ("hosts", HOSTS)) if named[part] is None}
        over = {part: said.get(part, mapping or {}) for part, mapping in named.items()}
        paths = price_files_from_environment() if paths is None else paths
        return base.with_own(paths, over) if paths or any(over.values()) else base

    @staticmethod
    def default_or_shipped() -> PriceTable:
        """The default one; the shipped one, and an error in the log, where a file that the environment names cannot be used."""
        try:
            return PriceTable.default()
        except PriceFileError as error:
            _log.error("%s: the shipped prices are used, without your own", error)
            return PriceTable.shipped()

    def with_own(self, paths: Iterable[str | Path], named: Mapping[str, Mapping[str, str]] | None = None) -> PriceTable:
        """The table with a user's files over it. Raises PriceFileError where one cannot be read or used.

        `named` has further `models` (deployments) and `hosts`.
        """
        # A file that is named twice is read once.
        distinct = {Path(path).resolve(): path for path in reversed(list(paths))}
        return PriceTable(self._shipped, self._own_costs().over(reversed(distinct.values()), named or {}, f"{MODELS}, {HOSTS}"))

    def add_cost(
        self,
        model: str,
        *,
        provider: str | None = None,
        match: Literal["model", "prefix", "glob", "regex"] = "model",
        start: datetime | date | int | None = None,
        until: datetime | date | int | None = None,
        when: Mapping[str, object] | None = None,
        currency: str = "USD",
        only: bool = False,
        aliases: Sequence[str] = (),
        note: str = "",
        source: str = "",
        path: str | Path | None = None,
        **rates: Amount,
    ) -> str:
        """Adds a price to the running program: `add_cost("my-model", input="2.50", output="10")`. Its id, for `purge_costs`.

        Rates are per million tokens, or per second, image, page, search …, by component; `start` is now by default. With `path` it
        is kept in that file too. Raises TypeError for an unknown component, PriceFileError for what no price file may say, or
        where another price would win equally; OSError where the file cannot be written.
        """
        more = {
            "when": dict(when or {}),
            "aliases": aliases if isinstance(aliases, str) else list(aliases),
            "only": only,
            "note": note,
            "source": source,
        }
        from otel_llm_cost.prices.files.added import new_entry

        entry = new_entry(model, rates, match=match, provider=provider, start=start, until=until, currency=currency, **more)
        with self._lock:
            self._renew(self._own_costs().with_entry(entry, Path(path) if path is not None else None))
        return str(entry["id"])

    def query_costs(self, *, ids: Iterable[str] | None = None, models: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """A user's own prices, from files and code, as entries of a price file; of these ids, and that mean one of these models."""
        return self._own_costs().query(ids, models)

    def purge_costs(self, ids: Iterable[str]) -> int:
        """Takes back prices that have an id, as those that `add_cost` added, from their files too; how many.

        Ids that are none are passed over. Raises PriceFileError, OSError where a file cannot be changed.
        """
        with self._lock:
            costs, purged = self._own_costs().without(ids)
            if purged:
                self._renew(costs)
        return purged

    def at_change(self, call: Callable[[], object]) -> None:
        """Calls a bound method after prices were added or taken back, as long as its object lives."""
        with self._lock:
            self._at_change = [*(held for held in self._at_change if held() is not None), WeakMethod(call)]

    @property
    def hosts(self) -> Mapping[str, str]:
        """A user's hosts, in lower case, and the provider that is asked there."""
        return {host: provider for own in reversed(self.lookup.own) for host, provider in own.hosts.items()}

    @property
    def own(self) -> tuple[OwnPrices, ...]:
        """A user's own prices over the shipped ones."""
        return self.lookup.own

    def key_of(self, provider: str) -> str:
        """The key under which a provider's prices stand; what nobody here has is its own."""
        return self._shipped.names.get(provider.lower()) or provider.lower()

    def _renew_after_fork(self) -> None:
        # Another thread of the parent may have held it.
        self._lock = Lock()

    def _own_costs(self) -> OwnCosts:
        if self._costs is not None:
            return self._costs
        from otel_llm_cost.prices.own_costs import OwnCosts

        return OwnCosts(self.key_of, self._shipped.all_models)

    def _renew(self, costs: OwnCosts) -> None:
        own, content = costs.held, sha256(self._shipped.version.encode())
        for held in own:
            content.update(b"\0" + held.content)
        version = f"{self._shipped.checked}+{content.hexdigest()[:8]}" if own else self._shipped.version
        self._costs = costs
        self.lookup = Lookup(self._shipped, own, version)
        for reference in self._at_change:
            call = reference()
            if call is not None:
                call()

    @property
    def version(self) -> str:
        """A day and a hash of all rows, a user's own included."""
        return self.lookup.version

    @property
    def checked_unix_nano(self) -> int:
        """The day on which the shipped rows were last checked against their sources."""
        return unix_nano(datetime.combine(self._shipped.checked, time(), UTC))

    @property
    def provider_names(self) -> Mapping[str, str]:
        """Every known `gen_ai.provider.name`, and the provider whose prices it has."""
        return self._shipped.names

    @property
    def providers(self) -> list[str]:
        """The key of every provider with shipped prices."""
        return sorted(set(self._shipped.names.values()) - {""})

    def sellers_of(self, model: str) -> list[str]:
        """The key of every provider with shipped prices for a model of exactly this name, in lower case."""
        return self._shipped.sellers_of(model)

    def all_models(self) -> Iterable[str]:
        """Every exact name with shipped prices, in lower case."""
        return self._shipped.all_models()

    def provider(self, name: str) -> Provider | None:
        """A provider's shipped prices; None where the table has none under this name."""
        return self._shipped.provider(self._shipped.names.get(name.lower(), ""))

    def quote(
        self,
        provider: str,
        model: str,
        at_unix_nano: int,
        tier: str | None,
        usage: Usage,
        region: str | None = None,
        end_unix_nano: int | None = None,
    ) -> Quote | str:
        """The rates for a usage at an instant, or the reason why there are none."""
        return self.lookup.quote(provider, model, at_unix_nano, tier, usage, region, end_unix_nano)

    def model(self, provider: str, name: str) -> ModelPrices | Sellers | None:
        """The rows that a model's name reaches; None where the table has none."""
        return self.lookup.model(provider, name)


_tables: WeakSet[PriceTable] = WeakSet()


def _after_fork_in_child() -> None:
    for table in list(_tables):
        table._renew_after_fork()  # noqa: SLF001 - of this module


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def _pairs(name: str) -> dict[str, str]:
    try:
        return pairs_from_environment(name)
    except ValueError as error:
        raise PriceFileError(name, "", str(error)) from None
