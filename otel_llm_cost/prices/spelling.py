"""The names by which systems report a model: each is read as it stands first, then as the table may have it.

Only what a name says is read: wrappers, sellers, regions and dates. Nothing is matched by likeness.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

KeyOf = Callable[[str], str | None]
"""The table's key of a seller's name; None for what is none."""

_ARN: Final = r"arn:aws[a-z-]*:bedrock:(?P<region>[a-z0-9-]*):\d*:(?P<kind>[a-z-]+)/(?P<id>.+)"
_RESOURCE: Final = r"(?:projects/[^/]+/locations/(?P<region>[^/]+)/)?publishers/[^/]+/models/(?P<id>.+)"
_REGION: Final = r"global|eu|us|[a-z]{2}(?:-gov)?-[a-z]+-\d|[a-z]+-[a-z]+\d"
_ROUTES: Final = frozenset({"converse", "converse_like", "invoke", "chat", "responses", "text-completion", "anthropic"})
_SNAPSHOT: Final = r"(?P<base>.+?)-(?P<day>20\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01]))(?P<rest>-v\d+)?"
_AT: Final = r"(?P<base>.+)@(?P<version>[a-z0-9.-]+)"
_VERSION: Final = r"(?P<base>.*?\d.*?)(?P<version>-v\d+(?::0)?|:0)(?P<throughput>:\d+k|:mm)?"
_THROUGHPUT: Final = r":\d+k$|:mm$"
_GEOGRAPHY: Final = ("us-gov", "apac", "au", "ca", "eu", "global", "in", "jp", "us")
_VENDORS: Final = (("claude", "anthropic."), ("gpt-", "openai."))
_TUNED: Final = r"ft:(?P<base>[^:]+)(?::.*)?"
_TUNED_AT_AZURE: Final = r"(?P<base>.+)\.ft-[^.]+"
_AT_BEDROCK: Final = (
    r"(?:(?:us-gov|apac|au|ca|eu|global|in|jp|us)\.)?"
    r"(?:ai21|amazon|anthropic|cohere|deepseek|meta|minimax|mistral|moonshotai|nvidia|openai|qwen|writer|zai)\.[a-z]"
)
"""Names that only Bedrock gives: a vendor before a dot."""
_DEEPEST: Final = 6
_LONGEST: Final = 1024
"""A name with more characters is no model's: it is read as it stands, since taking it apart would take long."""
BEDROCK: Final = "aws.bedrock"
GATEWAY_CLIENTS: Final = frozenset({"", "openai"})
"""Whose client speaks to gateways, so that a name may say who is really asked."""


class Reading(NamedTuple):
    """One way to read a name."""

    provider: str
    """The table's key of the seller."""
    name: str
    region: str | None = None
    """The region that the name itself names."""
    assumed: str | None = None


def readings(provider: str, name: str, key_of: KeyOf) -> Iterator[Reading]:
    """What a model's name may stand for at a provider, the closest first."""
    seen: set[tuple[str, str]] = set()
    plain = name.lower().strip()
    for reading in _of(provider, plain, None, key_of, depth=0) if len(plain) <= _LONGEST else [Reading(provider, plain)]:
        if reading[:2] not in seen:
            seen.add(reading[:2])
            yield reading


def _of(provider: str, name: str, region: str | None, key_of: KeyOf, *, depth: int) -> Iterator[Reading]:
    if not name or depth > _DEEPEST:
        return
    if provider == BEDROCK and region is None and name.startswith("us-gov."):
        region = "us-gov"
    yield from (Reading(provider, spelled, region, assumed) for spelled, assumed in _spellings(provider, name))
    for seller, inner, where in _inside(provider, name, key_of):
        yield from _of(seller, inner, where or region, key_of, depth=depth + 1)


def _inside(provider: str, name: str, key_of: KeyOf) -> Iterator[tuple[str, str, str | None]]:
    """What a name wraps: the seller, the name within, and the region where it says one."""
    arn, resource = re.fullmatch(_ARN, name), re.fullmatch(_RESOURCE, name)
    if arn is not None:
        yield BEDROCK, arn["id"], arn["region"]
    elif resource is not None:
        yield provider, resource["id"], resource["region"]
    elif name.startswith("models/"):
        yield provider, name.removeprefix("models/"), None
    else:
        if provider in GATEWAY_CLIENTS and re.match(_AT_BEDROCK, name):
            yield BEDROCK, name, None
        yield from _behind_prefix(provider, name, key_of)


def _behind_prefix(provider: str, name: str, key_of: KeyOf) -> Iterator[tuple[str, str, str | None]]:
    for mark in "/:":
        head, _, rest = name.partition(mark)
        if not rest:
            continue
        seller = key_of(head)
        if seller is not None and (seller == provider or provider in GATEWAY_CLIENTS):
            yield seller, rest, None
        elif mark == "/" and head in _ROUTES:
            yield provider, rest, None
        elif mark == "/" and re.fullmatch(_REGION, head):
            yield provider, rest, head


def _spellings(provider: str, name: str) -> Iterator[tuple[str, str | None]]:
    """A name and what else it may be written as; with what is assumed where a snapshot is read as its undated name."""
    plain = list(dict.fromkeys(_plain(provider, name)))
    yield from ((spelled, None) for spelled in plain)
    for spelled in plain:
        dated = re.fullmatch(_SNAPSHOT, spelled)
        if dated is None:
            continue
        compact = dated["day"].replace("-", "")
        rest = dated["rest"] or ""
        for day in (compact, f"{compact[:4]}-{compact[4:6]}-{compact[6:]}"):
            yield f"{dated['base']}-{day}{rest}", None
    for spelled in plain:
        dated = re.fullmatch(_SNAPSHOT, spelled)
        if dated is not None:
            base = f"{dated['base']}{dated['rest'] or ''}"
            yield base, f"model={base}"


def _plain(provider: str, name: str) -> Iterator[str]:
    yield name
    at = re.fullmatch(_AT, name)
    if at is not None:
        yield at["base"] if at["version"] in {"default", "latest"} else f"{at['base']}-{at['version']}"
    tuned = re.fullmatch(_TUNED, name) or re.fullmatch(_TUNED_AT_AZURE, name)
    if tuned is not None:
        yield f"ft:{tuned['base']}"
    if provider == BEDROCK and "/" not in name:
        yield from _at_bedrock(name)


def _at_bedrock(name: str) -> Iterator[str]:
    """With and without the version, the geography of an inference profile and the vendor."""
    geography = next((prefix for prefix in _GEOGRAPHY if name.startswith(f"{prefix}.")), None)
    base = name.removeprefix(f"{geography}.") if geography is not None else name
    base = next((vendor + base for start, vendor in _VENDORS if base.startswith(start)), base)
    if geography == "global":
        stems = [f"global.{base}"]
    elif geography is not None:
        stems = [f"{geography}.{base}", f"regional.{base}", base]
    else:
        stems = [base, f"regional.{base}"]
    for stem in stems:
        yield from (stem, re.sub(_THROUGHPUT, "", stem))
        version = re.fullmatch(_VERSION, stem)
        # What stands before the version must name the model by itself: `anthropic.claude-v2` does not.
        if version is not None:
            yield from (f"{version['base']}{version['version'].removesuffix(':0')}", version["base"])
        elif ":" not in stem:
            yield from (f"{stem}:0", f"{stem}-v1:0", f"{stem}-v1")
