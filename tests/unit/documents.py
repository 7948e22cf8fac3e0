"""The tables of the documents, for tests that hold them to the code."""

import re
from pathlib import Path

RULES = Path(__file__).parents[2] / "docs" / "rules"

type Row = dict[str, str]


def table(page: str, *titles: str) -> list[Row]:
    """The rows of the one table of a page with these columns, by column; cells without their backticks."""
    lines = (RULES / page).read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if _cells(line) == list(titles)]
    (start,) = starts  # a table that nobody finds would be held to nothing
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(dict(zip(titles, _cells(line), strict=True)))
    assert rows
    return rows


def limits(page: str) -> dict[str, int]:
    """The table of a page's limits."""
    return {row["limit"]: int(row[""]) for row in table(page, "limit", "")}


def _cells(line: str) -> list[str]:
    if not line.startswith("|"):
        return []
    return [_bare(cell.strip()) for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]


def _bare(cell: str) -> str:
    return cell[1:-1] if cell.startswith("`") and cell.endswith("`") and cell.count("`") == 2 else cell
