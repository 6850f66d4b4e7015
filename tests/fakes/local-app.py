"""A small web server for the local spawner's tests: `local-app.py BEHAVIOUR MARK (--socket PATH | --port N)`."""

import http.server
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import time

behaviour, mark = sys.argv[1:3]
listen = dict(zip(sys.argv[3::2], sys.argv[4::2]))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/noise":
            subprocess.Popen([sys.executable, __file__, "noise", mark, behaviour])
        body = json.dumps(
            {
                "pid": os.getpid(),
                "uid": os.getuid(),
                "gid": os.getgid(),
                "groups": os.getgroups(),
                "home": os.environ["HOME"],
                "directory": os.getcwd(),
                "environment": dict(os.environ),
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "local"


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def outgrow():
    blocks = []
    while True:
        blocks.append(bytearray(os.urandom(1024)) * 1024)


def noise(kind):
    """What a bad neighbour does, for at most a minute."""
    end = time.monotonic() + 60
    if kind == "forks":
        while time.monotonic() < end:
            try:
                os.fork()
            except OSError:
                pass
    if kind == "burns":
        for _ in range(15):
            if os.fork() == 0:
                break
        while time.monotonic() < end:
            pass
    if kind == "hogs":
        while time.monotonic() < end:
            pid = os.fork()
            if pid == 0:
                outgrow()
            os.waitpid(pid, 0)
    if kind == "prints":
        lines = (b"x" * 127 + b"\n") * 512
        while time.monotonic() < end:
            os.write(1, lines)


def serve():
    # As a kernel of Jupyter's: a session of its own, and deaf to a polite request.
    subprocess.Popen([sys.executable, __file__, "lingers", mark], start_new_session=True)
    if behaviour == "ignores-sigterm":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "--socket" in listen:
        UnixServer(listen["--socket"], Handler).serve_forever()
    http.server.ThreadingHTTPServer(("127.0.0.1", int(listen["--port"])), Handler).serve_forever()


if behaviour == "exits-with-3":
    print("line 1 of 3\n\x1b[31mline 2 of 3\x1b[0m\nline 3 of 3", flush=True)
    sys.exit(3)
elif behaviour == "outgrows-its-memory":
    outgrow()
elif behaviour == "child-outgrows":
    pid = os.fork()
    if pid == 0:
        outgrow()
    os.waitpid(pid, 0)
    serve()
elif behaviour == "two-outgrow-it":
    os.fork()
    block = bytearray(os.urandom(1024)) * 1024 * 60
    signal.pause()
elif behaviour == "noise":
    noise(sys.argv[3])
elif behaviour == "lingers":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        signal.pause()
else:
    serve()
