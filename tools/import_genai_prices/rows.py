"""A provider's price file from what the newest release states, in the format of otel_llm_cost/prices/data."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from otel_llm_cost.prices.files.figure import figure_of
from tools.import_genai_prices.conditions import FEES
from tools.import_genai_prices.contested import mark
from tools.import_genai_prices.history import History, Span
from tools.import_genai_prices.naming import named, providers
from tools.import_genai_prices.package import Model, PackageProvider
from tools.import_genai_prices.units import ORDER
from tools.import_genai_prices.written import Written

_REPOSITORY: Final = "https://github.com/pydantic/genai-prices"
_AT_LEAST: Final = {
    ("groq", "whisper-large-v3"): {"input_seconds": "10"},
    ("groq", "whisper-large-v3-turbo"): {"input_seconds": "10"},
}
"""What the package does in code, not in data."""
_COVERS: Final = (
    ("Input rate is unified across text/image/video/audio", ("input_image", "input_video", "input_audio")),
    ("across text, image, video and audio", ("input_image", "input_video", "input_audio")),
)
"""What a comment says, and which narrower tokens are therefore billed at the text rate."""
_NOTES: Final = (
    ("input_seconds", "per second of the session"),
    ("requests", "the highest of the fees per request, which depend on the search context"),
)


@dataclass(slots=True)
class Imported:
    """One provider's file, and what was left out of it."""

    document: dict[str, Any]
    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


class _Sources:
    """The sources that a file's entries cite, by release and page."""

    def __init__(self, history: History, provider: PackageProvider) -> None:
        self._days = history.days
        self._default = provider.pages[0] if provider.pages else None
        self.cited: dict[str, dict[str, str]] = {}

    def key(self, span: Span) -> str:
        """The key of a span's source: the release, and its page where that is not the provider's own."""
        key = f"genai-prices-{span.release}"
        if span.page is not None and span.page != self._default:
            parts = urlsplit(span.page)
            words = re.findall(r"[a-z0-9.]+", f"{parts.path.rstrip('/').rsplit('/', 1)[-1]} {parts.fragment}".lower())
            key += "-" + "-".join(words or [parts.netloc])
        source = {"url": _REPOSITORY, "read": self._days[span.release].isoformat(), "package": f"genai-prices {span.release}"}
        if span.page is not None:
            source["page"] = span.page
        free = key
        count = 2
        while self.cited.setdefault(free, source) != source:
            free, count = f"{key}-{count}", count + 1
        return free


def imported(
    history: History, provider: PackageProvider, written: Written, contested: Sequence[Mapping[str, Any]] = ()
) -> Imported:
    """The file of one provider, and in it what is contested."""
    about = providers()[provider.id]
    sources, made = _Sources(history, provider), Imported({})
    entries: list[dict[str, Any]] = []
    aliases: list[dict[str, Any]] = []
    for model in provider.models:
        spans = list(history.spans(provider, model)) if not model.is_clocked else []
        if not spans:
            made.counts["clocked" if model.is_clocked else "empty"] += 1
            continue
        made.counts["models"] += 1
        beside = _Beside(written, spans, history.today)
        names = named(provider, model, written, history.today, beside.is_other)
        for target in names.models:
            lacking = beside.lacking(target, made)
            entries += _entries({"model": target}, provider, model, lacking, sources, written.covered(target))
        for prefix in names.prefixes:
            entries += _entries({"prefix": prefix}, provider, model, spans, sources)
        for target, others in names.aliases.items():
            aliases.append({"alias": others[0] if len(others) == 1 else list(others), "of": target})
            made.counts["aliases"] += len(others)
    mark(entries, contested, history.today)
    entries = [_ordered(entry) for entry in entries]
    entries.sort(key=_place)
    made.document |= {"provider": about["key"], "names": [] if written.names else about["names"]}
    if "falls_back" in about and not written.falls_back:
        made.document["falls_back"] = about["falls_back"]
    made.document |= {"currency": "USD", "checked": history.today.isoformat()}
    made.document |= {"sources": dict(sorted(sources.cited.items())), "prices": entries}
    if aliases:
        made.document["aliases"] = sorted(aliases, key=lambda alias: str(alias["of"]).lower())
    made.counts["entries"] = len(entries)
    made.counts["rows"] = sum(len(entry["rates"]) for entry in entries)
    made.counts["sources"] = len(sources.cited)
    return made


