-- Half-even to two decimals, as domain.scoring rounds: Postgres itself rounds halves away from zero.
create or replace function lodestar.two_decimals(p_value numeric) returns numeric
language sql immutable parallel safe as $$
  select case when abs(p_value * 100 - trunc(p_value * 100)) = 0.5
              then round(round(p_value * 50) / 50, 2) else round(p_value, 2) end
$$;
