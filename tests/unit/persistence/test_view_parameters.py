"""What a view says that it binds is what its statement binds."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from lodestar.domain.periods import Calendar, WeekStart
from lodestar.persistence import all_views
from lodestar.persistence.all_views import VIEWS
from lodestar.persistence.values.score_parts import calendar_parameters

OF_CALENDAR = calendar_parameters(Calendar("UTC", WeekStart.MONDAY, 1), [], 0).keys()
SAID = re.compile(r"^    # Binds ((?:[^\n]|\n    # )*)\.\n    \"(\w+)\": ", re.MULTILINE)
SOURCES = "".join(
    file.read_text(encoding="utf-8") for file in Path(all_views.__file__).parent.rglob("*views.py")
)
SAYINGS = {name: said for said, name in SAID.findall(SOURCES)}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_says_what_it_binds(name: str) -> None:
    bound = text(VIEWS[name]).compile().params.keys()
    wanted = {"calendar" if parameter in OF_CALENDAR else parameter for parameter in bound}
    assert sorted(re.findall(r":(\w+)", SAYINGS[name])) == sorted(wanted)
