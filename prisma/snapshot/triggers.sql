
CREATE OR REPLACE FUNCTION aodh.rank_severity()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  NEW.severity_rank := COALESCE(array_position(ARRAY['low', 'moderate', 'critical'], NEW.severity), 0);
  RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION neutron.follow_policy()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  -- One of them may be null; what is in a policy beside its target does not change.
  policy neutron.rbac_policies := COALESCE(NEW, OLD);
  was_for_all boolean := TG_OP <> 'INSERT' AND OLD.target_project = '*';
  is_for_all boolean := TG_OP <> 'DELETE' AND NEW.target_project = '*';
BEGIN
  IF policy.action <> 'access_as_shared' OR was_for_all = is_for_all THEN
    RETURN NULL;
  END IF;
  UPDATE neutron.networks SET shared = is_for_all WHERE id = policy.network_id AND shared <> is_for_all;
  UPDATE neutron.qos_policies SET shared = is_for_all WHERE id = policy.qos_policy_id AND shared <> is_for_all;
  UPDATE neutron.address_scopes SET shared = is_for_all WHERE id = policy.address_scope_id AND shared <> is_for_all;
  UPDATE neutron.subnet_pools SET shared = is_for_all WHERE id = policy.subnetpool_id AND shared <> is_for_all;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION neutron.free_floating_ip()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  NEW.fixed_ip_address := NULL;
  IF NOT EXISTS (SELECT 1 FROM neutron.port_forwardings f WHERE f.floatingip_id = NEW.id) THEN
    NEW.router_id := NULL;
    NEW.status := 'DOWN';
  END IF;
  NEW.updated_at := now();
  RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION neutron.free_forwarding_ip()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  UPDATE neutron.floating_ips i SET router_id = NULL, status = 'DOWN', updated_at = now()
  WHERE i.id = OLD.floatingip_id AND i.port_id IS NULL AND i.router_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM neutron.port_forwardings f WHERE f.floatingip_id = i.id);
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION neutron.free_segmentation_id(whose text)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
DECLARE
  place record;
  beginning integer;
  free integer;
BEGIN
  -- Who changes ranges holds it alone (takeTurn).
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('neutron/network_segment_ranges', 0));
  FOR place IN
    SELECT minimum, maximum FROM neutron.network_segment_ranges WHERE shared OR project_id = whose
    ORDER BY shared, "default", minimum
  LOOP
    beginning := place.minimum + floor(random() * (place.maximum - place.minimum + 1))::integer;
    free := COALESCE(
      neutron.free_segmentation_id_within(whose, beginning, place.maximum),
      neutron.free_segmentation_id_within(whose, place.minimum, beginning - 1));
    IF free IS NOT NULL THEN RETURN free; END IF;
  END LOOP;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION neutron.free_segmentation_id_within(whose text, lowest integer, highest integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
DECLARE
  candidate integer := lowest;
  beyond integer;
BEGIN
  WHILE candidate <= highest LOOP
    -- Ranges that are not of the settings do not overlap: the only one that can hold it is the one that begins last before it.
    SELECT one.maximum + 1 INTO beyond FROM (
      SELECT * FROM neutron.network_segment_ranges WHERE NOT "default" AND minimum <= candidate ORDER BY minimum DESC LIMIT 1
    ) one WHERE one.maximum >= candidate AND NOT one.shared AND one.project_id <> whose;
    IF FOUND THEN
      candidate := beyond;
    ELSIF NOT pg_try_advisory_xact_lock(hashtext('neutron.segmentation_id'), candidate) THEN
      candidate := candidate + 1;
    ELSE
      PERFORM 1 FROM neutron.networks WHERE segmentation_id = candidate;
      IF NOT FOUND THEN RETURN candidate; END IF;
      -- The first one behind those that are taken in a row.
      SELECT n.segmentation_id + 1 INTO candidate FROM neutron.networks n
      WHERE n.segmentation_id >= candidate
        AND NOT EXISTS (SELECT 1 FROM neutron.networks m WHERE m.segmentation_id = n.segmentation_id + 1)
      ORDER BY n.segmentation_id LIMIT 1;
    END IF;
  END LOOP;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION neutron.hold_segmentation_id()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('neutron/network_segment_ranges', 0));
  PERFORM pg_advisory_xact_lock(hashtext('neutron.segmentation_id'), NEW.segmentation_id);
  RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION neutron.make_segment()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO neutron.segments (id, network_id) VALUES (gen_random_uuid()::text, NEW.id);
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION neutron.record_external()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF NEW.external THEN
    INSERT INTO neutron.rbac_policies (id, project_id, action, target_project, network_id)
    SELECT gen_random_uuid()::text, NEW.project_id, 'access_as_external', '*', NEW.id
    WHERE NOT EXISTS (
      SELECT 1 FROM neutron.rbac_policies WHERE network_id = NEW.id AND action = 'access_as_external');
  ELSE
    DELETE FROM neutron.rbac_policies WHERE network_id = NEW.id AND action = 'access_as_external';
  END IF;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION neutron.record_sharing()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF NEW.shared THEN
    EXECUTE format(
      'INSERT INTO neutron.rbac_policies (id, project_id, action, target_project, %I)
       VALUES (gen_random_uuid()::text, $1, ''access_as_shared'', ''*'', $2) ON CONFLICT DO NOTHING', TG_ARGV[0])
    USING NEW.project_id, NEW.id;
  ELSE
    EXECUTE format(
      'DELETE FROM neutron.rbac_policies WHERE %I = $1 AND action = ''access_as_shared'' AND target_project = ''*''', TG_ARGV[0])
    USING NEW.id;
  END IF;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION neutron.tell_hosts()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  was jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END;
  becomes jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) END;
