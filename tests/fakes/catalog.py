"""A small catalog of ready-made KPIs, and the same some time later."""

from pathlib import Path
from typing import Any

from lodestar.packs.catalog.entries import Catalog
from lodestar.packs.catalog.loading import load_catalog

SALES = """
category: sales
entries:
  - key: calls
    version: 1
    name: Calls
    description: Calls that were made.
    unit: count
    aggregation_period: daily
    target_type: higher_better
    rollup: sum
    team_types: [sales]
    data_source: {type: records, source: calls}
  - key: deals
    version: 1
    name: Deals
    description: Deals that were closed.
    unit: count
    aggregation_period: daily
    target_type: higher_better
    data_source: {type: records, source: deals}
  - key: a_rate
    version: 1
    name: Rate
    description: Deals for a hundred calls.
    unit: "%"
    aggregation_period: daily
    target_type: higher_better
    team_types: [sales]
    data_source:
      type: formula
      formula: 100 * won / made
      inputs:
        - {variable: won, source: {type: kpi, key: deals}}
        - {variable: made, source: {type: kpi, key: calls}}
"""
SUPPORT = """
category: customer_support
entries:
  - key: mood
    version: 1
    name: Mood
    description: How the team feels, from 1 to 5.
    unit: score
    aggregation_period: weekly
    target_type: higher_better
    team_types: [sales, operations]
    data_source: {type: manual, allowed_range: {min: 1, max: 5}}
"""
NEWER = SALES.replace("version: 1\n    name: Calls\n", "version: 2\n    name: Calls out\n").replace(
    "source: calls}", "source: calls, filters: {direction: out}}"
)
"""In which `calls` has a second version."""


def catalog_of(folder: Path, **files: str) -> Catalog:
    """The catalog of these texts, and of what is in the folder already, by name of the file."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_catalog([folder])


def outcomes(entries: list[Any]) -> dict[str, str]:
    """What became of each entry, by its key."""
    return {entry["key"]: entry["outcome"] for entry in entries}
