"""`otel-llm-cost table check`: everything that is wrong with price files, and where."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from otel_llm_cost.cli import arguments
from otel_llm_cost.cli.output import say, say_json, say_table
from otel_llm_cost.cli.table.rows import is_bundle
from otel_llm_cost.cli.tables import add_prices, own_files, table_of
from otel_llm_cost.prices.bundle import Bundle, bundle_of_text
from otel_llm_cost.prices.checks.check import all_rows, findings_of
from otel_llm_cost.prices.checks.check_own import findings_of_own, ties_of_own
from otel_llm_cost.prices.checks.findings import Finding
from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.files.own import OwnPrices
from otel_llm_cost.prices.place import Place
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.row import Row
from otel_llm_cost.prices.shipped import BY_HAND, IMPORTED
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.settings import table_from_environment

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_COUNTED: Final = {
    "files": "files",
    "providers": "providers",
    "models": "models",
    "aliases": "aliases",
    "sources": "sources",
    "rows": "rows",
    "by_hand": "rows by hand, from a page",
    "with_figure": "rows by hand that show the figure as printed",
    "imported": "rows imported from a package release",
    "other_source": "rows with another source",
    "without_source": "rows without a source",
}
_BESIDE: Final = {BY_HAND: IMPORTED, IMPORTED: BY_HAND}
"""The folder in which a provider's other shipped file stands."""


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "check",
        help="everything that is wrong with price files",
        description="Checks price files: a user's .toml, a provider's .json or a bundle of such; without FILE the shipped table "
        "and the user's files in use. Exits 1 where there is an error (the schema, two rows that would win equally, a figure that "
        "is not the rate, a float that is no decimal), 0 where there are warnings only (gaps, missing sources, rows checked long "
        "ago), 2 where a file cannot be read.",
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--strict", action="store_true", help="exit 1 for warnings too")
    parser.add_argument("--today", type=arguments.day, metavar="DAY", help="the day by which rows are old; default: today")
    add_prices(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run)


def _run(given: Namespace) -> int:
    today = given.today or datetime.now(UTC).date()
    checked = _Check(today)
    if given.files:
        paths = [*given.files, *map(Path, given.prices)]
    else:
        checked.shipped()
        bundle = table_from_environment()
        paths = [*([Path(bundle)] if bundle is not None else []), *own_files(given)]
    for path in {path.resolve(): path for path in paths}.values():
        if path.suffix == ".json":
            checked.json(path)
        else:
            checked.toml(path)
    checked.between()
    if not given.files:
        checked.in_use(given)
    findings = checked.findings
    errors = sum(finding.is_error for finding in findings)
    warnings = len(findings) - errors
    if given.json:
        counts = {name: checked.counts[name] for name in _COUNTED}
        found = [_json(finding) for finding in findings]
        say_json({"findings": found, "errors": errors, "warnings": warnings, "counts": counts, "today": today.isoformat()})
    else:
        for finding in findings:
            say(str(finding))
        counted = [(words, str(checked.counts[name])) for name, words in _COUNTED.items() if checked.counts[name]]
        say_table(("counted", ""), [*counted, ("errors", str(errors)), ("warnings", str(warnings))])
    return 1 if errors or (warnings and given.strict) else 0


