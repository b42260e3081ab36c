"""Recorded exchanges through the real SDK clients and instrumentations: what the span says, against what the provider bills.

The recordings are not part of this repository: `OTEL_LLM_COST_EXCHANGES` says where they are. The bill is computed here from the
response and the price files alone; nothing of ours takes part in it.
"""

from __future__ import annotations

import binascii
import contextlib
import inspect
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final, TypeAlias

import pytest

for needed in (
    "anthropic",
    "openai",
    "opentelemetry.instrumentation.genai.anthropic",
    "opentelemetry.instrumentation.genai.openai",
):
    pytest.importorskip(needed)

import anthropic  # noqa: E402
import httpx2  # noqa: E402
import openai  # noqa: E402
from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor  # noqa: E402
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor  # noqa: E402
from opentelemetry.sdk.trace import ReadableSpan  # noqa: E402

from otel_llm_cost.prices.table import PriceTable  # noqa: E402
from tests.conftest import Telemetry  # noqa: E402

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = Path(os.environ.get("OTEL_LLM_COST_EXCHANGES") or ROOT.parent / "shared" / "exchanges")
PRICES: Final = ROOT / "otel_llm_cost" / "prices" / "data"
APIS: Final = ("*.chat-completions", "*.embeddings", "*.responses", "anthropic.messages")
NOT_ASKED: Final = {"ollama.embeddings.sync.01"}
"""The OpenAI client cannot ask like this."""
IDS: Final = sorted({path.stem for api in APIS for path in FOLDER.glob(f"{api}.s*.json")} - NOT_ASKED)

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not IDS, reason=f"no recorded exchanges in {FOLDER}; OTEL_LLM_COST_EXCHANGES says where they are"),
    # The SDK warns of models that are no longer served.
    pytest.mark.filterwarnings("ignore:The model:DeprecationWarning"),
]

Json: TypeAlias = dict[str, Any]

NATIVE: Final = "native"
"""Anthropic's own tracing beside the instrumentation."""
GENAI: Final = "genai"
"""The OpenTelemetry instrumentation alone."""
CASES: Final = [(name, setup) for name in IDS for setup in ((NATIVE, GENAI) if name.startswith("anthropic") else (GENAI,))] or [
    ("none", GENAI)
]

_NO_SEARCHES = "neither instrumentation puts the number of searches on the span, though each is billed"
_NO_FEE = "the tool's fee is billed beside the tokens, and the span does not show that the tool ran"
_NO_ADVISOR = "the usage at the top leaves out the advisor's pass, by another model; no instrumentation shows it"
_NO_FALLBACK = "the usage is the second model's alone; the span shows neither the first model's pass nor that there was one"
_WRONG_MODEL = f"{_NO_FALLBACK}, and the model is the one that message_start names, which did not answer"
_NO_COMPACTION = "the usage at the top leaves out the compaction's pass, and the instrumentation does not show it"
_STABLE_API = "Anthropic's own tracing shows the compaction of the beta API only; this is the stable one"
_NO_LIFETIME = (
    "the instrumentation shows one number of cache writes for both lifetimes; ours assumes the documented default, and says so"
)
_NO_THINKING = "Gemini's OpenAI endpoint bills hidden thinking, which only its total shows, and the span has no total"

