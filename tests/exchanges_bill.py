"""What the provider of a recorded exchange bills for it: worked out from the raw response and the price files alone.

The usage is read as each provider documents it (see the recordings' README); nothing of ours takes part in it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

from tests.listed_prices import STANDARD, Asked, Json, NoBillError, price, sellers
from tests.matrix.evaluator import CHAT as OPENAI_COUNTS

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

SELLERS: Final[Mapping[str, tuple[str, str | None]]] = {
    "anthropic": ("anthropic", None),
    "avian": ("avian", None),
    "azure-ai": ("azure.ai.openai", None),
    "azure-openai": ("azure.ai.openai", None),
    "bedrock-mantle": ("aws.bedrock", "us-east-1"),
    "cerebras": ("cerebras", None),
    "deepseek": ("deepseek", None),
    "gemini": ("google", None),
    "groq": ("groq", None),
    "mistral": ("mistral_ai", None),
    "moonshotai": ("moonshot_ai", None),
    "ollama": ("ollama-cloud", None),
    "openai": ("openai", None),
    "openrouter": ("openrouter", None),
    "perplexity": ("perplexity", None),
    "together": ("together", None),
    "voyage": ("voyageai", None),
    "xai": ("x_ai", None),
    "zai": ("zai", None),
}
"""Whose price file has the rates of a host, and the region that the host names; None is wherever the provider likes."""
GATEWAYS: Final = {"local-4000", "portkey", "pydantic-gateway", "vercel-gateway"}
"""They pass the provider's price on: that of the provider whom the model's name names, else OpenAI's, whose API they speak."""

TOLD: Final[Mapping[str, Callable[[Json, Mapping[str, str]], object]]] = {
    "avian": lambda usage, _: at(usage, "/cost"),
    "local-4000": lambda _, headers: headers.get("x-litellm-response-cost"),
    # What the gateway itself takes, and what the user's own account at the provider is charged.
    "openrouter": lambda usage, _: _total(
        at(usage, "/cost"), at(usage, "/is_byok") and at(usage, "/cost_details/upstream_inference_cost")
    ),
    "perplexity": lambda usage, _: at(usage, "/cost/total_cost"),
    "pydantic-gateway": lambda usage, _: at(usage, "/pydantic_ai_gateway/cost_estimate"),
    "vercel-gateway": lambda usage, _: at(usage, "/cost"),
    "xai": lambda usage, _: None if (ticks := at(usage, "/cost_in_usd_ticks")) is None else Fraction(ticks, 10**10),
}
"""Where a response tells its cost: that is the bill."""

