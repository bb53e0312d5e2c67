#!/bin/bash
# Inside the virtual machine of service.sh, as root: installs, starts, uses, breaks and stops the service.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell that is called
set -u
failures=0
part=
say() { printf '%7.1f  %s\n' "$(cut -d' ' -f1 /proc/uptime)" "$1"; }

# check WHAT COMMAND...: the command must succeed; its output is shown when it does not.
check() {
    local what=$1 output
    shift
    if output=$("$@" 2>&1); then say "ok      $part: $what"; else
        say "FAILED  $part: $what (status $?)"
        printf '%s\n' "$output" | tail -25 | sed 's/^/            /'
        failures=$((failures + 1))
    fi
}
# fails STATUS COMMAND...: the command must end with that status.
fails() {
    local expected=$1 status=0
    shift
    "$@" || status=$?
    [ "$status" = "$expected" ] || { echo "status $status, expected $expected"; return 1; }
}
not() { ! "$@"; }
# as USER WORD...: in a session like a login's.
as() {
    local user=$1
    shift
    [ "$user" != root ] || { "$@"; return; }
    runuser -u "$user" -- env -i HOME="/home/$user" USER="$user" PATH=/usr/bin:/bin XDG_RUNTIME_DIR="/run/user/$(id -u "$user")" "$@"
}
hello=/repository/tasks/examples/hello-world
main() { systemctl show -P MainPID executord; }
until_true() { for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return 0; sleep 0.2; done; return 1; }

install() {
    part=install
    cp -R /install/. /
    systemctl daemon-reload
    check "sysusers.d makes the group" systemd-sysusers
    # ann may use the service and has subordinate ids; bob has neither.
    useradd --create-home --groups executord ann
    useradd --create-home bob
    sed -i '/^bob:/d' /etc/subuid /etc/subgid
    check "ann has subordinate ids, bob has none" sh -c 'grep -q ^ann: /etc/subuid && ! grep -q ^bob: /etc/subuid'
    check "systemd finds no fault with the units" sh -c 'test -z "$(systemd-analyze verify --man=no executord.service 2>&1)"'
}

service() {
    part=service
    check "starts" systemctl start executord
    check "says what it serves" sh -c 'systemctl status executord | grep -q "Status: .serves /run/executord/executord.sock"'
    check "sits in a leaf of its cgroup" grep -q '/executord.service/daemon$' "/proc/$(main)/cgroup"
    check "has memory, pids and cpu to give" \
        sh -c 'for c in memory pids cpu; do grep -qw $c /sys/fs/cgroup/system.slice/executord.service/cgroup.subtree_control || exit 1; done'
    check "is what root's client uses" sh -c "executorctl daemon status | grep -w $(main)"
    check "runs a trial for root" executorctl run "$hello"
    check "runs a trial for a member of the group" as ann executorctl run "$hello"
    check "sees a cheat" fails 4 as ann executorctl run "$hello" --replay /repository/tasks/examples/cheat.json
    check "solves a task of the suite" as ann executorctl run /repository/tasks/infrastructure/sqlite-wal-recovery/t1-canonical
    check "shows ann her own trials only" test "$(as ann executorctl list --json | grep -c '"trial"')" = 3
    check "refuses others" fails 3 as bob executorctl daemon status --socket /run/executord/executord.sock
    printf '{"actions": [{"shell": "python3 -c \\"x = b%s * 10**10\\""}]}' "'y'" >/tmp/greedy.json
    check "survives a trial that wants more memory than it has" fails 4 executorctl run "$hello" --replay /tmp/greedy.json
    check "is still the same process" sh -c "systemctl is-active executord && test $(main) = \$(systemctl show -P MainPID executord)"
}

