type Known = {
  /** A token of the very person who tries: as much as anybody can bring along. */
  readonly token: string;
  readonly hub: string;
  readonly neighbour: string;
  readonly postgres: string;
};

/** What somebody may try from a notebook against these addresses of a release; prints one line of JSON. */
export function tryFromInside(known: Known): string {
  return `
import json, os, socket, ssl, struct, urllib.error, urllib.request
def status(url, data=None, **headers):
    asked = urllib.request.Request(url, data=data, headers=headers)
    unchecked = ssl._create_unverified_context()
    try: return urllib.request.urlopen(asked, timeout=10, context=unchecked).status
    except urllib.error.HTTPError as error: return error.code
def database(host):
    said = b"user\\0berth\\0database\\0berth\\0\\0"
    with socket.create_connection((host, 5432), 10) as line:
        line.sendall(struct.pack("!ii", 8 + len(said), 196608) + said)
        kind, _, method = struct.unpack("!cii", line.recv(9))
    return "wants SCRAM" if (kind, method) == (b"R", 10) else [str(kind), method]
api = "https://" + os.environ["KUBERNETES_SERVICE_HOST"] + ":" + os.environ["KUBERNETES_SERVICE_PORT"]
pods = api + "/api/v1/namespaces/berth-chart-chaos/pods"
internal = "http://${known.hub}:8444/internal/"
home = "http://${known.hub}:8081/hub/api/users"
own = "${known.token}"
print(json.dumps({
    "credentials": [path for path in ("/var/run/secrets/kubernetes.io", "/etc/berth") if os.path.exists(path)],
    "services": [name for name in os.environ if name.startswith(("POSTGRES", "BERTH", "HUB_", "WEB_", "EDGE_", "PROXY_"))],
    "apiServer": [status(pods), status(pods, Authorization="Bearer " + own)],
    "internal": [status(internal + "stream"), status(internal + "stream", Authorization="Bearer " + own), status(internal + "sign-in", b"{}")],
    "neighbour": [status("http://${known.neighbour}:8888/user/kernel-1/api/contents"), status("http://${known.neighbour}:8888/user/kernel-1/api/contents", Authorization="token " + own)],
    "hub": [status(home), status(home, Authorization="token " + own), status(home + "/kernel-1", Authorization="token " + own)],
    "database": database("${known.postgres}"),
}))`;
}
