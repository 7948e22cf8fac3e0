from local.postgres import Database
from lodestar.persistence.kernel.connection import OneTripConnection
from tests.integration.tenants import Tenant, sandbox_logins


def test_a_company_logs_into_its_sandbox_with_the_password_that_is_derived_for_it(
    database: Database, tenant: Tenant
) -> None:
    tenant.sandbox()

    connection = OneTripConnection(sandbox_logins(database)(tenant.id))

    assert connection.execute_unnamed("select count(*) from support_cases").rows == [[0]]
    connection.close()
