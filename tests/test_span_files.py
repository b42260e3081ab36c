"""Files of spans, in every format that is read, as the SDK and its encoders write them."""

from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode

from otel_llm_cost.span_files.file import spans_of_file, spans_of_text
from otel_llm_cost.span_files.shown import SpanFileError, SpanShown

MessageToDict = pytest.importorskip("google.protobuf.json_format").MessageToDict
encode_spans = pytest.importorskip("opentelemetry.exporter.otlp.proto.common.trace_encoder").encode_spans

ATTRIBUTES: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.usage.input_tokens": 1009,
    "less": -3,
    "share": 2.0,
    "is": True,
    "empty": "",
    "names": ("a", "b"),
    "counts": (1, 2),
}
START = 1_782_896_400_000_000_000
"""2026-07-01T09:00:00Z."""


@pytest.fixture
def spans() -> Sequence[ReadableSpan]:
    """A failed child, and its parent."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("acme.client", "1.2")
    with tracer.start_as_current_span("parent", attributes=ATTRIBUTES), tracer.start_as_current_span("child") as child:
        child.set_status(Status(StatusCode.ERROR, "late"))
    provider.shutdown()
    return exporter.get_finished_spans()


def otlp(spans: Sequence[ReadableSpan], *, numbered: bool = True) -> dict[str, Any]:
    """OTLP JSON of the SDK's own encoding: ids are hexadecimal there, and enums numbers unless a mapping of protobuf wrote it."""
    document: dict[str, Any] = MessageToDict(encode_spans(spans), use_integers_for_enums=numbered)
    made = [span for resource in document["resourceSpans"] for scope in resource["scopeSpans"] for span in scope["spans"]]
    for span, source in zip(made, spans, strict=True):
        context, parent = source.context, source.parent
        assert context is not None
        span |= {"traceId": f"{context.trace_id:032x}", "spanId": f"{context.span_id:016x}"}
        if parent is not None:
            span["parentSpanId"] = f"{parent.span_id:016x}"
    return document


def read(document: object) -> list[SpanShown]:
    return spans_of_text(json.dumps(document), "SPAN.json")


@pytest.mark.parametrize("numbered", [True, False])
def test_otlp_json(spans: Sequence[ReadableSpan], numbered: bool) -> None:  # noqa: FBT001
    child, parent = read(otlp(spans, numbered=numbered))
    assert (child.name, child.failed, child.attributes, child.parent_id) == ("child", True, {}, parent.span_id)
    assert (parent.name, parent.scope, parent.version, parent.failed) == ("parent", "acme.client", "1.2", False)
    assert parent.attributes == ATTRIBUTES
    assert [type(value) for value in parent.attributes.values()] == [type(value) for value in ATTRIBUTES.values()]
    assert (parent.start_unix_nano, parent.end_unix_nano) == (spans[1].start_time, spans[1].end_time)
    assert parent.parent_id is None
    assert parent.trace_id == child.trace_id
    assert parent.place == "SPAN.json: resourceSpans[0].scopeSpans[0].spans[1]"


def test_otlp_json_lines(spans: Sequence[ReadableSpan]) -> None:
    text = "".join(f"{json.dumps(otlp([span]))}\n" for span in spans)
    child, parent = spans_of_text(text, "SPAN.jsonl")
    assert (child.name, parent.name) == ("child", "parent")
    assert parent.place == "SPAN.jsonl:2: resourceSpans[0].scopeSpans[0].spans[0]"
    assert parent.attributes == ATTRIBUTES


def test_an_earlier_otlp_named_scopes_otherwise() -> None:
    library = {"instrumentationLibrary": {"name": "acme", "version": "1"}, "spans": [{"name": "call"}]}
    (span,) = read({"resourceSpans": [{"instrumentationLibrarySpans": [library]}]})
    assert (span.name, span.scope, span.version, span.attributes, span.start_unix_nano) == ("call", "acme", "1", {}, None)


