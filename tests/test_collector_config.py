"""`collector-config/`: what its files name is there, fits together, and is what the tests build and run."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

pytest.importorskip("yaml")

from tests.compose_file import COMPOSE, CONFIG, ROOT, Service, load, parse, services
from tools.backends.versions import ALERTMANAGER, COLLECTOR, JAEGER, PROMETHEUS

SERVICES: Final = services()
DOCUMENT: Final = load(COMPOSE)
TEXT: Final = COMPOSE.read_text(encoding="utf-8")
SCREEN: Final = 60
BUILT: Final = {
    "collector": ("otel/opentelemetry-collector-contrib", COLLECTOR.version),
    "jaeger": ("jaegertracing/jaeger", JAEGER.version),
    "prometheus": ("prom/prometheus", f"v{PROMETHEUS.version}"),
    "alertmanager": ("prom/alertmanager", f"v{ALERTMANAGER.version}"),
}
NOT_BUILT: Final = ("grafana", "tempo")
LISTENING: Final = {
    "alertmanager": {9093},
    "collector": {4317, 4318},
    "grafana": {3000},
    "jaeger": {4317, 4318, 16686},
    "prometheus": {9090},
    "tempo": {3200, 4317, 4318},
    "traffic": set(),
}
"""The ports on which the programs listen, with these configurations or by default."""
VARIABLE: Final = re.compile(r"\$\{env:(\w+)(?::-([^}]*))?\}")


def filled(text: str, environment: dict[str, str]) -> str:
    """A Collector's configuration with its variables put in."""
    return VARIABLE.sub(lambda found: environment.get(found[1], found[2] or ""), text)


def addresses(value: Any) -> set[tuple[str, int]]:  # noqa: ANN401
    """Every `host:port` and URL with a port in a document, but where something listens."""
    if isinstance(value, dict):
        return {address for part in value.values() for address in addresses(part)}
    if isinstance(value, list):
        return {address for part in value for address in addresses(part)}
    if not isinstance(value, str) or not re.fullmatch(r"(https?://)?[\w.-]+:\d+(/\S*)?", value):
        return set()
    parts = urlsplit(value if "://" in value else f"//{value}")
    return {(str(parts.hostname), int(parts.port or 0))}


def wrong_addresses(value: Any) -> set[tuple[str, int]]:  # noqa: ANN401
    """Those at which no service listens. 0.0.0.0 and 127.0.0.1 are where a program itself listens."""
    named = {(host, port) for host, port in addresses(value) if host not in {"0.0.0.0", "127.0.0.1", "localhost"}}  # noqa: S104
    return {(host, port) for host, port in named if port not in LISTENING.get(host, set())}


def line_with(part: str) -> str:
    (line,) = [line for line in TEXT.splitlines() if part in line]
    return line


# Every file -----------------------------------------------------------------------------------------------------------------------
def test_a_key_that_stands_twice_is_seen() -> None:
    with pytest.raises(Exception, match="twice"):
        parse("a: {b: 1, b: 2}")
    assert parse("a: &a {b: 1, c: 2}\nd: {<<: *a, b: 3}")["d"] == {"b": 3, "c": 2}


@pytest.mark.parametrize("path", sorted(CONFIG.rglob("*.y*ml")), ids=lambda path: str(path.relative_to(CONFIG)))
def test_each_file_is_yaml_without_a_key_twice(path: Path) -> None:
    assert isinstance(load(path), dict)


def test_each_folder_has_a_readme_of_a_screen() -> None:
    folders = [CONFIG, *(path for path in CONFIG.iterdir() if path.is_dir())]
    lines = {folder.name: len((folder / "README.md").read_text(encoding="utf-8").splitlines()) for folder in folders}
    assert {name: count for name, count in lines.items() if count > SCREEN} == {}


def test_what_the_readmes_link_to_is_there_and_the_first_names_each_folder() -> None:
    pages = list(CONFIG.rglob("README.md"))
    links = [(page, link) for page in pages for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))]
    assert [f"{page.parent.name}: {link}" for page, link in links if not (page.parent / link).exists()] == []
    first = (CONFIG / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in CONFIG.iterdir() if path.is_dir() and f"]({path.name}/" not in first] == []


