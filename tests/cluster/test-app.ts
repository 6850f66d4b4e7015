/**
 * What runs in pods where JupyterLab would only take time. It answers at once with the secret it was given and ends at once when it is
 * told to; `/exit` ends it with code 9, `/accounts` says whether Kubernetes put an account's token into the pod, and after `/grow` its
 * main process takes all the memory it can get.
 */
const program = `
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        hoard = []
        while self.path == "/grow": hoard.append(b"x" * 2 ** 20)
        if self.path == "/exit": os._exit(9)
        self.send_response(404 if self.path == "/accounts" and not os.path.exists("/var/run/secrets/kubernetes.io") else 200)
        self.end_headers()
        self.wfile.write(os.environ["APP_SECRET"].encode())
http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Handler).serve_forever()`;

export const testAppCommand = ["tini", "--", "python3", "-c", program, "{port}"];
/** The same without an init: what takes the memory is the main process itself. */
export const bareTestAppCommand = ["python3", "-c", program, "{port}"];