# Nothing of the service is there.
gone() {
    local left
    left=$(pgrep -fa 'executord|sleep 98765' | grep -v -e service-guest -e pgrep)
    left+=$(grep -s executord /proc/*/mountinfo | grep -v '/proc/self/')
    left+=$(find /sys/fs/cgroup -name '*executord*' -path '*system.slice*')
    left+=$(find /run/executord -type s 2>/dev/null)
    left+=$(losetup -a | grep executord)
    [ -z "$left" ] || { echo "$left"; return 1; }
}

stopping() {
    part=stop
    printf '{"actions": [{"shell": "sleep 5.25"}]}' >/tmp/short.json
    local trial
    trial=$(executorctl submit "$hello" --replay /tmp/short.json --json | sed -n 's/.*"\(hello-world__[^"]*\)".*/\1/p')
    check "a trial runs" until_true pgrep -f 'sleep 5.25'
    check "stops" systemctl stop executord
    check "leaves nothing" gone
    systemctl start executord
    check "let the running trial finish" sh -c "executorctl show $trial | grep -qw failed"
}

crash() {
    part=crash
    printf '{"actions": [{"shell": "sleep 98765"}]}' >/tmp/long.json
    local trial old
    trial=$(executorctl submit "$hello" --replay /tmp/long.json --json | sed -n 's/.*"\(hello-world__[^"]*\)".*/\1/p')
    check "a trial runs" until_true pgrep -f 'sleep 98765'
    old=$(main)
    kill -9 "$old"
    check "starts again" until_true sh -c "systemctl is-active executord && test \$(systemctl show -P MainPID executord) != $old"
    check "the trial's processes are gone" not pgrep -f 'sleep 98765'
    check "the trial is interrupted" sh -c "executorctl show $trial | grep -qw interrupted"
    check "another one runs" executorctl run "$hello"
    systemctl stop executord
    check "leaves nothing" gone
}

activation() {
    part=activation
    check "the socket alone starts" systemctl start executord.socket
    check "the daemon does not" not systemctl is-active executord.service
    check "a client starts it" as ann executorctl run "$hello"
    check "it is there" systemctl is-active executord.service
    systemctl stop executord.service
    check "leaves nothing" gone
}

# The unit as an ordinary user's, as docs/operations.md says.
unprivileged() {
    part=unprivileged
    useradd --system --home-dir /var/lib/executord --shell /usr/sbin/nologin --gid executord executord
    usermod --add-subuids 1879048192-2013265919 --add-subgids 1879048192-2013265919 executord
    mkdir -p /etc/systemd/system/executord.service.d
    printf '[Service]\nUser=executord\nNoNewPrivileges=no\nProtectKernelModules=no\nSystemCallArchitectures=\n' \
        >/etc/systemd/system/executord.service.d/user.conf
    systemctl daemon-reload
    [ ! -e /var/lib/executord ] || mv /var/lib/executord /var/lib/executord.root
    check "starts" systemctl start executord
    check "runs a trial for root" executorctl run "$hello"
    check "runs a trial for ann" as ann executorctl run "$hello"
    systemctl stop executord
    check "leaves nothing" gone
    rm -r /etc/systemd/system/executord.service.d
    rm -rf /var/lib/executord
    [ ! -e /var/lib/executord.root ] || mv /var/lib/executord.root /var/lib/executord
    systemctl daemon-reload
}

user_service() {
    part=user
    loginctl enable-linger ann
    check "ann has a manager" until_true as ann systemctl --user is-system-running --wait
    check "starts" as ann systemctl --user start executord
    check "is what her client uses" sh -c "runuser -u ann -- env XDG_RUNTIME_DIR=/run/user/$(id -u ann) HOME=/home/ann executorctl daemon status"
    check "runs a trial" as ann executorctl run "$hello"
    mkdir /home/ann/work
    chown ann /home/ann/work
    check "runs a command on her directory" sh -c "cd /home/ann/work && runuser -u ann -- env \
        XDG_RUNTIME_DIR=/run/user/$(id -u ann) HOME=/home/ann executorctl exec --allow-unenforced --work . --apply -- touch made && test -e made"
    check "stops" as ann systemctl --user stop executord
    check "leaves no socket" test ! -e "/run/user/$(id -u ann)/executord/executord.sock"
    check "starts by its socket" as ann systemctl --user start executord.socket
    check "runs a trial by the socket" as ann executorctl run "$hello"
    as ann systemctl --user stop executord
    loginctl disable-linger ann
}

# demo USER WHAT: the three trials of the demo, in embedded daemons.
demo() {
    local user=$1
    part="demo of $user"
    rm -rf "/tmp/demo-$user"
    mkdir "/tmp/demo-$user"
    chown "$user" "/tmp/demo-$user"
    check "solved, unsolved and cheated are told apart" \
        sh -c "cd /repository && runuser -u $user -- env HOME=/tmp/demo-$user EXECUTORD_STATE=/tmp/demo-$user/state scripts/demo /usr/bin"
}
demos() {
    systemctl stop executord.socket executord.service
    demo root
    demo ann
    demo bob
}

# What a person sees first; for reading, nothing is checked.
facts() {
    for user in root ann bob; do
        say "doctor of $user:"
        as "$user" executorctl doctor 2>&1 | sed 's/^/            /'
    done
    systemd-analyze security executord.service 2>/dev/null | tail -1
}

[ $# -gt 0 ] || set -- service stopping crash activation unprivileged user_service demos facts
install
for step in "$@"; do $step; done
say "$failures failures"
[ "$failures" = 0 ]
