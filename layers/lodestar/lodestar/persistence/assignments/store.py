"""Assignments and their targets, of people, teams and the bound company itself."""

from lodestar.persistence.assignments.assignments import SqlAssignments
from lodestar.persistence.assignments.company_kpis import SqlCompanyKpis, SqlCompanyTargets
from lodestar.persistence.assignments.targets import SqlTargets


class SqlAssignmentStore(SqlAssignments, SqlTargets, SqlCompanyKpis, SqlCompanyTargets):
    """Assignments and their targets, of people, teams and the bound company itself."""
