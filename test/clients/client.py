"""Runs commands of the openstack client, each in a process of its own that is forked from this one. This one has loaded
the client, unmodified; that takes a core for a second, and most commands take a part of it.

It reads a line of JSON for each command and writes one when the command has ended, as soon as it has:

    {id, args, env}
    {id, code, out, err}

Several run at once when they are sent at once. With the path of a socket as its argument it reads one line from each
connection to that, and a command's `cwd` is the directory that it runs in; it prints a line when it is ready.
"""
import fcntl
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import tempfile

SOCKET = sys.argv[1] if len(sys.argv) > 1 else None
# Its messages begin with the name that it has now.
sys.argv = ['openstack']

from openstackclient import shell

# What the commands of these services import when they are looked up.
LOADED = ['openstackclient.common', 'openstackclient.identity.v3', 'openstackclient.network.v2', 'openstackclient.compute.v2']


def load():
    for package in LOADED:
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__, package + '.'):
            if not module.ispkg:
                importlib.import_module(module.name)
    # Looks for plugins and their commands, which the process keeps.
    shell.OpenStackShell()


def run(args, env):
    """Runs a command in this process, with its output in files. @returns its exit code and what it printed"""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        os.environ.update(env)
        try:
            code = shell.main(args)
        except SystemExit as ended:
            code = ended.code
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for file in (out, err):
            file.seek(0)
        return {'code': int(code or 0), 'out': out.read().decode(), 'err': err.read().decode()}


def child():
    """Forks. @returns whether this is the child now"""
    if os.fork() != 0:
        return False
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    return True


def serve(path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        # As many tests as may run at once.
        listener.listen(64)
        print('ready', flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                if child():
                    try:
                        stream = connection.makefile('rw')
                        command = json.loads(stream.readline())
                        os.chdir(command['cwd'])
                        os.environ.clear()
                        stream.write(json.dumps(run(command['args'], command['env'])))
                        stream.flush()
                    finally:
                        os._exit(0)


def main():
    load()
    # Those that have ended are nobody's to wait for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if SOCKET is not None:
        return serve(SOCKET)
    answers = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    commands = os.fdopen(os.dup(0))
    os.dup2(nothing, 0)
    with tempfile.TemporaryFile() as turn:
        for line in iter(commands.readline, ''):
            command = json.loads(line)
            if not child():
                continue
            code = 1
            try:
                answer = json.dumps({'id': command['id'], **run(command['args'], command['env'])}) + '\n'
                # A pipe takes 4 KiB as a whole; this may be more.
                fcntl.lockf(turn, fcntl.LOCK_EX)
                with os.fdopen(answers, 'w') as stream:
                    stream.write(answer)
                code = 0
            finally:
                os._exit(code)


if __name__ == '__main__':
    main()
