"""Reads a released OpenStack service from its wheel, without what it depends on.

Modules of schemas are plain data and are run; of every other module only the constants are read; controllers are parsed,
not run.
"""
import ast
import importlib.abc
import importlib.machinery
import sys
import zipfile


class Wheel(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a package from its wheel: `runs` says by its name whether a module is run."""

    def __init__(self, file, package, runs):
        self.zip = zipfile.ZipFile(file)
        self.names = set(self.zip.namelist())
        self.package = package
        self.runs = runs
        sys.meta_path.insert(0, self)

    def source(self, module):
        file = module.replace('.', '/')
        return self.zip.read(f'{file}/__init__.py' if f'{file}/__init__.py' in self.names else f'{file}.py').decode()

    def parse(self, module):
        return ast.parse(self.source(module))

    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] != self.package:
            return None
        package = name.replace('.', '/') + '/__init__.py' in self.names
        return importlib.machinery.ModuleSpec(name, self, is_package=package)

    def exec_module(self, module):
        name = module.__name__
        if self.runs(name):
            exec(compile(self.source(name), name, 'exec'), module.__dict__)
        elif name == f'{self.package}.i18n':
            module._ = str
        elif name == f'{self.package}.conf':
            # Every option is as if it were not there.
            module.CONF = None
        elif name.replace('.', '/') + '.py' in self.names:
            self.read_constants(self.parse(name), module.__dict__)

    def read_constants(self, tree, scope):
        """What a module assigns and imports from the package, and what its classes assign, as far as it is constant."""
        for node in tree.body:
            if isinstance(node, ast.Assign) or self.imports_own(node):
                run(node, scope)
            elif isinstance(node, ast.ClassDef):
                inside = {}
                for assigned in (n for n in node.body if isinstance(n, ast.Assign)):
                    run(assigned, inside)
                scope[node.name] = type(node.name, (), inside)

    def imports_own(self, node):
        return isinstance(node, ast.ImportFrom) and node.module.split('.')[0] == self.package


def run(node, scope):
    """Runs an import or an assignment; one that needs more than constants leaves nothing."""
    try:
        exec(compile(ast.Module([node], []), 'constants', 'exec'), scope)
    except (ImportError, NameError, AttributeError, TypeError):
        pass


def value(node, scope):
    return eval(compile(ast.Expression(node), 'expression', 'eval'), scope)
