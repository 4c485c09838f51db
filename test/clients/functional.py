"""Runs the functional tests of installed OpenStack packages and prints what came of each as one line of JSON:

    python functional.py WORKERS [NAME...] [--in-turn [NAME...]]

A name is a package or a module; all modules of tests below it are run, WORKERS of them at a time. Those that are named
after --in-turn run one after another, beside the others, also those that are below both. A line is

    {test, outcome, why?, detail?}

where the outcome is passed, failed or skipped; `why` is the reason of a skip or the last line of a failure, and `detail`
all that the failure said. `unittest` of Python runs them, since these packages have no runner of their own that says why
a test was skipped in a form that a program reads.
"""
import argparse
import importlib.util
import json
import multiprocessing
import multiprocessing.pool
import os
import pkgutil
import re
import sys
import unittest

# What is kept of a failure: the end of all that it says, and the beginning of its exception.
DETAIL = 6000
WHY = 600


class Outcomes(unittest.TestResult):
    """Tells what each test came to when it ends: the first thing that went wrong, also if that was in its clean-up."""

    def __init__(self, tests, tell):
        super().__init__()
        self.tests = tests
        self.tell = tell
        self.of = {}

    def say(self, test, outcome, why=None, detail=None):
        found = {'test': test.id(), 'outcome': outcome}
        if why is not None:
            found['why'] = why
        if detail is not None:
            found['detail'] = detail[-DETAIL:]
        fixture = re.fullmatch(r'(setUp|tearDown)(Class|Module) \((.*)\)', test.id())
        if fixture is None:
            before = self.of.get(test.id())
            if before is None or before['outcome'] == 'passed':
                self.of[test.id()] = found
        elif fixture[1] == 'setUp':
            # None of its tests is begun.
            for begun in (name for name in self.tests if name.startswith(fixture[3] + '.')):
                self.tell({**found, 'test': begun})
        else:
            self.tell({**found, 'test': f'{fixture[3]}.{fixture[1]}{fixture[2]}'})

    def stopTest(self, test):
        super().stopTest(test)
        if test.id() in self.of:
            self.tell(self.of.pop(test.id()))

    def addSuccess(self, test):
        self.say(test, 'passed')

    def addSkip(self, test, reason):
        self.say(test, 'skipped', str(reason))

    def addExpectedFailure(self, test, error):
        self.say(test, 'passed')

    def addUnexpectedSuccess(self, test):
        self.say(test, 'failed', 'It passed, and its authors expect it to fail.')

    def addError(self, test, error):
        text = self._exc_info_to_string(error, test)
        self.say(test, 'failed', why_of(text), text)

    addFailure = addError


def why_of(text):
    """The exception of the last traceback in a text, without the calls before it: its first line that is not indented."""
    lines = text.rpartition('Traceback (most recent call last):')[2].strip('\n').splitlines()
    first = next((i for i, line in enumerate(lines) if line and not line.startswith(' ')), 0)
    return ' '.join(line.strip() for line in lines[first:] if line.strip())[:WHY]


def tests_of(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from tests_of(part)
        else:
            yield part


def run(module, told):
    """Tells what came of the tests of a module. What they print is theirs, and goes nowhere."""
    sys.stdout = open(os.devnull, 'w')
    try:
        suite = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(module))
    except Exception as error:
        told.put({'test': module, 'outcome': 'failed', 'why': f'It cannot be imported: {error}'})
    else:
        suite.run(Outcomes([test.id() for test in tests_of(suite)], told.put))


def run_in_turn(modules, told):
    """Runs each module in a process of its own: its tests leave nothing to the next one's."""
    for module in modules:
        process = spawning.Process(target=run, args=(module, told))
        process.start()
        process.join()
        if process.exitcode != 0:
            told.put({'test': module, 'outcome': 'failed', 'why': f'Its process ended with {process.exitcode}.'})


def modules_of(name):
    found = importlib.util.find_spec(name)
    if found is None:
        sys.exit(f'There is no {name} in the installed packages.')
    if found.submodule_search_locations is None:
        return [name]
    below = pkgutil.walk_packages(found.submodule_search_locations, name + '.')
    return [m.name for m in below if m.name.rpartition('.')[2].startswith('test_')]


# A fork would take along what threads of this process hold.
spawning = multiprocessing.get_context('spawn')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('workers', type=int)
    parser.add_argument('names', nargs='*')
    parser.add_argument('--in-turn', nargs='*', default=[])
    args = parser.parse_args()
    in_turn = [module for name in args.in_turn for module in modules_of(name)]
    at_once = [module for name in args.names for module in modules_of(name) if module not in in_turn]
    lanes = [in_turn, *([module] for module in at_once)]
    with spawning.Manager() as manager, multiprocessing.pool.ThreadPool(args.workers) as pool:
        told = manager.Queue()
        ran = pool.map_async(
            lambda modules: run_in_turn(modules, told),
            lanes,
            chunksize=1,
            callback=lambda _: told.put(None),
            error_callback=told.put,
        )
        for outcome in iter(told.get, None):
            if isinstance(outcome, Exception):
                break
            print(json.dumps(outcome), flush=True)
        ran.get()


if __name__ == '__main__':
    main()
