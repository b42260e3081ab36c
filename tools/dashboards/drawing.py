"""Draws the main panels from the answers of Prometheus. Not Grafana: the figures are those of the dashboard, the looks are not."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final, TypeAlias

import matplotlib as mpl
from matplotlib import dates, ticker
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.gridspec import SubplotSpec
from matplotlib.patches import FancyBboxPatch
from PIL import Image

Answers: TypeAlias = dict[str, list[Any]]
"""What was answered to each panel's queries: by its title, with the variables filled in, and the query's letter."""

COLOURS: Final = ("#5b8def", "#f2994a", "#27ae60", "#bb6bd9", "#e0b400", "#eb5757", "#2d9cdb", "#828282")
INK, FAINT, CARD, PAPER, SLATE = "#1f2933", "#7b8794", "#ffffff", "#eef1f5", "#8aa0b8"
DAY: Final = 86400
STYLE: Final = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": "#d5dbe3",
    "axes.labelcolor": FAINT,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": CARD,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#edf0f4",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.facecolor": PAPER,
}


def draw(answers: Answers, heading: str, page: Path) -> None:
    """Writes the picture."""
    models = [series["metric"]["gen_ai_response_model"] for series in answers["Spend by model, top 10, USD A"]]
    colours = dict(zip(models, COLOURS, strict=False))
    with mpl.rc_context(STYLE):
        figure = plt.figure(figsize=(15, 11.4), dpi=110)
        grid = figure.add_gridspec(
            4, 24, height_ratios=(0.62, 2, 2, 1.7), left=0.012, right=0.988, top=0.955, bottom=0.014, hspace=0.075, wspace=0.42
        )
        figure.text(0.012, 0.976, "LLM cost", fontsize=15, fontweight="bold", va="center")
        figure.text(0.988, 0.976, heading, fontsize=9, color=FAINT, ha="right", va="center")
        _numbers([grid[0, 3 * place : 3 * place + 3] for place in range(8)], answers)
        _spend(_card(grid[1, :16], "Spend over time by model, USD", "in each 10 minutes"), answers, colours)
        _ranking(
            _card(grid[1, 16:], "Spend by model, USD", "12 hours"),
            answers["Spend by model, top 10, USD A"],
            "gen_ai_response_model",
            colours,
        )
        _costs(_card(grid[2, :16], "Cost per call: p50, p95 and max, USD", "dots: single calls (exemplars)"), answers)
        _ranking(
            _card(grid[2, 16:], "Spend by service_name, USD", "12 hours"),
            answers["Spend by service_name, top 10, USD A"],
            "service_name",
            {},
            (SLATE,),
        )
        _stacked(
            _card(grid[3, :8], "Tokens over time by component", "in each 10 minutes"),
            answers["Tokens over time by component A"],
            "llm_cost_component",
            {},
        )
        _stacked(
            _card(grid[3, 8:16], "Calls over time by status", "in each 10 minutes"),
            answers["Calls over time by status A"],
            "llm_cost_status",
            {"priced": COLOURS[2], "unpriced": COLOURS[5], "partial": COLOURS[1]},
        )
        _unpriced(_card(grid[3, 16:], "Calls not priced, by reason and model", "12 hours"), answers)
        drawn = BytesIO()
        figure.savefig(drawn)
        plt.close(figure)
    # Few colours: a third of the size.
    Image.open(drawn).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(page, "PNG", optimize=True)


def _value(answers: Answers, name: str) -> float:
    ((_, value),) = [(series["metric"], float(series["value"][1])) for series in answers[f"{name} A"]]
    return value


def _card(place: SubplotSpec, title: str, note: str = "", size: float = 9.5) -> Axes:
    """A panel's frame with its title; the axes in it."""
    figure = plt.gcf()
    frame = figure.add_subplot(place)
    frame.set_axis_off()
    frame.add_patch(
        FancyBboxPatch(
            (0, 0),
            1,
            1,
            "round,pad=0,rounding_size=0.012",
            transform=frame.transAxes,
            facecolor=CARD,
            edgecolor="#dfe4ea",
            clip_on=False,
        )
    )
    box = frame.get_position()
    high, wide = box.height * figure.get_figheight(), box.width * figure.get_figwidth()
    frame.text(0.12 / wide, 1 - 0.17 / high, title, transform=frame.transAxes, fontsize=size, fontweight="bold", va="center")
    frame.text(1 - 0.12 / wide, 1 - 0.17 / high, note, transform=frame.transAxes, fontsize=8, color=FAINT, ha="right", va="center")
    left, right, low, top = 0.62 / wide, 0.16 / wide, 0.34 / high, 0.42 / high
    return figure.add_axes(
        (box.x0 + left * box.width, box.y0 + low * box.height, (1 - left - right) * box.width, (1 - low - top) * box.height)
    )


def _numbers(places: list[SubplotSpec], answers: Answers) -> None:
    shown = (
        ("Spend today", f"{_value(answers, 'Spend today, USD'):.2f}", "USD"),
        ("Month to date", f"{_value(answers, 'Month to date, USD'):,.2f}", "USD"),
        ("Forecast of the month", f"{_value(answers, 'Forecast of the month, USD'):,.0f}", "USD"),
        ("Cost per call", f"{_value(answers, 'Cost per call, USD'):.4f}", "USD"),
        ("Cache savings", f"{_value(answers, 'Cache savings, USD'):.2f}", "USD"),
        ("Calls", f"{_value(answers, 'Calls'):,.0f}", "12 hours"),
        ("Calls not priced", f"{_value(answers, 'Calls not priced'):.1%}", "12 hours"),
        ("Age of the price table", f"{_value(answers, 'Age of the price table') / DAY:.1f}", "days"),
    )
    for place, (title, text, unit) in zip(places, shown, strict=True):
        axes = _card(place, title, size=8.3)
        axes.set_axis_off()
        frame = axes.figure.axes[-2]
        frame.text(
            0.5, 0.47, text, transform=frame.transAxes, fontsize=19, fontweight="bold", ha="center", va="center", color="#2457c5"
        )
        frame.text(0.5, 0.15, unit, transform=frame.transAxes, fontsize=8.5, ha="center", va="center", color=FAINT)


