"""How the people of the demo company do, as text."""

from collections.abc import Iterator, Sequence
from typing import Any

from local.demo.api import Api

HEADINGS = ("name", "team", "score", "coverage", "best KPI", "worst KPI")
_RIGHT = {"score", "coverage"}
_NONE = "–"


def overview(admin: Api) -> str:
    """A table of everybody's score, the best of each team first, and the alerts that fire."""
    alerts = admin.get("/api/alerts", state="firing")["alerts"]
    return "\n".join(["", *aligned([HEADINGS, *_rows(admin)]), "", *map(_alert, alerts)])


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of cells as lines, every column as wide as its widest cell; the first row holds the headings."""
    headings, *_ = rows
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(headings, row, widths, strict=True)
        yield "  ".join(
            cell.rjust(width) if name in _RIGHT else cell.ljust(width) for name, cell, width in cells
        ).rstrip()


def _rows(admin: Api) -> Iterator[tuple[str, ...]]:
    for team in admin.everything("/api/teams", "teams"):
        members = admin.get(f"/api/teams/{team['id']}/kpis")["team_members"]
        for member in sorted(members, key=lambda member: member["overall_score"] or 0, reverse=True):
            achieved = sorted(_achievements(member["kpis"]))
            score, coverage = _percent(member["overall_score"]), _percent(member["coverage"])
            ends = (_told(achieved[-1]), _told(achieved[0])) if achieved else (_NONE, _NONE)
            yield member["name"], team["name"], score, coverage, *ends


def _achievements(kpis: list[dict[str, Any]]) -> Iterator[tuple[float, str]]:
    """The achievement in percent and the name of every KPI that has one."""
    for kpi in kpis:
        measurement = kpi["current_measurement"]
        if measurement and measurement["achievement_percentage"] is not None:
            yield measurement["achievement_percentage"], kpi["kpi_definition"]["name"]


def _told(kpi: tuple[float, str]) -> str:
    return f"{kpi[1]} {_percent(kpi[0])}"


def _percent(number: float | None) -> str:
    return _NONE if number is None else f"{number:.0f} %"


def _alert(alert: dict[str, Any]) -> str:
    figures = f"{alert['value']:.1f} against a target of {alert['target']:.1f}"
    period = f"{alert['period_start']} to {alert['period_end']}"
    return f"{alert['text']} ({alert['user_name']}, {figures}, {period})"