def test_each_variable_has_a_default_or_is_explained() -> None:
    asked = {}
    for path in CONFIG.rglob("*.y*ml"):
        text = re.sub(r"(?m)(^|\s)#.*", "", path.read_text(encoding="utf-8"))
        found = re.findall(r"\$\{(?:env:)?(\w+)(:?-[^}]*)?\}", text)
        page = path.parent / "README.md"
        explained = set(re.findall(r"\w+", page.read_text(encoding="utf-8"))) if page.exists() else set()
        asked[str(path.relative_to(CONFIG))] = {name for name, default in found if not default} - explained
    assert {name: left for name, left in asked.items() if left} == {}
    assert "compose/compose.yaml" in asked


# Compose --------------------------------------------------------------------------------------------------------------------------
def test_all_programs_are_there() -> None:
    assert SERVICES.keys() == LISTENING.keys()


def test_each_image_is_pinned_and_those_that_are_built_have_the_version_that_is_built() -> None:
    assert [
        service.image for service in SERVICES.values() if not re.fullmatch(r"v?\d+\.\d+\.\d+(-[a-z-]+)?", service.version)
    ] == []
    assert {name: SERVICES[name].image for name in BUILT} == {name: f"{image}:{tag}" for name, (image, tag) in BUILT.items()}


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_what_a_service_mounts_is_there_and_read_only(service: Service) -> None:
    assert [str(source) for source in service.mounts.values() if not source.exists()] == []
    assert [volume for volume in service.said.get("volumes", ()) if volume.startswith(".") and not volume.endswith(":ro")] == []
    assert set(service.volumes.values()) <= DOCUMENT["volumes"].keys()


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_each_path_that_a_command_names_is_mounted(service: Service) -> None:
    lost = [path for path in service.paths if not service.in_volume(path) and not _exists(service.in_checkout(path))]
    assert lost == []


def _exists(path: Path | None) -> bool:
    return path is not None and path.exists()


def test_only_loopback_reaches_a_port() -> None:
    ports = {name: service.said.get("ports", []) for name, service in SERVICES.items()}
    published = {name: [re.fullmatch(r"127\.0\.0\.1:\d+:(\d+)", port) for port in said] for name, said in ports.items()}
    assert all(all(found) for found in published.values())
    assert [name for name, found in published.items() if not {int(port[1]) for port in found if port} <= LISTENING[name]] == []
    assert [name for name, service in SERVICES.items() if service.said.keys() & {"network_mode", "privileged"}] == []
    taken = [port.split(":")[1] for said in ports.values() for port in said]
    assert len(set(taken)) == len(taken)


def test_each_service_has_a_limit_of_memory() -> None:
    assert [name for name, service in SERVICES.items() if not re.fullmatch(r"\d+[mg]", service.said.get("mem_limit", ""))] == []


def test_who_waits_for_whom_is_there_and_has_a_health_check_where_it_is_waited_for() -> None:
    waited = [
        (other, how["condition"]) for service in SERVICES.values() for other, how in service.said.get("depends_on", {}).items()
    ]
    assert {other for other, _ in waited} <= SERVICES.keys()
    healthy = {other for other, condition in waited if condition == "service_healthy"}
    assert healthy == {name for name, service in SERVICES.items() if "healthcheck" in service.said} == {"prometheus"}


@pytest.mark.parametrize("name", NOT_BUILT)
def test_flags_of_programs_that_are_not_built_link_to_their_documentation(name: str) -> None:
    service = SERVICES[name]
    asked = [*service.command, *(f"{variable}: " for variable in service.environment)]
    assert asked
    assert [said for said in asked if not re.search(r" # https://grafana\.com/docs/\S+$", line_with(said))] == []


# One with another -----------------------------------------------------------------------------------------------------------------
def test_the_collectors_variables_are_ones_that_it_reads_and_lead_to_services() -> None:
    collector = SERVICES["collector"]
    (config,) = collector.mounts.values()
    text = config.read_text(encoding="utf-8")
    assert collector.environment.keys() <= {name for name, _ in VARIABLE.findall(text)}
    said = parse(filled(text, dict(collector.environment)))
    assert wrong_addresses(said) == set()
    assert {host for host, _ in addresses(said["exporters"])} == {"jaeger", "tempo", "prometheus"}
    listening = {port for host, port in addresses(said["receivers"]) if host == "0.0.0.0"}  # noqa: S104
    assert listening == LISTENING["collector"]
    assert int(collector.environment["MEMORY_LIMIT_MIB"]) < int(collector.said["mem_limit"].removesuffix("m"))


