"""A user's own prices over a table: those of files and of the environment, and those that the running program adds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from otel_llm_cost.prices.checks.check_own import check_own
from otel_llm_cost.prices.files.added import ADDED, forget, keep, without
from otel_llm_cost.prices.files.own import KeyOf, OwnPrices, read_own
from otel_llm_cost.prices.place import Place, text_of_place
from otel_llm_cost.prices.report import PriceFileError


@dataclass(frozen=True, slots=True)
class OwnCosts:
    """What stands over a table, checked. Each change makes another; files are changed in place."""

    key_of: KeyOf
    names: Callable[[], Iterable[str]]
    """The models that the table has."""
    files: tuple[OwnPrices, ...] = ()
    added: Mapping[str, tuple[Mapping[str, Any], Path | None]] | None = None
    """The program's entries by their ids, with the files in which they are kept."""

    @property
    def held(self) -> tuple[OwnPrices, ...]:
        """All of them, in the order in which they are asked."""
        entries = [entry for entry, _ in (self.added or {}).values()]
        return (*self.files, OwnPrices(ADDED, {"price": entries}, self.key_of, _refuse)) if entries else self.files

    def over(self, paths: Iterable[str | Path], named: Mapping[str, Mapping[str, str]], place: str) -> OwnCosts:
        """With more files, and with deployments and hosts that are named elsewhere. Raises PriceFileError."""
        beside = [OwnPrices(place, named, self.key_of, _refuse)] if any(named.values()) else []
        read = [read_own(Path(path), self.key_of) for path in paths]
        return replace(self, files=(*self.files, *beside, *read)).checked()

    def with_entry(self, entry: Mapping[str, Any], path: Path | None) -> OwnCosts:
        """With one more price, kept in a file too where one is given. Raises PriceFileError, OSError."""
        made = replace(self, added={**(self.added or {}), entry["id"]: (entry, path)}).checked()
        if path is not None:
            keep(entry, path, lambda text: check_own([OwnPrices.of_text(text, str(path), self.key_of)]))
        return made

    def without(self, ids: Iterable[str]) -> tuple[OwnCosts, int]:
        """Without the prices of some ids, which are taken out of their files; and how many. Raises PriceFileError, OSError."""
        wanted = set(ids) - {""}
        purged = [entry.id for own in self.held for entry in own.prices if entry.id in wanted]
        for entry_id, (_, path) in (self.added or {}).items():
            if entry_id in wanted and path is not None:
                forget(entry_id, path)
        files = tuple(self._without(own, wanted) for own in self.files)
        added = {key: held for key, held in (self.added or {}).items() if key not in wanted}
        return replace(self, files=files, added=added), len(purged)

    def query(self, ids: Iterable[str] | None, models: Iterable[str] | None) -> list[dict[str, Any]]:
        """The prices as entries of a price file; of these ids, and that mean one of these models."""
        wanted = None if ids is None else set(ids)
        names: Sequence[str] | None = None if models is None else [model.lower() for model in models]
        kept = {key: str(path) for key, (_, path) in (self.added or {}).items() if path is not None}
        return [
            {**deepcopy(dict(entry.given)), "path": kept.get(entry.id, own.path)}
            for own in self.held
            for entry in own.prices
            if (wanted is None or entry.id in wanted) and (names is None or any(entry.means(name) for name in names))
        ]

    def checked(self) -> OwnCosts:
        """Itself. Raises PriceFileError where two prices would win equally."""
        check_own(self.held, self.names())
        return self

    def _without(self, own: OwnPrices, ids: set[str]) -> OwnPrices:
        text = own.content.decode()
        found = [entry.id for entry in own.prices if entry.id in ids]
        for entry_id in found:
            forget(entry_id, Path(own.path))
            text = without(entry_id, text, own.path)
        return OwnPrices.of_text(text, own.path, self.key_of) if found else own


def _refuse(place: Place, problem: str) -> None:
    raise PriceFileError(ADDED, text_of_place(place), problem)
