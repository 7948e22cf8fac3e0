"""Raw records in the database."""

from collections.abc import Mapping, Sequence
from typing import Any

from lodestar.persistence.kernel.session import SqlStore
from lodestar.wire.exact_json import to_json

# A row that is there with the same content is not written again. The order is that
# of the key, so that of two calls with the same rows neither waits for the other while that one waits for it.
# Binds :company, :rows.
_UPSERT = """
with incoming as materialized (
  select source, external_id, occurred_at, user_id, round(value, 4) as value, attributes
  from jsonb_to_recordset(cast(:rows as jsonb)) as t(
    source text, external_id text, occurred_at timestamptz, user_id bigint, value numeric, attributes jsonb)
),
written as (
  insert into lodestar.records as r
    (company_id, source, external_id, occurred_at, user_id, value, attributes)
  select :company, i.* from incoming i
  where not exists (
    select from lodestar.records r
    where r.company_id = :company and r.source = i.source and r.external_id = i.external_id
      and (r.occurred_at, r.user_id, r.value, r.attributes)
        is not distinct from (i.occurred_at, i.user_id, i.value, i.attributes))
  order by i.source, i.external_id
  on conflict (company_id, source, external_id) do update set
    occurred_at = excluded.occurred_at, user_id = excluded.user_id, value = excluded.value,
    attributes = excluded.attributes, updated_at = now()
  returning (xmax = 0) as is_new
)
select count(*) filter (where is_new) as created, count(*) filter (where not is_new) as updated,
  (select count(*) from incoming) - count(*) as unchanged
from written"""


class SqlRecords(SqlStore):
    """Records of the bound company."""

    def upsert_records(self, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
        """Write facts by (source, external_id): how many were created, updated and unchanged."""
        return self._session.one(_UPSERT, rows=to_json(list(rows)))
