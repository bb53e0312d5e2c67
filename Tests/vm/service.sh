#!/bin/sh
# service.sh RUN-IN-VM [BIN [PART...]]: the installed service under a real systemd, in a throw-away virtual machine.
#
# RUN-IN-VM boots a Debian with systemd and runs a script there as root: RUN-IN-VM [-t SECONDS] [--ro HOST:GUEST]... SCRIPT ARG...
# BIN holds the release programs (default: .build/release). PARTs are functions of service-guest.sh; none means all.
# The guest needs: uidmap python3 sqlite3 e2fsprogs libarchive13 libyaml-0-2 libseccomp2 libmd0 libsqlite3-0 dbus-user-session
# libpam-systemd. Run by hand: software emulation takes a quarter of an hour.
set -eu
[ $# -ge 1 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
vm=$1
shift
cd "$(dirname "$0")/../.."
bin=${1:-.build/release}
[ $# -eq 0 ] || shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
make -s install BIN="$bin" PREFIX=/usr DESTDIR="$scratch/root"
mkdir "$scratch/repository"
cp -R tasks scripts examples "$scratch/repository"
chmod -R a+rX "$scratch"
# shellcheck disable=SC2086 # options of the caller's
"$vm" ${VM_OPTIONS:-} -t 1500 --ro "$scratch/root:/install" --ro "$scratch/repository:/repository" \
    Tests/vm/service-guest.sh "$@"
