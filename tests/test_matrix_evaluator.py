"""The matrix's providers: what they answer, how they send it, and what they bill."""

from __future__ import annotations

import json
import os
import re
import socket
import struct
import tomllib
import zlib
from collections.abc import Iterator
from fractions import Fraction
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from otel_llm_cost import Call, PriceTable, Usage, price_call
from tests.matrix import evaluator
from tests.matrix.answers import ANSWERS, APIS, BASE, ID, Answer, asked
from tests.matrix.answers.answer import PIECES
from tests.matrix.answers.primes import SMALLEST, is_prime, numbers
from tests.matrix.evaluator import bill, counts, final, pointers, rates, unbilled
from tests.matrix.framing import CONVERSE, INVOKE, frame
from tests.matrix.provider import Provider, base, loopback

EVERY = [(api, case, n) for (api, case), answers in ANSWERS.items() for n in range(len(answers))]
NOW = 1_795_305_600_000_000_000
STREAMS = [(api, case) for api, case in ANSWERS if ANSWERS[api, case][0].events and case != "batch"]


# The answers --------------------------------------------------------------------------------------------------------------------
def test_every_count_is_a_prime_of_one_answer_alone() -> None:
    owners: dict[int, set[tuple[str, str, int]]] = {}
    for api, case, n in EVERY:
        for number in numbers(ANSWERS[api, case][n]):
            # A batch tells its one request's usage in two places.
            owners.setdefault(number, set()).add((api, case, 0 if case == "batch" else n))
    assert [number for number in owners if number < SMALLEST or not is_prime(number)] == []
    assert {number: held for number, held in owners.items() if len(held) > 1} == {}


def test_what_is_held_by_a_count_is_less_than_it() -> None:
    assert all(count > 0 for api, case, n in EVERY for count in counts(api, case, n).values())


@pytest.mark.parametrize(("api", "case"), STREAMS)
def test_a_stream_sends_its_text_before_the_last_usage(api: str, case: str) -> None:
    events = [json.dumps(event) for event in ANSWERS[api, case][0].events or ()]
    texts = [n for n, event in enumerate(events) if any(json.dumps(piece)[1:-1] in event for piece in PIECES)]
    usages = [n for n, event in enumerate(events) if re.search(r'"(usage|usageMetadata|prompt_eval_count)": \{?\S', event)]
    assert len(texts) >= 4
    assert case == "stream_no_usage" or max(usages) >= texts[4]


@pytest.mark.parametrize("api", APIS)
def test_every_api_has_the_cases_that_all_have(api: str) -> None:
    cases = {case for held, case in ANSWERS if held == api}
    embeds = {"embeddings", "error", "async"}
    assert cases == embeds or cases >= {"plain", "stream", "stream_closed", "error", "several", "same", "retry"}
    for case, amount in {"several": 3, "same": 1, "retry": 2}.items():
        assert len(ANSWERS.get((api, case), [0] * amount)) == amount
    assert all(asked(api, case) for case in cases)


