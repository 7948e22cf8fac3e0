"""The cases that prove the catalog: what each entry gives for some records, worked out by hand.

`cases/<category>.yaml` has them by the key of their entry:

    win_rate:
      period: 2026-03-02          # any day of the period; in 2026, or late enough in 2025
      subject: company            # whom the entry is measured for: company (the default) or user
      records:
        - {source: deals, at: 2026-03-03T10:00:00Z, value: 500, attributes: {stage: won}}
        - {source: deals, at: 2026-03-03T10:00:00Z, value: 300, attributes: {stage: lost}, user: other}
      answer: "50.0000"           # with four decimals, as it is stored; or `no_data: division_by_zero`
      why: 1 of 2 closed deals was won

The company lives in UTC, and its week starts on Monday. A record without a `user` belongs to the measured user,
or to nobody where the company is measured; any other name is somebody else of the company. `at` is the record's
`occurred_at`; its `external_id` is its place in the list. A key may have a list of cases. Each case should have
records that must not count: of another period, another kind, another user.

Whatever an entry is computed from is installed and assigned to the same subject without being named. One that is
rolled up from people is assigned to everybody in the records too.

The case of a manual entry has no records but `accepts` and `refuses`, lists of values to be entered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lodestar.packs.catalog.loading import read_yaml

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True, slots=True)
class Case:
    """What is said of the entry of a key; the `number`-th case of it."""

    key: str
    number: int
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What the test of it is called."""
        return self.key if self.number == 1 else f"{self.key}-{self.number}"

    @property
    def day(self) -> date:
        """A day of the measured period."""
        day: date = self.body["period"]
        return day

    @property
    def is_of_user(self) -> bool:
        """Whether a person is measured, and not the company."""
        return bool(self.body.get("subject") == "user")

    @property
    def is_manual(self) -> bool:
        """Whether values are entered, not calculated."""
        return "accepts" in self.body

    @property
    def expected(self) -> dict[str, str]:
        """The answer, or why there is none."""
        return {name: self.body[name] for name in ("answer", "no_data") if name in self.body}


def all_cases() -> list[Case]:
    """Every case of every file."""
    files = [read_yaml(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.yaml"))]
    return [
        Case(key, number, body)
        for file in files
        for key, given in file.items()
        for number, body in enumerate(given if isinstance(given, list) else [given], 1)
    ]