# An exchange and a setup, what its span does not show (see `bill`), and why. The amount is then what the rest comes to.
KNOWN_LOSSES: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("anthropic.messages.stream.01", NATIVE): ("iterations", _WRONG_MODEL),
    ("anthropic.messages.stream.01", GENAI): ("iterations", _WRONG_MODEL),
    ("anthropic.messages.stream.04", GENAI): ("iterations", _NO_COMPACTION),
    ("anthropic.messages.sync.03", GENAI): ("lifetime", _NO_LIFETIME),
    ("anthropic.messages.sync.04", NATIVE): ("iterations", _NO_FALLBACK),
    ("anthropic.messages.sync.04", GENAI): ("iterations", _NO_FALLBACK),
    ("anthropic.messages.sync.06", NATIVE): ("iterations", _NO_ADVISOR),
    ("anthropic.messages.sync.06", GENAI): ("iterations", _NO_ADVISOR),
    ("anthropic.messages.sync.09", NATIVE): ("iterations", _STABLE_API),
    ("anthropic.messages.sync.09", GENAI): ("iterations", _NO_COMPACTION),
    ("anthropic.messages.sync.10", GENAI): ("iterations", _NO_COMPACTION),
    ("anthropic.messages.sync.12", NATIVE): ("web_searches", _NO_SEARCHES),
    ("anthropic.messages.sync.12", GENAI): ("web_searches", _NO_SEARCHES),
    ("anthropic.messages.sync.15", NATIVE): ("web_searches", _NO_SEARCHES),
    ("anthropic.messages.sync.15", GENAI): ("web_searches", _NO_SEARCHES),
    ("gemini.chat-completions.sync.01", GENAI): ("thinking", _NO_THINKING),
    ("openai.responses.stream.03", GENAI): ("web_searches", _NO_SEARCHES),
    ("openai.responses.stream.04", GENAI): ("fees", _NO_FEE),
    ("openai.responses.stream.06", GENAI): ("fees", _NO_FEE),
    ("openai.responses.sync.03", GENAI): ("fees", _NO_FEE),
    ("openai.responses.sync.07", GENAI): ("fees", _NO_FEE),
    ("openai.responses.sync.10", GENAI): ("web_searches", _NO_SEARCHES),
}


# The recordings -----------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded request and its answer."""

    id: str
    url: str
    request: Json
    status: int
    headers: Mapping[str, str]
    body: str
    streams: bool
    is_beta: bool

    @property
    def provider(self) -> str:
        return self.id.partition(".")[0]

    @property
    def api(self) -> str:
        return self.id.split(".")[1]

    def answer(self) -> Json:
        """What the whole response comes to: of a stream, what its events add up to."""
        return ANSWERS[self.api](list(_events(self.body))) if self.streams else json.loads(self.body)


@cache
def exchange(name: str) -> Exchange:
    held = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    request, response = held["request"], held["response"]
    body = response["body"]
    made = Exchange(
        id=name,
        url=request["url"],
        request=dict(request["body"] or {}),
        status=response["status"],
        headers=response["headers"],
        body=body if isinstance(body, str) else json.dumps(body),
        streams=held["stream"],
        is_beta="beta=true" in request["url"],
    )
    # A fixture without a request: the least that asks for the same.
    least = {"chat-completions": "messages", "responses": "input", "messages": "messages", "embeddings": "input"}[made.api]
    asked = {"model": made.answer().get("model", "unknown"), least: [{"role": "user", "content": "?"}], "stream": made.streams}
    if made.api == "messages":
        asked["max_tokens"] = 16
    if not made.request:
        made.request.update(asked)
    return made


def _events(body: str) -> Iterator[Json]:
    for line in body.splitlines():
        if line.startswith("data:") and line[5:].strip() != "[DONE]":
            yield json.loads(line[5:])


def _chat_answer(events: list[Json]) -> Json:
    """Of each top-level field the last value that is one."""
    return {name: value for event in events for name, value in event.items() if value is not None}


def _response_answer(events: list[Json]) -> Json:
    return next((event["response"] for event in reversed(events) if event.get("response")), {})


def _message_answer(events: list[Json]) -> Json:
    """A `message_delta` revises the fields of the usage that it names."""
    answer: Json = {}
    for event in events:
        if event["type"] == "message_start":
            answer = event["message"]
        elif event["type"] == "message_delta":
            answer = {**answer, "usage": {**answer["usage"], **event["usage"]}}
    return answer


ANSWERS: Final[Mapping[str, Callable[[list[Json]], Json]]] = {
    "chat-completions": _chat_answer,
    "responses": _response_answer,
    "messages": _message_answer,
}


