"""Prices that the running program adds and takes back: what they price, where they are kept, and under threads."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import count
from pathlib import Path
from threading import Barrier, Event
from time import time_ns
from typing import Any, Final

import pytest

from otel_llm_cost.call import Call, instant_of
from otel_llm_cost.cost import Cost, price_call
from otel_llm_cost.money import UNITS
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.shipped import Shipped, of_package
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import Usage
from tests.conftest import Telemetry, call

MILLION: Final = 10**6
EVER: Final = date(2020, 1, 1)


@cache
def shipped() -> Shipped:
    return of_package()


@pytest.fixture
def table() -> PriceTable:
    return PriceTable(shipped())


def cost_of(table: PriceTable, model: str, at: int | None = None, provider: str = "acme", **counts: int) -> Cost:
    usage = Usage(**(counts or {"input": MILLION}))
    return price_call(Call(provider, model, time_ns() if at is None else at, usage), table)


def amount(cost: Cost) -> Fraction:
    assert cost.reason is None, cost
    assert cost.units is not None
    return Fraction(cost.units, UNITS)


# Added and taken back -----------------------------------------------------------------------------------------------------------
def test_it_holds_from_now_on(table: PriceTable) -> None:
    before = time_ns()
    table.add_cost("m", input="2.50", output=10)
    assert amount(cost_of(table, "m", input=1009, output=101)) == Fraction("2.50") * 1009 / MILLION + Fraction(10) * 101 / MILLION
    assert cost_of(table, "m", before - 1000).reason == "before_first_price"


@pytest.mark.parametrize(
    ("start", "first"),
    [
        (date(2026, 3, 1), "2026-03-01T00:00:00Z"),
        (datetime(2026, 3, 1, tzinfo=UTC), "2026-03-01T00:00:00Z"),
        (datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=1))), "2026-03-01T00:00:00Z"),
        (instant_of("2026-03-01"), "2026-03-01T00:00:00Z"),
    ],
)
def test_it_holds_between_its_start_and_its_end(table: PriceTable, start: date | int, first: str) -> None:
    table.add_cost("m", input=7, start=start, until=date(2026, 4, 1))
    begin, end = instant_of(first), instant_of("2026-04-01")
    assert [cost_of(table, "m", at).reason for at in (begin - 1, begin, end - 1, end)] == [
        "before_first_price",
        None,
        None,
        "after_last_price",
    ]


def test_everything_that_an_entry_says_can_be_said(table: PriceTable) -> None:
    holidays = [date(2026, 12, 25)]
    table.add_cost(
        "acme-",
        match="prefix",
        provider="azure",
        start=EVER,
        currency="EUR",
        aliases=["Ours"],
        when={"tier": "batch", "weekdays": "mon-fri", "holidays": holidays},
        note="order form 7",
        source="https://acme.example",
        input="0.5",
    )
    holidays.append(date(2026, 12, 24))

    def quoted(model: str, at: str, tier: str | None = "batch") -> Cost:
        return price_call(Call("azure.ai.openai", model, instant_of(at), Usage(input=MILLION), tier), table)

    for model in ("acme-1", "ACME-2", "ours"):
        cost = quoted(model, "2026-12-24")
        assert (amount(cost), cost.currency) == (Fraction(1, 2), "EUR")
    assert quoted("acme-1", "2026-12-25").reason == "no_rate:input"
    assert quoted("acme-1", "2026-12-24", None).reason == "no_rate:input"
    (entry,) = table.query_costs()
    assert (entry["prefix"], entry["note"], entry["source"], entry["path"]) == (
        "acme-",
        "order form 7",
        "https://acme.example",
        "add_cost",
    )


def test_only_hides_the_shipped_rates(table: PriceTable) -> None:
    table.add_cost("gpt-4o", input=1, start=EVER, only=True)
    assert cost_of(table, "gpt-4o", provider="openai", output=1).reason == "no_rate:output"


def test_costs_are_found_by_id_and_by_model(table: PriceTable) -> None:
    one, other = table.add_cost("acme-1", input=1), table.add_cost("acme-", match="prefix", input=2)
    assert one != other
    assert [entry["id"] for entry in table.query_costs()] == [one, other]
    assert [entry["id"] for entry in table.query_costs(ids=[other, "none"])] == [other]
    assert [entry["id"] for entry in table.query_costs(models=["ACME-1"])] == [one, other]
    assert [entry["id"] for entry in table.query_costs(models=["acme-2", "x"])] == [other]
    assert table.query_costs(ids=[one], models=["acme-2"]) == []
    assert table.query_costs(ids=[]) == []


def test_what_is_asked_for_is_the_askers(table: PriceTable) -> None:
    table.add_cost("m", input=1)
    table.query_costs()[0]["rates"]["input"] = "99"
    assert amount(cost_of(table, "m")) == 1
    assert table.query_costs()[0]["rates"] == {"input": "1"}


def test_a_purged_cost_is_gone_and_the_shipped_one_is_back(table: PriceTable) -> None:
    first, second = table.add_cost("gpt-4o", input=7, start=EVER), table.add_cost("n", input=1)
    assert amount(cost_of(table, "gpt-4o", provider="openai")) == 7
    assert table.purge_costs([first, first, "none", ""]) == 1
    assert amount(cost_of(table, "gpt-4o", provider="openai")) == Fraction("2.50")
    assert [entry["id"] for entry in table.query_costs()] == [second]
    assert table.purge_costs([first]) == 0
    assert table.purge_costs([second]) == 1
    assert cost_of(table, "n").reason == "unknown_provider"


def test_the_version_moves_with_the_content(table: PriceTable) -> None:
    versions = [table.version]
    first = table.add_cost("m", input=1, start=EVER)
    versions.append(table.version)
    second = table.add_cost("n", input=1, start=EVER)
    versions.append(table.version)
    assert len(set(versions)) == 3
    table.purge_costs([second])
    assert table.version == versions[1]
    table.purge_costs([first])
    assert table.version == versions[0]
    # Another program that says the same has the same version, whatever its ids.
    table.add_cost("m", input=1, start=EVER)
    assert table.version == versions[1]


def test_a_table_over_this_one_has_what_was_added_and_its_own_life(table: PriceTable) -> None:
    first = table.add_cost("m", input=1)
    over = table.with_own([])
    second = over.add_cost("n", input=2)
    assert [entry["id"] for entry in over.query_costs()] == [first, second]
    assert over.purge_costs([first]) == 1
    assert [entry["id"] for entry in table.query_costs()] == [first]
    assert [entry["id"] for entry in over.query_costs()] == [second]


# What is refused ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"inptu": 1}, TypeError, "no such component: 'inptu'"),
        ({"input": 0.1 + 0.2}, ValueError, "rounding error"),
        ({"input": 1 / 3}, ValueError, "rounding error"),
        ({"input": float("nan")}, ValueError, "not a decimal"),
        ({"input": float("inf")}, ValueError, "not a decimal"),
        ({"input": Decimal("Infinity")}, ValueError, "not a decimal"),
        ({"input": True}, ValueError, "not a decimal"),
        ({"input": None}, ValueError, "not a decimal"),
        ({"input": "three"}, PriceFileError, "not a decimal number"),
        ({"input": -1}, PriceFileError, "negative"),
        ({"input": 10**400}, PriceFileError, "beyond any bill"),
        ({}, PriceFileError, "'rates' is missing"),
        ({"input": 1, "start": datetime(2026, 1, 1)}, ValueError, "time zone"),  # noqa: DTZ001 - that is what is refused
        ({"input": 1, "start": "2026-01-01"}, TypeError, "not an instant"),
        ({"input": 1, "start": date(2026, 1, 1), "until": date(2026, 1, 1)}, PriceFileError, "ends before it begins"),
        ({"input": 1, "match": "likeness"}, PriceFileError, "one of model, prefix, glob and regex"),
        ({"input": 1, "currency": "euro"}, PriceFileError, "currency"),
        ({"input": 1, "provider": ""}, PriceFileError, "is text"),
        ({"input": 1, "when": {"day": 1}}, PriceFileError, "unknown: day"),
        ({"input": 1, "aliases": "abc"}, PriceFileError, "list of texts"),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(
    table: PriceTable, tmp_path: Path, arguments: dict[str, Any], error: type[Exception], said: str
) -> None:
    version, path = table.version, tmp_path / "prices.toml"
    with pytest.raises(error, match=said):
        table.add_cost("m", path=path, **arguments)
    assert (table.version, table.query_costs(), path.exists()) == (version, [], False)


def test_a_name_that_is_none_is_refused(table: PriceTable) -> None:
    with pytest.raises(PriceFileError, match="as text"):
        table.add_cost("", input=1)
    with pytest.raises(PriceFileError, match="no regular expression"):
        table.add_cost("(", match="regex", input=1)


@pytest.mark.parametrize("rate", [0.1, "0.1", Decimal("0.1")])
def test_a_rate_is_the_decimal_that_it_prints(table: PriceTable, rate: float | str | Decimal) -> None:
    table.add_cost("m", input=rate)
    assert amount(cost_of(table, "m", input=7)) == Fraction(7, 10 * MILLION)


def test_two_that_would_win_equally_are_refused(table: PriceTable) -> None:
    table.add_cost("m", input=1, start=EVER)
    with pytest.raises(PriceFileError, match="equally"):
        table.add_cost("M", input=2, start=EVER)
    table.add_cost("m", input=2, start=date(2026, 1, 1))
    table.add_cost("m", input=3, start=EVER, provider="acme")
    assert amount(cost_of(table, "m")) == 3


def test_one_of_a_file_and_one_that_is_added_cannot_win_equally(table: PriceTable, tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text('[[price]]\nmodel = "m"\ninput = 1\nfrom = 2020-01-01\n')
    over = table.with_own([path])
    with pytest.raises(PriceFileError, match="equally") as refused:
        over.add_cost("m", input=2, start=EVER)
    assert str(path) in str(refused.value)
    assert amount(cost_of(over, "m")) == 1


# Kept in a file -----------------------------------------------------------------------------------------------------------------
HELD: Final = """\
# Acme's prices. Ask Jo.
currency = "USD"

