/*
 * What Swift cannot see or cannot call by itself: no policy, no allocation, no logging.
 *
 * Functions return -1 and set errno like the calls they wrap. Constants that `import Glibc` does not show are
 * given as `static const`.
 */
#pragma once

#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "CLinuxLimits.h"
#include "CLinuxSeccomp.h"
#include "CLinuxTerminal.h"

/* Namespaces and identity; see clone(2), user_namespaces(7). */
static const int CLINUX_CLONE_NEWNS = 0x00020000;
static const int CLINUX_CLONE_NEWCGROUP = 0x02000000;
static const int CLINUX_CLONE_NEWUTS = 0x04000000;
static const int CLINUX_CLONE_NEWIPC = 0x08000000;
static const int CLINUX_CLONE_NEWUSER = 0x10000000;
static const int CLINUX_CLONE_NEWPID = 0x20000000;
static const int CLINUX_CLONE_NEWNET = 0x40000000;

int clinux_unshare(int flags);
/* fork() into new namespaces, with a pidfd of the child; see clone(2). Single-threaded callers only. */
pid_t clinux_fork_into(int namespaces, int *pidfd);
/*
 * A child that does `body` and exits with what that returns; -1 without one. It may share our memory, on a stack of its own:
 * then this returns when it has executed a program or exited. The kernel looking for something to kill for memory passes over
 * such a child, oom_badness() in mm/oom_kill.c: it does not take us for it. Single-threaded callers only.
 */
pid_t clinux_start_child(int (*body)(void *), void *context, int shares_memory);
int clinux_sethostname(const char *name, size_t length);
int clinux_setgroups_none(void);
int clinux_set_ids(uid_t uid, gid_t gid);
int clinux_join_new_session_keyring(void);
int clinux_loopback_up(void);
/* What an IPv4 network is sent to has no route: ENETUNREACH or EHOSTUNREACH; network byte order. See route(8), reject. */
int clinux_reject_route(uint32_t network, uint32_t mask);
/* See setns(2). */
int clinux_setns(int namespace, int kind);

/* Mounts by descriptor; see fsopen(2), open_tree(2), move_mount(2), mount_setattr(2). */
static const unsigned long long CLINUX_ATTR_RDONLY = 0x1;
static const unsigned long long CLINUX_ATTR_NOSUID = 0x2;
static const unsigned long long CLINUX_ATTR_NODEV = 0x4;
static const unsigned long long CLINUX_ATTR_NOEXEC = 0x8;

int clinux_mount_private(void);
int clinux_pivot_root(const char *new_root, const char *put_old);
int clinux_umount_detach(const char *path);
int clinux_umount_at_cwd(void);
int clinux_fsopen(const char *type);
int clinux_fsconfig_string(int fd, const char *key, const char *value);
int clinux_fsconfig_flag(int fd, const char *key);
int clinux_fsconfig_create(int fd);
int clinux_fsmount(int fd, unsigned long long attributes);
/* A detached copy of one mount, or with `recursive` of the whole tree below it. */
int clinux_clone_mount(int directory, const char *path, int recursive);
int clinux_attach_mount(int mount, int directory, const char *path);
int clinux_set_mount_attributes(int mount, unsigned long long attributes, int recursive);
int clinux_idmap_mount(int mount, unsigned long long attributes, int user_namespace);

/* Opens below a directory; see openat2(2). */
static const unsigned long long CLINUX_RESOLVE_NO_MAGICLINKS = 0x02;
static const unsigned long long CLINUX_RESOLVE_NO_SYMLINKS = 0x04;
static const unsigned long long CLINUX_RESOLVE_BENEATH = 0x08;
static const unsigned long long CLINUX_RESOLVE_IN_ROOT = 0x10;
static const int CLINUX_O_PATH = 010000000;
int clinux_openat2(int directory, const char *path, unsigned long long flags, unsigned long long mode,
                   unsigned long long resolve);

/* Processes; see prctl(2). */
int clinux_set_parent_death_signal(int signal);
int clinux_set_dumpable(int dumpable);
int clinux_set_no_new_privileges(void);
/* All that the kernel knows but those of the mask. */
int clinux_drop_bounding_capabilities(uint64_t kept);
int clinux_clear_ambient_capabilities(void);
int clinux_close_from(int first);
/* One exited child, if any: 1 with the outcome, 0 when none has exited, -1 with ECHILD when there is none. */
struct clinux_exit {
    int32_t pid;
    int32_t code;   /* exit status or signal number */
    int32_t signaled;
    int32_t core_dumped;
    int64_t user_microseconds, system_microseconds;
    int64_t maximum_resident_kilobytes;
};
int clinux_reap(struct clinux_exit *outcome);
/* Every disposition to its default, and nothing blocked; then only the latter. */
int clinux_reset_signals(void);
int clinux_unblock_signals(void);
int clinux_child_signal_descriptor(void);

