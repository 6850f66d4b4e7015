# The image localhost/singleuser-r:1: localhost/singleuser:1 and the R kernel of Debian. Arguments: OUT WORK
set -euo pipefail
out=$1 work=$2 root=$2/root here=$(cd "$(dirname "$0")" && pwd)
mkdir "$work/base" "$root"
tar -xf "$work/../singleuser.tar" -C "$work/base"
# The image's one layer is by far its largest blob.
layer=$(find "$work/base/blobs" -type f -size +10M)
tar --numeric-owner --xattrs -xpf "$layer" -C "$root"
rm -rf "$work/base"
# For apt only: how this machine reaches its mirror, which the image needn't know.
cp -L /etc/resolv.conf "$root/etc/"
if [ -d /etc/apt/apt.conf.d ]; then cp -n /etc/apt/apt.conf.d/*proxy* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true; fi
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
chroot "$root" apt-get update -qq >&2
chroot "$root" apt-get install -y -qq --no-install-recommends r-cran-irkernel >&2
chroot "$root" env PATH=/opt/jupyter/bin:/usr/bin:/bin R --vanilla --quiet -e 'IRkernel::installspec(user = FALSE, prefix = "/opt/jupyter")' >&2
rm -rf "$root/etc/resolv.conf" "$root"/etc/apt/apt.conf.d/*proxy* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man}/*
python3 "$here/oci.py" localhost/singleuser-r:1 "$root" "$out" \
  '{"User":"1000","WorkingDir":"/home/jovyan","Env":["PATH=/opt/jupyter/bin:/usr/local/bin:/usr/bin:/bin","HOME=/home/jovyan","LANG=C.UTF-8"],"Cmd":["jupyterhub-singleuser"]}'