# The bill -----------------------------------------------------------------------------------------------------------------------
OPENAI_COUNTS: Final = {
    "input": (
        "/prompt_tokens",
        "-/prompt_tokens_details/cached_tokens",
        "-/prompt_tokens_details/cache_write_tokens",
        "-/prompt_tokens_details/audio_tokens",
    ),
    "input_audio": ("/prompt_tokens_details/audio_tokens",),
    "cache_read": ("/prompt_tokens_details/cached_tokens",),
    "cache_write": ("/prompt_tokens_details/cache_write_tokens",),
    "output": (
        "/completion_tokens",
        "-/completion_tokens_details/reasoning_tokens",
        "-/completion_tokens_details/audio_tokens",
    ),
    "reasoning": ("/completion_tokens_details/reasoning_tokens",),
    "output_audio": ("/completion_tokens_details/audio_tokens",),
}
RESPONSES_COUNTS: Final = {
    component: tuple(pointer.replace("prompt_", "input_").replace("completion_", "output_") for pointer in pointers)
    for component, pointers in OPENAI_COUNTS.items()
}
ANTHROPIC_COUNTS: Final = {
    "input": ("/input_tokens",),
    "cache_read": ("/cache_read_input_tokens",),
    # Without a lifetime it is the documented default, 5 minutes.
    "cache_write_5m": ("/cache_creation_input_tokens", "-/cache_creation/ephemeral_1h_input_tokens"),
    "cache_write_1h": ("/cache_creation/ephemeral_1h_input_tokens",),
    "output": ("/output_tokens",),
}
"""The disjoint counts of one usage object, as sums of JSON pointers into it."""

BILLED_BY: Final = {
    "anthropic": "anthropic",
    "gemini": "google",
    "local-4000": "openai",
    "openai": "openai",
    "portkey": "openai",
    "pydantic-gateway": "openai",
}
"""Whose price file has the rates: the provider's own, or OpenAI's behind a gateway that ours does not know. Others have none."""

ASKED: Final = {
    "anthropic": "anthropic",
    "azure-ai": "azure.ai.inference",
    "azure-openai": "azure.ai.openai",
    "cerebras": "cerebras",
    "deepseek": "deepseek",
    "gemini": "gcp.gemini",
    "groq": "groq",
    "mistral": "mistral_ai",
    "moonshotai": "moonshot_ai",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "together": "together",
    "xai": "x_ai",
}
"""Who is asked, in the names of the conventions, by the host. Of any other host the OpenAI client's instrumentation says OpenAI."""

