"""The SQL behind GET /api/kpi: all metrics of a company in one statement, one pass over each table."""

_KPI = """
with vehicle as (
  select
    count(*) filter (where sold_at is null) as listings,
    count(*) filter (where sold_at is null and listed_at < cast(:aged_before as timestamptz)) as aged,
    avg(list_price) filter (where sold_at is null) as average_price,
    sum(list_price) filter (where sold_at is null) as total_value,
    count(score) filter (where sold_at is null) as scored,
    avg(score) filter (where sold_at is null) as average_score,
    avg(sold_price - cost) filter (
      where sold_at >= cast(:since as timestamptz) and sold_at < cast(:until as timestamptz)) as profit
  from lodestar.vehicle_sales_vehicles
  where company_id = :company
),
buyer as (
  select count(*) as active from lodestar.vehicle_sales_buyers
  where company_id = :company and last_active_at >= cast(:active_since as timestamptz)
),
lead as (
  select
    count(*) filter (where outcome <> 'open') as closed,
    count(*) filter (where outcome = 'purchased') as purchased,
    avg(extract(epoch from purchased_at - created_at)) as seconds
  from lodestar.vehicle_sales_leads
  where company_id = :company
    and created_at >= cast(:since as timestamptz) and created_at < cast(:until as timestamptz)
)
select json_build_object(
  'metrics', json_build_object(
    'average_profit_per_unit', round(coalesce(profit, 0), 2),
    'lead_to_purchase_time', round(coalesce(seconds / 86400, 0), 1),
    'aged_inventory', aged,
    'total_listings', listings,
    'active_buyers', active,
    'conversion_rate', round(coalesce(100.0 * purchased / nullif(closed, 0), 0), 1),
    'average_price', round(coalesce(average_price, 0), 2),
    'total_value', round(coalesce(total_value, 0), 2),
    'scoring_rate', round(coalesce(100.0 * scored / nullif(listings, 0), 0), 1),
    'average_score', round(coalesce(average_score, 0), 1)),
  'success', true,
  'message', null)
from vehicle, buyer, lead"""

VIEWS = {"kpi": _KPI}