def test_tempo_listens_where_it_is_sent_to_and_keeps_what_may_be_asked_for() -> None:
    (config,) = SERVICES["tempo"].mounts.values()
    tempo = load(config)
    protocols = tempo["distributor"]["receivers"]["otlp"]["protocols"]
    assert {tempo["server"]["http_listen_port"], *(port for _, port in addresses(protocols))} == LISTENING["tempo"]
    assert {host for host, _ in addresses(protocols)} == {"0.0.0.0"}  # noqa: S104
    frontend, worker = tempo["query_frontend"], tempo["backend_worker"]["compaction"]["block_retention"]
    scheduler = tempo["backend_scheduler"]["provider"]["compaction"]["compaction"]["block_retention"]
    assert {frontend["search"]["max_duration"], frontend["metrics"]["max_duration"], scheduler, worker} == {f"{32 * 24}h"}
    volume = PurePosixPath("/var/tempo")
    storage = tempo["storage"]["trace"]
    assert volume in SERVICES["tempo"].volumes
    assert all(PurePosixPath(storage[part]["path"]).is_relative_to(volume) for part in ("local", "wal"))


def test_prometheus_reads_the_rules_that_are_mounted_and_tells_the_alertmanager() -> None:
    prometheus = SERVICES["prometheus"]
    (path,) = [path for path in prometheus.paths if path.suffix in {".yaml", ".yml"}]
    config = load(prometheus.in_checkout(path) or Path())
    assert wrong_addresses(config.get("scrape_configs", [])) == set()
    assert addresses(config["alerting"]) == {("alertmanager", 9093)}
    # By default it keeps 15 days, and a month's budget would be met too late.
    assert int(config["storage"]["tsdb"]["retention"]["time"].removesuffix("d")) > 31
    assert "service.name" in config["otlp"]["promote_resource_attributes"]
    for pattern in config["rule_files"]:
        whole = path.parent / pattern
        folder = prometheus.in_checkout(whole.parent)
        assert folder is not None, pattern
        assert list(folder.glob(whole.name)), pattern


def test_grafanas_data_sources_are_services_and_its_dashboards_are_mounted() -> None:
    grafana = SERVICES["grafana"]
    provisioning = grafana.mounts[PurePosixPath("/etc/grafana/provisioning")]
    sources = [source for path in provisioning.glob("datasources/*.y*ml") for source in load(path)["datasources"]]
    assert {source["type"] for source in sources} >= {"prometheus", "tempo", "jaeger"}
    assert wrong_addresses([source["url"] for source in sources]) == set()
    providers = [provider for path in provisioning.glob("dashboards/*.y*ml") for provider in load(path)["providers"]]
    folders = [grafana.in_checkout(PurePosixPath(provider["options"]["path"])) for provider in providers]
    assert [folder for folder in folders if folder is None or not list(folder.rglob("*.json"))] == []
    assert folders
    home = grafana.in_checkout(PurePosixPath(grafana.environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]))
    assert home is not None
    assert json.loads(home.read_text(encoding="utf-8"))["title"]


def test_the_demo_is_this_checkout_with_its_versions_and_sends_to_the_collector() -> None:
    traffic = SERVICES["traffic"]
    assert traffic.in_checkout(PurePosixPath(traffic.said["working_dir"])) == ROOT
    assert wrong_addresses(traffic.environment) == set()
    assert addresses(traffic.environment) == {("collector", 4318)}
    *_, script = traffic.command
    (constraints,) = re.findall(r"--constraint (\S+)", script)
    (module,) = re.findall(r"exec python -m (\S+)", script)
    assert (ROOT / constraints).is_file()
    assert (ROOT / f"{module.replace('.', '/')}.py").is_file()
    locked = (ROOT / constraints).read_text(encoding="utf-8")
    (packages,) = re.findall(r"'\.\[otlp\]' (.*?)\n *exec", script, re.DOTALL)
    assert [name for name in packages.replace("\\", " ").split() if not re.search(rf"^{name}==", locked, re.MULTILINE)] == []
    # Process 1 of a container cannot end itself by a signal: examples/traffic.py would not end at SIGTERM.
    assert traffic.said["init"] is True
