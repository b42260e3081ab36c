"""A JSON text whose values know where they stand, and whose numbers keep their digits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Final, NoReturn

from otel_llm_cost.interchange.entries import Refused
from otel_llm_cost.money import units_of

_DIGITS: Final = 15
"""Every decimal of so many digits survives a double: more are what arithmetic with doubles left behind."""
_WIDE: Final = Context(prec=400)
_SPACE: Final = re.compile(r"[\s,:]*")
_NUMBER: Final = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MOST: Final = 18
"""No count of tokens has more digits."""
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_SKIP: Final = json.JSONDecoder(parse_float=Decimal)


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"not a number: {constant}")


@dataclass(frozen=True)
class Document:
    """A JSON text. Places in it are worked out when they are asked for."""

    text: str
    name: str
    first_line: int = 1
    """The line of its file on which it begins."""
    _twice: list[str] = field(default_factory=list)
    _offsets: dict[int, dict[str | int, int]] = field(default_factory=dict)

    def root(self) -> Place:
        """Its value. Raises Refused where it is no JSON."""
        try:
            value = json.loads(self.text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=self._object)
        except json.JSONDecodeError as error:
            raise Refused(
                f"not JSON: {error.msg}", name=self.name, line=self.first_line + error.lineno - 1, column=error.colno
            ) from None
        except (ValueError, RecursionError) as error:
            raise Refused(f"not JSON: {error}", name=self.name) from None
        return Place(self, (), value)

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) < len(pairs):
            names = [name for name, _ in pairs]
            self._twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return made

    def repetitions(self) -> list[Refused]:
        """A refusal for each name that one object has twice, of which JSON readers keep the last only."""
        return [Refused(f"{twice!r} stands twice in one object", name=self.name) for twice in self._twice]

    def position(self, path: tuple[str | int, ...]) -> tuple[int, int]:
        """Line and column of the value at a path."""
        offset = self._space(0)
        for step in path:
            offset = self._members(offset).get(step, offset)
        return self.first_line + self.text.count("\n", 0, offset), offset - (self.text.rfind("\n", 0, offset) + 1) + 1

    def _space(self, offset: int) -> int:
        found = _SPACE.match(self.text, offset)
        return offset if found is None else found.end()

    def _members(self, offset: int) -> dict[str | int, int]:
        """Where the values in an object or array begin."""
        if offset in self._offsets:
            return self._offsets[offset]
        members: dict[str | int, int] = {}
        opened = self.text[offset]
        here = self._space(offset + 1) if opened in "{[" else len(self.text)
        while here < len(self.text) and self.text[here] not in "}]":
            name: str | int = len(members)
            if opened == "{":
                name, here = _SKIP.raw_decode(self.text, here)
                here = self._space(here)
            members[name] = here
            here = self._space(_SKIP.raw_decode(self.text, here)[1])
        self._offsets[offset] = members
        return members


@dataclass(frozen=True, slots=True)
class Place:
    """A value in a document."""

    document: Document
    path: tuple[str | int, ...]
    value: object

    def refuse(self, problem: str) -> Refused:
        """The error to raise for it."""
        line, column = self.document.position(self.path)
        return Refused(problem, name=self.document.name, place=self.said, line=line, column=column)

    @property
    def said(self) -> str:
        """Its path: `models[3].prices`."""
        steps = "".join(
            f"[{step}]" if isinstance(step, int) else f".{step}" if _NAME.fullmatch(step) else f"[{json.dumps(step)}]"
            for step in self.path
        )
        return steps.removeprefix(".")

    def get(self, name: str) -> Place | None:
        """A member of an object; None where it is absent or null. Raises Refused for what is no object."""
        if not isinstance(self.value, dict):
            raise self.refuse("not an object")
        value = self.value.get(name)
        return None if value is None else Place(self.document, (*self.path, name), value)

    def need(self, name: str) -> Place:
        """As `get`. Raises Refused where it is absent."""
        found = self.get(name)
        if found is None:
            raise self.refuse(f"has no {name!r}")
        return found

    def members(self) -> Iterator[tuple[str, Place]]:
        """The members of an object that are not null. Raises Refused."""
        if not isinstance(self.value, dict):
            raise self.refuse("not an object")
        for name, value in self.value.items():
            if value is not None:
                yield name, Place(self.document, (*self.path, name), value)

    def items(self) -> Iterator[Place]:
        """The items of an array. Raises Refused."""
        if not isinstance(self.value, list):
            raise self.refuse("not an array")
        for number, value in enumerate(self.value):
            yield Place(self.document, (*self.path, number), value)

    def text(self) -> str:
        """A text that is not empty. Raises Refused."""
        if not isinstance(self.value, str) or not self.value:
            raise self.refuse(f"not a text: {self.value!r}")
        return self.value

    def count(self) -> int:
        """A whole number, not negative. Raises Refused."""
        number = self.number()
        if number.adjusted() > _MOST or number != number.to_integral_value(context=_WIDE):
            raise self.refuse(f"not a whole number of tokens: {number}")
        return int(number)

    def number(self) -> Decimal:
        """A decimal that is not negative, as it stands in the text. Raises Refused, also for what is left over from a double."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | str | Decimal):
            raise self.refuse(f"not a number: {self.value!r}")
        if isinstance(self.value, str) and not _NUMBER.fullmatch(self.value):
            raise self.refuse(f"not a number: {self.value!r}")
        number = Decimal(self.value)
        if not number.is_finite() or number < 0:
            raise self.refuse(f"not a price: {self.value}")
        if len(number.normalize(_WIDE).as_tuple().digits) > _DIGITS:
            raise self.refuse(f"{self.value} has more than {_DIGITS} significant digits: what a double left over, not a price")
        return number

    def units(self, *, per: int = 1) -> int:
        """A price in money units, for one of what it is `per`. Raises Refused."""
        try:
            return units_of(self.number(), per=per)
        except Refused:
            raise
        except ValueError as error:
            raise self.refuse(str(error)) from None


def read_json(text: str, *, name: str) -> Place:
    """The value of a JSON text. Raises Refused."""
    return Document(text, name).root()