def test_what_the_console_exporter_prints(spans: Sequence[ReadableSpan]) -> None:
    printed = "\n".join(span.to_json() for span in spans)
    child, parent = spans_of_text(printed, "SPAN.json")
    assert parent.attributes == ATTRIBUTES
    assert (parent.scope, parent.version, parent.failed, child.failed) == (None, None, False, True)
    assert child.parent_id == parent.span_id
    # It prints microseconds.
    assert spans[1].start_time is not None
    assert parent.start_unix_nano is not None
    assert abs(parent.start_unix_nano - spans[1].start_time) <= 1000
    array = "[" + ",".join(span.to_json() for span in spans) + "]"
    assert [span.place for span in spans_of_text(array, "SPAN.json")] == ["SPAN.json: [0]", "SPAN.json: [1]"]


def test_jaeger() -> None:
    tags = [
        {"key": "gen_ai.usage.input_tokens", "type": "int64", "value": 1009},
        {"key": "share", "type": "float64", "value": 2},
        {"key": "is", "type": "bool", "value": True},
        {"key": "name", "type": "string", "value": "a"},
        {"key": "otel.scope.name", "type": "string", "value": "acme.client"},
        {"key": "otel.scope.version", "type": "string", "value": "1.2"},
        {"key": "otel.status_code", "type": "string", "value": "ERROR"},
        {"key": "error", "type": "bool", "value": True},
        {"key": "span.kind", "type": "string", "value": "client"},
    ]
    span = {
        "traceID": "0af7651916cd43dd8448eb211c80319c",
        "spanID": "b7ad6b7169203331",
        "operationName": "chat",
        "references": [{"refType": "CHILD_OF", "traceID": "0af7651916cd43dd8448eb211c80319c", "spanID": "00f067aa0ba902b7"}],
        "startTime": START // 1000,
        "duration": 7,
        "tags": tags,
        "processID": "p1",
    }
    (shown,) = read({"data": [{"traceID": span["traceID"], "spans": [span], "processes": {"p1": {}}}]})
    assert shown == SpanShown(
        name="chat",
        scope="acme.client",
        version="1.2",
        attributes={"gen_ai.usage.input_tokens": 1009, "share": 2.0, "is": True, "name": "a"},
        start_unix_nano=START,
        end_unix_nano=START + 7000,
        failed=True,
        trace_id="0af7651916cd43dd8448eb211c80319c",
        span_id="b7ad6b7169203331",
        parent_id="00f067aa0ba902b7",
        place="SPAN.json: data[0].spans[0]",
        process="p1",
    )
    assert type(shown.attributes["share"]) is float
    older = [tag | {"key": tag["key"].replace("scope", "library")} for tag in tags]  # type: ignore[attr-defined]
    assert read({"data": [{"spans": [span | {"tags": older}]}]})[0].scope == "acme.client"


@pytest.mark.parametrize("start", ["2026-07-01T09:00:00Z", "2026-07-01T11:00:00+02:00", START, str(START)])
def test_a_span_by_hand(start: object) -> None:
    held = {"attributes": {"a": 1, "b": [1, 2]}, "scope": "acme", "version": "1", "name": "call", "failed": True, "end": START + 1}
    if start == str(START):
        with pytest.raises(SpanFileError, match="start: not an instant"):
            read(held | {"start": start})
        return
    (span,) = read(held | {"start": start})
    assert (span.attributes, span.scope, span.version, span.failed) == ({"a": 1, "b": (1, 2)}, "acme", "1", True)
    assert (span.start_unix_nano, span.end_unix_nano) == (START, START + 1)


