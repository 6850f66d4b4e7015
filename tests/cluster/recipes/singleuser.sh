# The image localhost/singleuser:1: Debian, JupyterLab and jupyterhub-singleuser as uid 1000. Arguments: OUT WORK
set -euo pipefail
out=$1 root=$2/root here=$(cd "$(dirname "$0")" && pwd)
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates,tini bookworm "$root" >&2
# For pip only: how this machine reaches its package index.
cp -L /etc/resolv.conf "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
if [ -f /etc/pip.conf ]; then cp /etc/pip.conf "$root/etc/"; fi
chroot "$root" sh -c 'python3 -m venv /opt/jupyter && /opt/jupyter/bin/pip install -q --no-cache-dir jupyterlab "jupyterhub==5.*" ipykernel'
rm -rf "$root/etc/resolv.conf" "$root/etc/pip.conf" "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
echo 'jovyan:x:1000:100::/home/jovyan:/bin/bash' >> "$root/etc/passwd"
install -d -o 1000 -g 100 "$root/home/jovyan"
python3 "$here/oci.py" localhost/singleuser:1 "$root" "$out" \
  '{"User":"1000","WorkingDir":"/home/jovyan","Env":["PATH=/opt/jupyter/bin:/usr/local/bin:/usr/bin:/bin","HOME=/home/jovyan"],"Cmd":["jupyterhub-singleuser"]}'
