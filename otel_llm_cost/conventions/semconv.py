"""The OpenTelemetry GenAI semantic conventions, of every version.

Read 2026-11-22: https://github.com/open-telemetry/semantic-conventions-genai (docs/gen-ai/gen-ai-spans.md).
"""

from __future__ import annotations

from typing import Final

from otel_llm_cost.conventions.convention import Convention
from otel_llm_cost.conventions.counts import OLDER, RENAMED
from otel_llm_cost.conventions.scope_table import TOTAL
from otel_llm_cost.recognise import billed_operation

SEMCONV: Final = Convention(
    name="OpenTelemetry GenAI semantic conventions",
    counts={
        "gen_ai.usage.input_tokens": "input",
        "gen_ai.usage.output_tokens": "output",
        "gen_ai.usage.cache_read.input_tokens": "cache_read",
        "gen_ai.usage.cache_write.input_tokens": "cache_write",
        "gen_ai.usage.cache_creation.input_tokens": f"cache_write{RENAMED}",
        "gen_ai.usage.reasoning.output_tokens": "reasoning",
        "gen_ai.usage.audio.input_tokens": "input_audio",
        "gen_ai.usage.image.input_tokens": "input_image",
        "gen_ai.usage.video.input_tokens": "input_video",
        "gen_ai.usage.audio.cache_read.input_tokens": "cache_read_audio",
        "gen_ai.usage.audio.output_tokens": "output_audio",
        "gen_ai.usage.image.output_tokens": "output_image",
        "gen_ai.usage.video.output_tokens": "output_video",
        "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": "cache_write_5m",
        "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": "cache_write_1h",
        "anthropic.usage.compaction.input_tokens": "compaction",
        "gen_ai.usage.prompt_tokens": f"input{OLDER}",
        "llm.usage.prompt_tokens": f"input{OLDER}",
        "gen_ai.usage.completion_tokens": f"output{OLDER}",
        "llm.usage.completion_tokens": f"output{OLDER}",
        "gen_ai.usage.cache_read_input_tokens": f"cache_read{OLDER}",
        "gen_ai.usage.cache_creation_input_tokens": f"cache_write{OLDER}",
        "gen_ai.usage.cache_write_input_tokens": f"cache_write{OLDER}",
        "gen_ai.usage.cached_tokens": f"cache_read{OLDER}",
        "gen_ai.usage.cached_input_tokens": f"cache_read{OLDER}",
        "gen_ai.usage.input_cached_tokens": f"cache_read{OLDER}",
        "gen_ai.usage.reasoning_tokens": f"reasoning{OLDER}",
        "llm.usage.reasoning_tokens": f"reasoning{OLDER}",
        "gen_ai.usage.thinking_tokens": f"reasoning{OLDER}",
        "llm.usage.total_tokens": TOTAL,
        "gen_ai.usage.total_tokens": TOTAL,
        "mistral_ai.request.total_tokens": TOTAL,
    },
    operation=billed_operation,
    provider=("gen_ai.provider.name", "gen_ai.system", "llm.vendor"),
    request_model=("gen_ai.request.model", "llm.request.model"),
    response_model=("gen_ai.response.model", "llm.response.model"),
    tier=("openai.response.service_tier", "anthropic.response.service_tier", "gen_ai.openai.response.service_tier"),
    request_tier=("openai.request.service_tier", "gen_ai.openai.request.service_tier"),
    api=("openai.api.type", "rpc.method"),
    response_id=("gen_ai.response.id",),
    deciding=("gen_ai.operation.name", "llm.request.type", "traceloop.span.kind"),
)
