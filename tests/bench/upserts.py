"""Rows 8 and 9: 10,000 measurements written, and written again with nothing changed."""

from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from lodestar.domain.measurements import Measurement
from lodestar.domain.periods import Cadence
from tests.bench.measure import Finding, interleaved, ratio, seconds
from tests.bench.stage import Stage

ROUNDS = 9
ASSIGNMENTS, DAYS = 1_000, 10
FIRST = date(2026, 3, 2)

_FILL_STAGING = """
create table lodestar.staging (like lodestar.measurements including all);
insert into lodestar.staging select * from lodestar.measurements where company_id = {company};
grant select on lodestar.staging to lodestar_app;
analyze lodestar.staging;
"""
_UPSERT = """
insert into lodestar.measurements as m select * from lodestar.staging
on conflict (company_id, assignment_id, period_start, period_end) do update set
  definition_version = excluded.definition_version, value = excluded.value,
  no_data_reason = excluded.no_data_reason, missing_data = excluded.missing_data,
  target_low = excluded.target_low, target_high = excluded.target_high,
  target_origin = excluded.target_origin, weight = excluded.weight, score_cap = excluded.score_cap,
  covered_days = excluded.covered_days, is_partial = excluded.is_partial,
  achievement = excluded.achievement, status = excluded.status,
  state = excluded.state, run_id = excluded.run_id, calculated_at = excluded.calculated_at,
  revision = m.revision + 1"""


@dataclass(frozen=True, slots=True)
class Writing:
    """The two ways of writing, and what is written."""

    stage: Stage
    rows: list[Measurement]

    def ours(self) -> float:
        """Seconds of a first write by the store."""
        self._empty()
        return seconds(self._write)

    def floor(self) -> float:
        """Seconds of a first write from a staging table inside the server, under the same policies."""
        self._empty()
        return seconds(lambda: self.stage.tenant.run(_UPSERT))

    def again(self) -> tuple[float, float]:
        """Time and WAL of a repeat, each ÷ those of a first write."""
        self._empty()
        first, repeat = self._cost(), self._cost()
        return repeat[0] / first[0], repeat[1] / first[1]

    def _cost(self) -> tuple[float, float]:
        before = self._wal()
        return seconds(self._write), self._wal() - before

    def _write(self) -> None:
        self.stage.tenant.write(self.rows)

    def _wal(self) -> float:
        ((position,),) = self.stage.superuser.run("select pg_current_wal_insert_lsn() - '0/0'")
        return float(position)

    def _empty(self) -> None:
        self.stage.superuser.run("delete from lodestar.measurements")
        self.stage.superuser.run(f"vacuum lodestar.measurements_{FIRST:%Y_%m}")


def upsert_findings(stage: Stage) -> list[Finding]:
    """Measure both rows on the stage's company."""
    writing = Writing(stage, _rows(stage))
    stage.tenant.write(writing.rows)
    stage.superuser.run(_FILL_STAGING.format(company=stage.tenant.id))
    costs = interleaved(ROUNDS, {"ours": writing.ours, "floor": writing.floor})
    repeats = [writing.again() for _ in range(ROUNDS)]
    time, wal = (median(each) for each in zip(*repeats, strict=True))
    count = f"{len(writing.rows):,}"
    return [
        Finding(
            "8",
            f"upsert of {count} measurements ÷ server-side upsert",
            1.4,
            ratio(costs["ours"], costs["floor"]),
        ),
        Finding("9", f"the same {count} again, nothing changed ÷ first: time", 0.3, time),
        Finding("9", "… WAL bytes", 0.01, wal),
    ]


def _rows(stage: Stage) -> list[Measurement]:
    """As a backfill of ten days makes them: a day's measurements share its period, the last day is news."""
    definition = stage.tenant.definition()
    assignments = stage.assign(definition, stage.crowd(ASSIGNMENTS), aim=10)
    rows = []
    for day in (FIRST + timedelta(days=number) for number in range(DAYS)):
        period = stage.tenant.company.calendar.containing(Cadence.DAILY, day)
        for assignment in assignments:
            value = f"{assignment.id % 97}.{day.day}"
            news = day == FIRST + timedelta(days=DAYS - 1)
            rows.append(
                stage.tenant.measurement(assignment, definition, day, value, period=period, is_news=news)
            )
    return rows