BEGIN
  INSERT INTO neutron.host_changes (kind, key)
  SELECT DISTINCT TG_ARGV[i], key
  FROM generate_series(0, TG_NARGS - 1, 2) i, LATERAL (VALUES (was->>TG_ARGV[i + 1]), (becomes->>TG_ARGV[i + 1])) named(key)
  WHERE key <> '';
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION neutron.tell_hosts_of_forwarding()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO neutron.host_changes (kind, key)
  SELECT 'router', router_id FROM neutron.floating_ips
  WHERE id IN (to_jsonb(OLD)->>'floatingip_id', to_jsonb(NEW)->>'floatingip_id') AND router_id IS NOT NULL;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION neutron.tell_hosts_of_member()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO neutron.host_changes (kind, key)
  SELECT 'security_group', security_group_id FROM neutron.port_security_groups WHERE port_id = NEW.id;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION neutron.tell_hosts_of_qos()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  changed text := COALESCE(to_jsonb(NEW)->>'policy_id', to_jsonb(OLD)->>'policy_id');
BEGIN
  INSERT INTO neutron.host_changes (kind, key)
  SELECT DISTINCT 'host', binding_host_id FROM neutron.ports WHERE qos_policy_id = changed AND binding_host_id <> ''
  UNION ALL SELECT 'network', id FROM neutron.networks WHERE qos_policy_id = changed
  UNION ALL SELECT 'router', id FROM neutron.routers WHERE qos_policy_id = changed
  UNION ALL SELECT DISTINCT 'router', router_id FROM neutron.floating_ips WHERE qos_policy_id = changed AND router_id IS NOT NULL;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION notifications.image(i glance.images)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
  SELECT jsonb_build_object(
    'id', i.id, 'name', i.name, 'status', i.status, 'owner', i.owner, 'visibility', i.visibility, 'size', i.size,
    'virtual_size', i.virtual_size, 'disk_format', i.disk_format, 'container_format', i.container_format,
    'checksum', i.checksum, 'min_disk', i.min_disk, 'min_ram', i.min_ram, 'protected', i.protected, 'tags', to_jsonb(i.tags),
    'properties', i.properties, 'created_at', i.created_at, 'updated_at', i.updated_at)
$function$
;

