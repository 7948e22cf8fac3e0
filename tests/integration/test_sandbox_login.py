from local.postgres import Database
from lodestar.persistence.connection import OneTripConnection
from tests.integration.tenants import SANDBOX_PASSWORD, Tenant, address_of


def test_a_company_logs_into_its_sandbox_with_the_password_that_is_derived_for_it(
    database: Database, tenant: Tenant
) -> None:
    with tenant.work() as work:
        work.companies.make_sandbox()
        work.commit()

    password = SANDBOX_PASSWORD.format(tenant.id)
    connection = OneTripConnection(address_of(database, f"lodestar_company_{tenant.id}", password))

    assert connection.execute_unnamed("select count(*) from support_cases").rows == [[0]]
    connection.close()
