"""What the database's own catalog says about the isolation of companies."""

from sqlalchemy import Connection, text

from lodestar.packs.registry import migration_histories

EXEMPT = {
    "companies": "read to find out which company a schedule belongs to, before any company is bound",
    "calendars": "beside companies: read to find out what is due there, and listed by the platform",
    "identities": "read to find out which company a token belongs to, before any company is bound",
    "alembic_version": "holds the version of the schema and nothing of any company",
    "sandbox_views": "holds what every company's sandbox is made of, and nothing of any company",
}
"""Tables without row-level security, each with its reason."""

_TABLES = """
select c.oid, c.relname, c.relkind, c.relispartition, c.relrowsecurity, c.relforcerowsecurity
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'lodestar' and c.relkind in ('r', 'p') and not c.relname = any(:exempt)"""

_SECURITY = f"""
with tables as ({_TABLES})
select relname || ': row-level security is not enabled' from tables where not relrowsecurity
union all
select relname || ': row-level security is not forced on its owner' from tables where not relforcerowsecurity
union all
select relname || ': has no policy' from tables t
where not exists (select from pg_policy p where p.polrelid = t.oid)
union all
select t.relname || ': has no column company_id' from tables t
where not exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'company_id')"""

# Both expressions must read the bound company through nullif: '' is what a reused connection holds.
_POLICIES = """
with policies as (
  select c.relname || ', policy ' || p.polname as name, p.polpermissive, p.polcmd,
    coalesce(pg_get_expr(p.polqual, p.polrelid), '') as visible,
    coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') as writable
  from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'lodestar'
),
wanted as (
  select '(company_id = (NULLIF(current_setting(''lodestar.company_id''::text, true), ''''::text))::bigint)'
    as expression
)
select name || ': USING is not the bound company through nullif' from policies, wanted
where visible <> expression
union all
select name || ': WITH CHECK is not the bound company through nullif' from policies, wanted
where writable <> expression"""

_KEYS = f"""
with tables as ({_TABLES}),
keys as (
  select t.relname, k.conname, k.contype, a.attname as first_column
  from tables t join pg_constraint k on k.conrelid = t.oid and k.contype in ('p', 'u', 'f')
  join pg_attribute a on a.attrelid = t.oid and a.attnum = k.conkey[1]
  union all
  select t.relname, i.relname, 'i', a.attname
  from tables t join pg_index x on x.indrelid = t.oid and x.indisunique
  join pg_class i on i.oid = x.indexrelid
  left join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0]
)
select distinct relname || ', key ' || conname || ': does not start with company_id'
from keys where first_column is distinct from 'company_id'"""

_GRANTS = """
select c.relname || ': ' || g.grantee || ' has ' || g.privilege_type
from pg_class c join pg_namespace n on n.oid = c.relnamespace,
lateral (
  select case when a.grantee = 0 then 'everybody' else a.grantee::regrole::text end as grantee,
    a.privilege_type
  from aclexplode(c.relacl) a where a.grantee <> c.relowner) as g
where n.nspname = 'lodestar' and c.relkind in ('r', 'p') and g.privilege_type in ('TRUNCATE', 'REFERENCES')"""

_VIEWS = """
with recursive reads(view, relation) as (
  select distinct w.ev_class, d.refobjid from pg_rewrite w
  join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
    and d.refclassid = 'pg_class'::regclass and d.refobjid <> w.ev_class
  union
  select r.view, d.refobjid from reads r join pg_rewrite w on w.ev_class = r.relation
  join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
    and d.refclassid = 'pg_class'::regclass and d.refobjid <> w.ev_class
),
over_rows as (
  select distinct v.oid, v.relkind, coalesce(v.reloptions, '{}') as options,
    v.oid::regclass::text as name
  from reads r join pg_class v on v.oid = r.view join pg_class t on t.oid = r.relation
  where t.relrowsecurity
)
select name || ': a materialized view keeps the rows of every company' from over_rows where relkind = 'm'
union all
select name || ': a view without security_barrier or security_invoker' from over_rows
where relkind = 'v' and not options && '{security_barrier=true, security_invoker=true, security_barrier=on,
  security_invoker=on}'"""

_FUNCTIONS = """
select p.oid::regprocedure::text || ': SECURITY DEFINER without a fixed search_path'
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema')
  and not exists (select from unnest(p.proconfig) as c where c like 'search_path=%')"""

_CHECKS = (_SECURITY, _POLICIES, _KEYS, _GRANTS, _VIEWS, _FUNCTIONS)


def defects(connection: Connection) -> list[str]:
    """Everything in the catalog that would let one company reach another one's rows."""
    versions = [
        migration_history.version_table for migration_history in migration_histories()
    ]  # as alembic_version, each for a pack
    exempt = {"exempt": [*EXEMPT, *versions]}
    found: list[str] = []
    for check in _CHECKS:
        found += connection.execute(text(check), exempt if ":exempt" in check else {}).scalars()
    return sorted(found)
