"""Prints, as JSON, what a released Nova says of its own API: for every route, method and action the JSON schemas of the
request's body, of its query and of the answer, with the microversions for which each holds.

    python3 nova-schemas.py nova-34.0.0-py3-none-any.whl > nova-34.0.0.json

It needs nothing but the wheel (wheel.py). One entry a method:

    {path, method, action?, controller, request, query, response, status, served}

Each of the last five is a list of {min, max, …}, where null has no end: `schema` for the first three, `code` for the
status of a success; `served` are the microversions that have the method at all, and empty means every one.
"""
import ast
import json
import sys

from wheel import Wheel, value

COMPUTE = 'nova.api.openstack.compute.'
RUN = ('nova.api.validation.parameter_types', 'nova.api.validation.response_types')
wheel = Wheel(sys.argv[1], 'nova', lambda name: name.startswith(COMPUTE + 'schemas.') or name in RUN)
KINDS = {'validation.schema': 'request', 'validation.query_schema': 'query',
         'validation.response_body_schema': 'response'}


def versions(values, named):
    first, last, *_ = [*values, None, None]
    return {'min': named.get('min_version', first), 'max': named.get('max_version', last)}


class Controllers:
    """The classes of one file of controllers, with what their methods are decorated with."""

    def __init__(self, module):
        tree = wheel.parse(COMPUTE + module)
        self.scope = {}
        wheel.read_constants(tree, self.scope)
        self.classes = {c.name: c for c in tree.body if isinstance(c, ast.ClassDef)}
        self.imported = {a.asname or a.name: n.module
                         for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names}

    def methods(self, cls):
        """(name, entry) of every method of a class, its bases' first."""
        for base in self.classes[cls].bases:
            name = ast.unparse(base)
            if name in self.classes:
                yield from self.methods(name)
            elif self.imported.get(name.split('.')[0]) == COMPUTE[:-1]:
                yield from controllers(name.split('.')[0]).methods(name.split('.')[1])
        for node in self.classes[cls].body:
            if isinstance(node, ast.FunctionDef):
                yield node.name, self.entry(cls, node)

    def entry(self, cls, function):
        entry = {'controller': f'{cls}.{function.name}', 'request': [], 'query': [], 'response': [], 'status': [],
                 'served': []}
        for decorator in function.decorator_list:
            if not isinstance(decorator, ast.Call):
                continue
            called = ast.unparse(decorator.func)
            if called not in KINDS and called not in ('wsgi.action', 'wsgi.response', 'wsgi.api_version'):
                continue
            args = [value(a, self.scope) for a in decorator.args]
            named = {k.arg: value(k.value, self.scope) for k in decorator.keywords}
            if called in KINDS:
                entry[KINDS[called]].append({**versions(args[1:], named), 'schema': args[0]})
            elif called == 'wsgi.response':
                entry['status'].append({**versions(args[1:], named), 'code': args[0]})
            elif called == 'wsgi.api_version':
                entry['served'].append(versions(args, named))
            else:
                entry['action'] = args[0]
        return entry


parsed = {}


def controllers(module):
    if module not in parsed:
        parsed[module] = Controllers(module)
    return parsed[module]


def classes_of(partial):
    """The main class of a controller and those that add actions to it, each as (module, class)."""
    _, main, extra = partial.args
    return [tuple(ast.unparse(c).split('.')) for c in (main, *extra.elts)]


def main():
    tree = wheel.parse(COMPUTE + 'routes')
    assigned = {n.targets[0].id: n.value for n in tree.body
                if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)}
    entries = []
    for path, methods in (route.elts for route in assigned['ROUTE_LIST'].elts):
        if not isinstance(methods, ast.Dict):
            continue
        for method, target in zip(methods.keys, methods.values):
            controller, name = target.elts
            at = {'path': path.value, 'method': method.value}
            (module, cls), *extra = classes_of(assigned[controller.id])
            if name.value == 'action':
                for m, c in ((module, cls), *extra):
                    entries += [{**at, **e} for e in dict(controllers(m).methods(c)).values() if 'action' in e]
            else:
                entries.append({**at, **dict(controllers(module).methods(cls))[name.value]})
    # Sets, of which the order says nothing.
    json.dump(entries, sys.stdout, default=sorted)


main()
