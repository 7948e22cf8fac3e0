-- An attribute of a record as an instant, written as in ISO 8601 with the day first: what is none is a NULL. So
-- one bad attribute in one record is no failed KPI for everybody, an infinite one none with which nothing can
-- be computed, and "now" or "today" no value that changes with the hour at which it is read.
create or replace function lodestar.attribute_time(p_attributes jsonb, p_name text) returns timestamptz
language sql stable parallel safe as $$
  select case when p_attributes ->> p_name
      ~ '^\s*\d{4}-?\d{2}-?\d{2}([Tt ][0-9:.,]{2,18} ?([Zz]|UTC|GMT|[+-][0-9:]{2,8})?)?\s*$'
    and pg_catalog.pg_input_is_valid(p_attributes ->> p_name, 'timestamptz') then
    (p_attributes ->> p_name)::timestamptz end
$$;
