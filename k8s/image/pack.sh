#!/bin/bash
# Packs the image's root folder: pack.sh SOURCE NODE BASE OUT
#   SOURCE  a checkout after `npm run build`
#   NODE    the Node binary that goes in
#   BASE    a Debian root with ca-certificates, libstdc++6 and tzdata, where the files of the packages below come from
# Needs root (a chroot fills the compile cache) and npm; Linux.
set -euo pipefail
source=$(realpath "$1") node=$(realpath "$2") base=$(realpath "$3") out=$4
here=$(cd "$(dirname "$0")" && pwd)
packages=(base-files libc6 libgcc-s1 libstdc++6 ca-certificates tzdata)
uid=65532

mkdir -p "$out" && out=$(realpath "$out")
umask 022

# The layout of Debian 12: /lib and the like are links into /usr.
mkdir -p "$out"/usr/{bin,sbin,lib,lib64,local/bin,share/berth} "$out"/{etc/ssl/certs,proc,sys,dev,opt/berth} "$out"/var/lib/dpkg/status.d
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$out/$folder"; done
install -d -m 1777 "$out/tmp"

# What runs, of the packages' files: neither documents, nor programs, nor what converts character sets.
for package in "${packages[@]}"; do
  dpkg-query --admindir="$base/var/lib/dpkg" --listfiles "$package"
done | grep -vE '^/(usr/)?s?bin/|^/usr/share/(doc|man|lintian|bug|base-files|ca-certificates|zoneinfo/right)/|/gconv/|^/etc/(default|update-motd.d|ca-certificates|profile|issue|motd|cron|apt|ld.so.conf|kernel)|/perl|/python3?/|/gdb/|/locale/' |
  sort -u | while read -r file; do if [ -f "$base$file" ] || [ -L "$base$file" ]; then if [ ! -d "$base$file" ]; then echo ".$file"; fi; fi; done |
  tar -C "$base" --numeric-owner -cf - --files-from=- | tar -C "$out" --keep-directory-symlink -xpf -
cp "$base/etc/ssl/certs/ca-certificates.crt" "$out/etc/ssl/certs/"
# Where scanners look for the packages of images without dpkg.
for package in "${packages[@]}"; do
  dpkg-query --admindir="$base/var/lib/dpkg" --status "$package" > "$out/var/lib/dpkg/status.d/$package"
done
printf 'root:x:0:0:root:/nonexistent:/nonexistent\nberth:x:%s:%s:Berth:/var/lib/berth:/nonexistent\n' $uid $uid > "$out/etc/passwd"
printf 'root:x:0:\nberth:x:%s:\n' $uid > "$out/etc/group"
printf 'hosts: files dns\npasswd: files\ngroup: files\n' > "$out/etc/nsswitch.conf"
install -d -m 0755 -o $uid -g $uid "$out/var/lib/berth"

install -m 0755 "$node" "$out/usr/local/bin/node"
strip --strip-unneeded "$out/usr/local/bin/node"
install -m 0755 "$here/berth" "$out/usr/local/bin/berth"

# S-83: no source maps, no build cache, nothing of the development server's.
berth=$out/opt/berth
mkdir -p "$berth/dist" "$berth/.next" "$berth/node_modules/@node-rs"
cp "$source"/dist/*.mjs "$berth/dist/"
cp -r "$source/dist/migrations" "$berth/dist/"
cp -r "$source/.next/standalone" "$berth/.next/"
cp -r "$source"/node_modules/@node-rs/argon2 "$source"/node_modules/@node-rs/argon2-linux-*-gnu "$berth/node_modules/@node-rs/"
cp "$source/package.json" "$source/LICENSE" "$berth/"
find "$berth" \( -name '*.map' -o -name '*.d.ts' -o -name '*.nft.json' \) -delete
rm -rf "$berth/.next/standalone/.next/cache"
sed -i '/^\/\/# sourceMappingURL=/d' "$berth"/dist/*.mjs
chmod -R a+rX,go-w "$berth"

# Most of a start is compiling; Node keeps compiled code by path and uid, so it is filled as the uid that will run, at the place it will run.
install -d -o $uid -g $uid "$berth/dist/compile-cache"
cp "$here/warm.mjs" "$out/tmp/"
run() { env -i PATH="$PATH" NODE_ENV=production BERTH_HOME=/tmp/home chroot --userspec=$uid:$uid "$out" "$@"; }
run /usr/local/bin/node /tmp/warm.mjs
run /usr/local/bin/berth --help > /dev/null
rm -rf "$out"/tmp/*
chown -R 0:0 "$berth/dist/compile-cache" && chmod -R a+rX "$berth/dist/compile-cache"

node "$here/sbom.mjs" "$source" "$base" "$("$node" --version)" "${packages[@]}" > "$out/usr/share/berth/sbom.cdx.json"
