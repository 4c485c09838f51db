-- What prisma/schema cannot say.
-- A rule is told to the hosts of the ports that its policy holds for: by itself, or as that of their network.
CREATE FUNCTION neutron.tell_hosts_of_qos() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed text := COALESCE(to_jsonb(NEW)->>'policy_id', to_jsonb(OLD)->>'policy_id');
BEGIN
  INSERT INTO neutron.host_changes (kind, key)
  SELECT DISTINCT 'host', binding_host_id FROM neutron.ports WHERE qos_policy_id = changed AND binding_host_id <> ''
  UNION ALL SELECT 'network', id FROM neutron.networks WHERE qos_policy_id = changed;
  RETURN NULL;
END
$$;
CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE
  ON neutron.qos_rules FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts_of_qos();
