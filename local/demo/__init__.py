"""The demo company of `make up`, made through the public HTTP API and so also an example of its use."""

from collections.abc import Mapping

import httpx

from local.demo.api import Api
from local.demo.company import COMPANY, check_complete, set_up
from local.demo.people import ADMIN_EMAIL, MANAGER_EMAIL, STRUGGLER
from local.demo.table import overview
from local.parameters import SUPERUSER_EMAIL
from local.running_stack import RunningStack


def load(running: RunningStack) -> Mapping[str, str]:
    """Make the demo company unless it exists, print how its people do; an email address for each role.

    Raises:
        CannotRun: the API refused a step, or an earlier set-up was interrupted.
    """
    with httpx.Client(base_url=running.base_url, timeout=60) as http:
        superuser = Api(http, running.token_for(SUPERUSER_EMAIL))
        if COMPANY in (company["name"] for company in superuser.everything("/api/companies", "companies")):
            admin = Api(http, running.token_for(ADMIN_EMAIL))
            check_complete(admin)
        else:
            print(f"Making the demo company, {COMPANY} …", flush=True)
            admin = set_up(running, http, superuser)
        print(overview(admin))
    return {"user": STRUGGLER.email, "manager": MANAGER_EMAIL, "admin": ADMIN_EMAIL}