PROMPT: Final = {"input", "input_audio", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h"}
TIERS: Final = {"default": STANDARD, "auto": STANDARD, "on_demand": STANDARD, "": STANDARD}
FEES: Final = ("code_interpreter_call", "image_generation_call")
"""Tools of the Responses API that are billed beside the tokens; the price files have no rate for them."""
DATED: Final = re.compile(r"-(?:\d{4}-\d\d-\d\d|\d{8})$")


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
    is_recorded: bool
    """Else a fixture, whose numbers may have been trimmed, or made up."""

    @property
    def provider(self) -> str:
        return self.id.partition(".")[0]

    @property
    def api(self) -> str:
        return self.id.split(".")[1]

    def answer(self) -> Json:
        """What the whole response comes to: of a stream, what its events add up to."""
        return ANSWERS[self.api](list(_events(self.body))) if self.streams else json.loads(self.body)


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
def at(document: object, pointer: str) -> Any:  # noqa: ANN401 - JSON
    """What a JSON pointer points at; None where nothing is there."""
    for name in pointer.split("/")[1:]:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def bill(given: Exchange, start: datetime, end: datetime, *ignored: str) -> Fraction:
    """What the provider asks for; with `ignored`, what one would think who does not see certain things."""
    if given.status >= 400 or "unread" in ignored:
        raise NoBillError("error")
    answer = given.answer()
    usage = answer.get("usage")
    if not usage and "second_place" not in ignored:
        # Where Groq put it before its API had a place for a stream's usage.
        usage = at(answer, "/x_groq/usage")
    if answer.get("error") or answer.get("status") == "failed":
        raise NoBillError("error")
    if not usage:
        raise NoBillError("no_usage")
    told = TOLD[given.provider](usage, given.headers) if given.provider in TOLD and given.is_recorded else None
    if told is not None and "told" not in ignored:
        return told if isinstance(told, Fraction) else Fraction(str(told))
    if "/api/coding/" in given.url and "path" not in ignored:
        # Z.ai's coding plan.
        raise NoBillError("committed")
    if given.provider == "anthropic":
        return _anthropic_bill(answer, usage, (start, end), ignored)
    counts = _counts(given, answer, usage, ignored)
    key, region = _seller(given, answer, ignored)
    tier = answer.get("service_tier") or usage.get("service_tier") or STANDARD
    asked = Asked(start, end, TIERS.get(tier, tier), region, sum(counts[name] for name in PROMPT))
    return price(key, _names(key, answer.get("model") or given.request["model"]), asked, counts)


def counts_of(usage: Json, table: Mapping[str, tuple[str, ...]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for component, pointers in table.items():
        for pointer in pointers:
            counts[component] += (at(usage, pointer.lstrip("-")) or 0) * (-1 if pointer.startswith("-") else 1)
    return counts


def _counts(given: Exchange, answer: Json, usage: Json, ignored: tuple[str, ...]) -> Counter[str]:
    """The disjoint counts of an API that is OpenAI's or like it."""
    counts = counts_of(usage, RESPONSES_COUNTS if given.api == "responses" else OPENAI_COUNTS)
    cached_before = at(usage, "/num_cached_tokens") or at(usage, "/cached_tokens") or 0
    if not counts["cache_read"] and "older_name" not in ignored:
        counts.update(cache_read=cached_before, input=-cached_before)
    if "beside" not in ignored:
        if given.provider == "xai" and given.api == "chat-completions":
            counts["output"] += counts["reasoning"]
        if given.provider == "mistral" and counts["input_audio"]:
            # Billed by the second.
            counts["input"] += counts.pop("input_audio")
            counts["input_seconds"] = usage["prompt_audio_seconds"]
    if given.provider == "gemini" and "thinking" not in ignored:
        counts["output"] = at(usage, "/total_tokens") - at(usage, "/prompt_tokens")
    if given.provider == "voyage":
        if "total" in ignored:
            raise NoBillError("no_usage")
        counts["input"] = usage["total_tokens"]
    if min(counts.values()) < 0:
        raise NoBillError("contradictory_usage")
    if "tools" not in ignored:
        _add_tools(given, answer, usage, counts)
    return +counts


def _add_tools(given: Exchange, answer: Json, usage: Json, counts: Counter[str]) -> None:
    """What the provider's own tools are billed for."""
    output = answer.get("output", ())
    if given.provider == "xai":
        if at(usage, "/num_server_side_tools_used"):
            raise NoBillError("fee:server_side_tools")
        return
    ran = {item["type"] for item in output}
    fee = next((tool for tool in FEES if tool in ran), None)
    if fee is not None:
        raise NoBillError(f"fee:{fee}")
    # OpenAI bills no other action of the search tool; DeepSeek bills a fetch as a search.
    actions = {"search", "open_page"} if given.provider == "deepseek" else {"search"}
    counts["web_searches"] = sum(item["type"] == "web_search_call" and at(item, "/action/type") in actions for item in output)
    counts["file_searches"] = sum(item["type"] == "file_search_call" for item in output)


def _seller(given: Exchange, answer: Json, ignored: tuple[str, ...]) -> tuple[str, str | None]:
    """Whose prices hold, and where."""
    if given.provider in SELLERS:
        return SELLERS[given.provider]
    if given.provider not in GATEWAYS and "host" not in ignored:
        # Nobody whom we know sells there, and the client's instrumentation says that OpenAI does.
        raise NoBillError("unknown_model")
    named = str(answer.get("model")).partition("/")[0].lower()
    return sellers().get(named, "openai"), None


def _names(key: str, model: str) -> list[str]:
    """A model's name as it stands, without its seller, where it is Bedrock's in one region, and without its date."""
    names = [model]
    head, _, rest = model.partition("/")
    if rest and sellers().get(head.lower()) == key:
        names.append(rest)
    if key == "aws.bedrock":
        names.append(f"regional.{model}")
    return names + [undated for name in names if (undated := DATED.sub("", name)) != name]


def _total(*amounts: object) -> Fraction | None:
    return None if amounts[0] is None else sum((Fraction(str(amount)) for amount in amounts if amount), Fraction(0))


def _anthropic_bill(answer: Json, usage: Json, when: tuple[datetime, datetime], ignored: tuple[str, ...]) -> Fraction:
    tier = usage.get("service_tier") or STANDARD
    # The inference's place is priced where the request asked for the United States alone.
    region = "us" if usage.get("inference_geo") == "us" else None
    passes = usage.get("iterations") or ()
    if "iterations" in ignored or all(held["type"] == "message" for held in passes):
        passes = [usage]
    amount = Fraction(0)
    for one in passes:
        counts = counts_of(one, ANTHROPIC_COUNTS)
        if min(counts.values(), default=0) < 0:
            raise NoBillError("contradictory_usage")
        if "lifetime" in ignored:
            counts["cache_write_5m"] += counts.pop("cache_write_1h", 0)
        counts = +counts
        asked = Asked(*when, tier, region, sum(counts[name] for name in PROMPT))
        # A pass that produced nothing is none.
        amount += price("anthropic", _names("anthropic", one.get("model", answer["model"])), asked, counts) if counts else 0
    if "tools" not in ignored and (searches := at(usage, "/server_tool_use/web_search_requests")):
        amount += price("anthropic", _names("anthropic", answer["model"]), Asked(*when, tier), Counter(web_searches=searches))
    return amount
