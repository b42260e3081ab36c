"""A small program that asks OpenAI and Anthropic, in the ways in which programs do. It knows nothing of costs.

    opentelemetry-instrument python examples/assistant.py

Keys and addresses come from the environment, as the SDKs read them: OPENAI_API_KEY, OPENAI_BASE_URL, ANTHROPIC_API_KEY,
ANTHROPIC_BASE_URL. With real keys one run costs a few cents.
"""

from __future__ import annotations

import json
import os

import anthropic
import openai
from opentelemetry import trace

openai_client = openai.OpenAI()
claude = anthropic.Anthropic()
tracer = trace.get_tracer("assistant")

# Long enough for the providers' prompt caches, which leave short prompts out.
HANDBOOK = "\n".join(
    f"Rule {number}: a parcel of zone {number} is returned within {number + 13} days, in its own box, with form R-{number}."
    for number in range(1, 201)
)
NOTICES = "\n".join(f"Notice {number}: the counter of zone {number} closes at noon today." for number in range(1, 21))

WEATHER_TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city, now.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def plain_chat() -> str:
    """One question, one answer."""
    answer = openai_client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Why is the sky blue? One sentence."}]
    )
    return answer.choices[0].message.content


def stream() -> str:
    """OpenAI says in a stream what it used only where it is asked to."""
    chunks = openai_client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": "Count from one to five, in words."}],
        stream=True,
        stream_options={"include_usage": True},
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def claude_stream() -> str:
    """Claude always says it."""
    with claude.messages.stream(
        model="claude-haiku-4-5", max_tokens=300, messages=[{"role": "user", "content": "A haiku about invoices, please."}]
    ) as chunks:
        return " / ".join("".join(chunks.text_stream).splitlines())


def cached_prompt() -> str:
    """The second question about one long prompt reads most of it from OpenAI's cache."""
    questions = ("How long may I keep a parcel of zone 3?", "Which form do I need in zone 8?")
    answers = [
        openai_client.chat.completions.create(
            model="gpt-4.1", messages=[{"role": "system", "content": HANDBOOK}, {"role": "user", "content": question}]
        )
        for question in questions
    ]
    return " ".join(answer.choices[0].message.content for answer in answers)


def claude_cache() -> str:
    """Writes one block to Claude's cache for an hour and one for five minutes, then reads both."""
    questions = ("When does the counter of zone 5 close?", "And by when is a parcel of zone 5 due back?")
    answers = [
        claude.messages.create(
            model="claude-sonnet-5-5",
            max_tokens=300,
            system=[
                {"type": "text", "text": HANDBOOK, "cache_control": {"type": "ephemeral", "ttl": "1h"}},
                {"type": "text", "text": NOTICES, "cache_control": {"type": "ephemeral", "ttl": "5m"}},
            ],
            messages=[{"role": "user", "content": question}],
        )
        for question in questions
    ]
    return " ".join(block.text for answer in answers for block in answer.content if block.type == "text")


def reasoning() -> str:
    """A model that thinks before it answers, and bills its thoughts."""
    answer = openai_client.responses.create(
        model="gpt-6.1-sol", reasoning={"effort": "low"}, input="Is 7919 a prime number? Answer yes or no, and how you know."
    )
    return answer.output_text


def embedding() -> str:
    """Two texts as vectors."""
    answer = openai_client.embeddings.create(model="text-embedding-3-small", input=["blue sky", "unpaid invoice"], dimensions=8)
    return f"{len(answer.data)} vectors of {len(answer.data[0].embedding)} numbers"


def agent() -> str:
    """Two calls under one root: the model asks for a tool, then answers with what the tool said."""
    with tracer.start_as_current_span("invoke_agent weather", attributes={"gen_ai.operation.name": "invoke_agent"}):
        messages: list = [{"role": "user", "content": "Do I need an umbrella in Bergen?"}]
        wish = openai_client.chat.completions.create(model="gpt-4.1-mini", messages=messages, tools=[WEATHER_TOOL])
        messages.append(wish.choices[0].message)
        for call in wish.choices[0].message.tool_calls or ():
            with tracer.start_as_current_span(
                f"execute_tool {call.function.name}", attributes={"gen_ai.operation.name": "execute_tool"}
            ):
                city = json.loads(call.function.arguments)["city"]
                messages.append({"role": "tool", "tool_call_id": call.id, "content": f"{city}: 9 °C, rain until the evening"})
        answer = openai_client.chat.completions.create(model="gpt-4.1-mini", messages=messages, tools=[WEATHER_TOOL])
        return answer.choices[0].message.content


def model_without_a_price() -> str:
    """A model that is in nobody's price list, though its name resembles one that is. OpenAI itself answers 404."""
    answer = openai_client.chat.completions.create(
        model=os.environ.get("ASSISTANT_UNPRICED_MODEL", "gpt-4o-mini-acme"),
        messages=[{"role": "user", "content": "Who are you? One sentence."}],
    )
    return answer.choices[0].message.content


def rejected() -> str:
    """OpenAI rejects a temperature above 2."""
    answer = openai_client.chat.completions.create(
        model="gpt-4o-mini", temperature=9, messages=[{"role": "user", "content": "Be wild."}]
    )
    return answer.choices[0].message.content


def claude_rejected() -> str:
    """Claude rejects a conversation that is empty."""
    return str(claude.messages.create(model="claude-haiku-4-5", max_tokens=300, messages=[]))


SCENARIOS = (
    plain_chat,
    stream,
    claude_stream,
    cached_prompt,
    claude_cache,
    reasoning,
    embedding,
    agent,
    model_without_a_price,
    rejected,
    claude_rejected,
)


def main() -> None:
    """Each scenario on a line, also where it fails."""
    for scenario in SCENARIOS:
        try:
            said = scenario()
        except (openai.APIError, anthropic.APIError) as error:
            said = f"{type(error).__name__}: {error}"
        print(f"{scenario.__name__:<22} {said}")


if __name__ == "__main__":
    main()
