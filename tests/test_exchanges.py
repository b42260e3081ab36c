"""Recorded exchanges through the real SDK clients and instrumentations: what the span says, against what the provider bills.

The recordings are not part of this repository: `OTEL_LLM_COST_EXCHANGES` says where they are. The bill is worked out from the
response and the price files alone (`exchanges_bill`, `listed_prices`); nothing of ours takes part in it.
"""

from __future__ import annotations

import binascii
import contextlib
import inspect
import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

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
from tests.exchanges_bill import Exchange, bill  # noqa: E402
from tests.listed_prices import NoBillError  # noqa: E402

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = Path(os.environ.get("OTEL_LLM_COST_EXCHANGES") or ROOT.parent / "shared" / "exchanges")
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
_NO_TOLD_FEE = "OpenRouter's own tools are in the cost that its response tells, which the span does not have"
_TOLD_THEN = "the response tells the cost at the price of its day and of the provider that was chosen; the table has today's"
_TOLD_TWICE = "the gateway bills the reasoning beside the output that holds it, as only the cost that its response tells shows"
_NO_CONTEXT = "the fee depends on the search context, which the span does not name; the table has the fee of the largest"
_BESIDE = "the provider counts these tokens beside those that the span's count is read to hold, so that they contradict each other"
_OLDER_NAME = "the cached tokens are under an older name, which the instrumentation does not read"
_SECOND_PLACE = "the stream's usage is in Groq's own place alone, which the instrumentation does not read"
_TOTAL_ALONE = "Voyage's usage has a total alone, which the instrumentation does not read"
_UNREAD = "the OpenAI client cannot read the vectors, and the failed call's span has no usage"
_NO_SELLER = (
    "the host is nobody's whom we know, and the model's maker is read as its seller, as behind a gateway; the user's host map says"
)
_NO_PATH = "the coding plan's endpoint differs from the other in its path alone, which the span does not have"
_NO_THINKING = "Gemini's OpenAI endpoint bills hidden thinking, which only its total shows, and the span has no total"

ASKED: Final = {
    "anthropic": "anthropic",
    "avian": "avian",
    "azure-ai": "azure.ai.inference",
    "azure-openai": "azure.ai.openai",
    "bedrock-mantle": "aws.bedrock",
    "cerebras": "cerebras",
    "deepseek": "deepseek",
    "gemini": "gcp.gemini",
    "groq": "groq",
    "mistral": "mistral_ai",
    "moonshotai": "moonshot_ai",
    "ollama": "ollama-cloud",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "together": "together",
    "voyage": "voyageai",
    "xai": "x_ai",
    "zai": "zai",
}
"""Who is asked, in the names of the conventions or else the table's, by the host. Of any other host the OpenAI client's
instrumentation says OpenAI."""

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
    ("anthropic.messages.sync.12", NATIVE): ("tools", _NO_SEARCHES),
    ("anthropic.messages.sync.12", GENAI): ("tools", _NO_SEARCHES),
    ("anthropic.messages.sync.15", NATIVE): ("tools", _NO_SEARCHES),
    ("anthropic.messages.sync.15", GENAI): ("tools", _NO_SEARCHES),
    ("azure-openai.responses.stream.03", GENAI): ("tools", _NO_FEE),
    ("azure-openai.responses.stream.04", GENAI): ("tools", _NO_FEE),
    ("azure-openai.responses.sync.03", GENAI): ("tools", _NO_FEE),
    ("crusoe.chat-completions.sync.01", GENAI): ("host", _NO_SELLER),
    ("deepseek.responses.sync.01", GENAI): ("tools", _NO_SEARCHES),
    ("gemini.chat-completions.sync.01", GENAI): ("thinking", _NO_THINKING),
    ("groq.chat-completions.stream.04", GENAI): ("second_place", _SECOND_PLACE),
    ("local-8080.chat-completions.stream.01", GENAI): ("host", _NO_SELLER),
    ("local-8080.chat-completions.sync.01", GENAI): ("host", _NO_SELLER),
    ("mistral.chat-completions.sync.01", GENAI): ("beside", _BESIDE),
    ("mistral.chat-completions.sync.03", GENAI): ("older_name", _OLDER_NAME),
    ("openai.responses.stream.03", GENAI): ("tools", _NO_SEARCHES),
    ("openai.responses.stream.04", GENAI): ("tools", _NO_FEE),
    ("openai.responses.stream.06", GENAI): ("tools", _NO_FEE),
    ("openai.responses.sync.03", GENAI): ("tools", _NO_FEE),
    ("openai.responses.sync.07", GENAI): ("tools", _NO_FEE),
    ("openai.responses.sync.10", GENAI): ("tools", _NO_SEARCHES),
    ("openrouter.chat-completions.stream.01", GENAI): ("told", _NO_TOLD_FEE),
    ("openrouter.chat-completions.sync.03", GENAI): ("told", _NO_TOLD_FEE),
    ("openrouter.chat-completions.sync.04", GENAI): ("told", _NO_TOLD_FEE),
    ("openrouter.chat-completions.sync.09", GENAI): ("told", _NO_TOLD_FEE),
    ("openrouter.chat-completions.sync.10", GENAI): ("told", _NO_TOLD_FEE),
    ("openrouter.responses.stream.01", GENAI): ("told", _TOLD_THEN),
    ("openrouter.responses.sync.01", GENAI): ("told", _TOLD_THEN),
    ("perplexity.chat-completions.stream.01", GENAI): ("told", _NO_CONTEXT),
    ("perplexity.chat-completions.sync.01", GENAI): ("told", _NO_CONTEXT),
    ("perplexity.embeddings.sync.01", GENAI): ("unread", _UNREAD),
    ("vercel-gateway.chat-completions.stream.03", GENAI): ("told", _TOLD_TWICE),
    ("voyage.embeddings.sync.01", GENAI): ("total", _TOTAL_ALONE),
    ("xai.responses.stream.01", GENAI): ("tools", _NO_FEE),
    ("xai.responses.stream.03", GENAI): ("tools", _NO_FEE),
    ("xai.responses.stream.04", GENAI): ("tools", _NO_FEE),
    ("xai.responses.sync.01", GENAI): ("told tools", _NO_FEE),
    ("xai.responses.sync.03", GENAI): ("tools", _NO_FEE),
    ("xai.responses.sync.04", GENAI): ("tools", _NO_FEE),
    ("zai.chat-completions.stream.01", GENAI): ("path", _NO_PATH),
    ("zai.chat-completions.sync.01", GENAI): ("path", _NO_PATH),
}


