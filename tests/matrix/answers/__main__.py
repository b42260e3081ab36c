"""Names primes that no answer has yet: `python -m tests.matrix.answers`."""

from __future__ import annotations

from itertools import count, islice

from tests.matrix.answers import ANSWERS
from tests.matrix.answers.primes import SMALLEST, is_prime, numbers

taken = {number for answers in ANSWERS.values() for answer in answers for number in numbers(answer)}
for what, start in (("parts", SMALLEST), ("completions with parts", 9001), ("prompts", 20_011)):
    free = islice((number for number in count(start) if is_prime(number) and number not in taken), 8)
    print(f"{what}: {', '.join(map(str, free))}")  # noqa: T201 - what it is for
