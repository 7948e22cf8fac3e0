"""A typed client of Lodestar. Made from the OpenAPI document by `make openapi`: change that, not this."""

import httpx

from lodestar_client.api.alerts import AlertsApi
from lodestar_client.api.assignments import AssignmentsApi
from lodestar_client.api.audit import AuditApi
from lodestar_client.api.catalog import CatalogApi
from lodestar_client.api.companies import CompaniesApi
from lodestar_client.api.definitions import DefinitionsApi
from lodestar_client.api.exports import ExportsApi
from lodestar_client.api.fleet import FleetApi
from lodestar_client.api.grants import GrantsApi
from lodestar_client.api.health import HealthApi
from lodestar_client.api.job_search import JobSearchApi
from lodestar_client.api.kpis import KpisApi
from lodestar_client.api.me import MeApi
from lodestar_client.api.openapi import OpenapiApi
from lodestar_client.api.records import RecordsApi
from lodestar_client.api.roles import RolesApi
from lodestar_client.api.runs import RunsApi
from lodestar_client.api.targets import TargetsApi
from lodestar_client.api.teams import TeamsApi
from lodestar_client.api.users import UsersApi
from lodestar_client.api.values import ValuesApi
from lodestar_client.api.vehicle_sales import VehicleSalesApi
from lodestar_client.core import Core, Detail, LodestarError, Refused, Unreachable


class Lodestar:
    """The operations by tag: `Lodestar(httpx.Client(base_url=…), token).users.list()`."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self.core = core = Core(http, token)
        self.alerts = AlertsApi(core)
        self.assignments = AssignmentsApi(core)
        self.audit = AuditApi(core)
        self.catalog = CatalogApi(core)
        self.companies = CompaniesApi(core)
        self.definitions = DefinitionsApi(core)
        self.exports = ExportsApi(core)
        self.fleet = FleetApi(core)
        self.grants = GrantsApi(core)
        self.health = HealthApi(core)
        self.job_search = JobSearchApi(core)
        self.kpis = KpisApi(core)
        self.me = MeApi(core)
        self.openapi = OpenapiApi(core)
        self.records = RecordsApi(core)
        self.roles = RolesApi(core)
        self.runs = RunsApi(core)
        self.targets = TargetsApi(core)
        self.teams = TeamsApi(core)
        self.users = UsersApi(core)
        self.values = ValuesApi(core)
        self.vehicle_sales = VehicleSalesApi(core)


__all__ = ["Detail", "Lodestar", "LodestarError", "Refused", "Unreachable"]
