"""Prints, as JSON, what a released Keystone says of its own API: for every route and method the JSON schemas of the
request's body, of its query and of the answer.

    python3 keystone-schemas.py keystone-30.0.0-py3-none-any.whl > keystone-30.0.0.json

It needs nothing but the wheel (wheel.py). One entry a method:

    {path, method, resource, request, query, response, statuses}

`resource` is the class and its method. A schema is null where Keystone has none; `statuses` are those of a success, and
empty where the code does not say them in a form that can be read.
"""
import ast
import json
import re
import sys

from wheel import Wheel, value

SCHEMAS = re.compile(r'keystone\.(\w+\.schema|(api|common)\.validation\.(parameter|response)_types|common\.validation'
                     r'|common\.resource_options(\.core|\.options(\.\w+)?)?|.*\.resource_options)$')
wheel = Wheel(sys.argv[1], 'keystone', lambda name: SCHEMAS.match(name) is not None)
KINDS = {'request_body_schema': 'request', 'request_query_schema': 'query', 'response_body_schema': 'response'}
METHODS = ('get', 'head', 'post', 'put', 'patch', 'delete')
STATUS = {'OK': 200, 'CREATED': 201, 'NO_CONTENT': 204, 'MULTIPLE_CHOICES': 300}


def name_of(node):
    """The last part of a dotted name: CREATED of http.client.CREATED."""
    return ast.unparse(node).rpartition('.')[2]


def own(nodes, kind):
    """The nodes of a kind in some statements."""
    return [n for node in nodes for n in ast.walk(node) if isinstance(n, kind)]


class Api:
    """A file of keystone.api: its resources, and the APIs that say where each of them is."""

    def __init__(self, module):
        tree = wheel.parse(module)
        self.scope = {}
        wheel.read_constants(tree, self.scope)
        self.classes = {c.name: c for c in tree.body if isinstance(c, ast.ClassDef)}

    def assigned(self, cls, name):
        """What a class or one of its bases in the file gives a name; None where none does."""
        for node in self.classes[cls].body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, 'target', None)
            if target is not None and ast.unparse(target) == name:
                return node.value
        bases = (ast.unparse(b) for b in self.classes[cls].bases)
        return next((found for b in bases if b in self.classes and (found := self.assigned(b, name))), None)

    def text(self, cls, name):
        node = self.assigned(cls, name)
        return '' if node is None else value(node, self.scope)

    def methods(self, cls):
        found = {}
        for base in self.classes[cls].bases:
            if ast.unparse(base) in self.classes:
                found.update(self.methods(ast.unparse(base)))
        found.update({f.name: f for f in self.classes[cls].body if isinstance(f, ast.FunctionDef)})
        return found

    def routes(self):
        """(url, class, methods) of every route of the file."""
        for api in self.classes:
            prefix = self.text(api, '_api_url_prefix') if self.assigned(api, '_import_name') is not None else None
            if prefix is None:
                continue
            for resource in getattr(self.assigned(api, 'resources'), 'elts', []):
                # One class for a collection and its members: what must have an id is for members, what has none is not.
                cls = ast.unparse(resource)
                methods, collection = self.http_methods(cls), f'{prefix}/{self.text(cls, "collection_key")}'
                arguments = {m: (len(f.args.args) - 1, len(f.args.defaults)) for m, f in methods.items()}
                yield collection, cls, {m: f for m, f in methods.items() if arguments[m][0] == arguments[m][1]}
                yield f'{collection}/<id>', cls, {m: f for m, f in methods.items() if arguments[m][0] > 0}
            for mapped in self.assigned(api, 'resource_mapping').elts:
                named = {k.arg: k.value for k in mapped.keywords}
                cls = ast.unparse(named['resource'])
                urls = [named['url']]
                for other in getattr(named.get('alternate_urls'), 'elts', []):
                    urls.append(dict(zip((k.value for k in other.keys), other.values))['url'])
                for url in urls:
                    yield f'{prefix}/{value(url, self.scope).lstrip("/")}', cls, self.http_methods(cls)

    def http_methods(self, cls):
        return {name: function for name, function in self.methods(cls).items() if name in METHODS}

    def entry(self, cls, function):
        entry = {'resource': f'{cls}.{function.name}', 'request': None, 'query': None, 'response': None}
        for decorator in function.decorator_list:
            kind = KINDS.get(name_of(decorator.func)) if isinstance(decorator, ast.Call) else None
            if kind is not None:
                given = [*decorator.args, *(k.value for k in decorator.keywords)]
                entry[kind] = value(given[0], self.scope) if given else None
        return {**entry, 'statuses': sorted(self.statuses(self.methods(cls), function.name, set()))}

    def statuses(self, methods, name, seen):
        """The codes that a method returns, with those of the methods that it returns the answer of."""
        if name not in methods or name in seen:
            return set()
        codes = set()
        for returned in own(methods[name].body, ast.Return):
            answer = returned.value
            if isinstance(answer, ast.Tuple):
                codes.add(STATUS.get(name_of(answer.elts[1])))
            elif isinstance(answer, ast.Call) and ast.unparse(answer.func).startswith('self._'):
                codes |= self.statuses(methods, name_of(answer.func), seen | {name})
            elif isinstance(answer, ast.Call) and name_of(answer.func) in ('wrap_member', 'wrap_collection'):
                codes.add(200)
            elif isinstance(answer, (ast.Dict, ast.Name)):
                codes.add(200)
        made = [c for c in own(methods[name].body, ast.Call) if name_of(c.func) == 'make_response']
        if made:
            # What is returned then is a response, also under a name.
            codes = {STATUS.get(name_of(call.args[1])) for call in made if len(call.args) == 2}
        return codes - {None}


def main():
    entries = []
    modules = sorted(n for n in wheel.names if re.fullmatch(r'keystone/api/(?!__init__|discovery)\w+\.py', n))
    for module in modules:
        api = Api(module[:-3].replace('/', '.'))
        for url, cls, methods in api.routes():
            path = re.sub(r'<(?:\w+:)?(\w+)>', r'{\1}', url)
            for name, function in methods.items():
                entries.append({'path': path, 'method': name.upper(), **api.entry(cls, function)})
    json.dump(entries, sys.stdout, default=sorted)


main()
