-- How far a value meets a target: percent, 0 to 999.99, two decimals half-even. The rule is that of
-- domain/scoring.py: here it judges a value that is carried over against the target of another period.
create or replace function lodestar.achievement(p_value numeric, p_low numeric, p_high numeric, p_target_type text)
returns numeric language sql immutable parallel safe set search_path = '' as $$
  select case
    when p_value is null or p_low is null then null
    when aim = 0 then case when gain >= 0 then 100.00 else 0.00 end
    else lodestar.two_decimals(least(greatest(100 + 100 * gain / abs(aim), 0), 999.99)) end
  from (
    select case p_target_type when 'higher_better' then p_low when 'lower_better' then p_high else nearest end as aim,
      case p_target_type when 'higher_better' then p_value - p_low when 'lower_better' then p_high - p_value
        else -abs(p_value - nearest) end as gain
    from (select least(greatest(p_value, p_low), p_high) as nearest) as n) as judged
$$;
revoke execute on function lodestar.achievement(numeric, numeric, numeric, text) from public;
grant execute on function lodestar.achievement(numeric, numeric, numeric, text) to lodestar_app;
