"""Writes an OCI image archive from a root folder: oci.py NAME ROOT OUT CONFIG_JSON. No registry and no Docker involved."""
import hashlib, json, os, shutil, subprocess, sys, tempfile

name, root, out, config = sys.argv[1:5]
folder = tempfile.mkdtemp(dir=os.path.dirname(os.path.abspath(out)))
blobs = folder + "/blobs/sha256"
os.makedirs(blobs)
LAYER = "application/vnd.oci.image.layer.v1.tar"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"


def digest_of(path):
    found = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def put(value, media_type):
    data = json.dumps(value).encode()
    digest = hashlib.sha256(data).hexdigest()
    with open(blobs + "/" + digest, "wb") as file:
        file.write(data)
    return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}


layer = folder + "/layer.tar"
subprocess.check_call(["tar", "--numeric-owner", "--xattrs", "-C", root, "-cf", layer, "."])
digest, size = digest_of(layer), os.path.getsize(layer)
shutil.move(layer, blobs + "/" + digest)
architecture = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
image = put({"architecture": architecture, "os": "linux", "config": json.loads(config),
             "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]}, "history": [{"created_by": "test"}]}, CONFIG)
manifest = put({"schemaVersion": 2, "mediaType": MANIFEST, "config": image,
                "layers": [{"mediaType": LAYER, "digest": "sha256:" + digest, "size": size}]}, MANIFEST)
manifest["annotations"] = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.split(":")[-1]}
with open(folder + "/index.json", "w") as file:
    json.dump({"schemaVersion": 2, "manifests": [manifest]}, file)
with open(folder + "/oci-layout", "w") as file:
    file.write('{"imageLayoutVersion":"1.0.0"}')
subprocess.check_call(["tar", "-C", folder, "-cf", out, "."])
shutil.rmtree(folder)
