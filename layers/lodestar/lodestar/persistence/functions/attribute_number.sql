-- An attribute of a record as a number. pg_input_is_valid: one bad attribute in one record is a NULL, not a
-- failed KPI for everybody; so is an infinite one, with which nothing can be computed.
create or replace function lodestar.attribute_number(p_attributes jsonb, p_name text) returns numeric
language sql immutable parallel safe as $$
  select case when pg_catalog.pg_input_is_valid(p_attributes ->> p_name, 'numeric') then
    nullif(nullif(nullif((p_attributes ->> p_name)::numeric, 'NaN'), 'Infinity'), '-Infinity') end
$$;