# The recordings -----------------------------------------------------------------------------------------------------------------
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
        is_recorded=held["authenticity"] == "recorded",
    )
    # A fixture without a request: the least that asks for the same.
    least = {"chat-completions": "messages", "responses": "input", "messages": "messages", "embeddings": "input"}[made.api]
    asked = {"model": made.answer().get("model", "unknown"), least: [{"role": "user", "content": "?"}], "stream": made.streams}
    if made.api == "messages":
        asked["max_tokens"] = 16
    if not made.request:
        made.request.update(asked)
    return made


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
    with_amount = sum("gen_ai.usage.cost.amount" in (span.attributes or {}) for span in telemetry.spans)
    assert with_amount == (status in {"priced", "free"})
    (span,) = [span for span in telemetry.spans if (span.attributes or {})["llm_cost.status"] == status]
    return span


def said(span: ReadableSpan) -> float | str:
    """The amount, or the status, the reason and what is known."""
    attributes = span.attributes or {}
    status = str(attributes["llm_cost.status"])
    if status in {"priced", "free"}:
        assert attributes["gen_ai.usage.cost.currency"] == "USD"
        assert "llm_cost.reason" not in attributes
        amount = float(str(attributes["gen_ai.usage.cost.amount"]))
        assert (status == "free") == (amount == 0)
        return amount or status
    assert "gen_ai.usage.cost.amount" not in attributes
    assert ("llm_cost.known_amount" in attributes) == (status == "partial")
    assert ("llm_cost.reason" in attributes) == (status != "committed")
    told = [status, *(str(attributes[name]) for name in ("llm_cost.reason", "llm_cost.known_amount") if name in attributes)]
    return ":".join(told)


def billed(recorded: Exchange, span: ReadableSpan, *ignored: str) -> float | str:
    """The bill at the time of the replay, or what a span should say that has none."""
    start, end = (datetime.fromtimestamp((nano or 0) / 1e9, UTC) for nano in (span.start_time, span.end_time))
    try:
        return float(bill(recorded, start, end, *ignored))
    except NoBillError as why:
        if str(why) in {"committed", "free"}:
            return str(why)
        return f"unpriced:{why}" if not why.known else f"partial:{why}:{float(why.known)}"


@pytest.mark.parametrize(("name", "setup"), CASES, ids=["-".join(case) for case in CASES])
def test_the_span_says_what_the_provider_bills_or_why_it_does_not(name: str, setup: str, server: str, shipped: Telemetry) -> None:
    recorded = exchange(name)
    replay(recorded, setup, server, shipped)
    span = counted(shipped)
    assert set(shipped.collect().by("llm_cost.calls", "gen_ai.provider.name")) == {ASKED.get(recorded.provider, "openai")}
    # What has no price need not be told, but its reason must be true.
    got, right = said(span), billed(recorded, span)
    agrees = got == (right if isinstance(got, float) else billed(recorded, span, "told"))
    # The duplicate's money is in no metric either.
    known = float(str((span.attributes or {}).get("llm_cost.known_amount", 0.0)))
    assert shipped.collect().total("llm_cost.spend") == pytest.approx(got if isinstance(got, float) else known, rel=1e-9)
    if str(got).startswith("partial:incomplete_usage:"):
        # The span says that it does not count all that was billed.
        agrees = known == billed(recorded, span, "iterations") and isinstance(right, float) and known < right
    if (name, setup) not in KNOWN_LOSSES:
        assert agrees, f"{got}, and the bill is {right}"
        return
    unseen, why = KNOWN_LOSSES[name, setup]
    assert not agrees, f"no longer lost, so no longer to be listed: {why}"
    assert got == billed(recorded, span, *unseen.split()), why


def test_each_known_loss_is_of_an_exchange_that_is_replayed() -> None:
    assert set(KNOWN_LOSSES) <= set(CASES)
