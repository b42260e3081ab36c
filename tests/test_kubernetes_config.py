"""`collector-config/kubernetes/`: names, ports, keys and paths of one file are those of the others."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pytest

pytest.importorskip("yaml")

from otel_llm_cost import Call, PriceTable, Usage, price_call
from otel_llm_cost.call import unix_nano
from tests.compose_file import CONFIG, ROOT, load, services
from tools.backends.versions import COLLECTOR

FOLDER: Final = CONFIG / "kubernetes"
APP: Final[dict[str, Any]] = load(FOLDER / "app.yaml")
GATEWAY: Final[dict[str, Any]] = load(FOLDER / "collector.yaml")
INSTRUMENTATION: Final[dict[str, Any]] = load(FOLDER / "instrumentation.yaml")
PRICES: Final[dict[str, Any]] = load(FOLDER / "prices.yaml")
DOCKERFILE: Final = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
README: Final = (FOLDER / "README.md").read_text(encoding="utf-8")
STACK: Final = CONFIG / "collector" / "stack.yaml"


def test_there_are_these_resources_and_no_others() -> None:
    kinds = {path.name: load(path)["kind"] for path in FOLDER.glob("*.yaml")}
    assert kinds == {
        "app.yaml": "Deployment",
        "collector.yaml": "OpenTelemetryCollector",
        "instrumentation.yaml": "Instrumentation",
        "prices.yaml": "ConfigMap",
    }
    assert {resource["apiVersion"] for resource in (INSTRUMENTATION, GATEWAY)} == {
        "opentelemetry.io/v1alpha1",
        "opentelemetry.io/v1beta1",
    }


def test_the_collector_has_the_configuration_and_the_version_that_the_tests_run() -> None:
    assert GATEWAY["spec"]["config"] == load(STACK)
    assert GATEWAY["spec"]["image"] == services()["collector"].image
    assert GATEWAY["spec"]["image"].endswith(f":{COLLECTOR.version}")


def test_the_collectors_variables_are_ones_that_it_reads_and_it_listens_to_other_pods() -> None:
    said = {variable["name"]: variable["value"] for variable in GATEWAY["spec"]["env"]}
    read = dict(re.findall(r"\$\{env:(\w+):-([^}]*)\}", STACK.read_text(encoding="utf-8")))
    assert said.keys() == read.keys()
    listens = {name: value for name, value in said.items() if name.startswith("LISTEN_")}
    assert listens == {name: read[name].replace("127.0.0.1", "0.0.0.0") for name in listens}  # noqa: S104
    # The Operator takes a Service's ports from the first `:digits` of an endpoint as it is written, variable and all.
    otlp = GATEWAY["spec"]["config"]["receivers"]["otlp"]["protocols"]
    assert [re.findall(r":[0-9]+", otlp[protocol]["endpoint"])[0] for protocol in ("grpc", "http")] == [":4317", ":4318"]
    limit = GATEWAY["spec"]["resources"]["limits"]["memory"]
    assert int(said["MEMORY_LIMIT_MIB"]) < int(limit.removesuffix("Mi"))


def test_the_instrumentation_sends_to_the_collectors_service_over_http() -> None:
    assert INSTRUMENTATION["spec"]["exporter"]["endpoint"] == f"http://{GATEWAY['metadata']['name']}-collector:4318"
    assert INSTRUMENTATION["spec"]["sampler"] == {"type": "parentbased_always_on"}


def test_the_app_asks_for_the_instrumentation_by_its_name() -> None:
    template = APP["spec"]["template"]["metadata"]
    assert template["annotations"] == {"instrumentation.opentelemetry.io/inject-python": INSTRUMENTATION["metadata"]["name"]}
    assert APP["spec"]["selector"]["matchLabels"].items() <= template["labels"].items()


def test_the_app_reads_the_prices_that_the_config_map_holds(tmp_path: Path) -> None:
    pod = APP["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (volume,) = pod["volumes"]
    (mount,) = container["volumeMounts"]
    ((key, text),) = PRICES["data"].items()
    assert volume["configMap"]["name"] == PRICES["metadata"]["name"]
    assert (mount["name"], mount["readOnly"]) == (volume["name"], True)
    said = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert said["OTEL_LLM_COST_PRICES"] == str(PurePosixPath(mount["mountPath"], key))
    (tmp_path / key).write_text(text, encoding="utf-8")
    call = Call("openai", "gpt-4o", unix_nano(datetime(2026, 11, 20, tzinfo=UTC)), Usage(input=1009, output=101))
    contract = (1009 * Decimal("2.10") + 101 * Decimal("8.40")) / 1_000_000
    assert price_call(call, PriceTable.shipped()).amount != contract
    assert price_call(call, PriceTable.shipped().with_own([tmp_path / key])).amount == contract


def test_the_image_is_the_operators_with_packages_in_the_versions_that_the_tests_have() -> None:
    image = INSTRUMENTATION["spec"]["python"]["image"]
    assert set(re.findall(r"registry\.example\.com/autoinstrumentation-python[\w.:-]+", DOCKERFILE + README)) == {image}
    (base,) = re.findall(r"^FROM (ghcr\.io/open-telemetry/\S+) AS operator$", DOCKERFILE, re.MULTILINE)
    assert base.rpartition(":")[2] == image.rpartition(":")[2]
    (python,) = re.findall(r"^FROM (python:\S+) AS build$", DOCKERFILE, re.MULTILINE)
    assert python == services()["traffic"].image
    pins = re.findall(r"(?<=\s)([\w-]+==\S+)", DOCKERFILE)
    locked = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8").splitlines()
    assert len(pins) == 7
    assert [pin for pin in pins if pin not in locked] == []


def test_what_the_image_is_built_from_is_there() -> None:
    lines = re.findall(r"^COPY (?!--from)(.+) (\S+)$", DOCKERFILE, re.MULTILINE)
    assert [source for sources, _ in lines for source in sources.split() if not (ROOT / source).exists()] == []
    # All that the wheel is made of.
    assert {source for sources, _ in lines for source in sources.split()} >= {"pyproject.toml", "README.md", "LICENSE", "NOTICE"}
    assert "docker build -f collector-config/kubernetes/Dockerfile " in DOCKERFILE
    assert "docker build -f collector-config/kubernetes/Dockerfile " in README