class _Check:
    """What was found and counted so far."""

    def __init__(self, today: date) -> None:
        self.findings: list[Finding] = []
        self.counts: Counter[str] = Counter()
        self._today = today
        self._table = PriceTable.shipped()
        self._own: list[OwnPrices] = []

    def shipped(self) -> None:
        """Checks the table in this package."""
        for key in self._table.providers:
            try:
                provider = self._table.provider(key)
            except PriceFileError as error:
                self._error(error)
            else:
                if provider is not None:
                    self._provider(provider, provider.files)

    def json(self, path: Path) -> None:
        """Checks a bundle, or a provider's file with the other one of the same provider where that stands beside it."""
        text = _read(path)
        if is_bundle(text):
            self._bundle(text, str(path))
            return
        beside = path.parent.parent / _BESIDE.get(path.parent.name, "") / path.name
        try:
            file = PriceFile(text, str(path))
            both = [file, PriceFile(_read(beside), str(beside))] if path.parent.name in _BESIDE and beside.exists() else [file]
        except _UnreadableError:
            raise
        except PriceFileError as error:
            self.counts["files"] += 1
            self._error(error)
            return
        self._provider(Provider(both), [file])

    def _bundle(self, text: bytes, path: str) -> None:
        self.counts["files"] += 1
        first: PriceFileError | None = None
        try:
            bundle = bundle_of_text(text.decode(), path, checked=False)
        except UnicodeDecodeError as error:
            self._error(PriceFileError(path, f"byte {error.start}", "not UTF-8"))
            return
        except PriceFileError as error:
            first, held = error, json.loads(text)
            try:
                bundle = Bundle(path, held["names"], held["providers"], text.decode)
            except (AttributeError, KeyError, TypeError, PriceFileError):
                self._error(error)
                return
        errors = len(self._errors)
        for key in bundle.keys:
            try:
                provider = bundle.provider(key)
            except PriceFileError as error:
                self._error(error)
                continue
            self._provider(provider, provider.files)
            self.counts["files"] -= len(provider.files)
        if first is not None and len(self._errors) == errors:
            self._error(first)
        for place, finding in enumerate(self.findings):
            if finding.path.startswith(f"{path}: "):
                within = finding.path.removeprefix(f"{path}: ")
                self.findings[place] = replace(finding, path=path, place=f"{within}.{finding.place}")

    def toml(self, path: Path) -> None:
        """Checks a user's file."""
        self.counts["files"] += 1
        try:
            text = _read(path).decode()
        except UnicodeDecodeError as error:
            self._error(PriceFileError(str(path), f"byte {error.start}", "not UTF-8"))
            return
        found = findings_of_own(text, str(path), self._table.key_of, self._today, self._table.all_models())
        self.findings += found
        if any(finding.is_error for finding in found):
            return
        own = OwnPrices.of_text(text, str(path), self._table.key_of)
        self._own.append(own)
        self.counts["models"] += len({(entry.provider, entry.match) for entry in own.prices})
        self.counts["aliases"] += sum(len(entry.names) for entry in own.prices) + sum(map(len, own.aliases.values()))
        self._count(row for entry in own.prices for row in own.rows_of(entry))

    def between(self) -> None:
        """Checks a user's files against each other."""
        for error in ties_of_own(self._own, self._table.all_models()):
            self._error(error)

    def in_use(self, given: Namespace) -> None:
        """Checks what the environment says besides, where the files are right."""
        if not self._errors:
            try:
                table_of(given)
            except PriceFileError as error:
                self._error(error)

    def _provider(self, provider: Provider, files: Sequence[PriceFile]) -> None:
        paths = {file.path for file in files}
        self.findings += [finding for finding in findings_of(provider, self._today) if finding.path in paths]
        self.counts["providers"] += 1
        self.counts["models"] += len({name for file in files for name in file.models})
        self.counts["aliases"] += len({name for file in files for name in file.aliases})
        for file in files:
            self.counts["files"] += 1
            self.counts["sources"] += len(file.raw_sources)
            self._count(all_rows(file, _pass_over))

    def _count(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.counts["rows"] += 1
            if row.source is None:
                self.counts["without_source"] += 1
            elif row.source.package is not None:
                self.counts["imported"] += 1
            elif not row.source.url.startswith(("https://", "http://")):
                self.counts["other_source"] += 1
            else:
                self.counts["by_hand"] += 1
                self.counts["with_figure"] += row.figure is not None

    @property
    def _errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_error]

    def _error(self, error: PriceFileError) -> None:
        self.findings.append(Finding(error.path, error.line, error.column, error.place, error.problem))


class _UnreadableError(PriceFileError):
    """A file that is not there, or may not be read: no finding, but trouble."""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _UnreadableError(str(path), "", f"cannot be read: {error.strerror or error}") from None


def _json(finding: Finding) -> dict[str, Any]:
    return {
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "place": finding.place or None,
        "level": "error" if finding.is_error else "warning",
        "problem": finding.problem,
    }


def _pass_over(place: Place, problem: str) -> None:
    """What is wrong is among the findings."""
