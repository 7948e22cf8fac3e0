"""SQL for shapes that several views share."""

TARGET = """case when {0}.target_low is null then null
  when {1}.target_type = 'range' then json_build_object('min', {0}.target_low, 'max', {0}.target_high)
  else to_json({0}.target_low) end"""
"""A target as the API shows it: a number, or min and max. {0} holds the bounds, {1} the definition."""

IN_SCOPE = """(cast(:everything as boolean) or {0}.category = any(cast(:categories as text[]))
    or {0}.id = any(cast(:granted as bigint[])))"""
"""Whether a caller may see the numbers of the company's KPI {0}: domain.permissions.KpiScope in SQL."""


def listed(name: str, rows: str, key: str = "id", order: str = "asc") -> str:
    """A page of `rows` (columns `key` and `json`) after `:cursor`, as `{name: […], next_cursor}`.

    One row more than asked for is read: it tells whether there is a next page.
    """
    beyond, last = (">", "max") if order == "asc" else ("<", "min")
    return f"""
with row as ({rows}),
page as (
  select * from row
  where cast(:cursor as bigint) is null or {key} {beyond} cast(:cursor as bigint)
  order by {key} {order} limit cast(:limit as bigint) + 1
),
shown as (select * from page order by {key} {order} limit cast(:limit as bigint))
select json_build_object(
  '{name}', coalesce((select json_agg(json order by {key} {order}) from shown), '[]'),
  'next_cursor', case when (select count(*) from page) > cast(:limit as bigint)
    then cast((select {last}({key}) from shown) as text) end)"""
