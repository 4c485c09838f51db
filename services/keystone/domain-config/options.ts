import type { Config } from '#config';

type Group = Readonly<Record<string, unknown>>;

/**
 * What a domain may set otherwise than the cloud, with Keystone's defaults (keystone/resource/core.py: whitelisted_options;
 * keystone/conf/identity.py, keystone/conf/ldap.py). All users of this cloud are in its database: these are kept for who asks.
 */
export const OPTIONS: Readonly<Record<string, Group>> = {
  identity: { driver: 'sql', list_limit: null },
  ldap: {
    url: 'ldap://localhost',
    user: null,
    suffix: 'cn=example,cn=com',
    query_scope: 'one',
    page_size: 0,
    alias_dereferencing: 'default',
    debug_level: null,
    chase_referrals: null,
    user_tree_dn: null,
    user_filter: null,
    user_objectclass: 'inetOrgPerson',
    user_id_attribute: 'cn',
    user_name_attribute: 'sn',
    user_mail_attribute: 'mail',
    user_description_attribute: 'description',
    user_pass_attribute: 'userPassword',
    user_enabled_attribute: 'enabled',
    user_enabled_invert: false,
    user_enabled_mask: 0,
    user_enabled_default: 'True',
    user_attribute_ignore: ['default_project_id'],
    user_default_project_id_attribute: null,
    user_enabled_emulation: false,
    user_enabled_emulation_dn: null,
    user_enabled_emulation_use_group_config: false,
    user_additional_attribute_mapping: [],
    group_tree_dn: null,
    group_filter: null,
    group_objectclass: 'groupOfNames',
    group_id_attribute: 'cn',
    group_name_attribute: 'ou',
    group_members_are_ids: false,
    group_member_attribute: 'member',
    group_desc_attribute: 'description',
    group_attribute_ignore: [],
    group_additional_attribute_mapping: [],
    tls_cacertfile: null,
    tls_cacertdir: null,
    use_tls: false,
    tls_req_cert: 'demand',
    use_pool: true,
    pool_size: 10,
    pool_retry_max: 3,
    pool_retry_delay: 0.1,
    pool_connection_timeout: -1,
    pool_connection_lifetime: 600,
    use_auth_pool: true,
    auth_pool_size: 100,
    auth_pool_connection_lifetime: 60,
  },
};

/** Those that can be set, and are never shown. */
export const SENSITIVE: readonly { readonly group: string; readonly option: string }[] = [
  { group: 'ldap', option: 'password' },
];

export const isSensitive = (group: string, option: string): boolean =>
  SENSITIVE.some((one) => one.group === group && one.option === option);
export const isGroup = (group: string): boolean => Object.hasOwn(OPTIONS, group);
/** Whether the default of an option can be read. */
export const isShown = (group: string, option: string): boolean =>
  isGroup(group) && Object.hasOwn(OPTIONS[group]!, option);
export const isOption = (group: string, option: string): boolean =>
  isShown(group, option) || isSensitive(group, option);

/** What users may know of how passwords have to be (keystone.conf: security_compliance); null where nothing is asked of them. */
export function securityCompliance({ keystone }: Config): Readonly<Record<string, string | null>> {
  const settings: Readonly<Record<string, unknown>> = keystone;
  const said = (name: string): string | null => {
    const value = settings[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return {
    password_regex: said('password_regex'),
    password_regex_description: said('password_regex_description'),
  };
}
