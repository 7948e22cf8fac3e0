"""How long the statements of the largest batch take: 500 people × 20 daily KPIs × 92 days, on a fresh Postgres.

Run by `python -m tests.bench.large_batch [people]`. No statement may take 5 s.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from time import monotonic

from sqlalchemy import event

from local.postgres import Database, describe, postgres
from lodestar.domain.measurements import Measurement, Outcome, SlotOutcome
from lodestar.domain.runs import BatchPlan, BatchSubjects, NewRun, RunKind, SentBatch
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.conftest import migrate
from tests.integration.tenants import NOW, Tenant, context_of, new_tenant, point, user_days

KPIS, DAYS = 20, 92
FIRST = date(2026, 1, 1)
MAX_SECONDS = 5.0


@contextmanager
def database() -> Iterator[Database]:
    """A fresh Postgres, migrated."""
    with tempfile.TemporaryDirectory(prefix="lodestar-bench-", ignore_cleanup_errors=True) as folder:
        room = Path(folder)
        room.chmod(0o755)
        (room / "logs").mkdir()
        described = describe(room)
        with postgres(room, described):
            migrate(described)
            yield described


def timed(context: WorkContext) -> list[tuple[float, str]]:
    """The statements from now on, each with its seconds."""
    found: list[tuple[float, str]] = []
    began: list[float] = []
    event.listen(context.engine, "before_cursor_execute", lambda *_: began.append(monotonic()))
    event.listen(
        context.engine,
        "after_cursor_execute",
        lambda _, __, sql, *___: found.append((monotonic() - began.pop(), sql)),
    )
    return found


def values_of(tenant: Tenant, people: list[int]) -> list[Measurement]:
    """A value of each person, KPI and day."""
    days = [FIRST + timedelta(days=day) for day in range(DAYS)]
    assigned = [
        (tenant.assignment(definition, user_id, target=point(100)), definition)
        for definition in [tenant.definition() for _ in range(KPIS)]
        for user_id in people
    ]
    return [
        tenant.measurement(assignment, definition, day, "50")
        for day in days
        for assignment, definition in assigned
    ]


def main(people_count: int) -> int:
    """Write one batch; 0 if every statement was quick enough."""
    with database() as described:
        context = context_of(described)
        tenant = new_tenant(context)
        people = [tenant.user() for _ in range(people_count)]
        rows = values_of(tenant, people)
        last = FIRST + timedelta(days=DAYS - 1)
        with tenant.work() as work:
            plan = BatchPlan(0, FIRST, last, BatchSubjects.USERS, tuple(people), ())
            run_id = work.calculation.add_run(NewRun(RunKind.BACKFILL, None, FIRST, last, "", NOW), [plan])
            assert run_id is not None
            work.commit()
        print(f"{len(rows)} values of {people_count} people")
        statements, began = timed(context), monotonic()
        with tenant.work() as work:
            batch = work.calculation.take_batch(SentBatch(run_id, 1, 1), NOW)
            assert batch is not None
            outcomes = [Outcome(row.slot.key, 1, SlotOutcome.COMPUTED) for row in rows]
            work.calculation.finish_batch(batch, outcomes, NOW)
            work.values.write_measurements(rows, NOW, run_id)
            days = sorted({row.slot.period.start for row in rows})
            work.values.write_scores(user_days(people, days), tenant.company.calendar, NOW)
            work.commit()
        print(f"{monotonic() - began:.1f} s in all, {len(statements)} statements; the longest:")
        for seconds, sql in sorted(statements, reverse=True)[:8]:
            print(f"{seconds:6.2f} s  {' '.join(sql.split())[:90]}")
        context.engine.dispose()
        return int(max(statements)[0] > MAX_SECONDS)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 500))