# The bill -----------------------------------------------------------------------------------------------------------------------
# Worked out by hand, in millionths of a dollar.
BY_HAND = [
    # prompt 20231 with 1277 cached, completion 1259
    ("openai.chat", "cache_read", "21701.108"),
    # prompt 20287 with 1307 heard, completion 9049 with 1319 spoken
    ("openai.chat", "audio", "32500.05"),
    # input 20663 with 1637 cached and 1657 written, output 1627
    ("openai.responses", "cache_stream", "24261.99"),
    # input 20731 with 1699 cached, output 9137 with 1709 thought, priority
    ("openai.responses", "tier", "31517.902"),
    ("openai.embeddings", "embeddings", "23019.181"),
    ("openai.embeddings", "async", "23023.697"),
    # 20063 beside 1061 read and 1063 written for an hour, output 9011 (begun with another count)
    ("anthropic.messages", "cache_stream", "36202.61"),
    # 20089, output 9029 with 1091 thought
    ("anthropic.messages", "reasoning_stream", "33785.688"),
    # prompt 21383 with 2687 heard, candidates 2683
    ("gemini.generate", "audio", "29764.786"),
    # prompt 21407 with 2713 cached, candidates 2711 beside 2719 thought, flex
    ("gemini.generate", "tier", "34567.593"),
    ("gemini.embed", "embeddings", "28099.193"),
    ("gemini.embed", "async", "28104.421"),
    # 20873 beside 1861 read and 1867 written for an hour, output 1847
    ("bedrock.converse", "cache_stream", "35055.704"),
    # 20921 beside 1907 read, output 1901, flex
    ("bedrock.converse", "tier", "34272.521"),
    # 21013 beside 2017 written for five minutes, output 2011
    ("bedrock.invoke", "cache_write_5m", "33141.743"),
    # 21031, output 9187 with 2083 thought
    ("bedrock.invoke", "reasoning_stream", "40298.518"),
    # prompt 21529 with 2833 cached, completion 2819
    ("mistral.chat", "cache_read", "34947.148"),
    # prompt 21569 beside 2887 seconds, completion 2861
    ("mistral.chat", "audio", "42965936.856"),
    # billed 2179 and 2203, whatever was processed
    ("cohere.chat", "plain", "6555.544"),
    ("cohere.chat", "image", "17771.998"),
    ("cohere.embed", "embeddings", "3774.913"),
    ("cohere.embed", "async", "3781.109"),
    # prompt 21911 with 3229 cached, completion 9431 with 3251 thought, flex
    ("groq.chat", "tier", "49671.692"),
    ("groq.chat", "image", "40309.978"),
    # prompt 22027 with 3331 cached, completion 3329
    ("deepseek.chat", "cache_read", "40945.846"),
    ("deepseek.chat", "reasoning_stream", "50846.3"),
    # as the answers tell it
    ("openrouter.chat", "plain", "21040.7"),
    ("openrouter.chat", "cache_stream", "21547.2"),
    # prompt 20441 with 1481 cached, completion 1471
    ("azure.chat", "cache_read", "37111.766"),
    ("azure.chat", "reasoning_stream", "50133.558"),
    ("ollama.chat", "plain", "0"),
    ("ollama.chat", "stream_closed", "0"),
]


@pytest.mark.parametrize(("api", "case", "millionths"), BY_HAND)
def test_a_bill_is_what_was_worked_out_by_hand(api: str, case: str, millionths: str) -> None:
    assert bill(api, case) == Fraction(millionths) / 1_000_000


def test_every_api_has_two_bills_by_hand() -> None:
    assert {api: sum(held == api for held, _, _ in BY_HAND) for api in APIS} == dict.fromkeys(APIS, 2)


def test_a_bill_is_of_the_answer_that_is_asked_for() -> None:
    assert len({bill("openai.chat", "several", n) for n in range(3)}) == 3
    assert bill("openai.chat", "retry") is None
    assert bill("openai.chat", "retry", 1) is not None


@pytest.mark.parametrize(
    ("api", "case", "reason"),
    [
        ("openai.chat", "error", "refused"),
        ("openai.chat", "batch", "batch"),
        ("openai.chat", "stream_closed", "went away"),
        ("azure.chat", "stream_no_usage", "no usage"),
    ],
)
def test_no_bill_has_a_reason(api: str, case: str, reason: str) -> None:
    assert bill(api, case) is None
    assert reason in (unbilled(api, case) or "")


def test_counts_are_of_the_final_usage() -> None:
    # Of a closed stream what was to come.
    assert counts("anthropic.messages", "stream_closed") == {"input": 20_023, "output": 9007}
    assert counts("gemini.generate", "image") == {"input": 18_698, "input_image": 2693, "output": 2689}
    assert counts("openai.chat", "error") == counts("openai.chat", "batch") == {}
    assert pointers("gemini.generate")["reasoning"] == ("/thoughtsTokenCount",)


def test_counts_that_contradict_each_other_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Answer(body={"usage": {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 2}}})
    monkeypatch.setitem(ANSWERS, ("openai.chat", "wrong"), [wrong])
    with pytest.raises(ValueError, match=r"openai\.chat wrong"):
        counts("openai.chat", "wrong")


# The prices ---------------------------------------------------------------------------------------------------------------------
def test_every_rate_is_another_but_the_one_of_reasoning() -> None:
    held = tomllib.loads(evaluator.PRICES.read_text("utf-8"))["price"]
    components = {bucket for api in APIS for bucket in pointers(api)}
    found = [Fraction(value) for row in held for name, value in row.items() if name in components - {"reasoning"}]
    assert len(found) == len(set(found)) > 80
    # As providers bill it.
    assert all(row["reasoning"] == row["output"] for row in held if "reasoning" in row)


