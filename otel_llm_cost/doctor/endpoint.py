"""Whether what exporters send to answers, asked by an empty export; and where it does not, why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from otel_llm_cost.doctor import internals
from otel_llm_cost.doctor.answer import SECONDS, Answer, Outcome, ask
from otel_llm_cost.doctor.finding import Finding, bad, note, ok, warn
from otel_llm_cost.doctor.greeting import spoken_at
from otel_llm_cost.doctor.internals import Otlp
from otel_llm_cost.doctor.pipeline import METRICS, TRACES
from otel_llm_cost.doctor.setup import Setup

TOPIC: Final = "endpoint"
_BASE: Final = "OTEL_EXPORTER_OTLP"
_DEFAULTS: Final = {"grpc": "http://localhost:4317"}
_ANY_DEFAULT: Final = "http://localhost:4318"
_GRPC_PROXIES: Final = ("grpc_proxy", "https_proxy", "http_proxy")

_TEXTS: Final[Mapping[Outcome, tuple[str, str]]] = {
    Outcome.REDIRECTED: (
        "answers {by}, a redirection, which exporters do not follow",
        "name the address that it leads to in {endpoint}",
    ),
    Outcome.UNAUTHENTICATED: (
        "answers {by}: it does not know who asks",
        "set {headers} to what the backend documents, such as authorization=Bearer%20KEY: {sent}",
    ),
    Outcome.FORBIDDEN: ("answers {by}: whoever asks may not write there", "give the key in {headers} the right to write: {sent}"),
    Outcome.NOT_FOUND: ("answers {by}: nothing takes {signal} at that path", "{path}"),
    Outcome.NOT_OTLP: (
        "speaks gRPC, and takes no {signal} ({by})",
        "name an OTLP receiver in {endpoint}; a Collector needs a {signal} pipeline with the otlp receiver",
    ),
    Outcome.NOT_PROTOBUF: (
        "answers {by}: it does not take what is sent",
        "look up which protocol the backend takes, and set {protocol}",
    ),
    Outcome.REFUSED_EMPTY: (
        "answers {by} to an empty export, which OTLP allows",
        "--send sends a span and shows whether that is taken; a port that wants TLS answers so too: https:// in {endpoint}",
    ),
    Outcome.BUSY: ("answers {by}: it is there, and takes nothing now", "look at the receiver's own log, and ask again"),
    Outcome.FAILED: ("answers {by}", "look at the receiver's own log"),
    Outcome.NOBODY_LISTENS: (
        "nobody listens there",
        "start the Collector or backend, or set {endpoint} to where it listens; in a container, localhost is the container itself",
    ),
    Outcome.NO_SUCH_HOST: ("the host's name is not known", "correct it in {endpoint}; a container knows its network's names only"),
    Outcome.UNREACHABLE: ("no way leads there", "look at the network between, or set {endpoint} to what can be reached"),
    Outcome.TIMED_OUT: ("does not answer in time", "look at firewalls between, and at the receiver's own log"),
    Outcome.SPEAKS_HTTP_1: (
        "speaks HTTP/1.1, and is asked by gRPC",
        "set {protocol}=http/protobuf, or name the receiver's gRPC port, usually 4317, in {endpoint}",
    ),
    Outcome.SPEAKS_HTTP_2: (
        "does not speak HTTP/1.1: it is a gRPC port, and is asked by HTTP",
        "set {protocol}=grpc, or name the receiver's HTTP port, usually 4318, in {endpoint}",
    ),
    Outcome.WANTS_TLS: ("wants TLS", "https:// in {endpoint}"),
    Outcome.NO_TLS: ("does not speak TLS", "http:// in {endpoint}, or name the port that speaks TLS"),
    Outcome.CERTIFICATE: (
        "its certificate is not trusted here, or is another host's",
        "set {certificate} to the file of the authority that signed it, and name the host as the certificate has it{bundle}",
    ),
    Outcome.TLS: ("the TLS handshake fails", "look at the certificates: {certificate}, and for mutual TLS {client}"),
    Outcome.CLOSED: (
        "closes the connection without an answer",
        "it may want TLS (https://), or another protocol: {protocol} is {spoken}; gRPC usually has port 4317, HTTP 4318",
    ),
    Outcome.PROXY: ("the proxy does not lead there", "name the host in NO_PROXY, or correct the proxy"),
    Outcome.BAD_URL: ("is no URL that can be asked", "{endpoint}=http://HOST:PORT, with the scheme"),
    Outcome.NO_FILE: ("a certificate's file is not there, or cannot be read", "correct {certificate}, {client}"),
    Outcome.OTHER: ("cannot be asked ({by})", "look at what the exporter logs in your program"),
}
"""What is said of it, and what to do."""
_ALIVE: Final = frozenset({Outcome.BUSY, Outcome.REFUSED_EMPTY})


def findings(setup: Setup) -> list[Finding]:
    """Of each OTLP exporter of spans and of metrics."""
    found: list[Finding] = []
    held = [(TRACES, route.exporter) for route in setup.routes] + [(METRICS, internals.exporter_of(one)) for one in setup.readers]
    for signal, exporter in held:
        otlp = internals.otlp_of(exporter, signal)
        if otlp is not None:
            found.append(_finding(otlp, ask(otlp), setup))
        elif type(exporter).__module__.startswith("opentelemetry.exporter.otlp.") and "file" not in type(exporter).__module__:
            text = f"{signal}: {type(exporter).__name__} does not tell in this version where it sends to"
            found.append(note(TOPIC, text, "--send sends a span, and says whether it was taken"))
    return found


def shown(url: str) -> str:
    """A URL without what may be secret: who asks, and the query."""
    parts = urlsplit(url if "://" in url else f"//{url}")
    place = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
    return (place if "://" in url else place.removeprefix("//")) + ("?…" if parts.query else "")


def _finding(otlp: Otlp, answer: Answer, setup: Setup) -> Finding:
    text = f"{otlp.signal}: {otlp.protocol} to {shown(otlp.url)}, {_by(otlp, setup)}"
    if otlp.headers:
        text += f", with the header{'s' if len(otlp.headers) > 1 else ''} {', '.join(otlp.headers)}"
    proxy = _proxy(otlp, setup)
    text += f", by the proxy of {proxy}" if proxy else ""
    if answer.outcome is Outcome.TAKEN:
        return ok(TOPIC, f"{text}: takes an empty export")
    outcome: Outcome = answer.outcome
    if outcome is Outcome.CLOSED and not proxy and not otlp.url.startswith("https://"):
        outcome = _why_closed(otlp)
    said, todo = _TEXTS[outcome]
    words = _words(otlp, answer, setup)
    todo = todo.format_map(words)
    if proxy and outcome is not Outcome.PROXY:
        todo += f"; or name the host in NO_PROXY, where {proxy} should not lead there"
    make = warn if outcome in _ALIVE else bad
    return make(TOPIC, f"{text}: {said.format_map(words)}", todo)


def _why_closed(otlp: Otlp) -> Outcome:
    spoken = spoken_at(otlp.url, SECONDS)
    # That a port speaks HTTP/2 is no reason to close on gRPC.
    return Outcome.CLOSED if spoken is Outcome.SPEAKS_HTTP_2 and otlp.protocol == "grpc" else spoken


def _by(otlp: Otlp, setup: Setup) -> str:
    """What named the endpoint."""
    own, base = _variables(otlp, "ENDPOINT")
    for variable in (own, base):
        said = setup.value(variable)
        if said:
            return f"by {variable}" if _is_same(otlp, said, is_whole=variable == own) else "as set in code or by a file"
    default = _DEFAULTS.get(otlp.protocol, _ANY_DEFAULT)
    return f"the default, as {base} is not set" if _is_same(otlp, default, is_whole=False) else "as set in code or by a file"


def _is_same(otlp: Otlp, said: str, *, is_whole: bool) -> bool:
    if otlp.protocol == "grpc":
        return (urlsplit(said).netloc or said) == (urlsplit(otlp.url).netloc or otlp.url)
    return otlp.url == (said if is_whole else f"{said.removesuffix('/')}/v1/{otlp.signal}")


def _variables(otlp: Otlp, what: str) -> tuple[str, str]:
    """The variable of the signal, and that of all."""
    return f"{_BASE}_{otlp.signal.upper()}_{what}", f"{_BASE}_{what}"


def _words(otlp: Otlp, answer: Answer, setup: Setup) -> dict[str, str]:
    """What stands in the texts' braces."""
    held = {
        what.lower(): setup.named(*_variables(otlp, what)) or f"{_BASE}_{what}"
        for what in ("ENDPOINT", "HEADERS", "PROTOCOL", "CERTIFICATE")
    }
    bundle = setup.named("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return held | {
        "by": answer.by,
        "signal": otlp.signal,
        "spoken": otlp.protocol,
        "client": f"{_BASE}_CLIENT_CERTIFICATE and {_BASE}_CLIENT_KEY",
        "sent": f"now it is sent {', '.join(otlp.headers)}" if otlp.headers else "now it is sent no header of yours",
        "bundle": f"; {bundle} goes before it" if bundle and otlp.protocol != "grpc" else "",
        "path": _path_todo(otlp, setup),
    }