/* Anonymous files; see memfd_create(2). */
int clinux_memfd(const char *name);
int clinux_seal(int fd);
/* Names of a directory through a callback-free cursor: see fdopendir(3), readdir(3). */
struct clinux_directory;
struct clinux_directory *clinux_directory_open(int fd);
const char *clinux_directory_next(struct clinux_directory *directory);
void clinux_directory_close(struct clinux_directory *directory);
/* readlinkat(2) into bytes; not terminated. */
ssize_t clinux_readlink(int directory, const char *path, void *target, size_t capacity);
/* Both ends close-on-exec; see pipe2(2). */
int clinux_pipe(int *ends);
int clinux_is_whiteout(uint32_t mode, uint64_t device);
uint32_t clinux_device_major(uint64_t device);
uint32_t clinux_device_minor(uint64_t device);

/* lseek(2), which libc names for GNU programs only. */
static const int CLINUX_SEEK_DATA = 3;
static const int CLINUX_SEEK_HOLE = 4;

/* Whole messages on SOCK_SEQPACKET sockets, with up to CLINUX_MESSAGE_DESCRIPTORS descriptors; see unix(7). */
static const int CLINUX_MESSAGE_DESCRIPTORS = 32;
ssize_t clinux_send_message(int socket, const void *bytes, size_t length, const int *descriptors, size_t count);
/* Received descriptors are close-on-exec. EMSGSIZE when bytes or descriptors were cut off (the latter are closed). */
ssize_t clinux_receive_message(int socket, void *bytes, size_t capacity, int *descriptors, size_t *count);
/* A duplicate, close-on-exec, of the lowest free number from `first` on. */
int clinux_duplicate_from(int fd, int first);
int clinux_set_cloexec(int fd);
/* On which the caller runs at this moment; sched_getcpu(3). */
int clinux_processor(void);
/* The processors that the caller may use; sched_setaffinity(2). It fails where there are more than 1,024. */
int clinux_get_processors(cpu_set_t *set);
int clinux_set_processors(const cpu_set_t *set);
/* Lets a process use what the caller may use without one processor, if that leaves any. */
void clinux_keep_off(pid_t pid, int processor);
int clinux_pidfd_open(pid_t pid);

/*
 * Sets a bit of 65536 for each TCP port on which somebody listens in the network namespace of the caller; see
 * sock_diag(7). -1 where the kernel has none of it, or not for us.
 */
int clinux_listening_ports(unsigned char *ports);

/* Loop devices; see loop(4). The returned descriptor detaches the device when the last user is gone. */
int clinux_loop_attach(int file);
int clinux_loop_number(int device);

/* Readiness; see epoll(7). The 64 bits of user data come back with each event. */
static const unsigned int CLINUX_EPOLL_READ = 0x001 | 0x2000;   /* EPOLLIN | EPOLLRDHUP */
static const unsigned int CLINUX_EPOLL_WRITE = 0x004;           /* EPOLLOUT */
static const unsigned int CLINUX_EPOLL_PRIORITY = 0x002;        /* EPOLLPRI */
int clinux_epoll_create(void);
/* Edge-triggered; `modify` changes an existing registration. */
int clinux_epoll_set(int epoll, int fd, unsigned int events, uint64_t data, int modify);
int clinux_epoll_remove(int epoll, int fd);
/* Up to `capacity` user data words; the second array receives the events. */
int clinux_epoll_wait(int epoll, uint64_t *data, unsigned int *events, int capacity);
int clinux_eventfd(void);
int clinux_set_nonblocking(int fd);
/* Blocks all signals in the calling thread, for threads that must not handle any. */
int clinux_block_all_signals(void);
/* SIGPIPE ignored; SIGTERM, SIGINT and SIGHUP blocked, to be read from the descriptor; call before any thread. */
int clinux_termination_signal_descriptor(void);
/* Number of the next signal on a signal descriptor; 0 when there is none. */
int clinux_next_signal(int fd);
int clinux_pidfd_send_signal(int pidfd, int signal);
/* uid, gid and pid of a connected peer; see unix(7), SO_PEERCRED. */
int clinux_peer_credentials(int socket, uid_t *uid, gid_t *gid, pid_t *pid);
int clinux_accept(int socket);
/*
 * posix_spawn(3) with an empty signal mask, default dispositions, descriptors `from[i]` as `to[i]`, and every
 * other one closed. Streams 0 to 2 that are not named are /dev/null. Returns 0 or an errno.
 */
int clinux_spawn(pid_t *pid, const char *path, char *const *argv, char *const *environment, const int *from,
                 const int *to, size_t count);
/* Reaps a child by pidfd: 1 filled in, 0 still running, -1 error. `signaled`: 0 no, 1 yes, 2 with a core dump. */
int clinux_wait_pidfd(int pidfd, int *code, int *signaled);

/* The name of an errno, such as "EPERM", static, or NULL; see strerrorname_np(3). */
const char *clinux_error_name(int code);
/* The text of an errno, static and never translated, or NULL; see strerrordesc_np(3). */
const char *clinux_error_text(int code);

/* Whether fgetxattr(2) finds the attribute. */
int clinux_has_xattr(int fd, const char *name);

/* flistxattr(2), fgetxattr(2). */
ssize_t clinux_list_xattrs(int fd, char *names, size_t capacity);
ssize_t clinux_get_xattr(int fd, const char *name, void *value, size_t capacity);
