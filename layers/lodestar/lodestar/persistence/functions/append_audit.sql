-- The only way into the audit log: the application's role may call it and may write neither table.
-- The company is the bound one; number and hashes are made here. `p_changes` are objects with action,
-- object_type, object_id, before and after, in their order.
create or replace function lodestar.append_audit(
  p_at timestamptz, p_actor_id bigint, p_request_id text, p_changes jsonb
) returns void language plpgsql security definer set search_path = '' as $$
declare
  bound_company constant bigint := nullif(current_setting('lodestar.company_id', true), '')::bigint;
  head lodestar.audit_heads;
  entry lodestar.audit;
begin
  insert into lodestar.audit_heads (company_id, seq, hash) values (bound_company, 0, '')
    on conflict (company_id) do nothing;
  select * into head from lodestar.audit_heads where company_id = bound_company for update;
  for entry in
    select bound_company, null, p_at, p_actor_id, t.action, t.object_type, t.object_id, t.before, t.after,
      p_request_id, null, null
    from rows from (jsonb_to_recordset(p_changes) as (
        action text, object_type text, object_id bigint, before jsonb, after jsonb))
      with ordinality as t(action, object_type, object_id, before, after, number)
    order by t.number
  loop
    entry.seq := head.seq + 1;
    entry.previous_hash := head.hash;
    entry.hash := lodestar.audit_hash(entry);
    insert into lodestar.audit values (entry.*);
    head.seq := entry.seq;
    head.hash := entry.hash;
  end loop;
  update lodestar.audit_heads set seq = head.seq, hash = head.hash where company_id = bound_company;
end $$;
revoke execute on function lodestar.append_audit(timestamptz, bigint, text, jsonb) from public;
grant execute on function lodestar.append_audit(timestamptz, bigint, text, jsonb) to lodestar_app;