PROMPT: Final = {"input", "input_audio", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h"}
WIDER: Final = {"reasoning": "output", "cache_read": "input"}
PER: Final = {"web_searches": 1}
FEES: Final = {"file_search_call", "code_interpreter_call", "image_generation_call"}
"""Tools of the Responses API that are billed beside the tokens; the price files have no rate for them."""
ANY: Final = "any reason"
TIERS: Final = {None: "standard", "default": "standard", "auto": "standard", "standard": "standard"}


class NoBillError(Exception):
    """The bill cannot be known from the response and the price files."""


def at(document: object, pointer: str) -> Any:  # noqa: ANN401 - JSON
    """What a JSON pointer points at; None where nothing is there."""
    for name in pointer.split("/")[1:]:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def counts_of(usage: Json, table: Mapping[str, tuple[str, ...]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for component, pointers in table.items():
        for pointer in pointers:
            counts[component] += (at(usage, pointer.lstrip("-")) or 0) * (-1 if pointer.startswith("-") else 1)
    if min(counts.values()) < 0:
        raise NoBillError("contradictory_usage")
    return +counts


def rates(provider: str, model: str, tier: str, prompt: int) -> dict[str, Fraction]:
    """What a price file says today: dollars for one, by component."""
    file, now = json.loads((PRICES / f"{provider}.json").read_text("utf-8")), datetime.now(UTC)

    def holds(entry: Json) -> bool:
        start, until = _instant(entry["from"]), _instant(entry["until"]) if "until" in entry else None
        return start <= now and (until is None or now < until)

    names = {model} | {alias["of"] for alias in file["aliases"] if alias["alias"] == model and holds(alias)}
    entries = [entry for entry in file["prices"] if entry["model"] in names]
    if not entries:
        raise NoBillError("unknown_model")
    found: dict[str, tuple[tuple[object, ...], str]] = {}
    for entry in filter(holds, entries):
        when = entry.get("when", {})
        if when.get("tier", "standard") != tier or prompt <= when.get("prompt_above", -1):
            continue
        rank = (entry["model"] == model, len(when), when.get("prompt_above", -1), _instant(entry["from"]))
        own = entry["rates"]
        covered = {narrower: own[wider] for narrower, wider in entry.get("covers", {}).items()}
        for component, rate in {**covered, **own}.items():
            # A rate of its own comes before one that covers it.
            ranked = (component in own, *rank)
            if component not in found or found[component][0] < ranked:
                found[component] = (ranked, rate)
    return {name: Fraction(rate) / PER.get(name, 10**6) for name, (_, rate) in found.items()}


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def price(provider: str, model: str, tier: str, counts: Counter[str]) -> Fraction:
    held = rates(provider, model, tier, sum(counts[name] for name in PROMPT))
    amount = Fraction(0)
    for component, count in counts.items():
        rate = held.get(component, held.get(WIDER.get(component, component)))
        if rate is None:
            raise NoBillError(f"no_rate:{component}")
        amount += count * rate
    return amount


def bill(given: Exchange, *ignored: str) -> Fraction:
    """What the provider asks for; with `ignored`, what one would think who does not see certain things."""
    if given.status >= 400:
        raise NoBillError("error")
    answer = given.answer()
    usage = answer.get("usage")
    if not usage:
        raise NoBillError("error" if answer.get("status") == "failed" else "no_usage")
    provider = BILLED_BY.get(given.provider)
    if provider is None:
        raise NoBillError(ANY)
    if provider == "anthropic":
        return _anthropic_bill(answer, usage, ignored)
    output = answer.get("output", ())
    fees = sorted({item["type"] for item in output if item["type"] in FEES})
    if fees and "fees" not in ignored:
        raise NoBillError(f"fee:{fees[0]}")
    counts = counts_of(usage, RESPONSES_COUNTS if given.api == "responses" else OPENAI_COUNTS)
    if "web_searches" not in ignored:
        counts["web_searches"] = sum(item["type"] == "web_search_call" and at(item, "/action/type") == "search" for item in output)
    if provider == "google" and "thinking" not in ignored:
        counts["output"] = at(usage, "/total_tokens") - at(usage, "/prompt_tokens")
    tier = TIERS.get(answer.get("service_tier"), answer.get("service_tier"))
    return price(provider, answer["model"], str(tier), +counts)


def _anthropic_bill(answer: Json, usage: Json, ignored: tuple[str, ...]) -> Fraction:
    tier = TIERS.get(usage.get("service_tier"), usage.get("service_tier"))
    passes = usage.get("iterations") or ()
    if "iterations" in ignored or all(held["type"] == "message" for held in passes):
        passes = [usage]
    amount = Fraction(0)
    for one in passes:
        counts = counts_of(one, ANTHROPIC_COUNTS)
        if "lifetime" in ignored:
            counts["cache_write_5m"] += counts.pop("cache_write_1h", 0)
        amount += price("anthropic", one.get("model", answer["model"]), str(tier), counts)
    if "web_searches" not in ignored and (searches := at(usage, "/server_tool_use/web_search_requests")):
        amount += price("anthropic", answer["model"], str(tier), Counter(web_searches=searches))
    return amount


# The replay ---------------------------------------------------------------------------------------------------------------------
class _Handler(BaseHTTPRequestHandler):
    """Answers with the recording that the path begins with."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        recorded = exchange(self.path.split("/")[1])
        body = recorded.body.encode()
        self.send_response(recorded.status)
        for name, value in ({"content-type": "application/json"} | dict(recorded.headers)).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    http.server_close()


@pytest.fixture
def shipped(make_telemetry: Callable[..., Telemetry]) -> Telemetry:
    return make_telemetry(table=PriceTable.shipped()).attach()


def replay(recorded: Exchange, setup: str, server: str, telemetry: Telemetry) -> None:
    """Asks as the recorded program did, and reads the answer to its end."""
    instrumentor = (AnthropicInstrumentor if recorded.id.startswith("anthropic") else OpenAIInstrumentor)()
    instrumentor.instrument(tracer_provider=telemetry.provider, meter_provider=telemetry.meter_provider)
    try:
        # binascii.Error: vectors that are in no encoding that the OpenAI client knows.
        with (
            _client(recorded, setup, f"{server}/{recorded.id}", telemetry) as (create, errors),
            contextlib.suppress(errors, binascii.Error),
        ):
            known = inspect.signature(create).parameters
            asked = {name: value for name, value in recorded.request.items() if name in known}
            rest = {name: value for name, value in recorded.request.items() if name not in known}
            answer = create(**asked, extra_body=rest or None, timeout=30)
            if recorded.streams:
                with answer:
                    for _ in answer:
                        pass
    finally:
        instrumentor.uninstrument()


class _Diverted(httpx2.HTTPTransport):
    """Sends what is meant for another provider's host to our server."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = httpx2.URL(f"{url}/")

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = self._url
        return super().handle_request(request)


@contextlib.contextmanager
def _client(recorded: Exchange, setup: str, url: str, telemetry: Telemetry) -> Iterator[tuple[Callable[..., Any], type[Exception]]]:
    if recorded.id.startswith("anthropic"):
        traces: Any = {"tracer_provider": telemetry.provider} if setup == NATIVE else False
        with anthropic.Anthropic(api_key="none", base_url=url, max_retries=0, open_telemetry=traces) as client:
            yield (client.beta.messages if recorded.is_beta else client.messages).create, anthropic.APIError
        return
    own: dict[str, Any] = {"base_url": f"{url}/v1"}
    if not recorded.id.startswith("openai."):
        endpoint = recorded.api.replace("-", "/")
        own = {"base_url": recorded.url.partition(endpoint)[0], "http_client": httpx2.Client(transport=_Diverted(url))}
    with openai.OpenAI(api_key="none", max_retries=0, **own) as client:
        made: dict[str, Any] = {
            "chat-completions": client.chat.completions,
            "responses": client.responses,
            "embeddings": client.embeddings,
        }
        yield made[recorded.api].create, openai.APIError


def counted(telemetry: Telemetry) -> ReadableSpan:
    """The one span of the call that the metrics count."""
    calls = telemetry.calls()
    assert calls.pop("duplicate", 0) == len(telemetry.spans) - 1
    ((status, number),) = calls.items()
    assert number == 1
    assert sum("gen_ai.usage.cost.amount" in (span.attributes or {}) for span in telemetry.spans) == (status == "priced")
    (span,) = [span for span in telemetry.spans if (span.attributes or {})["llm_cost.status"] == status]
    return span


def said(span: ReadableSpan) -> float | str:
    """The amount, or the status and the reason."""
    attributes = span.attributes or {}
    if attributes["llm_cost.status"] == "priced":
        assert attributes["gen_ai.usage.cost.currency"] == "USD"
        assert "llm_cost.reason" not in attributes
        return float(str(attributes["gen_ai.usage.cost.amount"]))
    assert "gen_ai.usage.cost.amount" not in attributes
    return ":".join(str(attributes[name]) for name in ("llm_cost.status", "llm_cost.reason"))


def billed(recorded: Exchange, *ignored: str) -> float | str:
    try:
        return float(bill(recorded, *ignored))
    except NoBillError as why:
        return str(why)


@pytest.mark.parametrize(("name", "setup"), CASES, ids=["-".join(case) for case in CASES])
def test_the_span_says_what_the_provider_bills_or_why_it_does_not(name: str, setup: str, server: str, shipped: Telemetry) -> None:
    recorded = exchange(name)
    replay(recorded, setup, server, shipped)
    span = counted(shipped)
    assert set(shipped.collect().by("llm_cost.calls", "gen_ai.provider.name")) == {ASKED.get(recorded.provider, "openai")}
    got, right = said(span), billed(recorded)
    # The duplicate's money is in no metric either.
    known = (span.attributes or {}).get("llm_cost.known_amount", 0.0)
    assert shipped.collect().total("llm_cost.spend") == pytest.approx(got if isinstance(got, float) else known, rel=1e-9)
    agrees = got == right or (isinstance(got, str) and (right == ANY or got in {f"unpriced:{right}", f"partial:{right}"}))
    if got == "partial:incomplete_usage":
        # The span says that it does not count all that was billed.
        agrees = isinstance(right, float) and known < right
    if (name, setup) not in KNOWN_LOSSES:
        assert agrees, f"{got}, and the bill is {right}"
        return
    unseen, why = KNOWN_LOSSES[name, setup]
    assert not agrees, f"no longer lost, so no longer to be listed: {why}"
    assert got == billed(recorded, unseen), why


def test_each_known_loss_is_of_an_exchange_that_is_replayed() -> None:
    assert set(KNOWN_LOSSES) <= set(CASES)
