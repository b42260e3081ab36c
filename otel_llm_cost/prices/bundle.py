"""A bundle: the price files of all providers in one JSON document, which can stand in place of the shipped ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NoReturn

from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.place import Place, in_json, text_of_place
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.shipped import Shipped

FORMAT: Final = "otel-llm-cost prices 1"
MOST_BYTES: Final = 64 << 20
_PARTS: Final = frozenset({"format", "version", "checked", "names", "providers"})

Document = Mapping[str, Any]
"""A price file's."""


class Bundle:
    """Price files by the key of their provider. They are held as text, and read when a provider is first asked for."""

    def __init__(
        self,
        path: str,
        names: Mapping[str, str],
        documents: Mapping[str, Sequence[Document]],
        whole: Callable[[], str] | None = None,
    ) -> None:
        """`whole` gives the text of the bundle itself, to say in which line of it something stands.

        Raises PriceFileError where no file says when it was checked.
        """
        self.path = path
        self.names = dict(names)
        self._whole = whole
        self._texts = {key: tuple(_compact(document) for document in held) for key, held in documents.items()}
        days = [day for held in documents.values() for document in held for day in _checked(document)]
        try:
            self.checked = max(date.fromisoformat(day) for day in days)
        except ValueError:
            raise PriceFileError(path, "providers", "none says on which day it was checked") from None
        self.version = version_of(self.checked, self._texts)
        """A day and a hash of all rows."""

    @property
    def keys(self) -> list[str]:
        """The providers."""
        return sorted(self._texts)

    def documents(self, key: str) -> list[dict[str, Any]]:
        """The price files of a provider; none where it has none."""
        return [json.loads(text) for text in self._texts.get(key, ())]

    def provider(self, key: str) -> Provider:
        """The rows of a provider that it has. Raises PriceFileError."""
        return Provider([self._file(text, ("providers", key, place)) for place, text in enumerate(self._texts[key])])

    def shipped(self) -> Shipped:
        """As the base of a table. Raises PriceFileError where a name means a provider that is not there."""
        self.check_names()
        return Shipped(self.version, self.checked, self.names, self.provider, self._sellers)

    def check(self) -> int:
        """Makes every row; the number of rates. Raises PriceFileError at the first that is wrong."""
        from otel_llm_cost.prices.checks.check import check_provider  # noqa: PLC0415 - not needed to price a call

        total = 0
        for key in self.keys:
            provider = self.provider(key)
            for place, file in enumerate(provider.files):
                if file.provider != key:
                    self._raise(("providers", key, place, "provider"), f"is {file.provider!r}, and it stands under {key!r}")
                if other := [name for name in file.names if self.names.get(name) != key]:
                    self._raise(("providers", key, place, "names"), f"{other[0]!r} is {self.names.get(other[0])!r} in its names")
            total += check_provider(provider)
        self.check_names()
        return total

    def check_names(self) -> None:
        """Raises PriceFileError where a name means a provider that is not there."""
        if unknown := [name for name, key in self.names.items() if key and key not in self._texts]:
            self._raise(("names", unknown[0]), f"no such provider: {self.names[unknown[0]]!r}")

    def text(self) -> str:
        """The bundle as JSON: an entry, source or alias a line."""
        head = {"format": FORMAT, "version": self.version, "checked": self.checked.isoformat()}
        providers = (
            f"  {_json(key)}: [\n" + ",\n".join(_lines_of(document) for document in self.documents(key)) + "\n  ]"
            for key in self.keys
        )
        parts = [f" {_json(key)}: {_json(value)}" for key, value in head.items()]
        parts.append(' "names": ' + _object(dict(sorted(self.names.items())), 1))
        parts.append(' "providers": {\n' + ",\n".join(providers) + "\n }")
        return "{\n" + ",\n".join(parts) + "\n}\n"

    def _file(self, text: str, place: Place) -> PriceFile:
        try:
            return _Part(text, self, place)
        except PriceFileError as error:
            if error.line is not None:
                raise
            # What a file lacks altogether has no place in it.
            self._raise(place, error.problem)

    def where(self, place: Place) -> tuple[int, int] | None:
        """The line and column of a place; None where the bundle was made here."""
        return in_json(self._whole(), place) if self._whole is not None else None

    def _raise(self, place: Place, problem: str) -> NoReturn:
        raise PriceFileError(self.path, text_of_place(place), problem, *(self.where(place) or ()))

    def _sellers(self) -> Mapping[str, str]:
        sold: dict[str, str] = {}
        for key in self.keys:
            for name in self.provider(key).names:
                sold[name] = f"{sold.get(name, '')} {key}"
        return sold