class _Beside:
    """One model's spans beside what is written by hand."""

    def __init__(self, written: Written, spans: Sequence[Span], today: date) -> None:
        self._written = written
        self._spans = spans
        newest = {span.key: span for span in sorted(spans, key=lambda span: span.start) if span.start <= today}
        self._held = [span for span in newest.values() if span.until is None or span.until > today]
        self._today = today

    def is_other(self, target: str) -> bool:
        """Whether a hand-written model has another rate today."""
        return any(rate is not None for _, rate in self._contradicted(target))

    def lacking(self, target: str, made: Imported) -> list[Span]:
        """The spans that a hand-written model lacks: only fees where it contradicts the package today, as another list."""
        lacking = [span for span in self._spans if not self._written.knows(target, span.key)]
        made.counts["by hand"] += len(self._spans) - len(lacking)
        contradicted = list(self._contradicted(target))
        for span, rate in contradicted:
            where = " ".join(f"{name}={value}" for name, value in span.key._asdict().items() if value not in {"", -1})
            ours = rate or "no rate any more"
            made.differences.append(f"{target}: {where}: by hand {ours}, genai-prices {span.rate} from {span.start}")
        if contradicted and lacking:
            left = [span.key for span in lacking if span.key.component not in FEES]
            rest = ", ".join(sorted({" ".join(map(str, (key.component, *key.when.values()))) for key in left}))
            made.differences.append(f"{target}: therefore left out, though not written by hand: {rest}")
        return lacking if not contradicted else [span for span in lacking if span.key.component in FEES]

    def _contradicted(self, target: str) -> Iterator[tuple[Span, str | None]]:
        for span in self._held:
            if self._written.knows(target, span.key):
                held = self._written.rate(target, span.key, self._today)
                if held is None or held[1] != figure_of(span.rate, span.key.component):
                    yield span, held[0] if held is not None else None


def _entries(
    match: Mapping[str, str],
    provider: PackageProvider,
    model: Model,
    spans: Sequence[Span],
    sources: _Sources,
    covered: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """The entries of one model: rates with the same days, conditions and source are one."""
    together: dict[tuple[object, ...], list[Span]] = defaultdict(list)
    for span in spans:
        together[span.start, span.until, span.key[1:], sources.key(span)].append(span)
    entries = []
    for (*_, source), held in together.items():
        held.sort(key=lambda span: ORDER[span.key.component])
        first, rates = held[0], {span.key.component: span.rate for span in held}
        entry: dict[str, Any] = {**match, "from": first.start.isoformat()}
        if first.until is not None:
            entry["until"] = first.until.isoformat()
        when = first.key.when | ({"prompt_above": first.key.above} if first.key.above >= 0 else {})
        if when:
            entry["when"] = when
        entry["rates"] = rates
        covers = _covers(model, rates, spans) | ({narrower: "input" for narrower in covered if "input" in rates})
        if covers := {narrower: wider for narrower, wider in covers.items() if narrower not in rates}:
            entry["covers"] = covers
        if least := _AT_LEAST.get((provider.id, model.id)):
            entry["at_least"] = least
        if notes := [note for component, note in _NOTES if component in rates and _is_noted(component, model, provider)]:
            entry["note"] = "; ".join(notes)
        entries.append(entry | {"source": source})
    return entries


def _covers(model: Model, rates: Mapping[str, str], spans: Sequence[Span]) -> dict[str, str]:
    covers = {}
    if "cache_write" in rates and ("claude" in model.id or any(span.key.component == "cache_write_1h" for span in spans)):
        covers["cache_write_5m"] = "cache_write"
    if "input" in rates:
        covers |= {narrower: "input" for phrase, narrow in _COVERS if phrase in model.comment for narrower in narrow}
    return covers


def _is_noted(component: str, model: Model, provider: PackageProvider) -> bool:
    return model.sessions if component == "input_seconds" else "highest price shown" in provider.comment


def _ordered(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What is contested stands before the note and the source."""
    last = {key: entry[key] for key in ("contested", "note", "source") if key in entry}
    return {key: value for key, value in entry.items() if key not in {*last, "added"}} | last


def _place(entry: Mapping[str, Any]) -> tuple[object, ...]:
    when = entry.get("when", {})
    name = entry.get("model") or entry["prefix"]
    return (
        str(name).lower(),
        str(when.get("region", "")),
        when.get("tier", ""),
        when.get("prompt_above", -1),
        entry["from"],
        entry["source"],
    )