def test_attributes_alone() -> None:
    (span,) = read({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 9})
    assert span.attributes == {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 9}
    assert (span.name, span.scope, span.start_unix_nano, span.trace_id) == (None, None, None, None)
    assert len(read([{"a": 1}, {"attributes": {"a": 1}}])) == 2


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ({"intValue": "9007199254740993"}, 2**53 + 1),
        ({"intValue": 5}, 5),
        ({"intValue": 5.0}, 5),
        ({"doubleValue": 5}, 5.0),
        ({"doubleValue": "Infinity"}, math.inf),
        ({"stringValue": ""}, ""),
        ({"bytesValue": "YWI="}, b"ab"),
        ({"arrayValue": {"values": [{"intValue": "1"}, {}]}}, (1, None)),
        ({"arrayValue": {}}, ()),
        ({"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": False}}]}}, {"a": False}),
        ({}, None),
        (None, None),
    ],
)
def test_each_kind_of_value(value: object, meant: object) -> None:
    (span,) = read({"resourceSpans": [{"scopeSpans": [{"spans": [{"attributes": [{"key": "a", "value": value}]}]}]}]})
    assert span.attributes == {"a": meant}
    assert type(span.attributes["a"]) is type(meant)


def of_otlp(**span: object) -> dict[str, Any]:
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


AT = "SPAN.json: resourceSpans[0].scopeSpans[0].spans[0]"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (of_otlp(attributes=[{"value": {}}]), f"{AT}.attributes[0]: has no key"),
        (
            of_otlp(attributes=[{"key": "a", "value": {"intValue": "x"}}]),
            f'{AT}.attributes[0].value.intValue: not a 64-bit integer: "x"',
        ),
        (
            of_otlp(attributes=[{"key": "a", "value": {"intValue": True}}]),
            f"{AT}.attributes[0].value.intValue: not a 64-bit integer: true",
        ),
        (
            of_otlp(attributes=[{"key": "a", "value": {"boolValue": 1}}]),
            f"{AT}.attributes[0].value.boolValue: not true or false: 1",
        ),
        (
            of_otlp(attributes=[{"key": "a", "value": {"doubleValue": "x"}}]),
            f'{AT}.attributes[0].value.doubleValue: not a number: "x"',
        ),
        (of_otlp(attributes=[{"key": "a", "value": {"bytesValue": "?"}}]), f'{AT}.attributes[0].value.bytesValue: not base64: "?"'),
        (
            of_otlp(attributes=[{"key": "a", "value": {"intValue": 1, "stringValue": "1"}}]),
            f"{AT}.attributes[0].value: not one of stringValue",
        ),
        (of_otlp(attributes=[{"key": "a", "value": 1}]), f"{AT}.attributes[0].value: not an object: 1"),
        (of_otlp(attributes={"a": 1}), f'{AT}.attributes: not a list: {{"a": 1}}'),
        (
            of_otlp(attributes=[{"key": "a", "value": {"intValue": 1}}, {"key": "a", "value": {"intValue": 2}}]),
            f"{AT}.attributes[1]: a stands twice, with different values",
        ),
        (of_otlp(startTimeUnixNano=-5), f"{AT}.startTimeUnixNano: not an instant: -5"),
        (of_otlp(startTimeUnixNano="9" * 19), f"{AT}.startTimeUnixNano: not a 64-bit integer"),
        (of_otlp(status={"code": 7}), f"{AT}.status.code: not a status code: 7"),
        (of_otlp(status="bad"), f'{AT}.status: not an object: "bad"'),
        (of_otlp(name=1), f"{AT}.name: not a text: 1"),
        ({"resourceSpans": {}}, "SPAN.json: resourceSpans: not a list: {}"),
        ({"resourceSpans": []}, "SPAN.json: holds no span"),
        ({"resourceMetrics": [{}]}, "SPAN.json: holds metrics, no spans"),
        ([], "SPAN.json: holds no span"),
        ({}, "SPAN.json: no span in a format that is read"),
        (7, "SPAN.json: no span in a format that is read"),
        ({"attributes": 5}, "SPAN.json: attributes: not an object: 5"),
        ([{"traceId": "1", "localEndpoint": {}, "tags": {}}], "SPAN.json: [0]: no span in a format that is read"),
        ({"attributes": {}, "begin": "2026-07-01"}, "SPAN.json: 'begin' is none of attributes, scope"),
        ({"attributes": {}, "start": "2026-07-01T09:00:00"}, 'SPAN.json: start: not an instant with a zone: "2026-07-01T09:00:00"'),
        ({"attributes": {}, "start": "1969-07-01T09:00:00Z"}, "SPAN.json: start: not an instant since 1970"),
        ({"attributes": {}, "start": "soon"}, 'SPAN.json: start: not an instant: "soon"'),
        ({"attributes": {}, "failed": "no"}, 'SPAN.json: failed: not true or false: "no"'),
        ({"data": [{"spans": [{"tags": [{"type": "int64", "value": 1}]}]}]}, "SPAN.json: data[0].spans[0].tags[0]: has no key"),
        (
            {"data": [{"spans": [{"tags": [{"key": "a", "type": "int64", "value": "x"}]}]}]},
            'SPAN.json: data[0].spans[0].tags[0].value: not a 64-bit integer: "x"',
        ),
        ({"data": [{"spans": [{"startTime": 10**18}]}]}, "SPAN.json: data[0].spans[0].startTime: not an instant"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(document: object, said: str) -> None:
    with pytest.raises(SpanFileError) as raised:
        read(document)
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "SPAN.json: holds no span"),
        (" \n", "SPAN.json: holds no span"),
        ('{"a": 1,\n "b": }', "SPAN.json:2:7: not JSON: Expecting value"),
        ('{"a": 1}\n{"b" 2}', "SPAN.json:2:6: not JSON: Expecting ':' delimiter"),
        ('{"a": 1, "a": 2}', "SPAN.json:1: 'a' stands twice in one object"),
        ("[" * 100_000, "SPAN.json: nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "SPAN.json:1: "),
    ],
)
def test_text_that_is_no_json(text: str, said: str) -> None:
    with pytest.raises(SpanFileError) as raised:
        spans_of_text(text, "SPAN.json")
    assert str(raised.value).startswith(said)


