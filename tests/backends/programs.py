"""The real programs, each on free ports of the loopback interface for as long as a `with` block lasts.

`make backends` builds them; a test whose program is not there is skipped with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from tests.backends.process import LOOPBACK, Program, binary, free_port, get, get_json, missing, running, wait_for

__all__ = [
    "Alertmanager",
    "Collector",
    "Jaeger",
    "Program",
    "Prometheus",
    "alertmanager",
    "binary",
    "collector",
    "free_port",
    "get",
    "get_json",
    "jaeger",
    "missing",
    "prometheus",
    "wait_for",
]

FEATURES: Final = "created-timestamp-zero-ingestion,promql-extended-range-selectors,exemplar-storage"
"""With these Prometheus counts the first money of a series that has a start time."""


class Collector(Program):
    """With the configuration's own OTLP receivers, told where to listen by LISTEN_OTLP_GRPC and LISTEN_OTLP_HTTP."""

    def __init__(self, config: Path, version: str, env: Mapping[str, str], args: Sequence[str], folder: Path) -> None:
        grpc, http, scrape = free_port(), free_port(), free_port()
        self.otlp_grpc = f"http://{LOOPBACK}:{grpc}"
        self.otlp_http = f"http://{LOOPBACK}:{http}"
        self.scrape = f"{LOOPBACK}:{scrape}"
        listen = {
            "LISTEN_OTLP_GRPC": f"{LOOPBACK}:{grpc}",
            "LISTEN_OTLP_HTTP": f"{LOOPBACK}:{http}",
            "LISTEN_PROMETHEUS": self.scrape,
            "LISTEN_HEALTH": f"{LOOPBACK}:{free_port()}",
        }
        program = binary(f"otelcol-{version}")
        # Its metrics about itself would be served on one fixed port.
        quiet = "yaml:service::telemetry::metrics::level: none"
        super().__init__(f"otelcol-{version}", [program, "--config", config, "--config", quiet, *args], folder, listen | dict(env))

    def is_ready(self) -> bool:
        return "Everything is ready" in self.log_now


class Jaeger(Program):
    """Keeps traces in memory: they are gone when it stops."""

    def __init__(self, folder: Path) -> None:
        grpc, http, query = free_port(), free_port(), free_port()
        self.otlp_grpc = f"http://{LOOPBACK}:{grpc}"
        self.otlp_http = f"http://{LOOPBACK}:{http}"
        self.address = f"{LOOPBACK}:{grpc}"
        """What an otlp_grpc exporter takes."""
        self.url = f"http://{LOOPBACK}:{query}"
        config = folder / "jaeger.yaml"
        # Without a configuration it listens on a dozen fixed ports.
        config.write_text(
            f"""
service:
  telemetry: {{metrics: {{level: none}}}}
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: {{receivers: [otlp], exporters: [jaeger_storage_exporter]}}
extensions:
  jaeger_storage: {{backends: {{memory: {{memory: {{max_traces: 100000}}}}}}}}
  jaeger_query:
    storage: {{traces: memory}}
    http: {{endpoint: "{LOOPBACK}:{query}"}}
    grpc: {{endpoint: "{LOOPBACK}:{free_port()}"}}
receivers:
  otlp: {{protocols: {{grpc: {{endpoint: "{LOOPBACK}:{grpc}"}}, http: {{endpoint: "{LOOPBACK}:{http}"}}}}}}
exporters:
  jaeger_storage_exporter: {{trace_storage: memory}}
""",
            encoding="utf-8",
        )
        # It would send traces of itself to the port where OTLP is by convention, and end only when that was tried.
        quiet = {"OTEL_TRACES_SAMPLER": "always_off"}
        super().__init__("jaeger", [binary("jaeger"), "--config", config], folder, quiet)

    def is_ready(self) -> bool:
        return "Everything is ready" in self.log_now and bool(get_json(f"{self.url}/api/services"))

    def traces(self, service: str, tags: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """By its query API, with tags as a user types them."""
        asked = {"service": service, "limit": "1000", "lookback": "1h"}
        if tags:
            asked["tags"] = json.dumps(tags)
        found: list[dict[str, Any]] = get_json(f"{self.url}/api/traces", **asked)["data"]
        return found


class Prometheus(Program):
    """With its OTLP receiver on."""

    def __init__(self, config: Path, args: Sequence[str], data: Path, features: str, folder: Path) -> None:
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        self.otlp_http = f"{self.url}/api/v1/otlp"
        """What OTEL_EXPORTER_OTLP_ENDPOINT or an otlp_http exporter takes."""
        command = [
            binary("prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={data}",
            f"--web.listen-address={LOOPBACK}:{port}",
            "--web.enable-otlp-receiver",
            *([f"--enable-feature={features}"] if features else []),
            *args,
        ]
        super().__init__("prometheus", command, folder, {})

    def is_ready(self) -> bool:
        return bool(get(f"{self.url}/-/ready"))

    def query(self, expression: str, **parameters: str) -> list[tuple[dict[str, str], float]]:
        """An instant query's series, with their values; `time=…` asks for another instant."""
        answer = get_json(f"{self.url}/api/v1/query", query=expression, **parameters)
        return [(series["metric"], float(series["value"][1])) for series in answer["data"]["result"]]


class Alertmanager(Program):
    """By itself, without a cluster."""

    def __init__(self, config: Path, args: Sequence[str], folder: Path) -> None:
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        command = [
            binary("alertmanager"),
            f"--config.file={config}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address={LOOPBACK}:{port}",
            "--cluster.listen-address=",
            *args,
        ]
        super().__init__("alertmanager", command, folder, {})

    def is_ready(self) -> bool:
        return bool(get(f"{self.url}/-/ready"))


def collector(
    config: Path | str, version: str = "0.161", env: Mapping[str, str] | None = None, args: Sequence[str] = ()
) -> AbstractContextManager[Collector]:
    """A configuration's path or text; `env` is what its `${env:…}` read."""
    return running(lambda folder: Collector(_file(config, folder), version, env or {}, args, folder))


def jaeger() -> AbstractContextManager[Jaeger]:
    return running(Jaeger)


def prometheus(
    config: Path | str = "", args: Sequence[str] = (), data: Path | None = None, features: str = FEATURES
) -> AbstractContextManager[Prometheus]:
    """A configuration's path or text; without `data` its data go with it."""
    return running(lambda folder: Prometheus(_file(config, folder), args, data or folder / "data", features, folder))


def alertmanager(config: Path | str, args: Sequence[str] = ()) -> AbstractContextManager[Alertmanager]:
    """A configuration's path or text."""
    return running(lambda folder: Alertmanager(_file(config, folder), args, folder))


def _file(config: Path | str, folder: Path) -> Path:
    if isinstance(config, Path):
        return config.resolve()
    written = folder / "config.yaml"
    written.write_text(config, encoding="utf-8")
    return written
