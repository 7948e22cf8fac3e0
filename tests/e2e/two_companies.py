"""Two companies with a little of everything. What must not be seen bears marks that are searched for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.running_stack import RunningStack
from tests.e2e.client import Client
from tests.e2e.conftest import Found, SignIn

FAR = 910_000_000
"""The other company's ids lie above this, so that each is a mark of its own."""
NOBODYS = 990_000_000
"""Ids above this were never given."""
MARK = "Zyxomma"
"""In every name of the other company."""
HIDDEN = "Quokka"
"""In every name of what a user and a manager of the same company may not see."""
HIDDEN_NUMBER = "77031.25"
FAR_NUMBER = "66042.75"
YEAR = {"start_date": "2025-01-01", "end_date": "2025-12-31"}
WEEK = ("2025-03-03", "2025-03-09")
PEOPLE = ("una", "max", "ada", "eli")
"""A user, her manager, an admin, and one whose role the company made."""


@dataclass(frozen=True)
class House:
    """A furnished company: its ids by kind, the first of each kind is Una's or about her."""

    ids: Mapping[str, list[int]] = field(default_factory=dict)

    @property
    def own(self) -> Mapping[str, int]:
        """One id of each kind."""
        return {kind: ids[0] for kind, ids in self.ids.items()}


def furnish(admin: Client, name: str, mark: str, number: str) -> House:
    """Teams, people, KPIs, values, a run, an alert, targets, a role and an address; `mark` is in every name."""
    managers = [_person(admin, each, name, mark, role="manager") for each in ("max", "moe")]
    teams = [admin.create_team(f"{mark} {each}", managers[each])["id"] for each in range(2)]
    users = [_person(admin, each, name, mark, team_id=teams[0]) for each in ("una", "eli")]
    users.append(_person(admin, "ugo", name, mark, team_id=teams[1]))
    kpis = [
        admin.define(f"{key}_{name}", {"type": "manual"}, "weekly", name=f"{mark} {key}")["id"]
        for key in ("mood", "rating")
    ]
    assignments = [
        admin.assign(user, kpi, target_value=float(number), **YEAR)["id"] for user in users for kpi in kpis
    ]
    admin.assign_to_company(kpis[0], target_value=float(number), **YEAR)
    admin.watch(kpis[0], 1, "dashboard")
    for user, assignment in zip(
        [users[0]] * 2 + [users[2]] * 2, [*assignments[:2], *assignments[4:]], strict=True
    ):
        admin.measure(user, assignment, float(number) / 2, WEEK)
    run = admin.run(*WEEK)["id"]
    target = admin.post(
        f"/kpis/{kpis[0]}/targets",
        {"target_value": float(number), "period_start": "2025-06-02", "period_end": "2025-06-08"},
    )["id"]
    role = admin.post(
        "/roles", {"name": f"{mark.lower()}_analyst", "permissions": ["kpis.assign", "alerts.manage"]}
    )["id"]
    address = {"channel": "email", "address": f"{mark.lower()}@{name}.test"}
    subscription = admin.post("/alerts/subscriptions", address)["id"]
    return House(
        {
            "user": [*users, *managers],
            "team": teams,
            "definition": kpis,
            "assignment": assignments,
            "run": [run],
            "target": [target],
            "role": [role],
            "subscription": [subscription],
            "company": [admin.me()["company"]["id"]],
            "row": load_packs(admin, mark, number),
        }
    )


def load_packs(caller: Client, mark: str, number: str) -> list[int]:
    """A row in tables of each pack; the job is the caller's own."""
    dates = {"period_start": "2025-03-01", "period_end": "2025-03-31"}
    facts = {"basis_unit": "KM", "total_cost": number, "total_units": 1, "status": "OK"}
    instant = "2025-03-03T10:00:00Z"
    van = {"external_id": mark, "cost": number, "list_price": number, "listed_at": instant}
    loaded = {
        "fleet/snapshots": {"cost_center": mark, **facts, **dates},
        "vehicle-sales/vehicles": van,
        "job-search/jobs": {
            "external_id": mark,
            "title": mark,
            "stage": "APPLIED",
            "heat": 3,
            "archived": False,
        },
    }
    return [_loaded(caller, table, row) for table, row in loaded.items()]


def _loaded(caller: Client, table: str, row: Mapping[str, object]) -> int:
    caller.post(f"/{table}", {"rows": [row]}, 200)
    (found,) = caller.get(f"/{table}")["rows"]
    row_id: int = found["id"]
    return row_id


