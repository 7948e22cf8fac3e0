-- An attribute of a record as a number of at most 40 digits with a point and an exponent of two: what is none is a NULL. So
-- one bad attribute in one record is no failed KPI for everybody, an infinite one none with which nothing can
-- be computed, and "1e131071" none that keeps a query busy for long.
create or replace function lodestar.attribute_number(p_attributes jsonb, p_name text) returns numeric
language sql immutable parallel safe as $$
  select case when p_attributes ->> p_name ~ '^\s*[+-]?[0-9.]{1,41}([eE][+-]?[0-9]{1,2})?\s*$'
    and pg_catalog.pg_input_is_valid(p_attributes ->> p_name, 'numeric') then
    (p_attributes ->> p_name)::numeric end
$$;
