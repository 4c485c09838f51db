INSERT INTO neutron.default_security_group_rules (id, direction, ethertype, protocol, port_range_min, port_range_max, remote_ip_prefix, normalized_cidr, remote_group_id, remote_address_group_id, used_in_default_sg, used_in_non_default_sg, match) VALUES
  ('5d51b4f6-8f4c-4f0e-9d43-0c7c5b0f7a01', 'egress', 'IPv4', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'true', 'true', 'egress_IPv4_+_+_+_+_+_+'),
  ('5d51b4f6-8f4c-4f0e-9d43-0c7c5b0f7a02', 'egress', 'IPv6', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'true', 'true', 'egress_IPv6_+_+_+_+_+_+'),
  ('5d51b4f6-8f4c-4f0e-9d43-0c7c5b0f7a03', 'ingress', 'IPv4', NULL, NULL, NULL, NULL, NULL, 'PARENT', NULL, 'true', 'false', 'ingress_IPv4_+_+_+_PARENT_+_+'),
  ('5d51b4f6-8f4c-4f0e-9d43-0c7c5b0f7a04', 'ingress', 'IPv6', NULL, NULL, NULL, NULL, NULL, 'PARENT', NULL, 'true', 'false', 'ingress_IPv6_+_+_+_PARENT_+_+');
INSERT INTO neutron.network_segment_ranges (id, "default", project_id, network_type, minimum, maximum) VALUES
  ('3f0a3c58-5a4e-4c1d-8f3e-6d2b7c9a1e01', 'true', NULL, 'vxlan', '1', '16777215');
