-- A change as the company's lists tell it: `+5 from yesterday`, `-3 points from the month before`.
-- The number has the decimals that the KPI shows, and no zeros behind them; a percentage changes by points.
-- `p_back` is how many periods before the running one the value belongs to. NULL: there is no change.
create or replace function lodestar.change_in_words(
  p_absolute numeric, p_unit text, p_precision integer, p_aggregation_period text, p_back integer
) returns text language sql immutable parallel safe as $$
  select case when round(p_absolute, p_precision) = 0 then 'no change'
    else case when p_absolute > 0 then '+' else '-' end
      || cast(trim_scale(round(abs(p_absolute), p_precision)) as text)
      || case when p_unit <> '%' then ''
           when round(abs(p_absolute), p_precision) = 1 then ' point' else ' points' end
  end || ' from ' || case p_aggregation_period
    when 'daily' then case p_back when 0 then 'yesterday' else 'the day before' end
    when 'weekly' then case p_back when 0 then 'last week' else 'the week before' end
    when 'monthly' then case p_back when 0 then 'last month' else 'the month before' end
    else case p_back when 0 then 'last quarter' else 'the quarter before' end
  end
$$;