[[price]] # a contract
model = 'acme-1'   # the small one
input = 1.50

# until the next round

[hosts]
"h:8000" = "acme"   # Jo's


"""


def test_it_is_kept_in_a_new_file_that_the_next_program_reads(table: PriceTable, tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    table.add_cost("m", input="2.50", output=Decimal("0.0000001"), when={"region": ["eu", "us"]}, note='a "b"\n\\c\x7f', path=path)
    (kept,) = PriceTable(shipped()).with_own([path]).query_costs()
    (running,) = table.query_costs()
    assert {**kept, "path": ""} == {**running, "path": ""}
    assert kept["rates"] == {"input": "2.50", "output": "0.0000001"}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("held", [HELD, HELD.rstrip("\n"), HELD.rstrip("\n") + "\n", "# nothing\n# yet"])
def test_what_stands_in_the_file_stays_byte_for_byte(table: PriceTable, tmp_path: Path, held: str, end: str) -> None:
    path, before = tmp_path / "prices.toml", held.replace("\n", end).encode()
    path.write_bytes(before)
    first, second, third = (table.add_cost(f"m{number}", input=number, path=path) for number in (1, 2, 3))
    assert path.read_bytes().startswith(before)
    assert (b"\n" in path.read_bytes().replace(b"\r\n", b"")) == (end == "\n")
    assert table.purge_costs([second]) == 1
    names = [entry["model"] for entry in tomllib.loads(path.read_bytes().decode())["price"]]
    assert names == [*(["acme-1"] if "acme-1" in held else []), "m1", "m3"]
    table.purge_costs([third, first])
    left = path.read_bytes()
    assert left.startswith(before)
    assert left[len(before) :].strip() == b""
    # Adding and taking back again leaves it as it is now.
    table.purge_costs([table.add_cost("m", input=1, path=path)])
    assert path.read_bytes() == left


def test_what_others_wrote_after_it_stays(table: PriceTable, tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text("# top\n")
    cost = table.add_cost("m", input=1, path=path)
    path.write_text(path.read_text() + '# mine\n[[price]]\nmodel = "n"\ninput = 2\n')
    table.purge_costs([cost])
    assert path.read_text() == '# top\n\n# mine\n[[price]]\nmodel = "n"\ninput = 2\n'


def test_what_cannot_be_taken_out_by_itself_is_left_and_said(table: PriceTable, tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    cost = table.add_cost("m", input=1, path=path)
    path.write_text(path.read_text() + 'note = """\n\n[[price]]\n"""\n')
    before = path.read_text()
    with pytest.raises(PriceFileError, match="by hand") as refused:
        table.purge_costs([cost])
    assert (refused.value.path, refused.value.line) == (str(path), 1)
    assert path.read_text() == before
    assert amount(cost_of(table, "m")) == 1


def test_what_is_no_longer_in_the_file_is_purged_all_the_same(table: PriceTable, tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    one, other = (table.add_cost(model, input=1, path=path) for model in ("m", "n"))
    path.write_text("# all gone\n")
    assert table.purge_costs([one]) == 1
    assert path.read_text() == "# all gone\n"
    path.unlink()
    assert table.purge_costs([other]) == 1
    assert not path.exists()


def test_the_next_program_can_purge_what_was_kept(table: PriceTable, tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(HELD)
    cost = table.add_cost("m", input=1, start=EVER, path=path)
    again = PriceTable(shipped()).with_own([path])
    version = again.version
    assert amount(cost_of(again, "m")) == 1
    assert again.purge_costs([cost]) == 1
    assert cost_of(again, "m").reason == "unknown_provider"
    assert (path.read_text(), again.hosts) == (HELD, {"h:8000": "acme"})
    assert amount(cost_of(again, "acme-1")) == Fraction("1.50")
    assert again.version not in {version, PriceTable(shipped()).version}


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ("broken =", "Invalid value"),
        ("price = [{ model = 'n', input = 1 }]\n", "Cannot"),
        ('[[price]]\nmodel = "m"\ninput = 7\nfrom = 2020-01-01\n', "equally"),
        ('[[price]]\nmodel = "m"\ninptu = 7\n', "unknown: inptu"),
    ],
)
def test_a_file_that_could_not_be_read_again_is_not_written(table: PriceTable, tmp_path: Path, held: str, said: str) -> None:
    path, version = tmp_path / "prices.toml", table.version
    path.write_text(held)
    with pytest.raises(PriceFileError, match=said) as refused:
        table.add_cost("m", input=1, start=EVER, path=path)
    assert refused.value.path == str(path)
    assert refused.value.line is not None
    assert (path.read_text(), table.version, table.query_costs()) == (held, version, [])


def test_a_folder_that_is_not_there_is_an_os_error(table: PriceTable, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        table.add_cost("m", input=1, path=tmp_path / "none" / "prices.toml")
    assert table.query_costs() == []


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_permissions_and_links_stay(table: PriceTable, tmp_path: Path) -> None:
    path, link = tmp_path / "prices.toml", tmp_path / "link.toml"
    path.write_text(HELD)
    path.chmod(0o640)
    link.symlink_to(path)
    cost = table.add_cost("m", input=1, path=link)
    assert "m" in {entry["model"] for entry in tomllib.loads(path.read_text())["price"]}
    table.purge_costs([cost])
    assert (link.is_symlink(), path.stat().st_mode & 0o777, path.read_text()) == (True, 0o640, HELD)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    table: PriceTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(HELD)

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        table.add_cost("m", input=1, path=path)
    monkeypatch.undo()
    assert [held.name for held in tmp_path.iterdir()] == ["prices.toml"]
    assert (path.read_text(), table.query_costs()) == (HELD, [])


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads that take turns a thousand times as often: more of what can come between is seen, and sooner."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


# Under threads ------------------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("eager_threads")
def test_threads_that_add_purge_and_price_see_no_state_between_two(table: PriceTable, tmp_path: Path) -> None:
    # Each price of one model has rates that belong together: output is always twice input, and nothing else may be seen.
    rounds, path = 12, tmp_path / "prices.toml"
    table.add_cost("m", input=1, output=2, start=EVER)
    barrier, done, instants = Barrier(16), Event(), count(1)
    usage = Usage(input=1000, output=1000)
    errors: list[object] = []

    def change(number: int) -> int:
        barrier.wait()
        for turn in range(rounds):
            start = EVER + timedelta(days=next(instants))
            rate = 1 + number * rounds + turn
            kept = path if number == 0 else None
            cost = table.add_cost("m", input=rate, output=2 * rate, start=start, path=kept)
            assert [entry["id"] for entry in table.query_costs(ids=[cost])] == [cost]
            assert table.purge_costs([cost]) == 1
        return number

    def price(_: int) -> int:
        barrier.wait()
        seen = 0
        while not done.is_set():
            cost = price_call(Call("acme", "m", time_ns(), usage), table)
            seen += 1
            if cost.reason is not None or cost.parts[1] != 2 * cost.parts[0]:
                errors.append(cost)
                break
        return seen

    with ThreadPoolExecutor(16) as pool:
        pricing = [pool.submit(price, number) for number in range(8)]
        changing = [pool.submit(change, number) for number in range(8)]
        try:
            assert [change.result(60) for change in changing] == list(range(8))
        finally:
            done.set()
        assert all(one.result(60) for one in pricing)
    assert errors == []
    assert [entry["rates"] for entry in table.query_costs()] == [{"input": "1", "output": "2"}]
    assert "price" not in tomllib.loads(path.read_text())


@pytest.mark.usefixtures("eager_threads")
def test_the_same_id_is_purged_once(table: PriceTable) -> None:
    ids = [table.add_cost(f"m{number}", input=1) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: table.purge_costs(ids), range(8))) == len(ids)
    assert table.query_costs() == []


# A running processor ------------------------------------------------------------------------------------------------------------
def chat(telemetry: Telemetry, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any attribute
    with telemetry.tracer().start_as_current_span("chat", attributes=call("m", 1000, 100, **more)):
        pass
    return dict(telemetry.spans[-1].attributes or {})


def ages(telemetry: Telemetry) -> set[str]:
    return {point.attributes["llm_cost.table"] for point in telemetry.collect().points("llm_cost.table.age")}


def test_the_next_span_has_the_new_price_though_its_like_were_remembered(
    table: PriceTable, make_telemetry: Callable[..., Telemetry]
) -> None:
    table.add_cost("m", input=1, output=2, start=EVER)
    telemetry = make_telemetry(table=table).attach()
    for _ in range(4):
        span = chat(telemetry)
        assert span["gen_ai.usage.cost.amount"] == float(Fraction(1000 * 1 + 100 * 2, MILLION))
        assert span["llm_cost.table"] == table.version
    before = table.version
    assert ages(telemetry) == {before}
    cost = table.add_cost("m", input=3, output=5)
    for _ in range(4):
        span = chat(telemetry)
        assert span["gen_ai.usage.cost.amount"] == float(Fraction(1000 * 3 + 100 * 5, MILLION))
        assert span["llm_cost.table"] == table.version != before
    assert ages(telemetry) == {table.version}
    table.purge_costs([cost])
    span = chat(telemetry)
    assert span["gen_ai.usage.cost.amount"] == float(Fraction(1000 * 1 + 100 * 2, MILLION))
    assert span["llm_cost.table"] == before
    assert ages(telemetry) == {before}
    spend = Fraction(5 * (1000 + 200) + 4 * (3000 + 500), MILLION)
    assert telemetry.collect().total("llm_cost.spend") == pytest.approx(float(spend), rel=1e-12)


def test_a_model_that_was_unknown_has_a_price_from_the_next_span_on(
    table: PriceTable, make_telemetry: Callable[..., Telemetry]
) -> None:
    telemetry = make_telemetry(table=table).attach()
    assert [chat(telemetry)["llm_cost.reason"] for _ in range(2)] == ["unknown_provider", "unknown_provider"]
    table.add_cost("m", input=1, output=2, start=EVER)
    assert chat(telemetry)["llm_cost.status"] == "priced"


def test_every_processor_that_still_lives_hears_of_a_change(table: PriceTable, make_telemetry: Callable[..., Telemetry]) -> None:
    heard = []

    class Listener:
        def __init__(self, name: str) -> None:
            self.name = name

        def changed(self) -> None:
            heard.append((self.name, table.version))

    listeners = [Listener("a"), Listener("b")]
    for listener in listeners:
        table.at_change(listener.changed)
    del listener, listeners[1]
    table.add_cost("m", input=1)
    assert heard == [("a", table.version)]
    for _ in range(100):
        table.at_change(Listener("gone").changed)
    assert len(table._at_change) < 4
    telemetries = [make_telemetry(table=table).attach() for _ in range(2)]
    table.add_cost("m", input=2, output=2)
    assert [chat(telemetry)["llm_cost.table"] for telemetry in telemetries] == [table.version] * 2


@pytest.mark.usefixtures("eager_threads")
def test_spans_of_many_threads_have_one_price_or_the_other(table: PriceTable, make_telemetry: Callable[..., Telemetry]) -> None:
    table.add_cost("m", input=1, output=2, start=EVER)
    telemetry = make_telemetry(table=table).attach()
    allowed = {float(Fraction(1000 * rate + 100 * 2 * rate, MILLION)) for rate in (1, 3)}
    done = Event()

    def spans(_: int) -> int:
        made = 0
        while not done.is_set() and made < 400:
            with telemetry.tracer().start_as_current_span("chat", attributes=call("m", 1000, 100)):
                pass
            made += 1
        return made

    with ThreadPoolExecutor(4) as pool:
        making = [pool.submit(spans, number) for number in range(4)]
        for _ in range(40):
            table.purge_costs([table.add_cost("m", input=3, output=6)])
        done.set()
        made = sum(one.result(60) for one in making)
    amounts = {(span.attributes or {})["gen_ai.usage.cost.amount"] for span in telemetry.spans}
    assert len(telemetry.spans) == made
    assert amounts <= allowed
    assert chat(telemetry)["gen_ai.usage.cost.amount"] == min(allowed)
