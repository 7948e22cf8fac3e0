"""Partial updates: what a body asks to change."""

from collections.abc import Collection
from typing import Any

from lodestar.wire.bodies import Body


def given_fields(change: Body, clearable: Collection[str] = ()) -> dict[str, Any]:
    """The fields that a body names, by name. A null counts where it clears a field, else it asks nothing."""
    values = {name: getattr(change, name) for name in change.model_fields_set}
    return {name: value for name, value in values.items() if value is not None or name in clearable}