def outcome(text: str) -> list[SpanShown] | str:
    """The spans of a text, or what is wrong with it."""
    try:
        return spans_of_text(text, "SPAN.json")
    except SpanFileError as error:
        return str(error)


@pytest.mark.parametrize("depth", [200, 320, 400])
def test_values_that_are_nested_too_deeply(depth: int) -> None:
    value = '{"arrayValue":{"values":[' * depth + "]}}" * depth
    document = json.dumps(of_otlp(attributes=[{"key": "a", "value": "HERE"}])).replace('"HERE"', value)
    found = outcome(document)
    assert found == "SPAN.json: nested too deeply" or len(found) == 1


def test_files_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "SPAN.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert spans_of_file(str(path))[0].attributes == {"a": 1}
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b'{"a": 2}')))
    assert spans_of_file("-")[0].place == "standard input"
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(SpanFileError, match="byte 7: not UTF-8"):
        spans_of_file(str(path))
    for wrong in (tmp_path / "none.json", tmp_path):
        with pytest.raises(SpanFileError, match="cannot be read"):
            spans_of_file(str(wrong))


KEYS = (
    "resourceSpans", "scopeSpans", "scope", "spans", "attributes", "key", "value", "intValue", "arrayValue", "values", "data",
    "tags", "type", "references", "refType", "context", "status", "code", "startTime", "start_time", "duration", "name", "a",
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["1", "CHILD_OF", "int64"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_nothing_but_this_error_is_raised(document: object) -> None:
    found = outcome(json.dumps(document))
    assert found
    assert isinstance(found, list) or found.startswith("SPAN.json")


@given(st.text() | st.text(alphabet='{}[]":, 1ae'))
def test_nor_for_any_text(text: str) -> None:
    found = outcome(text)
    assert found
    assert isinstance(found, list) or found.startswith("SPAN.json")


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1)), st.integers(-12, 12))  # noqa: DTZ001
def test_instants_are_exact_to_the_microsecond(at: datetime, hours: int) -> None:
    here = at.replace(tzinfo=timezone(timedelta(hours=hours)))
    (span,) = read({"attributes": {"a": 1}, "start": here.isoformat()})
    assert span.start_unix_nano is not None
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=span.start_unix_nano // 1000) == here
    assert span.start_unix_nano % 1000 == 0