def _path_todo(otlp: Otlp, setup: Setup) -> str:
    own, base = _variables(otlp, "ENDPOINT")
    if otlp.protocol == "grpc":
        return f"name an OTLP receiver in {setup.named(own, base) or base}"
    path = f"/v1/{otlp.signal}"
    if setup.named(own):
        ends = urlsplit(otlp.url).path.endswith(path)
        return f"{own} is used as it stands: " + (
            "look up the path that the backend documents" if ends else f"it has to end with {path}, mostly"
        )
    pipeline = f"a Collector needs a {otlp.signal} pipeline with the otlp receiver"
    return f"{base} is the part before {path}, which is added to it: look up what the backend documents; {pipeline}"


def _proxy(otlp: Otlp, setup: Setup) -> str:
    """The variable that names the proxy which is asked; empty for none."""
    host = urlsplit(otlp.url if "://" in otlp.url else f"//{otlp.url}").netloc.rpartition("@")[2]
    if otlp.protocol == "grpc":
        return "" if proxy_bypass(host) else setup.named(*_GRPC_PROXIES) or ""
    scheme = urlsplit(otlp.url).scheme
    proxies = getproxies()
    used = next((kind for kind in (scheme, "all") if kind in proxies), None)
    if used is None or proxy_bypass(host):
        return ""
    return setup.named(f"{used}_proxy", f"{used.upper()}_PROXY") or f"{used}_proxy"
