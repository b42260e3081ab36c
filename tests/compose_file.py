"""`collector-config/compose/compose.yaml` as values, and where the paths in its containers are in the checkout."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

import yaml

ROOT: Final = Path(__file__).resolve().parents[1]
CONFIG: Final = ROOT / "collector-config"
COMPOSE: Final = CONFIG / "compose" / "compose.yaml"
_PATH: Final = re.compile(r"(?<![\w.:/])/[\w./-]+")
_MERGE: Final = "tag:yaml.org,2002:merge"


class _Strict(yaml.SafeLoader):
    """A key that stands twice is an error, and not the last of the two."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - its signature
        names = [key.value for key, _ in node.value if key.tag != _MERGE]
        if twice := {name for name in names if names.count(name) > 1}:
            raise yaml.constructor.ConstructorError(None, None, f"twice: {sorted(twice)}", node.start_mark)
        return super().construct_mapping(node, deep)


def parse(text: str) -> Any:  # noqa: ANN401 - whatever stands in it
    """The one document."""
    return yaml.load(text, _Strict)  # noqa: S506 - a SafeLoader


def load(path: Path) -> Any:  # noqa: ANN401
    """The one document of a file."""
    return parse(path.read_text(encoding="utf-8"))


class Service(NamedTuple):
    """One service."""

    name: str
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    mounts: Mapping[PurePosixPath, Path]
    """Where in the container, and where in the checkout."""
    volumes: Mapping[PurePosixPath, str]
    """Named ones."""
    said: Mapping[str, Any]

    @property
    def version(self) -> str:
        """Of its image."""
        return self.image.rpartition(":")[2]

    @property
    def paths(self) -> list[PurePosixPath]:
        """All that its command and its environment name."""
        texts = (*self.command, *self.environment.values())
        return [PurePosixPath(path) for text in texts for path in _PATH.findall(text) if "://" not in text]

    def in_checkout(self, path: PurePosixPath) -> Path | None:
        """Where a path of the container is; None where nothing of the checkout is mounted there."""
        for target, source in self.mounts.items():
            if path.is_relative_to(target):
                return source / path.relative_to(target)
        return None

    def in_volume(self, path: PurePosixPath) -> bool:
        return any(path.is_relative_to(target) for target in self.volumes)


def services() -> dict[str, Service]:
    """By name."""
    return {name: _service(name, said) for name, said in load(COMPOSE)["services"].items()}


def _service(name: str, said: Mapping[str, Any]) -> Service:
    mounts, volumes = {}, {}
    for volume in said.get("volumes", ()):
        source, target, *_ = volume.split(":")
        if source.startswith("."):
            mounts[PurePosixPath(target)] = Path(os.path.normpath(COMPOSE.parent / source))
        else:
            volumes[PurePosixPath(target)] = source
    return Service(name, said["image"], tuple(said.get("command", ())), said.get("environment", {}), mounts, volumes, said)
