/*
 * What this host lets us do, found out by trying it in a process that is thrown away.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Each is 0 when it works, an errno when it does not, CLINUX_NOT_TRIED when something it needs has failed. */
struct clinux_host_probe {
    int32_t user_namespace;  /* clone with CLONE_NEWUSER, CLONE_NEWNS and CLONE_NEWPID */
    int32_t identity_map;    /* uid_map, gid_map, and becoming root by them */
    int32_t idmapped_mount;  /* a detached copy of the named directory, identity-mapped */
    int32_t ipc_uts_cgroup;  /* the namespaces that cost nothing */
    int32_t network;         /* a network namespace, its loopback up */
    int32_t mount_api;       /* a tmpfs by fsopen and move_mount */
    int32_t fresh_proc;      /* refused where the outer /proc is masked */
    int32_t memory_xattrs;   /* user xattrs on tmpfs (6.6) */
    int32_t overlay;         /* with userxattr, on tmpfs */
    int32_t overlay_removal; /* of a directory that the lower layer has, and its return; EIO on 6.1 */
};
static const int32_t CLINUX_NOT_TRIED = -1;

/*
 * The child of a threaded process: it makes system calls only. Root inside is `uid`:`gid` outside. -1 when there is
 * no child at all for a reason other than namespaces.
 */
int clinux_probe_host(struct clinux_host_probe *result, uint32_t uid, uint32_t gid, const char *directory);

/* Whether filters may return `action`; see SECCOMP_GET_ACTION_AVAIL in seccomp(2). */
int clinux_seccomp_action_available(uint32_t action);
/* The highest Landlock ABI; see landlock_create_ruleset(2). */
int clinux_landlock_abi(void);
