"""The functions of the database: each is a file in `persistence/functions`; no migration words it anew."""

from pathlib import Path

FUNCTIONS = Path(__file__).parents[1] / "functions"
"""`<name>.sql` makes the function of that name as it is now, and says who may call it."""


def sql_function(name: str) -> str:
    """The statements that make a function, or put its present text in the place of an older one.

    A migration runs them for a new function, and again after its file has changed. All migrations see the
    present text: what it reads has to be there when the first of them runs.
    """
    return (FUNCTIONS / f"{name}.sql").read_text(encoding="utf-8")
