#!/bin/sh
# hostile.sh RUN-IN-VM BATTERY [BIN [SETTING...]]: the battery of scripts/hostile under cgroup v2 and with x32, in a virtual machine.
#
# RUN-IN-VM is as for service.sh, and must take -k for parameters of the kernel; so must the guest have what service.sh's has. BATTERY
# is the battery's folder, BIN holds the release programs (default: .build/release); SETTINGs are those of scripts/hostile (default:
# default user). OPTIONS go to the battery's runner. Run by hand: software emulation takes a quarter of an hour.
set -eu
[ $# -ge 2 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
vm=$1 battery=$2
shift 2
cd "$(dirname "$0")/../.."
bin=${1:-.build/release}
[ $# -eq 0 ] || shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$scratch/repository/Tests" "$scratch/bin"
cp -R scripts "$scratch/repository/"
cp Tests/hostile-expected "$scratch/repository/Tests/"
cp "$bin/executord" "$bin/executorctl" "$bin/executord-init" "$scratch/bin/"
# The guest has no compiler: the battery does not build what is newer than its source.
cp -R "$battery" "$scratch/battery"
chmod -R u+w,a+rX "$scratch"
mkdir -p "$scratch/battery/build"
cc -O2 -w -static -pthread -o "$scratch/battery/build/probes" "$scratch/battery/probes.c"
[ $# -gt 0 ] || set -- default user
# An emulated processor takes longer for everything: so do the probes' own bounds.
# shellcheck disable=SC2086 # options of the caller's
"$vm" ${VM_OPTIONS:-} -t 3000 -k syscall.x32=y --ro "$scratch:/given" \
    Tests/vm/hostile-guest.sh "$@" -- ${OPTIONS:--l 15}
