"""The OpenTelemetry GenAI semantic conventions, current and older spellings, to a `Sighting`.

Read 2026-11-22: https://github.com/open-telemetry/semantic-conventions-genai (docs/gen-ai/gen-ai-spans.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from otel_llm_cost.call import Call, Sighting, Told
from otel_llm_cost.conventions.counts import OLDER, Counts, disjoint
from otel_llm_cost.conventions.providers import provider_of
from otel_llm_cost.conventions.scopes import input_count
from otel_llm_cost.usage import MAX_COUNT, Usage

_COUNTS: Final = {
    "gen_ai.usage.input_tokens": "input",
    "gen_ai.usage.output_tokens": "output",
    "gen_ai.usage.cache_read.input_tokens": "cache_read",
    "gen_ai.usage.cache_write.input_tokens": "cache_write",
    "gen_ai.usage.cache_creation.input_tokens": "cache_write",
    "gen_ai.usage.reasoning.output_tokens": "reasoning",
    "gen_ai.usage.audio.input_tokens": "input_audio",
    "gen_ai.usage.image.input_tokens": "input_image",
    "gen_ai.usage.video.input_tokens": "input_video",
    "gen_ai.usage.audio.cache_read.input_tokens": "cache_read_audio",
    "gen_ai.usage.audio.output_tokens": "output_audio",
    "gen_ai.usage.image.output_tokens": "output_image",
    "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": "cache_write_5m",
    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": "cache_write_1h",
    "anthropic.usage.compaction.input_tokens": "compaction",
    "gen_ai.usage.prompt_tokens": f"input{OLDER}",
    "llm.usage.prompt_tokens": f"input{OLDER}",
    "gen_ai.usage.completion_tokens": f"output{OLDER}",
    "llm.usage.completion_tokens": f"output{OLDER}",
    "gen_ai.usage.cache_read_input_tokens": f"cache_read{OLDER}",
    "gen_ai.usage.cache_creation_input_tokens": f"cache_write{OLDER}",
    "gen_ai.usage.reasoning_tokens": f"reasoning{OLDER}",
}
"""Attribute to count. Where two spellings of one count stand on a span, the current one is read."""

_TIERS: Final = {"default": "standard", "standard": "standard", "on_demand": "standard", "auto": None}
"""What providers call their standard tier. `auto` is what a request asks for, never what was served."""

_NEEDS_OUTPUT: Final = frozenset({"chat", "text_completion", "generate_content", "completion"})


def read_span(
    attributes: Mapping[str, object], operation: str, scope: str, start_unix_nano: int, *, failed: bool = False
) -> Sighting:
    """What a finished span of a call shows. Never raises for any attribute of any type."""
    get = attributes.get
    provider = provider_of(get("gen_ai.provider.name") or get("gen_ai.system"), get("server.address"))
    request_model, response_model = _text(get("gen_ai.request.model")), _text(get("gen_ai.response.model"))
    found: Counts = {}
    valid = True
    for name, value in attributes.items():
        if name in _COUNTS:
            if type(value) is int and 0 <= value <= MAX_COUNT:
                found[_COUNTS[name]] = value
            elif value is not None:
                valid = False
    if not valid:
        components, counts, doubt, assumed = (), (), "invalid_usage", ()
    else:
        components, counts, doubt, assumed = disjoint(found, input_count(scope), provider)
    known = _inclusive(found)
    if doubt is None and (known[1] is None or known[0] is None) and (operation in _NEEDS_OUTPUT or not components):
        doubt = "error" if failed else "no_usage"
    call = Call(
        provider,
        response_model or request_model or "",
        start_unix_nano,
        Usage.of_counts(components, counts),
        _tier(get("openai.response.service_tier") or get("anthropic.response.service_tier") or get("gen_ai.openai.response.service_tier")),
        doubt,
        assumed,
        _told(attributes) if "gen_ai.usage.cost.amount" in attributes else None,
    )
    return Sighting(
        call,
        operation,
        request_model,
        response_model,
        _text(get("gen_ai.response.id")),
        known,
        _text(get("server.address")),
        (_text(get("error.type")) or "_OTHER") if failed else None,
    )


def _inclusive(found: Counts) -> tuple[int | None, ...]:
    """The counts as another span of the same call would state them, for `Sighting.known`."""
    get = found.get
    return (
        get("input", get(f"input{OLDER}")),
        get("output", get(f"output{OLDER}")),
        get("cache_read", get(f"cache_read{OLDER}")),
        get("cache_write", get(f"cache_write{OLDER}")),
        get("reasoning", get(f"reasoning{OLDER}")),
    )


def _text(value: object) -> str | None:
    return value if type(value) is str and value else None


def _tier(value: object) -> str | None:
    if type(value) is not str:
        return None
    tier = value.lower()
    return _TIERS.get(tier, tier)


def _told(attributes: Mapping[str, object]) -> Told:
    """The cost that the application or its gateway client put on the span."""
    amount = attributes.get("gen_ai.usage.cost.amount")
    source: Literal["provider", "local"] = "provider" if attributes.get("gen_ai.usage.cost.source") == "provider" else "local"
    # An amount of another type stays what it is: price_call refuses it by name.
    return Told(amount, _text(attributes.get("gen_ai.usage.cost.currency")), source)  # type: ignore[arg-type]
