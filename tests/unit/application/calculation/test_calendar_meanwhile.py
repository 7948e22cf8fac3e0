"""A batch that read the old calendar writes nothing by it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from lodestar.application.calculation.ports import SourceRequest
from lodestar.domain.refusals import Contended
from lodestar.domain.values import Value
from tests.fakes.work import FakeWork
from tests.unit.application.calculation.firm import MONDAY, TUESDAY, Firm


@dataclass
class Mover:
    """A source during whose answer the company moves, once."""

    work: FakeWork
    moved: bool = False

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        if not self.moved:
            self.moved = True
            company = self.work.people.company()
            calendar = company.calendar.changed(MONDAY, {"timezone": "Asia/Tokyo"})
            self.work.people.save_company(replace(company, calendar=calendar))
        return dict.fromkeys(request.subjects, Decimal(5))


def test_a_batch_during_which_the_calendar_changes_writes_nothing_and_comes_again() -> None:
    firm = Firm()
    firm.source = Mover(firm.work)
    assigned = firm.assign(firm.kpi(), user=firm.user())
    run_id = firm.run(MONDAY, TUESDAY)
    with pytest.raises(Contended, match="calendar has changed"):
        firm.work_on(run_id)
    assert firm.work.values.stored == {}
    firm.work_on(run_id)
    assert firm.value_of(assigned, MONDAY) == 5
