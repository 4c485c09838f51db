/**
 * The last microversion in which Nova answers for what Neutron has
 * (nova/api/openstack/api_version_request.py: MAX_PROXY_API_SUPPORT_VERSION).
 */
export const LAST_PROXY = 35;
