-- An attribute of a record as an instant. pg_input_is_valid: one bad attribute in one record is a NULL, not a
-- failed KPI for everybody; so is an infinite one, with which nothing can be computed.
create or replace function lodestar.attribute_time(p_attributes jsonb, p_name text) returns timestamptz
language sql stable parallel safe as $$
  select case when pg_catalog.pg_input_is_valid(p_attributes ->> p_name, 'timestamptz') then
    nullif(nullif((p_attributes ->> p_name)::timestamptz, 'infinity'), '-infinity') end
$$;