@pytest.mark.parametrize("api", [api for api in APIS if api != "ollama.chat"])
def test_every_component_has_a_rate(api: str) -> None:
    for _, case, n in (each for each in EVERY if each[0] == api):
        held = counts(api, case, n)
        assert not held or held.keys() <= rates(api, case, n).keys(), case


def test_a_model_without_a_price_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = {"prompt_tokens": 1009, "completion_tokens": 1013}
    monkeypatch.setitem(ANSWERS, ("openai.chat", "new"), [Answer(body={"model": "gpt-new", "usage": usage})])
    with pytest.raises(LookupError, match="gpt-new"):
        bill("openai.chat", "new")


@pytest.fixture(scope="module")
def table() -> PriceTable:
    return PriceTable.shipped().with_own([evaluator.PRICES])


@pytest.mark.parametrize("api", APIS)
def test_the_library_reads_the_same_prices(api: str, table: PriceTable) -> None:
    seller = evaluator.RULES[api].seller or "ollama"
    for _, case, n in (each for each in EVERY if each[0] == api):
        settled = final(api, case, n)
        if unbilled(api, case, n) is None and "cost" not in (settled.usage or {}):
            call = Call(
                seller,
                settled.model or "",
                NOW,
                Usage(**counts(api, case, n)),
                tier=None if settled.tier in evaluator.STANDARD else settled.tier,
            )
            assert price_call(call, table).amount == bill(api, case, n), case


# The framing --------------------------------------------------------------------------------------------------------------------
def _messages(held: bytes) -> Iterator[tuple[bytes, bytes]]:
    while held:
        length, headers = struct.unpack(">II", held[:8])
        assert zlib.crc32(held[:8]) == struct.unpack(">I", held[8:12])[0]
        assert zlib.crc32(held[: length - 4]) == struct.unpack(">I", held[length - 4 : length])[0]
        yield held[12 : 12 + headers], held[12 + headers : length - 4]
        held = held[length:]


def test_an_event_stream_has_right_checksums() -> None:
    held = frame(CONVERSE, {"messageStart": {"role": "assistant"}}) + frame(INVOKE, {"type": "message_stop"})
    (first, payload), (second, chunk) = _messages(held)
    assert b":event-type\x07\x00\x0cmessageStart" in first
    assert json.loads(payload) == {"role": "assistant"}
    assert b":event-type\x07\x00\x05chunk" in second
    assert json.loads(chunk) == {"bytes": "eyJ0eXBlIjoibWVzc2FnZV9zdG9wIn0="}


# The provider -------------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with Provider() as provider:
        yield provider.port


def _asked(port: int, path: str, request: Any = None, method: str = "POST") -> tuple[int, dict[str, str], str]:  # noqa: ANN401 - JSON
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, None if request is None else json.dumps(request), {"host": f"kettles:{port}"})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read().decode()
    finally:
        connection.close()


def test_every_answer_has_an_id_of_its_own(port: int) -> None:
    bodies = [_asked(port, "/openai.chat/same/v1/chat/completions", {})[2] for _ in range(2)]
    first, second = map(json.loads, bodies)
    assert first["id"] != second["id"]
    assert ID not in bodies[0]
    assert first["usage"] == second["usage"]


def test_several_answers_go_round_or_by_name(port: int) -> None:
    path = "/openai.chat/several/v1/chat/completions"
    prompts = ["", "", "", "please answer-3", "please answer-1"]
    seen = [json.loads(_asked(port, path, {"prompt": prompt})[2])["usage"]["prompt_tokens"] for prompt in prompts]
    whole = [(answer.body or {})["usage"]["prompt_tokens"] for answer in ANSWERS["openai.chat", "several"]]
    assert seen == [*whole, whole[2], whole[0]]


def test_a_retry_is_answered(port: int) -> None:
    path = "/openai.chat/retry/v1/chat/completions"
    assert [_asked(port, path, {})[0] for _ in range(4)] == [500, 200, 500, 200]


@pytest.mark.parametrize("case", ["stream", "stream_closed"])
def test_a_chat_stream_tells_usage_to_who_asks(port: int, case: str) -> None:
    path = f"/openai.chat/{case}/v1/chat/completions"
    status, headers, told = _asked(port, path, {"stream_options": {"include_usage": True}})
    untold = _asked(port, path, {"stream": True})[2]
    assert (status, headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert told.endswith("data: [DONE]\n\n")
    assert '"prompt_tokens"' in told
    assert '"usage"' not in untold
    assert untold.count("data:") == told.count("data:") - 1


def test_events_are_named_where_the_api_names_them(port: int) -> None:
    sent = _asked(port, "/anthropic.messages/stream/v1/messages", {})[2]
    assert sent.startswith("event: message_start\ndata: {")
    assert sent.endswith('event: message_stop\ndata: {"type":"message_stop"}\n\n')


def test_a_stream_of_ollama_is_lines(port: int) -> None:
    _, headers, sent = _asked(port, "/ollama.chat/stream/api/chat", {})
    assert headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["done"] for line in sent.splitlines()][-2:] == [False, True]


