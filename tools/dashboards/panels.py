"""Panels in the forms that the dashboard has: one number, bars over time, a ranking, a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table, tempo, timeseries
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat, QueryEditorMode
from grafana_foundation_sdk.models.tempo import SearchTableType

PROMETHEUS: Final = DataSourceRef(type_val="prometheus", uid="${prometheus}")
TEMPO: Final = DataSourceRef(type_val="tempo", uid="${tempo}")

MONEY: Final = "none"
"""A panel holds one currency, which its title names: Grafana has no unit that a variable could choose."""


def asked(expr: str, legend: str = "", ref: str = "A") -> prometheus.Dataquery:
    """A query over time."""
    return _query(expr, legend, ref).range()


def asked_once(expr: str, legend: str = "", ref: str = "A") -> prometheus.Dataquery:
    """A query at the end of the time range."""
    return _query(expr, legend, ref).instant()


def number(title: str, description: str, expr: str, legend: str, unit: str = MONEY) -> stat.Panel:
    """One number; none where the query has no answer."""
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .with_target(asked_once(expr, legend))
        .unit(unit)
        .color_mode(BigValueColorMode.VALUE)
        .graph_mode(BigValueGraphMode.NONE)
        .text_mode(BigValueTextMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(_steps({None: "text"}))
    )


def ranking(title: str, description: str, expr: str, legend: str, unit: str = MONEY) -> bargauge.Panel:
    """A bar for each series, in the order of the answer."""
    return (
        bargauge.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .with_target(asked_once(expr, legend))
        .unit(unit)
        .min(0)
        .orientation(VizOrientation.HORIZONTAL)
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )


def bars(title: str, description: str, expr: str, legend: str, unit: str = MONEY) -> timeseries.Panel:
    """Stacked, each bar as wide as a step."""
    return (
        _over_time(title, description, unit)
        .with_target(asked(expr, legend))
        # Programs export once a minute by default.
        .interval("1m")
        .draw_style(GraphDrawStyle.BARS)
        .fill_opacity(80)
        .line_width(0)
        .stacking(common.StackingConfig().mode(StackingMode.NORMAL))
        .legend(_legend("sum"))
    )


def lines(title: str, description: str, queries: Iterable[prometheus.Dataquery], unit: str = MONEY) -> timeseries.Panel:
    """One line for each series."""
    panel = _over_time(title, description, unit).interval("1m").show_points(VisibilityMode.AUTO).legend(_legend("lastNotNull"))
    for query in queries:
        panel = panel.with_target(query)
    return panel


def calls_table(title: str, description: str, query: str, kind: SearchTableType) -> table.Panel:
    """What Tempo finds."""
    return (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(TEMPO)
        .with_target(tempo.TempoQuery().ref_id("A").query_type("traceql").query(query).limit(20).table_type(kind).filters([]))
        .unit("none")
    )


def joined_table(
    title: str, description: str, queries: Mapping[str, str], columns: Mapping[str, str], units: Mapping[str, str]
) -> table.Panel:
    """A row for each set of labels; the queries by their column's title, the other columns by their label."""
    refs = {chr(ord("A") + number): name for number, name in enumerate(queries)}
    renamed = dict(columns) | {f"Value #{ref}": name for ref, name in refs.items()}
    panel = table.Panel().title(title).description(description).datasource(PROMETHEUS).unit("none")
    for ref, name in refs.items():
        panel = panel.with_target(asked_once(queries[name], ref=ref).format(PromQueryFormat.TABLE))
    for name, unit in units.items():
        panel = panel.override_by_name(name, [DynamicConfigValue(id_val="unit", value=unit)])
    order = {name: place for place, name in enumerate(renamed)}
    return (
        panel.with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(
            DataTransformerConfig(
                id_val="organize",
                options={"excludeByName": {"Time": True}, "indexByName": order, "renameByName": renamed},
            )
        )
        .sort_by([common.TableSortByFieldState().display_name(next(iter(queries))).desc(desc=True)])
    )


def coloured(panel: stat.Panel, steps: Mapping[float | None, str]) -> stat.Panel:
    """Another colour from a value on."""
    return panel.thresholds(_steps(steps))


def _query(expr: str, legend: str, ref: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().ref_id(ref).expr(expr).legend_format(legend).editor_mode(QueryEditorMode.CODE)


def _steps(steps: Mapping[float | None, str]) -> dashboard.ThresholdsConfig:
    found = [Threshold(value=value, color=colour) for value, colour in steps.items()]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(found)


def _over_time(title: str, description: str, unit: str) -> timeseries.Panel:
    return (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .unit(unit)
        .axis_soft_min(0)
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    )


def _legend(calculation: str) -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.TABLE)
        .placement(LegendPlacement.RIGHT)
        .show_legend(show_legend=True)
        .calcs([calculation])
    )