CREATE OR REPLACE FUNCTION notifications.payload_of(type text, id text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  RETURN COALESCE(
    CASE type
      WHEN 'server' THEN notifications.server($2)
      WHEN 'volume' THEN (SELECT notifications.volume(v) FROM cinder.volumes v WHERE v.id = $2)
          END,
    (SELECT n.payload || '{"status": "deleted"}' FROM notifications.notifications n WHERE n.resource_id = $2
     ORDER BY n.xid DESC, n.id DESC LIMIT 1),
    '{}');
END
$function$
;

CREATE OR REPLACE FUNCTION notifications.port(p neutron.ports)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
  SELECT jsonb_build_object('port_id', p.id, 'port', jsonb_build_object(
    'id', p.id, 'name', p.name, 'project_id', p.project_id, 'tenant_id', p.project_id, 'network_id', p.network_id,
    'mac_address', p.mac_address, 'device_id', p.device_id, 'device_owner', p.device_owner, 'status', p.status,
    'admin_state_up', p.admin_state_up, 'binding:host_id', p.binding_host_id, 'binding:vif_type', p.binding_vif_type,
    'revision_number', p.revision_number,
    'fixed_ips', (SELECT COALESCE(jsonb_agg(jsonb_build_object('subnet_id', a.subnet_id, 'ip_address', a.ip_address)), '[]')
                  FROM neutron.ip_allocations a WHERE a.port_id = p.id)))
$function$
;

CREATE OR REPLACE FUNCTION notifications.server(server_id text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
  SELECT jsonb_build_object(
    'instance_id', s.id, 'tenant_id', s.project_id, 'user_id', s.user_id, 'display_name', s.name, 'hostname', s.hostname,
    'reservation_id', s.reservation_id, 'state', s.vm_state, 'state_description', COALESCE(s.task_state, ''),
    'host', s.host, 'node', s.host, 'availability_zone', s.availability_zone,
    'instance_type', s.flavor->>'name', 'instance_flavor_id', s.flavor_id, 'memory_mb', s.ram, 'vcpus', s.vcpus,
    'root_gb', s.flavor->'disk', 'ephemeral_gb', s.flavor->'ephemeral',
    'disk_gb', (s.flavor->>'disk')::int + COALESCE((s.flavor->>'ephemeral')::int, 0),
    'image_ref', s.image_id, 'access_ip_v4', NULLIF(s.access_ipv4, ''), 'access_ip_v6', NULLIF(s.access_ipv6, ''),
    'metadata', s.metadata, 'fixed_ips', s.addresses, 'created_at', s.created_at, 'launched_at', s.launched_at,
    'terminated_at', s.terminated_at, 'deleted_at', s.deleted_at)
    || CASE WHEN s.fault IS NULL THEN '{}' ELSE jsonb_build_object('message', s.fault->'message', 'code', s.fault->'code') END
  FROM nova.servers s WHERE s.id = server_id
$function$
;

CREATE OR REPLACE FUNCTION notifications.tell_of_operation()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  told TEXT := NEW.events[CASE WHEN TG_OP = 'INSERT' THEN 1 WHEN NEW.state = 'done' THEN 2 ELSE 3 END];
  known JSONB;
BEGIN
  IF COALESCE(told, '') = '' THEN RETURN NULL; END IF;
  known := notifications.payload_of(NEW.resource_type, NEW.resource_id);
  INSERT INTO notifications.notifications
    (event_type, publisher_id, priority, project_id, user_id, request_id, resource_type, resource_id, payload)
  VALUES (told, CASE NEW.resource_type WHEN 'server' THEN 'compute.' ELSE NEW.resource_type || '.' END || COALESCE(known->>'host', 'unscheduled'),
    CASE WHEN TG_OP = 'INSERT' OR NEW.state = 'done' THEN 'INFO' ELSE 'ERROR' END,
    NEW.project_id, NEW.user_id, NEW.request_id, NEW.resource_type, NEW.resource_id, known);
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION notifications.tell_of_part()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  event TEXT := TG_ARGV[0];
  server TEXT;
  known JSONB;
BEGIN
  IF TG_TABLE_NAME = 'ports' THEN
    server := CASE WHEN TG_OP = 'DELETE' THEN OLD.device_id ELSE NEW.device_id END;
    known := CASE WHEN TG_OP = 'DELETE' THEN notifications.port(OLD) ELSE notifications.port(NEW) END;
  ELSE
    server := CASE WHEN TG_OP = 'INSERT' THEN NEW.created_for_server ELSE OLD.created_for_server END;
    known := CASE WHEN TG_OP = 'DELETE' THEN notifications.volume(OLD) || '{"status": "deleted"}' ELSE notifications.volume(NEW) END;
  END IF;
  IF TG_OP = 'DELETE' AND EXISTS (
    SELECT 1 FROM notifications.notifications WHERE resource_id = OLD.id AND xid = pg_current_xact_id()::text::bigint)
  THEN RETURN NULL; END IF;
  INSERT INTO notifications.notifications
    (event_type, publisher_id, project_id, user_id, request_id, resource_type, resource_id, payload)
  SELECT event || told.phase,
    CASE TG_TABLE_NAME WHEN 'ports' THEN 'network.' ELSE 'volume.' END || COALESCE(known->>'host', known#>>'{port,binding:host_id}', ''),
    COALESCE(known->>'tenant_id', known#>>'{port,project_id}'), o.user_id, o.request_id,
    CASE TG_TABLE_NAME WHEN 'ports' THEN 'port' ELSE 'volume' END, COALESCE(known->>'port_id', known->>'volume_id'), known
  FROM unnest(string_to_array(TG_ARGV[1], ' ')) AS told(phase)
  LEFT JOIN nova.servers s ON s.id = server LEFT JOIN operations.operations o ON o.id = s.operation_id;
  RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION notifications.tell_of_state()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION notifications.volume(v cinder.volumes)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
  SELECT jsonb_build_object(
    'volume_id', v.id, 'tenant_id', v.project_id, 'user_id', v.user_id, 'display_name', v.name, 'size', v.size,
    'status', v.status, 'volume_type', v.volume_type, 'availability_zone', v.availability_zone, 'host', v.host,
    'metadata', v.metadata, 'created_at', v.created_at)
$function$
;

CREATE TRIGGER follows_policy AFTER INSERT OR DELETE OR UPDATE ON neutron.rbac_policies FOR EACH ROW EXECUTE FUNCTION neutron.follow_policy();

CREATE TRIGGER free_floating_ip BEFORE UPDATE OF port_id ON neutron.floating_ips FOR EACH ROW WHEN (((old.port_id IS NOT NULL) AND (new.port_id IS NULL))) EXECUTE FUNCTION neutron.free_floating_ip();

CREATE TRIGGER free_forwarding_ip AFTER DELETE ON neutron.port_forwardings FOR EACH ROW EXECUTE FUNCTION neutron.free_forwarding_ip();

CREATE TRIGGER holds_segmentation_id BEFORE INSERT OR UPDATE OF segmentation_id ON neutron.networks FOR EACH ROW EXECUTE FUNCTION neutron.hold_segmentation_id();

CREATE TRIGGER makes_segment AFTER INSERT ON neutron.networks FOR EACH ROW EXECUTE FUNCTION neutron.make_segment();

CREATE TRIGGER rank_severity BEFORE INSERT OR UPDATE OF severity ON aodh.alarm_history FOR EACH ROW EXECUTE FUNCTION aodh.rank_severity();

CREATE TRIGGER rank_severity BEFORE INSERT OR UPDATE OF severity ON aodh.alarms FOR EACH ROW EXECUTE FUNCTION aodh.rank_severity();

CREATE TRIGGER records_external AFTER UPDATE ON neutron.networks FOR EACH ROW WHEN ((new.external <> old.external)) EXECUTE FUNCTION neutron.record_external();

CREATE TRIGGER records_external_of_new AFTER INSERT ON neutron.networks FOR EACH ROW WHEN (new.external) EXECUTE FUNCTION neutron.record_external();

CREATE TRIGGER records_sharing AFTER UPDATE ON neutron.address_scopes FOR EACH ROW WHEN ((new.shared <> old.shared)) EXECUTE FUNCTION neutron.record_sharing('address_scope_id');

CREATE TRIGGER records_sharing AFTER UPDATE ON neutron.networks FOR EACH ROW WHEN ((new.shared <> old.shared)) EXECUTE FUNCTION neutron.record_sharing('network_id');

CREATE TRIGGER records_sharing AFTER UPDATE ON neutron.qos_policies FOR EACH ROW WHEN ((new.shared <> old.shared)) EXECUTE FUNCTION neutron.record_sharing('qos_policy_id');

CREATE TRIGGER records_sharing AFTER UPDATE ON neutron.subnet_pools FOR EACH ROW WHEN ((new.shared <> old.shared)) EXECUTE FUNCTION neutron.record_sharing('subnetpool_id');

CREATE TRIGGER records_sharing_of_new AFTER INSERT ON neutron.address_scopes FOR EACH ROW WHEN (new.shared) EXECUTE FUNCTION neutron.record_sharing('address_scope_id');

CREATE TRIGGER records_sharing_of_new AFTER INSERT ON neutron.networks FOR EACH ROW WHEN (new.shared) EXECUTE FUNCTION neutron.record_sharing('network_id');

CREATE TRIGGER records_sharing_of_new AFTER INSERT ON neutron.qos_policies FOR EACH ROW WHEN (new.shared) EXECUTE FUNCTION neutron.record_sharing('qos_policy_id');

CREATE TRIGGER records_sharing_of_new AFTER INSERT ON neutron.subnet_pools FOR EACH ROW WHEN (new.shared) EXECUTE FUNCTION neutron.record_sharing('subnetpool_id');

CREATE TRIGGER tell_hosts AFTER UPDATE OF addresses ON neutron.address_groups FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('address_group', 'id');

CREATE TRIGGER tell_hosts AFTER INSERT OR UPDATE OF host, configurations ON neutron.agents FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('host', 'host');

CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE OF router_id, fixed_ip_address, qos_policy_id ON neutron.floating_ips FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('router', 'router_id');

CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE ON neutron.network_dhcp_agents FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('network', 'network_id');

CREATE TRIGGER tell_hosts AFTER UPDATE OF revision_number ON neutron.networks FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('network', 'id');

CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE ON neutron.port_forwardings FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts_of_forwarding();

CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE ON neutron.port_security_groups FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('security_group', 'security_group_id');

CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE OF mac_address, admin_state_up, binding_host_id, revision_number ON neutron.ports FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('network', 'network_id', 'host', 'binding_host_id');

CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE ON neutron.qos_rules FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts_of_qos();

CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE ON neutron.router_ports FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('router', 'router_id');

CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE ON neutron.routers FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('router', 'id', 'host', 'host');

CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE ON neutron.security_group_rules FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('security_group', 'security_group_id');

CREATE TRIGGER tell_hosts AFTER UPDATE OF stateful ON neutron.security_groups FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('security_group', 'id');

CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE ON neutron.subnets FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('network', 'network_id');

CREATE TRIGGER tell_hosts_of_member AFTER UPDATE OF revision_number ON neutron.ports FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts_of_member();

CREATE CONSTRAINT TRIGGER tell_of_end AFTER UPDATE OF finished_at ON operations.operations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.finished_at IS NULL) AND (new.finished_at IS NOT NULL) AND (new.events <> '{}'::text[]))) EXECUTE FUNCTION notifications.tell_of_operation();

CREATE CONSTRAINT TRIGGER tell_of_port AFTER INSERT ON neutron.ports DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.created_by_nova) EXECUTE FUNCTION notifications.tell_of_part('port.create', '.start .end');

