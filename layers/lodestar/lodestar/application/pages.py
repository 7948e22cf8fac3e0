"""A page of a list, read as the last statement of a unit of work."""

from lodestar.application.access import require_found
from lodestar.application.work import Work
from lodestar.wire.paging import PageQuery


def read_page_and_commit(name: str, query: PageQuery, work: Work, **filters: object) -> str:
    """A page of the company's list of that name, as JSON text; the query's own fields are filters too."""
    own = query.model_dump(exclude={"limit", "cursor"})
    parameters = {"limit": query.limit, "cursor": query.after_id, **own, **filters}
    return require_found(work.views.read_and_commit(name, parameters), name)
