"""What OpenStack itself answers: asks oslo.policy every rule of the released services, for every persona and target.

It makes answers.tsv (service, rule, check, scopes, answers) and expressions.tsv (expression, answers). The answers are
bits, one for each pair of a persona and a target of world.json in its order, 1 for allowed, written as a hexadecimal
number. To make them anew:

    python3 -m venv V && V/bin/pip install oslo.policy neutron-lib 'oslo.service[threading]' cotyledon oslo.versionedobjects oslo.cache
    V/bin/pip download --no-deps -d W keystone==30.0.0 nova==34.0.0 openstack-placement==16.0.0 glance==33.0.0 \
        neutron==29.0.0 cinder==29.0.0 aodh==23.0.0 gnocchi==4.7.1 \\
        aetos==3.0.0
    for wheel in W/*.whl; do unzip -qo $wheel -d U; done
    PYTHONPATH=U V/bin/python test/policy/oslo-answers.py
"""

import copy
import importlib
import json
import os
import pkgutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
POLICIES = {
    'keystone': 'keystone.common.policies',
    'nova': 'nova.policies',
    'placement': 'placement.policies',
    'glance': 'glance.policies',
    'neutron': 'neutron.conf.policies',
    'cinder': 'cinder.policies',
    'aodh': 'aodh.api.policies',
    'gnocchi': 'gnocchi.rest.policies',
    'aetos': 'aetos.policies',
}
# Expressions beyond those that the services use: precedence, nesting, capitals, constants, texts with several names.
EXPRESSIONS = [
    '', '@', '!', 'not @', 'not not @', '(@)', '((@))', '@ and !', '! or @', '@ or @ and !', '! and @ or @',
    'not ! and !', 'not (! and !)', '@ and (! or @) and not !', '(@ or !) and (! or !)', 'NOT role:admin',
    'role:ADMIN', 'role:admin AND role:member', 'role:admin Or role:reader', 'not role:admin and role:reader',
    'role:reader and not role:admin or role:service', 'role:%(target.role.name)s', 'role:%(nothing)s',
    'not role:%(nothing)s', 'user_id:%(user_id)s', 'not user_id:%(user_id)s', 'user_id:user-own',
    'project_id:%(project_id)s and role:member', 'project_id:%(nothing)s', 'nothing:%(project_id)s',
    'project_id:None', 'not project_id:None', 'domain_id:None', 'system_scope:all', 'system:all',
    'not system_scope:all and role:admin', "'private':%(visibility)s", '"public":%(visibility)s',
    "not 'public':%(visibility)s", 'None:%(target.role.domain_id)s', 'not None:%(target.project.domain_id)s',
    'True:%(shared)s', 'False:%(shared)s', 'True:%(nothing)s', '1:1', '1:2', "'a':a", "'a%%':a%%",
    'user_id:%(target.user.id)s or (role:reader and domain_id:%(target.user.domain_id)s)',
    "'user-own/project-own':%(user_id)s/%(project_id)s", 'roles:admin', 'roles:Reader', 'service_roles:service',
    'is_admin_project:True', 'not is_admin_project:True', 'is_admin_project:%(shared)s', 'rule:nothing',
    'not rule:nothing', 'rule:nothing or role:admin', '(role:admin or (role:member and (role:reader)))',
    'role:admin or role:member and role:service or role:reader',
    'token.domain.id:%(target.domain.id)s', 'token.project.domain.id:%(target.domain.id)s',
    'token.user.id:%(user_id)s', 'token.project.id:None', 'token.nothing.id:None',
]


def credentials(persona, service):
    """The persona as the service hands it to oslo.policy."""
    creds = dict(copy.deepcopy(persona))
    if service in (None, 'keystone'):
        # keystone/common/render_token.py: a part that the token has not is not there.
        token = {'user': {'id': creds['user_id'], 'domain': {'id': creds['user_domain_id']}}}
        if creds['domain_id']:
            token['domain'] = {'id': creds['domain_id']}
        if creds['project_id']:
            token['project'] = {'id': creds['project_id'], 'domain': {'id': creds['project_domain_id']}}
        creds['token'] = token
    if service in ('nova', 'neutron', 'cinder'):
        # By each service's rule context_is_admin, which is role:admin in all three.
        creds['is_admin'] = 'admin' in creds['roles']
    if service == 'gnocchi':
        # gnocchi/rest/auth_helper.py
        creds['user'] = '%s:%s' % (creds['user_id'] or '', creds['project_id'] or '')
    return creds


def enforcer():
    from oslo_config import cfg
    from oslo_policy import policy

    conf = cfg.ConfigOpts()
    conf([])
    made = policy.Enforcer(conf, policy_file='/nothing.yaml')
    made.suppress_deprecation_warnings = True
    return made


def answers(made, rule, world, service):
    bits = ''.join(
        '1' if made.enforce(rule, dict(target), credentials(persona, service)) else '0'
        for persona in world['personas'].values()
        for target in world['targets'].values()
    )
    return f'{int(bits, 2):0{len(bits) // 4}x}'


def load_checks(service):
    """Registers the service's own kinds of checks with oslo.policy."""
    if service == 'nova':
        importlib.import_module('nova.policy')
    if service == 'neutron':
        from neutron_lib.api import attributes, definitions

        for module in pkgutil.iter_modules(definitions.__path__):
            definition = importlib.import_module(f'neutron_lib.api.definitions.{module.name}')
            for name, attrs in (getattr(definition, 'RESOURCE_ATTRIBUTE_MAP', None) or {}).items():
                attributes.RESOURCES.setdefault(name, {}).update(attrs)
        importlib.import_module('neutron.policy')


def of_service(service, world):
    load_checks(service)
    rules = list(importlib.import_module(POLICIES[service]).list_rules())
    made = enforcer()
    made.register_defaults(rules)
    made.load_rules()
    for rule in rules:
        check = ' '.join(rule.check_str.split())
        scopes = ','.join(rule.scope_types or [])
        yield '\t'.join([service, rule.name, check, scopes, answers(made, rule.name, world, service)])


def of_expressions(world):
    from oslo_policy import _parser

    for expression in EXPRESSIONS:
        made = enforcer()
        made.set_rules({'asked': _parser.parse_rule(expression)}, use_conf=False)
        yield '\t'.join([expression, answers(made, 'asked', world, None)])


def main():
    with open(os.path.join(HERE, 'world.json')) as file:
        world = json.load(file)
    if len(sys.argv) > 1:
        # One process per service: each registers checks of its own for everybody.
        lines = of_expressions(world) if sys.argv[1] == 'expressions' else of_service(sys.argv[1], world)
        print('\n'.join(lines))
        return
    ask = [sys.executable, os.path.abspath(__file__)]
    with open(os.path.join(HERE, 'answers.tsv'), 'w') as file:
        for service in POLICIES:
            file.write(subprocess.run([*ask, service], check=True, stdout=subprocess.PIPE, text=True).stdout)
    with open(os.path.join(HERE, 'expressions.tsv'), 'w') as file:
        file.write(subprocess.run([*ask, 'expressions'], check=True, stdout=subprocess.PIPE, text=True).stdout)


main()
