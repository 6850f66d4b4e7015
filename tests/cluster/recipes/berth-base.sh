# The Debian root whose libraries go into Berth's image (k8s/image/pack.sh), as an archive. Arguments: OUT WORK
set -euo pipefail
debootstrap --variant=minbase --include=ca-certificates,libstdc++6,tzdata bookworm "$2/root" >&2
rm -rf "$2/root"/var/cache/apt/* "$2/root"/var/lib/apt/lists/*
tar --numeric-owner --exclude=./dev/* -C "$2/root" -cf "$1" .
