#!/bin/sh
# Inside the virtual machine of hostile.sh, as root: hostile-guest.sh SETTING... -- OPTION...
set -u
settings=
while [ "$1" != -- ]; do settings="$settings $1"; shift; done
shift
# Like the machine it is meant for: 9p files are slow, and their owner is nobody here.
cp -R /given /tmp/given
uname -r
grep -o 'syscall.x32=y' /proc/cmdline
stat -f -c 'cgroups: %T' /sys/fs/cgroup
failed=0
for setting in $settings; do
    sh /tmp/given/repository/scripts/hostile /tmp/given/battery /tmp/given/bin "$setting" "$@" || failed=1
done
exit $failed
