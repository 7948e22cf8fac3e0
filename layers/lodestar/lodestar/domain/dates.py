"""Two dates that belong together: a first day and a last one, both inclusive."""

from datetime import date

from lodestar.domain.refusals import InvalidRequest


def order_problem(
    first: date, last: date, first_name: str = "period_start", last_name: str = "period_end"
) -> str | None:
    """What is wrong with two dates of which the last lies before the first; None where nothing is.

    The names are those of the fields that the dates came in.
    """
    if last < first:
        return f"{last_name} {last} must not lie before {first_name} {first}."
    return None


def require_order(
    first: date, last: date, first_name: str = "period_start", last_name: str = "period_end"
) -> None:
    """InvalidRequest for a range of dates that ends before it begins."""
    problem = order_problem(first, last, first_name, last_name)
    if problem is not None:
        raise InvalidRequest(problem)
