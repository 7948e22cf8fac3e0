"""Alert rules and alerts with their notifications, as the API shows them."""

from lodestar.domain.alerts import JUDGED_TYPES
from lodestar.persistence.kernel.sql_parts import TODAY, is_visible, listed, target_json, team_on

_JUDGED_TYPES = ", ".join(f"'{judged}'" for judged in JUDGED_TYPES)

_RULE = f"""select json_build_object('id', r.id, 'kpi_id', r.definition_id, 'alert_type', r.alert_type,
  'threshold_percentage', r.threshold_percentage, 'recovery_percentage', r.recovery_percentage,
  'consecutive_periods', r.consecutive_periods, 'severity', r.severity,
  'notification_channels', r.notification_channels, 'applies_to', r.applies_to,
  'evaluate_open', r.evaluate_open, 'is_active', r.is_active and r.alert_type in ({_JUDGED_TYPES}))
from lodestar.alert_rules r where r.company_id = :company and r.id = :id"""


def alert_rows(newest: str | None = None) -> str:
    """Alerts with their notifications, columns `id` and `json`; of `newest` only so many, the newest first.

    A person gets nothing about somebody, or about the company, whose KPIs they may not see: binds `:company`,
    `:now`, `:me`, `:teams`, `:everything`, `:categories` and `:granted`. Binds the filters `:state`,
    `:severity`, `:kpi_id` and `:user_id` too: null takes any.
    """
    cut = "" if newest is None else f"order by x.id desc limit cast({newest} as bigint)"
    return f"""select x.id, json_build_object('id', x.id, 'kpi_id', x.definition_id, 'kpi_key', d.key,
  'assignment_id', x.assignment_id, 'user_id', a.user_id, 'user_name', u.name, 'team_id', a.team_id,
  'state', x.state, 'severity', x.severity, 'text', x.text, 'value', x.value,
  'target', {target_json(bounds="x", definition="d")}, 'period_start', x.period_start,
  'period_end', x.period_end, 'opened_at', x.opened_at, 'resolved_at', x.resolved_at,
  'close_reason', x.close_reason, 'closed_at', x.closed_at,
  'notifications', coalesce((
    select json_agg(json_build_object('id', n.id, 'channel', n.channel, 'state', n.state,
      'attempts', n.attempts, 'sent_at', n.sent_at, 'delivered_at', e.delivered_at,
      'error', coalesce(n.error, e.error)) order by n.id)
    from lodestar.notifications n
    left join lodestar.deliveries e on e.company_id = n.company_id and e.notification_id = n.id
    where n.company_id = :company and n.alert_id = x.id), '[]')) as json
from lodestar.alerts x
join lodestar.definitions d on d.company_id = x.company_id and d.id = x.definition_id
join lodestar.assignments a on a.company_id = x.company_id and a.id = x.assignment_id
left join lodestar.users u on u.company_id = a.company_id and u.id = a.user_id
where x.company_id = :company
  and (cast(:state as text) is null or x.state = cast(:state as text))
  and (cast(:severity as text) is null or x.severity = cast(:severity as text))
  and (cast(:kpi_id as bigint) is null or x.definition_id = cast(:kpi_id as bigint))
  and (cast(:user_id as bigint) is null or a.user_id = cast(:user_id as bigint))
  and (cast(:everything as boolean) or a.user_id = :me
    or coalesce(a.team_id, {team_on("a.user_id", TODAY)}) = any(cast(:teams as bigint[]))
    or (a.subject_type = 'company' and {is_visible(kpi="d")}))
{cut}"""


_SUBSCRIPTIONS = """select s.id, json_build_object('id', s.id, 'channel', s.channel, 'address', s.address,
  'subscription_arn', s.subscription_arn, 'created_by', s.created_by, 'created_by_name', u.name,
  'created_at', s.created_at) as json
from lodestar.subscriptions s
join lodestar.users u on u.company_id = s.company_id and u.id = s.created_by
where s.company_id = :company and s.ended_at is null"""


ALERTS = {
    # Binds :company, :id.
    "alert_rule": _RULE,
    # Binds :company, :id.
    "subscription": f"select row.json from ({_SUBSCRIPTIONS}) as row where row.id = :id",
    # Binds :company, :cursor, :limit.
    "subscriptions": listed("subscriptions", _SUBSCRIPTIONS),
    # Binds :company, :now, :state, :severity, :kpi_id, :user_id, :me, :teams, :everything, :categories,
    # :granted, :cursor, :limit.
    "alerts": listed("alerts", alert_rows(), order="desc"),
}
