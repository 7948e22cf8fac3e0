"""The company that every history begins with: its KPIs, people, teams and their first weeks."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from lodestar.domain.periods import Cadence
from tests.histories.facts import ENTERED, Formula, How, Input, Rows


def _growth(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if now is None or before is None else now - before


def _share(own: Decimal | None, all_of: Decimal | None) -> Decimal | None:
    return None if own is None or not all_of else 100 * own / all_of


def _total(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if now is None else now + (before or 0)


GROWTH = Formula("now - before", {"now": Input("sold"), "before": Input("sold", -1)}, _growth)
DOUBLE = Formula(
    "now + 0 * before",
    {"now": Input("sold"), "before": Input("sold", -2)},
    lambda now, before: None if now is None or before is None else now,
)
LIFT = Formula("now - before", {"now": Input("mood"), "before": Input("mood", -1)}, _growth)
SHARE = Formula("100 * own / all_of", {"own": Input("sold"), "all_of": Input("sold", 0, "team")}, _share)
TOTAL = Formula("now + coalesce(before, 0)", {"now": Input("weekly"), "before": Input("total", -1)}, _total)

KPIS: dict[str, tuple[Cadence, How]] = {
    "sold": (Cadence.DAILY, How(Rows("sales", "sum"), rollup="sum")),
    "handling": (Cadence.DAILY, How(Rows("calls", "average"), rollup="average", direction="lower_better")),
    "mood": (Cadence.DAILY, How(ENTERED, rollup="average", direction="exact", missing="carry")),
    "growth": (Cadence.DAILY, How(GROWTH)),
    "lift": (Cadence.DAILY, How(LIFT)),
    "share": (Cadence.DAILY, How(SHARE)),
    "weekly": (Cadence.WEEKLY, How(Rows("sales", "sum"), rollup="sum", missing="zero")),
    "total": (Cadence.WEEKLY, How(TOTAL)),
    "deals": (Cadence.MONTHLY, How(Rows("deals", "count"))),
    "plan": (Cadence.MONTHLY, How(ENTERED)),
    "quarter": (Cadence.QUARTERLY, How(Rows("sales", "sum"), rollup="sum")),
}

CHANGES: dict[str, list[dict[str, Any]]] = {
    "sold": [{"thresholds": (120, 90, 50)}, {"direction": "lower_better"}, {"missing": "zero"}],
    "handling": [
        {"source": Rows("calls", "sum")},
        {"source": ENTERED},
        {"rollup": "sum"},
        {"rollup": "none"},
        {"direction": "higher_better"},
        {"missing": "carry"},
        {"unit": "hours"},
    ],
    "mood": [
        {"source": Rows("calls", "count")},
        {"rollup": "none"},
        {"direction": "higher_better"},
        {"direction": "range"},
        {"unit": "score"},
        {"thresholds": (120, 90, 50)},
    ],
    "growth": [{"source": DOUBLE}, {"direction": "lower_better"}],
    "lift": [{"direction": "lower_better"}, {"missing": "carry"}],
    "share": [{"direction": "exact"}, {"missing": "zero"}],
    "weekly": [{"source": Rows("sales", "count")}, {"rollup": "average"}, {"thresholds": (120, 90, 50)}],
    "total": [{"direction": "lower_better"}],
    "deals": [{"source": Rows("deals", "sum")}, {"rollup": "sum"}, {"direction": "lower_better"}],
    "plan": [{"thresholds": (120, 90, 50)}, {"rollup": "average"}, {"direction": "lower_better"}],
    "quarter": [{"rollup": "none"}],
}
"""What a new version of each KPI may be like."""

DAILY = ("sold", "handling", "mood", "growth", "lift", "share")
OF_COMPANY = ("sold", "handling", "mood", "weekly", "total", "deals", "plan", "quarter")
OF_TEAMS = ("sold", "handling", "deals")
BEGINNINGS = {Cadence.DAILY: 8, Cadence.WEEKLY: 25, Cadence.MONTHLY: 60, Cadence.QUARTERLY: 60}
"""How many days ago the company's KPIs of a cadence begin."""


def at_hour(day: date, hour: int) -> datetime:
    """An instant of a day in UTC."""
    return datetime.fromisoformat(f"{day}T00:00:00Z") + timedelta(hours=hour)
