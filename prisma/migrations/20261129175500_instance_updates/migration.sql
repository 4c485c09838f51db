-- A server's state has changed (nova/notifications/base.py: send_update). The audit period is the month, Nova's own; nothing
-- measures bandwidth by it.
CREATE FUNCTION notifications.tell_of_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO notifications.notifications
    (event_type, publisher_id, project_id, user_id, request_id, resource_type, resource_id, payload)
  SELECT 'compute.instance.update', 'compute.' || COALESCE(NEW.host, 'unscheduled'), NEW.project_id, COALESCE(o.user_id, NEW.user_id),
    o.request_id, 'server', NEW.id, notifications.server(NEW.id) || jsonb_build_object(
      'old_state', OLD.vm_state, 'state', NEW.vm_state, 'old_task_state', OLD.task_state, 'new_task_state', NEW.task_state,
      'audit_period_beginning', date_trunc('month', now(), 'UTC'), 'audit_period_ending', now(), 'bandwidth', '{}'::jsonb)
  -- The last change of an operation parts the server from it.
  FROM (SELECT COALESCE(NEW.operation_id, OLD.operation_id) AS id) work LEFT JOIN operations.operations o ON o.id = work.id;
  RETURN NULL;
END
$$;
-- Each process says by a parameter of its connections what it wants to be told (services/index.ts).
CREATE TRIGGER tell_of_state AFTER UPDATE OF vm_state, task_state ON nova.servers FOR EACH ROW
  WHEN ((OLD.vm_state <> NEW.vm_state
         AND current_setting('novaflow.notify_on_state_change', true) IN ('vm_state', 'vm_and_task_state'))
     OR (OLD.task_state IS DISTINCT FROM NEW.task_state
         AND current_setting('novaflow.notify_on_state_change', true) = 'vm_and_task_state'))
  EXECUTE FUNCTION notifications.tell_of_state();