def _instants(series: Any) -> list[datetime]:  # noqa: ANN401 - an answer
    return [datetime.fromtimestamp(float(at), UTC) for at, _ in series["values"]]


def _hours(axes: Axes) -> None:
    axes.xaxis.set_major_locator(dates.HourLocator(interval=2))
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M"))
    axes.margins(x=0.01)
    axes.grid(visible=False, axis="x")


def _spend(axes: Axes, answers: Answers, colours: dict[str, str]) -> None:
    _stacked(axes, answers["Spend over time by model, USD A"], "gen_ai_response_model", colours)
    axes.yaxis.set_major_formatter(ticker.FormatStrFormatter("%.2f"))


def _stacked(axes: Axes, answer: list[Any], label: str, colours: dict[str, str]) -> None:
    """Bars that end at their instant, as their window does; the greatest at the bottom."""
    totals = {series["metric"][label]: sum(float(value) for _, value in series["values"]) for series in answer}
    base: dict[datetime, float] = {}
    shown = sorted((series for series in answer if totals[series["metric"][label]]), key=lambda one: -totals[one["metric"][label]])
    for number, series in enumerate(shown):
        name, at = series["metric"][label], _instants(series)
        values = [float(value) for _, value in series["values"]]
        width = (at[1] - at[0]).total_seconds() / DAY
        bottom = [base.get(instant, 0.0) for instant in at]
        axes.bar(at, values, -width * 0.86, bottom, align="edge", color=colours.get(name, COLOURS[number]), label=name, linewidth=0)
        base.update({instant: low + value for instant, low, value in zip(at, bottom, values, strict=True)})
    _hours(axes)
    axes.set_ylim(0, max(base.values()) * 1.28)
    axes.yaxis.set_major_formatter(ticker.EngFormatter(sep=""))
    axes.legend(loc="upper left", ncols=6, columnspacing=1.2, handlelength=0.9, handleheight=0.9, borderaxespad=0.1)


def _ranking(axes: Axes, answer: list[Any], label: str, colours: dict[str, str], others: tuple[str, ...] = COLOURS) -> None:
    """In the order of the answer."""
    names = [series["metric"][label] for series in answer]
    values = [float(series["value"][1]) for series in answer]
    places = range(len(names))
    axes.barh(places, values, 0.42, color=[colours.get(name, others[place % len(others)]) for place, name in enumerate(names)])
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        axes.text(0, place - 0.36, name, va="center", fontsize=9)
        axes.text(max(values), place - 0.36, f"{value:.2f}", va="center", ha="right", fontsize=9, fontweight="bold")
    axes.set_ylim(max(len(names), 4) - 0.4, -0.75)
    axes.set_xlim(0, max(values))
    axes.set_yticks([])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xticks([])
    place = axes.get_position()
    axes.set_position((place.x0 - 0.028, place.y0 - 0.012, place.width + 0.028, place.height + 0.012))


def _costs(axes: Axes, answers: Answers) -> None:
    dots = answers["exemplars"]
    at = [datetime.fromtimestamp(float(one["timestamp"]), UTC) for one in dots]
    axes.scatter(at, [float(one["value"]) for one in dots], s=7, color="#9aa5b1", alpha=0.5, linewidth=0, label="calls")
    for ref, name, colour in (("A", "p50", COLOURS[2]), ("B", "p95", COLOURS[0]), ("C", "max, at most", COLOURS[1])):
        (series,) = answers[f"Cost per call: p50, p95 and max, USD {ref}"]
        axes.plot(_instants(series), [float(value) for _, value in series["values"]], color=colour, linewidth=1.7, label=name)
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * 4)
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(ticker.NullLocator())
    _hours(axes)
    axes.legend(loc="upper left", ncols=4, columnspacing=1.2, handlelength=1.2, borderaxespad=0.1, markerscale=2)


def _unpriced(axes: Axes, answers: Answers) -> None:
    title = "Calls not priced, by reason and model"
    calls = {tuple(sorted(series["metric"].items())): float(series["value"][1]) for series in answers[f"{title} A"]}
    shares = {tuple(sorted(series["metric"].items())): float(series["value"][1]) for series in answers[f"{title} B"]}
    axes.set_axis_off()
    columns = (("reason", -0.1, "left"), ("model", 0.36, "left"), ("calls", 0.83, "right"), ("share", 1.0, "right"))
    for name, x, side in columns:
        axes.text(x, 0.95, name, transform=axes.transAxes, color=FAINT, fontsize=8.5, ha=side)
    for row, (labels, count) in enumerate(sorted(calls.items(), key=lambda one: -one[1])[:8]):
        named = dict(labels)
        cells = (named["llm_cost_reason"], named["gen_ai_response_model"], f"{count:.0f}", f"{shares[labels]:.2%}")
        for (_, x, side), text in zip(columns, cells, strict=True):
            axes.text(x, 0.82 - 0.12 * row, text, transform=axes.transAxes, fontsize=9, ha=side)