def test_a_comment_comes_before_openrouters_events(port: int) -> None:
    assert _asked(port, "/openrouter.chat/stream/api/v1/chat/completions", {})[2].startswith(": OPENROUTER PROCESSING\n\ndata: ")


def test_a_batch_is_made_and_fetched(port: int) -> None:
    made = json.loads(_asked(port, "/anthropic.messages/batch/v1/messages/batches?beta=true", {})[2])
    ended = json.loads(_asked(port, f"/anthropic.messages/batch/v1/messages/batches/{made['id']}", method="GET")[2])
    assert BASE not in ended["results_url"]
    assert ended["results_url"].startswith(f"http://kettles:{port}/anthropic.messages/batch/")
    results = _asked(port, ended["results_url"].removeprefix(f"http://kettles:{port}"), method="GET")[2]
    assert json.loads(results)["result"]["message"]["usage"]["service_tier"] == "batch"
    assert _asked(port, "/openai.chat/batch/v1/files/file-tarvik-out/content", method="GET")[2].count("\n") == 1


@pytest.mark.parametrize("path", ["/openai.chat/unheard/v1", "/nobody/plain", "/openai.chat/batch/v1/models", "/"])
def test_what_is_not_there_is_not_found(port: int, path: str) -> None:
    status, _, body = _asked(port, path, method="GET")
    assert status == 404
    assert "the harness has no answer" in body


def test_a_chunked_request_is_read_to_its_end(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    parts = [b'{"prompt": "ans', b'wer-2"}']
    connection.request("POST", "/openai.chat/several/v1/chat/completions", iter(parts), encode_chunked=True)
    first = json.loads(connection.getresponse().read())
    assert first["usage"] == (ANSWERS["openai.chat", "several"][1].body or {})["usage"]
    # The connection can be used again.
    connection.request("POST", "/openai.chat/plain/v1/chat/completions", "{}")
    assert connection.getresponse().status == 200
    connection.close()


def test_every_name_is_this_machine_for_a_while(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:1")
    before = socket.getaddrinfo
    with loopback():
        # Not through a proxy either.
        assert "HTTPS_PROXY" not in os.environ
        assert {found[4][0] for found in socket.getaddrinfo("api.openai.com", port, type=socket.SOCK_STREAM)} == {"127.0.0.1"}
        connection = HTTPConnection("api.cohere.com", port, timeout=10)
        connection.request("POST", "/cohere.chat/plain/v2/chat", "{}")
        assert json.loads(connection.getresponse().read())["usage"]["billed_units"]["input_tokens"] == 2179
        connection.close()
    assert socket.getaddrinfo is before


def test_a_client_that_goes_away_is_no_trouble(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as held:
        held.sendall(b"POST /anthropic.messages/stream_closed/v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
        assert b"200 OK" in held.recv(4096)
    assert _asked(port, "/openai.chat/plain/v1/chat/completions", {})[0] == 200


def test_a_base_url_has_the_providers_host() -> None:
    assert base("openai.chat", "plain", 7) == "http://api.openai.com:7/openai.chat/plain/v1"
    assert base("ollama.chat", "plain", 7) == "http://localhost:7/ollama.chat/plain"
    assert len({base(api, "plain", 7) for api in APIS}) == len(APIS)


def test_the_evaluator_imports_nothing_of_ours() -> None:
    for module in Path(evaluator.__file__).parent.glob("**/*.py"):
        if module.name in {"evaluator.py", "provider.py", "framing.py"} or module.parent.name == "answers":
            assert not re.search(r"^\s*(from|import) otel_llm_cost", module.read_text("utf-8"), re.MULTILINE)


def test_a_gemini_streams_usage_grows() -> None:
    for api, case in STREAMS:
        if api == "gemini.generate":
            made = [event["usageMetadata"]["candidatesTokenCount"] for event in ANSWERS[api, case][0].events or ()]
            assert all(one < other for one, other in pairwise(made))
