"""What stands inside an attribute whose text is a document: JSON, or Python's own notation, as LiteLLM and LangSmith write it.

A pointer is a JSON pointer (RFC 6901) with the attribute's name before it. `*modality=IMAGE` as a step takes the member of a list
that says so of itself, as Gemini's counts by modality do.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

Tree: TypeAlias = dict[str, Any]

_MAX_JSON: Final = 100_000
"""Characters of an attribute that are looked into."""
_MAX_PYTHON: Final = 2_000


def parsed(text: object) -> object:
    """A document; None where the text is none, or too long to look into on a span's path."""
    if not isinstance(text, str) or len(text) > _MAX_JSON:
        return None
    try:
        return ast.literal_eval(text) if text.startswith("{'") and len(text) <= _MAX_PYTHON else json.loads(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def pointer_tree(names: Iterable[str]) -> Tree:
    """The pointers among names, step by step; each ends in its own text."""
    tree: Tree = {}
    for name in names:
        *steps, last = name.split("/")
        if steps and last:
            branch = tree
            for step in steps:
                branch = branch.setdefault(step, {})
            branch[last] = name
    return tree


def find(document: object, tree: Tree, found: dict[str, Any]) -> None:
    """Adds what the pointers of a tree point at; what is null or false is as if it were not there."""
    for step, below in tree.items():
        value = _step(document, step)
        if value is None or value is False:
            continue
        if isinstance(below, str):
            found[below] = value
        else:
            find(value, below, found)


def _step(document: object, step: str) -> object:
    if isinstance(document, dict):
        return document.get(step)
    if not isinstance(document, list):
        return None
    if step.startswith("*"):
        name, _, wanted = step[1:].partition("=")
        return next((held for held in document if isinstance(held, dict) and str(held.get(name)).upper().endswith(wanted)), None)
    return document[int(step)] if step.isdecimal() and int(step) < len(document) else None
