-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "notifications";

-- AlterTable
ALTER TABLE "operations"."operations" ADD COLUMN     "events" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- CreateTable
CREATE TABLE "notifications"."notifications" (
    "xid" BIGINT NOT NULL DEFAULT ((pg_current_xact_id())::text)::bigint,
    "id" BIGSERIAL NOT NULL,
    "message_id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "event_type" TEXT NOT NULL,
    "publisher_id" TEXT NOT NULL,
    "priority" TEXT NOT NULL DEFAULT 'INFO',
    "project_id" TEXT,
    "user_id" TEXT,
    "request_id" TEXT,
    "resource_type" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "payload" JSONB NOT NULL,

    CONSTRAINT "notifications_pkey" PRIMARY KEY ("xid","id")
);

-- CreateIndex
CREATE INDEX "notifications_resource_id_xid_id_idx" ON "notifications"."notifications"("resource_id", "xid", "id");

-- CreateIndex
CREATE INDEX "notifications_project_id_xid_id_idx" ON "notifications"."notifications"("project_id", "xid", "id");

-- CreateIndex
CREATE INDEX "notifications_event_type_xid_id_idx" ON "notifications"."notifications"("event_type", "xid", "id");

-- CreateIndex
CREATE INDEX "notifications_at_idx" ON "notifications"."notifications" USING BRIN ("at");

-- What Prisma's schema cannot say: who writes the notifications of what does not go through the resource kit.
-- Triggers do, since they see the records as a whole transaction has left them, cost no round trip, and no statement
-- that is added later can forget them. They are deferred to the commit: an operation may be inserted before the record
-- that it works on.

-- The attributes of Nova's notifications (nova/notifications/base.py: info_from_instance). No fault's details, user data or
-- passwords are among them.
CREATE FUNCTION "notifications"."server"(server_id TEXT) RETURNS JSONB LANGUAGE sql STABLE AS $$
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
$$;

-- Cinder's (cinder/volume/volume_utils.py: _usage_from_volume).
CREATE FUNCTION "notifications"."volume"(v "cinder"."volumes") RETURNS JSONB LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'volume_id', v.id, 'tenant_id', v.project_id, 'user_id', v.user_id, 'display_name', v.name, 'size', v.size,
    'status', v.status, 'volume_type', v.volume_type, 'availability_zone', v.availability_zone, 'host', v.host,
    'metadata', v.metadata, 'created_at', v.created_at)
$$;

-- Glance's (glance/notifier.py: format_image_notification).
CREATE FUNCTION "notifications"."image"(i "glance"."images") RETURNS JSONB LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', i.id, 'name', i.name, 'status', i.status, 'owner', i.owner, 'visibility', i.visibility, 'size', i.size,
    'virtual_size', i.virtual_size, 'disk_format', i.disk_format, 'container_format', i.container_format,
    'checksum', i.checksum, 'min_disk', i.min_disk, 'min_ram', i.min_ram, 'protected', i.protected, 'tags', to_jsonb(i.tags),
    'properties', i.properties, 'created_at', i.created_at, 'updated_at', i.updated_at)
$$;

CREATE FUNCTION "notifications"."port"(p "neutron"."ports") RETURNS JSONB LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('port_id', p.id, 'port', jsonb_build_object(
    'id', p.id, 'name', p.name, 'project_id', p.project_id, 'tenant_id', p.project_id, 'network_id', p.network_id,
    'mac_address', p.mac_address, 'device_id', p.device_id, 'device_owner', p.device_owner, 'status', p.status,
    'admin_state_up', p.admin_state_up, 'binding:host_id', p.binding_host_id, 'binding:vif_type', p.binding_vif_type,
    'revision_number', p.revision_number,
    'fixed_ips', (SELECT COALESCE(jsonb_agg(jsonb_build_object('subnet_id', a.subnet_id, 'ip_address', a.ip_address)), '[]')
                  FROM neutron.ip_allocations a WHERE a.port_id = p.id)))
$$;

-- What is known of a record; of one that is gone, what was told of it last.
CREATE FUNCTION "notifications"."payload_of"(type TEXT, id TEXT) RETURNS JSONB LANGUAGE plpgsql STABLE AS $$
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
$$;

-- An operation began or ended. Its `events` are the types for its start, its end, and its failure.
CREATE FUNCTION "notifications"."tell_of_operation"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
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
$$;
CREATE CONSTRAINT TRIGGER "tell_of_start" AFTER INSERT ON "operations"."operations"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.events <> '{}')
  EXECUTE FUNCTION "notifications"."tell_of_operation"();
CREATE CONSTRAINT TRIGGER "tell_of_end" AFTER UPDATE OF "finished_at" ON "operations"."operations"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL AND NEW.events <> '{}')
  EXECUTE FUNCTION "notifications"."tell_of_operation"();

-- Ports and volumes that a server's boot makes and its delete removes, beside the kit and without an operation of their
-- own: the request is the server's. One that a request for the port itself removed was told by the kit, in the same
-- transaction.
CREATE FUNCTION "notifications"."tell_of_part"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
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
$$;
CREATE CONSTRAINT TRIGGER "tell_of_port" AFTER INSERT ON "neutron"."ports"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.created_by_nova)
  EXECUTE FUNCTION "notifications"."tell_of_part"('port.create', '.start .end');
CREATE CONSTRAINT TRIGGER "tell_of_port_end" AFTER DELETE ON "neutron"."ports"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.created_by_nova)
  EXECUTE FUNCTION "notifications"."tell_of_part"('port.delete', '.start .end');
CREATE CONSTRAINT TRIGGER "tell_of_volume" AFTER INSERT ON "cinder"."volumes"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.created_for_server IS NOT NULL)
  EXECUTE FUNCTION "notifications"."tell_of_part"('volume.create', '.start');
CREATE CONSTRAINT TRIGGER "tell_of_volume_made" AFTER UPDATE OF "created_for_server" ON "cinder"."volumes"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.created_for_server IS NOT NULL AND NEW.created_for_server IS NULL AND NEW.status = 'in-use')
  EXECUTE FUNCTION "notifications"."tell_of_part"('volume.create', '.end');
CREATE CONSTRAINT TRIGGER "tell_of_volume_end" AFTER DELETE ON "cinder"."volumes"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.operation_id IS NULL)
  EXECUTE FUNCTION "notifications"."tell_of_part"('volume.delete', '.start .end');
