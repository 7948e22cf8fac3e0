"""The demo company's vans, its shop of used ones, and somebody who looks for a job: the packs' data."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from local.demo.api import Api
from local.errors import CannotRun

type Row = dict[str, Any]
type Tables = Mapping[str, list[Row]]
"""The rows of each address, in the order in which they refer to one another."""

MONTHS = 6
_CENTERS = {"Vans north": 1.0, "Vans south": 0.8, "Couriers": 0.35, "Overhead": 0}
"""Each cost center with its share of the kilometers; what drives none has no activity to divide by."""
_CENTS_PER_KM = 52
_MODELS = {"Caddy": 14_200, "Transit": 18_900, "Vito": 23_500, "Sprinter": 27_800}
_STAGES = ("APPLIED", "INTERVIEW", "SAVED", "APPLIED", "REJECTED", "INTERVIEW", "DORMANT", "APPLIED")


def load_packs(admin: Api, seeker: Api, today: date) -> None:
    """Load enough rows for every endpoint of the packs to show something.

    Raises:
        CannotRun: a row was refused.
    """
    _load(admin, {"fleet/snapshots": list(_snapshots(today))})
    _load(admin, _vehicle_sales(today))
    _load(seeker, _job_search(today))


def _load(api: Api, tables: Tables) -> None:
    for table, rows in tables.items():
        answer = api.post(f"/api/{table}", {"rows": rows})
        if answer["errors"]:
            message = f"The demo company is not complete: a row of {table} was refused: {answer['errors'][0]}"
            raise CannotRun(message)


def _snapshots(today: date) -> Iterator[Row]:
    """What the vans cost in each of the last months, as the books were closed."""
    dice = Random("fleet")  # noqa: S311 — made-up numbers
    end = today.replace(day=1) - timedelta(days=1)
    for _ in range(MONTHS):
        start = end.replace(day=1)
        for name, share in _CENTERS.items():
            kilometers = round(18_000 * share * dice.uniform(0.9, 1.1))
            cents = kilometers * round(_CENTS_PER_KM * dice.uniform(0.9, 1.15)) or 180_000
            yield {
                "cost_center": name,
                "basis_unit": "KM",
                "period_start": start.isoformat(),
                "period_end": end.isoformat(),
                "total_cost": f"{cents / 100:.2f}",
                "total_units": kilometers,
                "status": "OK" if kilometers else "MISSING_ACTIVITY",
            }
        end = start - timedelta(days=1)


def _vehicle_sales(today: date) -> Tables:
    """Vans for sale and sold, those who look at them, and what came of it."""
    dice = Random("vehicle sales")  # noqa: S311 — made-up numbers
    vehicles, leads = [], []
    for number in range(48):
        cost = dice.choice(list(_MODELS.values())) + 100 * dice.randint(-20, 20)
        listed = dice.randint(3, 120)
        vehicle: Row = {
            "external_id": f"van-{number:03}",
            "cost": cost,
            "list_price": round(cost * dice.uniform(1.12, 1.3), -2),
            "listed_at": _instant(today, listed),
            "score": dice.randint(55, 98) if number % 6 else None,
        }
        if dice.random() < 0.4:
            sold = dice.randint(1, listed)
            vehicle |= {
                "sold_at": _instant(today, sold, 17),
                "sold_price": round(cost * dice.uniform(1.05, 1.25)),
            }
            lead = {"created_at": _instant(today, min(listed, sold + dice.randint(2, 14)))}
            leads.append(_lead(number, lead | {"purchased_at": vehicle["sold_at"], "outcome": "purchased"}))
        else:
            lead = {"created_at": _instant(today, dice.randint(1, listed))}
            leads.append(_lead(number, lead | {"outcome": dice.choice(("open", "lost", "lost"))}))
        vehicles.append(vehicle)
    buyers = [
        {"external_id": f"buyer-{number:02}", "last_active_at": _instant(today, dice.randint(0, 60))}
        for number in range(30)
    ]
    named = {"vehicles": vehicles, "buyers": buyers, "leads": leads}
    return {f"vehicle-sales/{name}": rows for name, rows in named.items()}


def _lead(number: int, facts: Row) -> Row:
    buyer = f"buyer-{number % 30:02}"
    return {"external_id": f"lead-{number:03}", "vehicle": f"van-{number:03}", "buyer": buyer, **facts}


def _job(number: int, stage: str) -> Row:
    return {
        "external_id": f"job-{number}",
        "title": f"Support lead {number + 1}",
        "company": f"Harbour {number + 1} Ltd",
        "stage": stage,
        "heat": number % 4,
        "archived": False,
    }


def _job_search(today: date) -> Tables:
    """Eight jobs, three people to talk to, and what was done about them in the last days."""
    jobs = [_job(number, stage) for number, stage in enumerate(_STAGES)]
    contacts = [
        {"external_id": f"contact-{n}", "name": name, "archived": False}
        for n, name in enumerate(("Ida", "Per", "Mia"))
    ]
    applications = [
        {"external_id": f"sent-{n}", "job": f"job-{n}", "date_sent": _instant(today, n % 4)}
        for n in (0, 2, 3)
    ]
    outreach = [
        {"external_id": f"hello-{n}", "contact": f"contact-{n}", "sent_at": _instant(today, n)}
        for n in (0, 1)
    ]
    follow_ups = [
        {"external_id": "follow-0", "job": "job-0", "due_at": _instant(today, 2)},
        {"external_id": "follow-1", "job": "job-1", "due_at": _instant(today, 0, 16)},
        {
            "external_id": "follow-2",
            "contact": "contact-2",
            "due_at": _instant(today, 1),
            "sent_at": _instant(today, 1, 11),
        },
    ]
    yesterday = {"external_id": "first", "title": "Career fair", "date": _instant(today, 1)}
    done = {"external_id": "first", "title": "Rewrite the CV"}
    named: Tables = {
        "jobs": jobs,
        "contacts": contacts,
        "applications": applications,
        "outreach": outreach,
        "follow-ups": follow_ups,
        "events": [{**yesterday, "status": "ATTENDED"}],
        "growth-events": [{**yesterday, "title": "Talk on coaching", "attended": True}],
        "boost-tasks": [{**done, "done_at": _instant(today, 1)}],
        "growth-boost-tasks": [{**done, "status": "completed", "completed_at": _instant(today, 1)}],
        "senior-reviews": [
            {"external_id": "first", "contact": "contact-0", "reviewed_at": _instant(today, 1)}
        ],
    }
    return {f"job-search/{name}": rows for name, rows in named.items()}


def _instant(today: date, days_ago: int, hour: int = 10) -> str:
    return datetime.combine(today - timedelta(days=days_ago), time(hour), UTC).isoformat()
