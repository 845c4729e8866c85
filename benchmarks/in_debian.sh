#!/bin/sh
# Python of a Debian that stands in a folder, seeing the files of this machine where they are:
#     benchmarks/in_debian.sh FOLDER ARGUMENTS...
# Needs no rights, only name spaces of users; what is mounted goes with the process.
set -eu
root=$1
shift
project=$(cd "$(dirname "$0")/.." && pwd)
exec unshare --map-root-user --mount sh -eu -c '
    for place in /tmp /proc /dev "$2"; do
        mount --rbind "$place" "$1$place"
    done
    root=$1
    shift 2
    exec chroot "$root" /usr/bin/python3 "$@"
' sh "$root" "$project" "$@"
