/** What somebody tries from a notebook. `addresses` are those of the release; prints one line of JSON. */
export function tryFromInside(addresses: {
  readonly hub: string;
  readonly neighbour: string;
  readonly postgres: string;
}): string {
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
internal = "http://${addresses.hub}:8444/internal/"
home = "http://${addresses.hub}:8081/hub/api/users"
own = os.environ["JUPYTERHUB_API_TOKEN"]
print(json.dumps({
    "credentials": [path for path in ("/var/run/secrets/kubernetes.io", "/etc/berth") if os.path.exists(path)],
    "services": [name for name in os.environ if name.startswith(("POSTGRES", "BERTH", "HUB_", "WEB_", "EDGE_", "PROXY_"))],
    "apiServer": [status(pods), status(pods, Authorization="Bearer " + own)],
    "internal": [status(internal + "stream"), status(internal + "stream", Authorization="Bearer " + own), status(internal + "sign-in", b"{}")],
    "neighbour": [status("http://${addresses.neighbour}:8888/user/kernel-1/api/contents"), status("http://${addresses.neighbour}:8888/user/kernel-1/api/contents", Authorization="token " + own)],
    "hub": [status(home), status(home, Authorization="token " + own), status(home + "/kernel-1", Authorization="token " + own)],
    "database": database("${addresses.postgres}"),
}))`;
}
