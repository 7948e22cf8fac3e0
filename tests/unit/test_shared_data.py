import json
from pathlib import Path

import pytest

from tests import shared_data
from tests.shared_data import hostile_cases, is_shared, needs_shared

HOSTILE = "hostile/csv.json"


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of the shared data, which nobody demands."""
    monkeypatch.setattr(shared_data, "SHARED", tmp_path)
    monkeypatch.delenv("LODESTAR_SHARED_REQUIRED", raising=False)
    return tmp_path


def test_absent_data_is_no_error_and_skips_what_needs_it(beside: Path) -> None:
    assert not is_shared(HOSTILE)
    assert hostile_cases("csv") == []
    assert needs_shared(HOSTILE).args == (True,)


def test_absent_data_that_is_required_stops_the_tests_by_name(
    beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LODESTAR_SHARED_REQUIRED", "1")
    for demand in (is_shared, needs_shared):
        with pytest.raises(FileNotFoundError, match=r"hostile/csv\.json"):
            demand(HOSTILE)
    with pytest.raises(FileNotFoundError, match=r"hostile/csv\.json"):
        hostile_cases("csv")


def test_data_that_is_there_is_used(beside: Path) -> None:
    cases = [{"id": "CSV-01", "payload": "=1+1"}]
    (beside / "hostile").mkdir()
    (beside / HOSTILE).write_text(json.dumps(cases), encoding="utf-8")
    assert is_shared(HOSTILE)
    assert hostile_cases("csv") == cases
    assert needs_shared(HOSTILE).args == (False,)