def crowd(admin: Client, house: House, name: str, mark: str) -> House:
    """More of everything, so that there is more to be tried."""
    more: dict[str, list[int]] = {kind: [] for kind in house.ids}
    for number in range(6):
        more["team"].append(admin.create_team(f"{mark} team {number}")["id"])
        more["user"].append(_person(admin, f"p{number}", name, mark))
        kpi = admin.define(f"kpi_{number}", {"type": "manual"}, "weekly", name=f"{mark} {number}")["id"]
        more["definition"].append(kpi)
        more["assignment"].append(admin.assign(more["user"][-1], kpi, **YEAR)["id"])
        more["run"].append(admin.run(*WEEK)["id"])
        role = {"name": f"{mark.lower()}_{number}", "permissions": ["kpis.assign"]}
        more["role"].append(admin.post("/roles", role)["id"])
    return House({kind: [*house.ids[kind], *more[kind]] for kind in house.ids})


def _person(admin: Client, each: str, name: str, mark: str, **fields: object) -> int:
    user_id: int = admin.create_user(f"{mark} {each}", f"{each}@{name}.test", **fields)["id"]
    return user_id


def lift_ids(stack: RunningStack) -> None:
    """Let every id that is given from now on lie above FAR."""
    connection = stack.database.connect()
    try:
        rows = connection.run(
            "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where c.relkind = 'S' and n.nspname = 'lodestar'"
        )
        for number, (name,) in enumerate(rows or ()):
            connection.run(f"select setval('{name}', {FAR + number * 1000})")
    finally:
        connection.close()


@dataclass(frozen=True)
class Houses:
    """The company that is called from, and the other one."""

    home: House
    away: House
    emails: Mapping[str, str]
    hidden: Mapping[str, list[int]]
    """Ids of the home company that Una and Max may not see anything of."""

    @property
    def far_marks(self) -> list[str]:
        """What no answer may hold: names, numbers and ids of the other company."""
        ids = [str(each) for every in self.away.ids.values() for each in every]
        return [MARK.lower(), FAR_NUMBER, str(float(FAR_NUMBER) / 2), *ids]


def two_companies(stack: RunningStack, found_company: Found, superuser: Client, sign_in: SignIn) -> Houses:
    """Make both."""
    ada = found_company("home")
    home = furnish(ada, "home", "Home", "10")
    hide(ada, home)
    lift_ids(stack)
    eve = found_company(MARK.lower())
    away = crowd(eve, furnish(eve, MARK.lower(), MARK, FAR_NUMBER), MARK.lower(), MARK)
    give_role(ada, home)
    emails = {person: f"{person}@home.test" for person in PEOPLE} | {"root": "superuser@lodestar.local"}
    ugo, moe = home.ids["user"][2], home.ids["user"][4]
    job = {"external_id": HIDDEN, "title": HIDDEN, "stage": "APPLIED", "heat": 3, "archived": False}
    hidden = {
        "user": [ugo, moe],
        "team": home.ids["team"][1:],
        "assignment": home.ids["assignment"][4:],
        "row": [_loaded(sign_in("ugo@home.test"), "job-search/jobs", job)],
    }
    return Houses(home, away, emails, hidden)


def hide(admin: Client, home: House) -> None:
    """Mark what Una and Max may not see: Ugo, his team and his values."""
    ugo, team = home.ids["user"][2], home.ids["team"][1]
    admin.put(f"/users/{ugo}", {"name": f"{HIDDEN} ugo"})
    admin.put(f"/teams/{team}", {"name": f"{HIDDEN} team"})
    for assignment in home.ids["assignment"][4:]:
        change = {"target_value": float(HIDDEN_NUMBER), "effective_from": YEAR["start_date"]}
        admin.put(f"/users/{ugo}/kpis/{assignment}", change)
        body: Any = {"actual_value": float(HIDDEN_NUMBER) / 5, "period_start": WEEK[0], "period_end": WEEK[1]}
        admin.post(f"/users/{ugo}/kpis/{assignment}/measure", body, 200)


def give_role(admin: Client, home: House) -> None:
    eli = home.ids["user"][1]
    (role,) = (each["name"] for each in admin.get("/roles")["roles"] if each["id"] == home.ids["role"][0])
    admin.put(f"/users/{eli}", {"role": role})
