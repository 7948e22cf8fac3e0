"""Raw records in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from lodestar.application.values.ports import InstantsBeyond, WrittenRecords
from lodestar.persistence.kernel.session import SqlStore
from lodestar.wire.exact_json import to_json

# A row that is there with the same content is not written again. The order is that
# of the key, so that of two calls with the same rows neither waits for the other while that one waits for it.
# Binds :company, :rows, :since (a JSON array of sources, each with an instant).
_UPSERT = """
with incoming as materialized (
  select source, external_id, occurred_at, user_id, round(value, 4) as value, attributes
  from jsonb_to_recordset(cast(:rows as jsonb)) as t(
    source text, external_id text, occurred_at timestamptz, user_id bigint, value numeric, attributes jsonb)
),
compared as materialized (
  select i.*, r.occurred_at as occurred_before,
    r.company_id is not null and (r.occurred_at, r.user_id, r.value, r.attributes)
      is not distinct from (i.occurred_at, i.user_id, i.value, i.attributes) as is_same
  from incoming i
  left join lodestar.records r
    on r.company_id = :company and r.source = i.source and r.external_id = i.external_id
),
written as (
  insert into lodestar.records as r
    (company_id, source, external_id, occurred_at, user_id, value, attributes)
  select :company, c.source, c.external_id, c.occurred_at, c.user_id, c.value, c.attributes
  from compared c where not c.is_same
  order by c.source, c.external_id
  on conflict (company_id, source, external_id) do update set
    occurred_at = excluded.occurred_at, user_id = excluded.user_id, value = excluded.value,
    attributes = excluded.attributes, updated_at = now()
  returning source, external_id, (xmax = 0) as is_new
),
moments as (
  select w.is_new, least(c.occurred_at, c.occurred_before) as first,
    greatest(case when c.occurred_at < s.since then c.occurred_at end,
      case when c.occurred_before < s.since then c.occurred_before end) as last_beyond
  from written w join compared c using (source, external_id)
  left join jsonb_to_recordset(cast(:since as jsonb)) as s(source text, since timestamptz) using (source)
)
select count(*) filter (where is_new) as created, count(*) filter (where not is_new) as updated,
  count(last_beyond) as rows_beyond, min(first) filter (where last_beyond is not null) as first_beyond,
  max(last_beyond) as last_beyond
from moments"""


class SqlRecords(SqlStore):
    """Records of the bound company."""

    def upsert_records(
        self, rows: Sequence[Mapping[str, Any]], since: Mapping[str, datetime] = MappingProxyType({})
    ) -> WrittenRecords:
        """Write facts by (source, external_id), each once; what is equal is not touched.

        `since` tells, by source, the instant before which nothing is looked at again.
        """
        limits = [{"source": source, "since": instant} for source, instant in since.items()]
        row = self._session.one(_UPSERT, rows=to_json(list(rows)), since=to_json(limits))
        beyond = None
        if row["rows_beyond"]:
            beyond = InstantsBeyond(row["rows_beyond"], row["first_beyond"], row["last_beyond"])
        return WrittenRecords(row["created"], row["updated"], beyond)