class _Part(PriceFile):
    """One file of a bundle: what is wrong with it has its place in the whole."""

    def __init__(self, text: str, bundle: Bundle, within: Place) -> None:
        self._bundle, self._within = bundle, within
        super().__init__(text, f"{bundle.path}: {text_of_place(within)}")

    def where(self, place: Place) -> tuple[int, int]:
        return self._bundle.where((*self._within, *place)) or super().where(place)

    def _raise(self, place: Place, problem: str) -> None:
        whole = (*self._within, *place)
        raise PriceFileError(self._bundle.path, text_of_place(whole), problem, *(self._bundle.where(whole) or ()))


def bundle_of(names: Mapping[str, str], providers: Iterable[Provider], path: str = "the table") -> Bundle:
    """A table's base as a bundle."""
    return Bundle(path, names, {provider.key: [file.parsed(None) for file in provider.files] for provider in providers})


def read_bundle(path: Path, *, checked: bool = False) -> Bundle:
    """A bundle's file. Raises PriceFileError.

    One that is as it was written was checked then, and is not again unless `checked` is wanted.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PriceFileError(str(path), "", f"is larger than {MOST_BYTES >> 20} MiB")
        text = path.read_text("utf-8")
    except OSError as error:
        raise PriceFileError(str(path), "", f"cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise PriceFileError(str(path), f"byte {error.start}", "not UTF-8") from None
    return bundle_of_text(text, str(path), checked=checked, whole=partial(path.read_text, "utf-8"))


def bundle_of_text(text: str, path: str, *, checked: bool = True, whole: Callable[[], str] | None = None) -> Bundle:
    """As `read_bundle`, of a text."""
    document = _parsed(text, path, is_checked=checked)

    def refuse(place: Place, problem: str) -> PriceFileError:
        return PriceFileError(path, text_of_place(place), problem, *in_json(text, place))

    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise refuse(("format",) if isinstance(document, dict) else (), f"is no bundle of prices: its format is not {FORMAT!r}")
    if unknown := sorted(set(document) - _PARTS):
        raise refuse((unknown[0],), f"unknown: {unknown[0]}")
    names, providers = document.get("names"), document.get("providers")
    if not isinstance(names, dict) or not all(isinstance(key, str) for key in names.values()):
        raise refuse(("names",), "is an object of names and the provider that each means")
    if not isinstance(providers, dict) or not providers:
        raise refuse(("providers",), "is an object of providers and their files")
    for key, held in providers.items():
        if not isinstance(held, list) or not held or not all(isinstance(file, dict) for file in held):
            raise refuse(("providers", key), "is a list of price files")
    bundle = Bundle(path, names, providers, whole or (lambda: text))
    if checked or document.get("version") != bundle.version:
        bundle.check()
    return bundle


def version_of(checked: date, texts: Mapping[str, Iterable[str]]) -> str:
    """The version of price files, by provider, as compact JSON."""
    content = sha256()
    for key in sorted(texts):
        for text in texts[key]:
            content.update(f"{key}\0{text}\0".encode())
    return f"{checked}+{content.hexdigest()[:8]}"


def _parsed(text: str, path: str, *, is_checked: bool) -> object:
    hook = None
    if is_checked:
        from otel_llm_cost.prices.checks.check import distinct  # noqa: PLC0415 - not needed to price a call

        hook = distinct(path)
    try:
        return json.loads(text, object_pairs_hook=hook)
    except json.JSONDecodeError as error:
        raise PriceFileError(path, "", error.msg, error.lineno, error.colno) from None
    except RecursionError:
        raise PriceFileError(path, "", "is nested too deeply") from None


def _checked(document: Document) -> list[str]:
    """The days on which a file's rows were last seen at their sources."""
    if isinstance(day := document.get("checked"), str):
        return [day]
    sources = document.get("sources")
    held = sources.values() if isinstance(sources, Mapping) else ()
    return [source["read"] for source in held if isinstance(source, Mapping) and isinstance(source.get("read"), str)]


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _json(value: object) -> str:
    return json.dumps(value)


def _lines_of(document: Document) -> str:
    parts = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            text = "[\n" + ",\n".join(f"     {_json(item)}" for item in value) + "\n    ]"
        else:
            text = _object(value, 4) if isinstance(value, dict) and value else _json(value)
        parts.append(f"    {_json(key)}: {text}")
    return "   {\n" + ",\n".join(parts) + "\n   }"


def _object(value: Mapping[str, Any], indent: int) -> str:
    space = " " * indent
    return "{\n" + ",\n".join(f"{space} {_json(key)}: {_json(item)}" for key, item in value.items()) + f"\n{space}}}"
