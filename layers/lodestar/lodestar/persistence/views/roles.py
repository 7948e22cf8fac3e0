"""A company's own roles as the API shows them."""

from lodestar.persistence.views.shapes import listed

_ROLE = """select r.id, json_build_object('id', r.id, 'name', r.name, 'description', r.description,
  'permissions', r.permissions) as json
from lodestar.roles r where r.company_id = :company"""

# `built_in`: the roles that every company has, as JSON.
_LIST = f"""select cast(page.v as jsonb) || jsonb_build_object('built_in', cast(:built_in as jsonb))
from ({listed("roles", _ROLE)}) as page(v)"""

ROLES = {
    # Binds :company, :id.
    "role": f"select json from ({_ROLE}) as r where r.id = :id",
    # Binds :company, :built_in, :cursor, :limit.
    "roles": _LIST,
}
