/**
 * A program that answers, and does harm once it is asked to: `/forks` forks without end, `/burns` keeps two cores busy, `/hogs` has
 * a child that takes all the memory it gets, `/fills` writes into the container's own disk and `/prints` prints, each for ever.
 */
const program = `
import http.server, os, sys, time
def forks():
    while True:
        try:
            if os.fork() == 0:
                while True: time.sleep(60)
        except OSError: pass
def burns():
    if os.fork() == 0:
        while True: pass
    while True: pass
def hogs():
    hoard = []
    while True: hoard.append(b"x" * 2 ** 20)
def fills():
    with open("/tmp/filled", "wb") as file:
        for _ in range(4096): file.write(os.urandom(2 ** 20)); file.flush()
    while True: pass
def prints():
    while True: os.write(1, b"x" * 1023 + b"\\n")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        harm = globals().get(self.path[1:]) if self.path in ("/forks", "/burns", "/hogs", "/fills", "/prints") else None
        if harm is not None and os.fork() == 0:
            while True:
                if os.fork() == 0: harm()
                try: os.wait()
                except ChildProcessError: pass
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["APP_SECRET"].encode())
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Handler).serve_forever()`;

export const noisyAppCommand = ["tini", "--", "python3", "-c", program, "{port}"];
