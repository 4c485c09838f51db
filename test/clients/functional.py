"""Runs the functional tests of installed OpenStack packages and prints what came of each as one line of JSON:

    python functional.py WORKERS NAME...

A name is a package or a module; all modules of tests below it are run, WORKERS of them at a time. A line is

    {test, outcome, why?, detail?}

where the outcome is passed, failed or skipped; `why` is the reason of a skip or the last line of a failure, and `detail`
all that the failure said. `unittest` of Python runs them, since these packages have no runner of their own that says why
a test was skipped in a form that a program reads.
"""
import importlib.util
import json
import multiprocessing
import os
import pkgutil
import re
import sys
import unittest

# What is kept of a failure: the end of all that it says, and the beginning of its exception.
DETAIL = 6000
WHY = 600


class Outcomes(unittest.TestResult):
    """What each test came to, by its id: the first thing that went wrong, also if that was in its clean-up."""

    def __init__(self):
        super().__init__()
        self.of = {}

    def say(self, test, outcome, why=None, detail=None):
        found = {'test': test.id(), 'outcome': outcome}
        if why is not None:
            found['why'] = why
        if detail is not None:
            found['detail'] = detail[-DETAIL:]
        before = self.of.get(test.id())
        if before is None or before['outcome'] == 'passed':
            self.of[test.id()] = found

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


def run(module):
    """What came of the tests of a module; also of those of a class that could not begin."""
    # What tests print is theirs; the only lines on standard output are outcomes.
    sys.stdout = open(os.devnull, 'w')
    try:
        suite = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(module))
    except Exception as error:
        return [{'test': module, 'outcome': 'failed', 'why': f'It cannot be imported: {error}'}]
    ids = [test.id() for test in tests_of(suite)]
    outcomes = Outcomes()
    suite.run(outcomes)
    found = []
    for name, outcome in outcomes.of.items():
        fixture = re.fullmatch(r'(setUpClass|tearDownClass|setUpModule|tearDownModule) \((.*)\)', name)
        if fixture is None:
            found.append(outcome)
        elif fixture[1].startswith('setUp'):
            found += [{**outcome, 'test': i} for i in ids if i.startswith(fixture[2] + '.')]
        else:
            found.append({**outcome, 'test': f'{fixture[2]}.{fixture[1]}'})
    return found


def modules_of(name):
    found = importlib.util.find_spec(name)
    if found is None:
        sys.exit(f'There is no {name} in the installed packages.')
    if found.submodule_search_locations is None:
        return [name]
    below = pkgutil.walk_packages(found.submodule_search_locations, name + '.')
    return [m.name for m in below if m.name.rpartition('.')[2].startswith('test_')]


if __name__ == '__main__':
    workers, *names = sys.argv[1:]
    # A process each: a module's tests leave nothing to the next one's.
    with multiprocessing.Pool(int(workers), maxtasksperchild=1) as pool:
        for outcomes in pool.imap_unordered(run, [m for name in names for m in modules_of(name)]):
            for outcome in outcomes:
                print(json.dumps(outcome), flush=True)
