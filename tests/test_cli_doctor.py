"""`opentelemetry-instrument otel-llm-cost doctor` as a real process: well, and broken in one way each; docs/cli.md shows some."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from conftest import Ran

for needed in ("cryptography", "grpc", "opentelemetry.distro", "opentelemetry.exporter.otlp.proto.http"):
    pytest.importorskip(needed)

from examples.demo.otlp import Span  # noqa: E402
from examples.demo.receiver import Receiver  # noqa: E402
from otel_llm_cost.prices.table import PriceTable  # noqa: E402
from tests.real_program import grpc_receiver  # noqa: E402
from tests.receivers import Answering, nobody  # noqa: E402

PAGE: Final = (Path(__file__).parents[1] / "docs" / "cli.md").read_text("utf-8")
BIN: Final = Path(sys.executable).parent
DISABLED: Final = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
# Importing the SDKs takes a second, in set-ups that are not about instrumentations.
LIGHT: Final = {DISABLED: "anthropic,openai"}
# So that the table is never old here.
CHECKED: Final = PriceTable.shipped().version.partition("+")[0]
BROKEN: Final = '[[price]]\nmodel = "gpt-4o"\ninput = 2.10\noutptu = 8.40\n'


def environment(**variables: str) -> dict[str, str]:
    """That of a user: nothing set but this, and the commands on the path."""
    taken_out = ("OTEL_", "ANTHROPIC_", "REQUESTS_CA", "CURL_CA")
    own = {name: value for name, value in os.environ.items() if not name.startswith(taken_out) and "proxy" not in name.lower()}
    settings = {
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "NO_PROXY": "127.0.0.1,localhost",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_SERVICE_NAME": "shop",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    }
    return {**own, **settings, **variables}


def run(folder: Path, *arguments: str, by: tuple[str, ...] = ("opentelemetry-instrument",), **variables: str) -> Ran:
    """Runs the doctor as its user does."""
    settings = environment(**variables)
    # The launcher finds the command by PATH, as a shell does.
    done = subprocess.run(  # noqa: S603 - ours
        [
            str(BIN / by[0]) if by else str(BIN / "otel-llm-cost"),
            *by[1:],
            *(["otel-llm-cost"] if by else []),
            "doctor",
            "--today",
            CHECKED,
            *arguments,
        ],
        cwd=folder,
        env=settings,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def lines(ran: Ran, state: str, topic: str | None = None) -> list[str]:
    """The findings of a state, with what to do."""
    return [
        f"{one['text']} -> {one['todo']}" for one in ran.json["findings"] if one["state"] == state and topic in (None, one["topic"])
    ]


def only_bad(ran: Ran, topic: str, *, count: int = 1, state: str = "bad") -> str:
    """The one kind of thing that is not well, exit 3, and nothing else."""
    assert ran.code == 3
    wrong = [one for one in ran.json["findings"] if one["state"] in {"bad", "warn"}]
    assert [one["topic"] for one in wrong] == [topic] * count
    assert {one["state"] for one in wrong} == {state}
    assert all(one["todo"] for one in wrong)
    return "\n".join(lines(ran, state, topic))


# Well ---------------------------------------------------------------------------------------------------------------------------
def test_all_is_well_and_a_test_span_arrives_without_money(tmp_path: Path) -> None:
    with Receiver() as receiver:
        ran = run(tmp_path, "--send", "--json", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint)
        assert ran.err == ""
        assert ran.code == 0, ran.out
        assert ran.json["well"] is True
        (span,) = receiver.spans()
        assert span.trace_id == ran.json["trace_id"]
        points = receiver.metric_points()
    said = " ".join(lines(ran, "ok"))
    assert "CostSpanProcessor, attached by the entry point llm_cost" in said
    assert said.count("takes an empty export") == 2
    assert "openai: opentelemetry-instrumentation-genai-openai 1.3b0 is on" in said
    assert "counted once, the others say duplicate" in " ".join(lines(ran, "note"))
    assert_is_test(span)
    # What is there is the table's age: no call, no tokens, no spend.
    assert {point.metric for point in points} == {"llm_cost.table.age"}


def assert_is_test(span: Span) -> None:
    assert span.name == "otel-llm-cost doctor: a test, no call was made"
    assert span.attributes["llm_cost.test"] is True
    assert span.attributes["llm_cost.status"] == "free"
    assert span.attributes["gen_ai.usage.cost.amount"] == 0


def test_over_grpc_too(tmp_path: Path) -> None:
    with grpc_receiver() as (url, traces, metrics):
        ran = run(tmp_path, "--send", "--json", OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_EXPORTER_OTLP_PROTOCOL="grpc", **LIGHT)
        assert (ran.code, ran.err) == (0, "")
        # The empty one, and the span's.
        assert [len(request.resource_spans) for request in traces] == [0, 1]
        assert [len(request.resource_metrics) for request in metrics] == [0, 1]


def test_priced_by_the_exporter_it_is_well_too(tmp_path: Path) -> None:
    with Receiver() as receiver:
        variables = {DISABLED: "llm_cost,anthropic,openai", "OTEL_TRACES_EXPORTER": "llm_cost"}
        ran = run(tmp_path, "--send", "--json", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, **variables)
        assert (ran.code, ran.err) == (0, "")
        (span,) = receiver.spans()
        assert_is_test(span)
        assert {point.metric for point in receiver.metric_points()} == {"llm_cost.table.age"}
    assert "BatchSpanProcessor to CostSpanExporter to OTLPSpanExporter (http/protobuf)" in " ".join(lines(ran, "ok", "traces"))


# Not well -----------------------------------------------------------------------------------------------------------------------
def test_alone_it_says_first_that_nothing_is_loaded(tmp_path: Path) -> None:
    ran = run(tmp_path, by=())
    assert (ran.code, ran.err) == (3, "")
    first = [line.strip() for line in ran.out.splitlines()[:3]]
    assert first[0] == "loading"
    assert first[1] == "bad   nothing is loaded: this process does not run under opentelemetry-instrument"
    assert first[2].startswith("-> opentelemetry-instrument otel-llm-cost doctor")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({DISABLED: "llm_cost,anthropic,openai"}, "take llm_cost out of it"),
        ({"OTEL_SDK_DISABLED": "true", **LIGHT}, "take OTEL_SDK_DISABLED away"),
    ],
    ids=["ours", "the SDK"],
)
def test_switched_off(tmp_path: Path, variables: dict[str, str], said: str) -> None:
    with Receiver() as receiver:
        ran = run(tmp_path, "--json", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, **variables)
    assert said in only_bad(ran, "loading")


def test_an_endpoint_where_nobody_listens(tmp_path: Path) -> None:
    ran = run(tmp_path, "--json", "--send", OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{nobody()}", **LIGHT)
    assert ran.code == 3
    found = lines(ran, "bad", "endpoint")
    assert len(found) == 2
    assert all("nobody listens there -> start the Collector" in one for one in found)
    assert lines(ran, "bad", "test span") == ["not sent: it would not arrive -> see endpoint, above"]
    # Neither the exporters' own log nor their retries at exit.
    assert ran.err == ""


def test_a_path_at_which_nobody_takes_spans(tmp_path: Path) -> None:
    with Receiver() as receiver:
        named = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": receiver.endpoint, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint}
        ran = run(tmp_path, "--json", **named, **LIGHT)
    found = only_bad(ran, "endpoint")
    assert "traces: " in found
    assert "answers 404" in found
    assert "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is used as it stands: it has to end with /v1/traces" in found


def test_a_key_that_is_wrong_is_not_shown(tmp_path: Path) -> None:
    with Answering(401) as server:
        named = {"OTEL_EXPORTER_OTLP_ENDPOINT": server.url, "OTEL_EXPORTER_OTLP_HEADERS": "x-api-key=tell-nobody"}
        ran = run(tmp_path, "--json", **named, **LIGHT)
        assert {asked["x-api-key"] for asked in server.asked} == {"tell-nobody"}
    found = only_bad(ran, "endpoint", count=2)
    assert "answers 401" in found
    assert "now it is sent x-api-key" in found
    assert "tell-nobody" not in ran.out + ran.err


def test_a_receiver_that_takes_nothing_is_shown_by_the_test_span(tmp_path: Path) -> None:
    with Answering(400) as server:
        named = {"OTEL_EXPORTER_OTLP_ENDPOINT": server.url.replace("//", "//me:tell-nobody@")}
        ran = run(tmp_path, "--json", "--send", **named, **LIGHT)
    assert ran.code == 3
    assert [
        one.partition(" -> ")[0].endswith("answers 400 to an empty export, which OTLP allows") for one in lines(ran, "warn")
    ] == [True] * 2
    found = lines(ran, "bad", "test span")
    assert len(found) == 2
    assert all("not exported (the exporter says FAILURE, by 400)" in one for one in found)
    assert "tell-nobody" not in ran.out + ran.err


def test_a_grpc_port_that_is_asked_by_http(tmp_path: Path) -> None:
    with grpc_receiver() as (url, _, _):
        ran = run(tmp_path, "--json", OTEL_EXPORTER_OTLP_ENDPOINT=url, **LIGHT)
    assert "set OTEL_EXPORTER_OTLP_PROTOCOL=grpc" in only_bad(ran, "endpoint", count=2)


def test_an_http_port_that_is_asked_by_grpc(tmp_path: Path) -> None:
    with Receiver() as receiver:
        ran = run(tmp_path, "--json", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, OTEL_EXPORTER_OTLP_PROTOCOL="grpc", **LIGHT)
    assert "set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf" in only_bad(ran, "endpoint", count=2)


def test_a_sampler_that_drops_everything(tmp_path: Path) -> None:
    with Receiver() as receiver:
        named = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_TRACES_SAMPLER": "always_off"}
        ran = run(tmp_path, "--json", "--send", **named, **LIGHT)
        assert receiver.spans() == []
    assert ran.code == 3
    assert "drops 100 % of traces" in lines(ran, "warn", "traces")[0]
    assert lines(ran, "bad") == ["not sent: the sampler dropped 1000 of 1000 -> see traces, above"]


def test_a_price_file_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(BROKEN, "utf-8")
    with Receiver() as receiver:
        ran = run(tmp_path, "--json", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, OTEL_LLM_COST_PRICES=str(path), **LIGHT)
    found = only_bad(ran, "prices")
    assert f"{path}:4:1: " in found
    assert f"otel-llm-cost table check {path}" in found


def test_metrics_that_have_nowhere_to_go(tmp_path: Path) -> None:
    with Receiver() as receiver:
        ran = run(tmp_path, "--json", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, OTEL_METRICS_EXPORTER="none", **LIGHT)
    assert "OTEL_METRICS_EXPORTER is none: otlp sends them" in only_bad(ran, "metrics", state="warn")


def test_an_instrumentation_of_other_versions(tmp_path: Path) -> None:
    info = tmp_path / "stranger-1.0.dist-info"
    info.mkdir()
    needs = "Provides-Extra: instruments\nRequires-Dist: openai<3,>=1; extra == 'instruments'\n"
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n{needs}")
    (info / "entry_points.txt").write_text("[opentelemetry_instrumentor]\nopenai_old = openinference.instrumentation.openai:X\n")
    with Receiver() as receiver:
        ran = run(tmp_path, "--json", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, PYTHONPATH=str(tmp_path), **LIGHT)
    found = only_bad(ran, "instrumentations", state="warn")
    assert re.search(r"openai: stranger 1\.0 is not loaded: it instruments openai(<3,>=1|>=1,<3), and openai 3\.", found)
    assert "or another instrumentation, such as opentelemetry-instrumentation-genai-openai" in found


def test_a_program_that_sets_itself_up_in_code(tmp_path: Path) -> None:
    (tmp_path / "telemetry.py").write_text("import otel_llm_cost\notel_llm_cost.configure()\n", "utf-8")
    with Receiver() as receiver:
        ran = run(tmp_path, "--json", "--send", "--import", "telemetry", by=(), OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint)
        assert len(receiver.spans()) == 1
    assert "CostSpanProcessor, attached in code" in " ".join(lines(ran, "ok"))
    assert lines(ran, "bad", "loading") == lines(ran, "bad", "endpoint") == lines(ran, "bad", "test span") == []


def test_a_table_that_is_old(command: Callable[..., Ran]) -> None:
    (found,) = [one for one in command("doctor", "--json", "--today", "2030-01-01").json["findings"] if one["topic"] == "prices"]
    assert (found["state"], "otel-llm-cost table update" in found["todo"]) == ("warn", True)


def test_a_module_that_cannot_be_imported_is_a_mistake(command: Callable[..., Ran]) -> None:
    ran = command("doctor", "--import", "no_such_module_here")
    assert ran.code == 2
    assert ran.err.startswith("--import no_such_module_here: ModuleNotFoundError: ")


# What docs/cli.md shows ---------------------------------------------------------------------------------------------------------
SECTION: Final = PAGE.partition("## otel-llm-cost doctor\n")[2].partition("\n## ")[0]
SHOWN: Final = [
    (command, printed)
    for block in re.findall(r"```console\n(.*?)```", SECTION, re.DOTALL)
    for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)+)", block, re.MULTILINE)
]
PLACES: Final = ("http://localhost:4318", "http://localhost:4317", "http://localhost:9999")


@contextmanager
def places() -> Iterator[dict[str, str]]:
    """What listens at the places of the page: an OTLP receiver for HTTP, one for gRPC, and nobody."""
    with Receiver() as receiver, grpc_receiver() as (grpc_url, _, _):
        yield dict(zip(PLACES, (receiver.endpoint, grpc_url, f"http://{nobody()}"), strict=True))


def test_the_page_shows_a_well_set_up_and_five_that_are_broken() -> None:
    assert len(SHOWN) == 6
    assert [shown.splitlines()[-1] == "all is well" for _, shown in SHOWN] == [True, False, False, False, False, False]


@pytest.mark.parametrize(("line", "shown"), SHOWN, ids=range(len(SHOWN)))
def test_what_the_page_shows_is_printed(line: str, shown: str, tmp_path: Path) -> None:
    words = shlex.split(line)
    start = words.index("opentelemetry-instrument") if "opentelemetry-instrument" in words else words.index("otel-llm-cost")
    (tmp_path / "own.toml").write_text(BROKEN, "utf-8")
    assert words[start:][-1] in {"doctor", "--send"}
    is_light = "instrumentations" not in shown
    with places() as there:
        named = dict(word.split("=", 1) for word in words[:start])
        named.setdefault("OTEL_EXPORTER_OTLP_ENDPOINT", PLACES[0])
        for place, url in there.items():
            named = {name: value.replace(place, url) for name, value in named.items()}
        arguments = words[words.index("doctor") + 1 :]
        by = ("opentelemetry-instrument",) if "opentelemetry-instrument" in words else ()
        ran = run(tmp_path, *arguments, by=by, **(LIGHT if is_light and DISABLED not in named else {}), **named)
        printed = ran.out
        for place, url in there.items():
            printed = printed.replace(url, place)
    assert ran.code == (0 if shown.splitlines()[-1] == "all is well" else 3)
    assert normal(shown).fullmatch(printed), printed


def normal(shown: str) -> Any:  # noqa: ANN401 - a pattern
    """What is shown as a pattern: versions, the table's name and age, ids may be others; `…` stands for what is left out."""
    pattern = re.escape(shown)
    pattern = re.sub(r"(?<=\\ )\d+(\\\.\d+)+(b\d+)?(?=\\ |,|\n)", r"\\d+(\\.\\d+)+(b\\d+)?", pattern)
    pattern = re.sub(r"table\\ \S+\\ checked\\ \d+\\ days?", r"table \\S+ checked \\d+ days?", pattern)
    pattern = re.sub(r"[0-9a-f]{32}", r"[0-9a-f]{32}", pattern)
    return re.compile(re.sub("…\n?", "(?s:.*?)", pattern))


def test_it_is_json_when_asked(command: Callable[..., Ran]) -> None:
    ran = command("doctor", "--json")
    document = json.loads(ran.out)
    assert set(document) == {"version", "well", "trace_id", "findings"}
    assert all(set(one) == {"topic", "state", "text", "todo"} for one in document["findings"])
