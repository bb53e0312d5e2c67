#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static int outcome(long result) { return result < 0 ? errno : 0; }

/* A tmpfs attached over the root directory, which nothing here looks up again; the working directory is in it. */
static int memory_root(void) {
    int context = clinux_fsopen("tmpfs");
    if (context < 0 || clinux_fsconfig_create(context) < 0)
        return -1;
    int mount = clinux_fsmount(context, CLINUX_ATTR_NOSUID | CLINUX_ATTR_NODEV);
    close(context);
    if (mount < 0 || clinux_attach_mount(mount, AT_FDCWD, "/") < 0 || fchdir(mount) < 0)
        return -1;
    return mount;
}

static int fresh_proc(void) {
    int context = clinux_fsopen("proc");
    if (context < 0 || clinux_fsconfig_create(context) < 0)
        return -1;
    return clinux_fsmount(context, 0);
}

static int overlay(void) {
    if (mkdir("lower", 0755) < 0 || mkdir("upper", 0755) < 0 || mkdir("work", 0755) < 0 ||
        mkdir("lower/directory", 0755) < 0 || mkdir("lower/directory/entry", 0755) < 0)
        return -1;
    int context = clinux_fsopen("overlay");
    if (context < 0 || clinux_fsconfig_string(context, "lowerdir", "lower") < 0 ||
        clinux_fsconfig_string(context, "upperdir", "upper") < 0 ||
        clinux_fsconfig_string(context, "workdir", "work") < 0 || clinux_fsconfig_flag(context, "userxattr") < 0 ||
        clinux_fsconfig_create(context) < 0)
        return -1;
    return clinux_fsmount(context, 0);
}

/* Empties, removes, makes again: what needs marks on the upper; the removal of an empty directory alone does not. */
static int replace_directory(int merged) {
    if (unlinkat(merged, "directory/entry", AT_REMOVEDIR) < 0 || unlinkat(merged, "directory", AT_REMOVEDIR) < 0)
        return -1;
    return mkdirat(merged, "directory", 0755);
}

/* In the new namespaces, as root there. */
static void try_each(struct clinux_host_probe *result) {
    result->ipc_uts_cgroup = outcome(unshare(CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP));
    result->network = outcome(unshare(CLONE_NEWNET));
    if (result->network == 0)
        result->network = outcome(clinux_loopback_up());
    result->fresh_proc = outcome(fresh_proc());
    result->mount_api = outcome(clinux_mount_private());
    if (result->mount_api == 0)
        result->mount_api = outcome(memory_root());
    if (result->mount_api != 0)
        return;
    result->memory_xattrs = outcome(setxattr(".", "user.probe", "1", 1, 0));
    int merged = overlay();
    result->overlay = outcome(merged);
    if (merged >= 0)
        result->overlay_removal = outcome(replace_directory(merged));
}

/* Waits for the byte that says that the maps are written; the end of the stream says that they are not. */
static void child(struct clinux_host_probe *result, int go) {
    char byte;
    if (read(go, &byte, 1) != 1)
        return;
    result->identity_map = outcome(clinux_set_ids(0, 0));
    if (result->identity_map == 0)
        try_each(result);
}

static int write_process_file(pid_t pid, const char *name, const char *text) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    ssize_t written = write(file, text, strlen(text));
    int error = errno;
    close(file);
    errno = error;
    return written < 0 ? -1 : 0;
}

static int write_maps(pid_t pid, uint32_t uid, uint32_t gid) {
    char users[32], groups[32];
    snprintf(users, sizeof users, "0 %u 1", uid);
    snprintf(groups, sizeof groups, "0 %u 1", gid);
    if (write_process_file(pid, "setgroups", "deny") < 0 || write_process_file(pid, "gid_map", groups) < 0)
        return -1;
    return write_process_file(pid, "uid_map", users);
}

static int idmapped_copy(pid_t pid, const char *directory) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
    int space = open(path, O_RDONLY | O_CLOEXEC);
    int mount = space < 0 ? -1 : clinux_clone_mount(AT_FDCWD, directory, 0);
    int result = mount < 0 ? -1 : clinux_idmap_mount(mount, 0, space);
    int error = errno;
    if (mount >= 0)
        close(mount);
    if (space >= 0)
        close(space);
    errno = error;
    return result;
}

/* The parent's half: maps the child, lets it try, waits until it is gone. */
static void guide(struct clinux_host_probe *result, pid_t pid, int go, uint32_t uid, uint32_t gid,
                  const char *directory) {
    result->identity_map = outcome(write_maps(pid, uid, gid));
    if (result->identity_map == 0) {
        result->idmapped_mount = outcome(idmapped_copy(pid, directory));
        /* Never EPIPE: our own copy of the other end is still open. */
        (void)!write(go, "1", 1);
    }
    close(go);
    while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
        ;
}

int clinux_probe_host(struct clinux_host_probe *result, uint32_t uid, uint32_t gid, const char *directory) {
    memset(result, 0xff, sizeof *result); /* CLINUX_NOT_TRIED everywhere */
    int go[2];
    if (pipe2(go, O_CLOEXEC) < 0)
        return -1;
    struct clinux_host_probe *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        close(go[0]);
        close(go[1]);
        return -1;
    }
    memset(shared, 0xff, sizeof *shared);
    sigset_t every, before;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    /* No exit signal: nobody but us is told of this child. */
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID, 0, 0, 0, 0);
    if (pid == 0) {
        close(go[1]);
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* else its maps are root's to write */
        child(shared, go[0]);
        syscall(SYS_exit_group, 0);
    }
    int error = outcome(pid);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    shared->user_namespace = error;
    if (pid > 0)
        guide(shared, pid, go[1], uid, gid, directory);
    else
        close(go[1]);
    close(go[0]);
    *result = *shared;
    munmap(shared, sizeof *shared);
    return 0;
}

int clinux_seccomp_action_available(uint32_t action) {
    return (int)syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

int clinux_landlock_abi(void) {
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}