CREATE CONSTRAINT TRIGGER tell_of_port_end AFTER DELETE ON neutron.ports DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (old.created_by_nova) EXECUTE FUNCTION notifications.tell_of_part('port.delete', '.start .end');

CREATE CONSTRAINT TRIGGER tell_of_start AFTER INSERT ON operations.operations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.events <> '{}'::text[])) EXECUTE FUNCTION notifications.tell_of_operation();

CREATE TRIGGER tell_of_state AFTER UPDATE OF vm_state, task_state ON nova.servers FOR EACH ROW WHEN ((((old.vm_state <> new.vm_state) AND (current_setting('novaflow.notify_on_state_change'::text, true) = ANY (ARRAY['vm_state'::text, 'vm_and_task_state'::text]))) OR ((old.task_state IS DISTINCT FROM new.task_state) AND (current_setting('novaflow.notify_on_state_change'::text, true) = 'vm_and_task_state'::text)))) EXECUTE FUNCTION notifications.tell_of_state();

CREATE CONSTRAINT TRIGGER tell_of_volume AFTER INSERT ON cinder.volumes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.created_for_server IS NOT NULL)) EXECUTE FUNCTION notifications.tell_of_part('volume.create', '.start');

CREATE CONSTRAINT TRIGGER tell_of_volume_end AFTER DELETE ON cinder.volumes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.operation_id IS NULL)) EXECUTE FUNCTION notifications.tell_of_part('volume.delete', '.start .end');

CREATE CONSTRAINT TRIGGER tell_of_volume_made AFTER UPDATE OF created_for_server ON cinder.volumes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.created_for_server IS NOT NULL) AND (new.created_for_server IS NULL) AND (new.status = 'in-use'::text))) EXECUTE FUNCTION notifications.tell_of_part('volume.create', '.end');
