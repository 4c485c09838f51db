"""Gnocchi's own gabbi tests, as its released package has them, against a cloud that is there for them alone.

They were written for a Gnocchi that asks for a name by HTTP's basic authentication and has nothing when a file of them
begins. This cloud asks for tokens and comes with Ceilometer's archive policies and resource types. So a proxy stands
between both: it logs the name in and sends the token, and calls a creator in answers, which is `USER:PROJECT` here, by the name. And
each file begins with an empty Gnocchi, for which the tables are emptied.

GNOCCHI_TESTS is the tests' cloud as JSON: {auth_url, url, database, users: {name: {password, project}}}.
"""
import base64
import http.client
import http.server
import importlib.util
import json
import math
import os
import socketserver
import threading
import urllib.parse
import urllib.request

import psycopg
import yaml
from gabbi import driver, fixture

CLOUD = json.loads(os.environ['GNOCCHI_TESTS'])
API = urllib.parse.urlsplit(CLOUD['url'])
EMPTY = """
    TRUNCATE gnocchi.rollups, gnocchi.measures, gnocchi.metrics, gnocchi.resource_history, gnocchi.resources,
      gnocchi.archive_policy_rules, gnocchi.archive_policies, gnocchi.resource_types RESTART IDENTITY;
    INSERT INTO gnocchi.resource_types (name, attributes) VALUES ('generic', '{}')"""


class AssertNAN(yaml.YAMLObject):
    def __eq__(self, other):
        return isinstance(other, float) and math.isnan(other)


yaml.add_constructor('!AssertNAN', lambda loader, node: AssertNAN())


class ConfigFixture(fixture.GabbiFixture):
    """The fixture that the tests name: each file has a Gnocchi of its own."""

    def start_fixture(self):
        with psycopg.connect(CLOUD['database']) as database:
            database.execute(EMPTY)

    def stop_fixture(self):
        pass


class Users:
    """The names that the tests use, each logged in once."""

    def __init__(self):
        self.known = {}

    def log_in(self, name):
        if name not in self.known and name in CLOUD['users']:
            self.known[name] = self.token_of(name, **CLOUD['users'][name])
        return self.known.get(name)

    def token_of(self, name, password, project):
        domain = {'id': 'default'}
        identity = {'methods': ['password'], 'password': {'user': {'name': name, 'domain': domain, 'password': password}}}
        scope = {'project': {'name': project, 'domain': domain}}
        request = urllib.request.Request(
            CLOUD['auth_url'] + '/auth/tokens',
            json.dumps({'auth': {'identity': identity, 'scope': scope}}).encode(),
            {'content-type': 'application/json'},
        )
        with urllib.request.urlopen(request) as answer:
            token = json.load(answer)['token']
            return {'token': answer.headers['x-subject-token'], 'user': token['user']['id'], 'project': token['project']['id']}

    def names(self, text):
        """What is answered, with the creators called by their names."""
        for name, one in self.known.items():
            text = text.replace(f'"{one["user"]}:{one["project"]}"', f'"{name}"')
            text = text.replace(f'"created_by_user_id":"{one["user"]}"', f'"created_by_user_id":"{name}"')
            text = text.replace(f'"created_by_project_id":"{one["project"]}"', '"created_by_project_id":""')
        return text

    def creators(self, text):
        """What is asked for, with the creators' names as creators."""
        for name, one in self.known.items():
            text = text.replace(f'"creator": "{name}"', f'"creator": "{one["user"]}:{one["project"]}"')
            text = text.replace(f'creator={name}', f'creator={one["user"]}:{one["project"]}')
        return text


USERS = Users()


def as_python(text):
    """JSON with the spaces that Python writes, for which some tests look in the text."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get('content-length', 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ('host', 'authorization', 'content-length', 'connection')}
        basic = self.headers.get('authorization', '').split(' ')
        user = None
        if len(basic) == 2:
            user = USERS.log_in(base64.b64decode(basic[1]).decode().split(':')[0])
        if user is not None:
            headers['x-auth-token'] = user['token']
        here = f'http://{self.headers["host"]}'
        path = API.path + ('' if self.path == '/' else USERS.creators(self.path))
        connection = http.client.HTTPConnection(API.hostname, API.port)
        connection.request(self.command, path, USERS.creators(body.decode('latin-1')).encode('latin-1') or None, headers)
        answer = connection.getresponse()
        text = as_python(USERS.names(answer.read().decode('utf-8', 'replace')).replace(CLOUD['url'], here))
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ('content-length', 'connection', 'transfer-encoding', 'keep-alive', 'date', 'server'):
                self.send_header(name, value.replace(CLOUD['url'], here))
        self.send_header('content-length', str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())
        connection.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = pass_on


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


def load_tests(loader, tests, pattern):
    server = Server(('127.0.0.1', 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    package = importlib.util.find_spec('gnocchi').submodule_search_locations[0]
    gabbits = os.path.join(package, 'tests', 'functional', 'gabbits')
    import gnocchi_gabbits
    return driver.build_tests(
        gabbits,
        loader,
        host='127.0.0.1',
        port=server.server_port,
        fixture_module=gnocchi_gabbits,
        safe_yaml=False,
        test_loader_name='gnocchi_gabbits',
    )
