#include "CLinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <linux/loop.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

int clinux_unshare(int flags) { return unshare(flags); }

pid_t clinux_fork_into(int namespaces, int *pidfd) {
    /* libc's cached thread id is stale in the child; nothing there uses it (no pthreads, no raise). */
    return (pid_t)syscall(SYS_clone, namespaces | CLONE_PIDFD | SIGCHLD, 0, pidfd, 0, 0);
}

/* Its lowest page cannot be touched. */
static char *child_stack(size_t size) {
    static char *stack;
    if (!stack) {
        char *made = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        if (made == MAP_FAILED)
            return NULL;
        if (mprotect(made, 4096, PROT_NONE) != 0) {
            int error = errno;
            munmap(made, size);
            errno = error;
            return NULL;
        }
        stack = made;
    }
    return stack + size;
}

pid_t clinux_start_child(int (*body)(void *), void *context, int shares_memory) {
    if (shares_memory) {
        char *stack = child_stack(256 << 10);
        return stack ? clone(body, stack, CLONE_VM | CLONE_VFORK | SIGCHLD, context) : -1;
    }
    pid_t child = fork();
    if (child == 0)
        _exit(body(context));
    return child;
}

int clinux_sethostname(const char *name, size_t length) { return sethostname(name, length); }

/* The raw calls: libc's versions try to change every thread and use cached ids. */
int clinux_setgroups_none(void) { return (int)syscall(SYS_setgroups, 0, NULL); }

int clinux_set_ids(uid_t uid, gid_t gid) {
    if (syscall(SYS_setresgid, gid, gid, gid) != 0)
        return -1;
    return (int)syscall(SYS_setresuid, uid, uid, uid);
}

int clinux_join_new_session_keyring(void) {
    return (int)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ? -1 : 0;
}

int clinux_loopback_up(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    strcpy(request.ifr_name, "lo");
    int result = ioctl(fd, SIOCSIFFLAGS, &request);
    int error = errno;
    close(fd);
    errno = error;
    return result;
}

int clinux_reject_route(uint32_t network, uint32_t mask) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    struct rtentry route = {.rt_flags = RTF_UP | RTF_REJECT};
    struct sockaddr_in target = {.sin_family = AF_INET, .sin_addr.s_addr = network};
    struct sockaddr_in bits = {.sin_family = AF_INET, .sin_addr.s_addr = mask};
    memcpy(&route.rt_dst, &target, sizeof target);
    memcpy(&route.rt_genmask, &bits, sizeof bits);
    int result = ioctl(fd, SIOCADDRT, &route);
    int error = errno;
    close(fd);
    errno = error;
    return result;
}

int clinux_setns(int namespace, int kind) { return setns(namespace, kind); }

int clinux_mount_private(void) { return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL); }

int clinux_pivot_root(const char *new_root, const char *put_old) {
    return (int)syscall(SYS_pivot_root, new_root, put_old);
}

int clinux_umount_detach(const char *path) { return umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW); }

int clinux_umount_at_cwd(void) { return umount2(".", MNT_DETACH); }

int clinux_fsopen(const char *type) { return fsopen(type, FSOPEN_CLOEXEC); }

int clinux_fsconfig_string(int fd, const char *key, const char *value) {
    return fsconfig(fd, FSCONFIG_SET_STRING, key, value, 0);
}

int clinux_fsconfig_flag(int fd, const char *key) { return fsconfig(fd, FSCONFIG_SET_FLAG, key, NULL, 0); }

int clinux_fsconfig_create(int fd) { return fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0); }

int clinux_fsmount(int fd, unsigned long long attributes) {
    return fsmount(fd, FSMOUNT_CLOEXEC, (unsigned int)attributes);
}

int clinux_clone_mount(int directory, const char *path, int recursive) {
    return open_tree(directory, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0));
}

int clinux_attach_mount(int mount, int directory, const char *path) {
    unsigned int flags = MOVE_MOUNT_F_EMPTY_PATH;
    if (path[0] == '\0')
        flags |= MOVE_MOUNT_T_EMPTY_PATH;
    return move_mount(mount, "", directory, path, flags);
}

int clinux_set_mount_attributes(int mount, unsigned long long attributes, int recursive) {
    struct mount_attr change = {.attr_set = attributes};
    return mount_setattr(mount, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &change, sizeof change);
}

int clinux_idmap_mount(int mount, unsigned long long attributes, int user_namespace) {
    struct mount_attr change = {.attr_set = attributes | MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace};
    return mount_setattr(mount, "", AT_EMPTY_PATH, &change, sizeof change);
}

int clinux_openat2(int directory, const char *path, unsigned long long flags, unsigned long long mode,
                   unsigned long long resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int clinux_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }
int clinux_set_dumpable(int dumpable) { return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0); }
int clinux_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int clinux_drop_bounding_capabilities(uint64_t kept) {
    for (int capability = 0; capability < 64; capability++) {
        if (kept >> capability & 1 || prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0)
            continue;
        /* EINVAL: the kernel has none of that number, nor above. */
        return errno == EINVAL && capability > 0 ? 0 : -1;
    }
    return 0;
}

int clinux_clear_ambient_capabilities(void) {
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

int clinux_close_from(int first) { return (int)syscall(SYS_close_range, (unsigned)first, ~0U, 0); }

int clinux_reap(struct clinux_exit *outcome) {
    int status;
    struct rusage usage;
    pid_t pid;
    /* A child that asked to be traced (PTRACE_TRACEME) is reported when it stops: it has not ended, let it go on. */
    while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0 && WIFSTOPPED(status))
        ptrace(PTRACE_DETACH, pid, NULL, (void *)(long)WSTOPSIG(status));
    if (pid <= 0)
        return (int)pid;
    outcome->pid = pid;
    outcome->signaled = WIFSIGNALED(status);
    outcome->code = outcome->signaled ? WTERMSIG(status) : WEXITSTATUS(status);
    outcome->core_dumped = outcome->signaled && WCOREDUMP(status);
    outcome->user_microseconds = usage.ru_utime.tv_sec * 1000000LL + usage.ru_utime.tv_usec;
    outcome->system_microseconds = usage.ru_stime.tv_sec * 1000000LL + usage.ru_stime.tv_usec;
    outcome->maximum_resident_kilobytes = usage.ru_maxrss;
    return 1;
}

int clinux_unblock_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL);
}

int clinux_reset_signals(void) {
    for (int number = 1; number < 65; number++)
        if (number != SIGKILL && number != SIGSTOP && number != 32 && number != 33)
            signal(number, SIG_DFL);
    return clinux_unblock_signals();
}

int clinux_child_signal_descriptor(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int clinux_memfd(const char *name) { return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING); }

int clinux_seal(int fd) {
    return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
}

struct clinux_directory *clinux_directory_open(int fd) { return (struct clinux_directory *)fdopendir(fd); }

const char *clinux_directory_next(struct clinux_directory *directory) {
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir((DIR *)directory);
        if (entry == NULL)
            return NULL;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return entry->d_name;
    }
}

void clinux_directory_close(struct clinux_directory *directory) { closedir((DIR *)directory); }

ssize_t clinux_readlink(int directory, const char *path, void *target, size_t capacity) {
    return readlinkat(directory, path, target, capacity);
}

int clinux_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }

int clinux_is_whiteout(uint32_t mode, uint64_t device) { return S_ISCHR(mode) && device == makedev(0, 0); }

uint32_t clinux_device_major(uint64_t device) { return major(device); }
uint32_t clinux_device_minor(uint64_t device) { return minor(device); }

ssize_t clinux_send_message(int socket, const void *bytes, size_t length, const int *descriptors, size_t count) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * 32)];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > (size_t)CLINUX_MESSAGE_DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    if (count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t clinux_receive_message(int socket, void *bytes, size_t capacity, int *descriptors, size_t *count) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * 32)];
    } control;
    struct iovec part = {.iov_base = bytes, .iov_len = capacity};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *count = 0;
    ssize_t length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (length < 0)
        return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        *count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(descriptors, CMSG_DATA(header), *count * sizeof(int));
    }
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        for (size_t index = 0; index < *count; index++)
            close(descriptors[index]);
        *count = 0;
        errno = EMSGSIZE;
        return -1;
    }
    return length;
}

int clinux_duplicate_from(int fd, int first) { return fcntl(fd, F_DUPFD_CLOEXEC, first); }

int clinux_set_cloexec(int fd) { return fcntl(fd, F_SETFD, FD_CLOEXEC); }

int clinux_processor(void) { return sched_getcpu(); }

int clinux_get_processors(cpu_set_t *set) { return sched_getaffinity(0, sizeof *set, set); }

int clinux_set_processors(const cpu_set_t *set) { return sched_setaffinity(0, sizeof *set, set); }

void clinux_keep_off(pid_t pid, int processor) {
    cpu_set_t set;
    if (clinux_get_processors(&set) != 0) return;
    if (processor < 0 || processor >= CPU_SETSIZE) return;
    CPU_CLR(processor, &set);
    if (CPU_COUNT(&set) > 0) (void)sched_setaffinity(pid, sizeof set, &set);
}

int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int clinux_loop_attach(int file) {
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0)
        return -1;
    int device = -1;
    /* Somebody else may take the free number first: try again with the next. */
    for (int attempt = 0; attempt < 64 && device < 0; attempt++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0)
            break;
        char path[32];
        snprintf(path, sizeof path, "/dev/loop%d", number);
        device = open(path, O_RDWR | O_CLOEXEC);
        if (device < 0)
            break;
        struct loop_config config = {.fd = (uint32_t)file, .info.lo_flags = LO_FLAGS_AUTOCLEAR};
        if (ioctl(device, LOOP_CONFIGURE, &config) != 0) {
            int error = errno;
            close(device);
            device = -1;
            errno = error;
            if (error != EBUSY)
                break;
        }
    }
    int error = errno;
    close(control);
    errno = error;
    return device;
}

int clinux_loop_number(int device) {
    struct loop_info64 info;
    return ioctl(device, LOOP_GET_STATUS64, &info) != 0 ? -1 : (int)info.lo_number;
}

_Static_assert(EPOLLIN == 0x001 && EPOLLRDHUP == 0x2000 && EPOLLOUT == 0x004 && EPOLLPRI == 0x002, "epoll events");

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_epoll_set(int epoll, int fd, unsigned int events, uint64_t data, int modify) {
    struct epoll_event event = {.events = events | EPOLLET, .data.u64 = data};
    return epoll_ctl(epoll, modify ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
}

int clinux_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }

int clinux_epoll_wait(int epoll, uint64_t *data, unsigned int *events, int capacity) {
    struct epoll_event ready[64];
    int count = epoll_wait(epoll, ready, capacity < 64 ? capacity : 64, -1);
    for (int index = 0; index < count; index++) {
        data[index] = ready[index].data.u64;
        events[index] = ready[index].events;
    }
    return count;
}

int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int clinux_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int clinux_block_all_signals(void) {
    sigset_t all;
    sigfillset(&all);
    return pthread_sigmask(SIG_SETMASK, &all, NULL);
}

int clinux_termination_signal_descriptor(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int clinux_next_signal(int fd) {
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

int clinux_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int clinux_peer_credentials(int socket, uid_t *uid, gid_t *gid, pid_t *pid) {
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
        return -1;
    *uid = credentials.uid;
    *gid = credentials.gid;
    *pid = credentials.pid;
    return 0;
}

int clinux_accept(int socket) { return accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int clinux_spawn(pid_t *pid, const char *path, char *const *argv, char *const *environment, const int *from,
                 const int *to, size_t count) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int highest = 2, spare = 2, error = 0;
    for (size_t index = 0; index < count; index++) {
        highest = to[index] > highest ? to[index] : highest;
        spare = from[index] > spare ? from[index] : spare;
    }
    spare = (spare > highest ? spare : highest) + 1;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    /* Sources first move above everything that is named: dup2 onto a later source would lose it. */
    for (size_t index = 0; index < count; index++)
        error |= posix_spawn_file_actions_adddup2(&actions, from[index], spare + (int)index);
    for (int target = 0; target <= highest; target++) {
        size_t index = 0;
        while (index < count && to[index] != target)
            index++;
        if (index < count)
            error |= posix_spawn_file_actions_adddup2(&actions, spare + (int)index, target);
        else if (target < 3)
            error |= posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_RDWR, 0);
        else
            error |= posix_spawn_file_actions_addclose(&actions, target);
    }
    error |= posix_spawn_file_actions_addclosefrom_np(&actions, highest + 1);
    sigemptyset(&none);
    /* Not sigfillset: it leaves out libc's own two, which would start as ignored. */
    memset(&all, 0xff, sizeof all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int result = error ? ENOMEM : posix_spawn(pid, path, &actions, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

int clinux_wait_pidfd(int pidfd, int *code, int *signaled) {
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) != 0)
        return -1;
    if (info.si_pid == 0)
        return 0;
    *code = info.si_status;
    *signaled = info.si_code == CLD_EXITED ? 0 : info.si_code == CLD_DUMPED ? 2 : 1;
    return 1;
}

const char *clinux_error_name(int code) { return strerrorname_np(code); }

const char *clinux_error_text(int code) { return strerrordesc_np(code); }

int clinux_has_xattr(int fd, const char *name) { return fgetxattr(fd, name, NULL, 0) >= 0; }

ssize_t clinux_list_xattrs(int fd, char *names, size_t capacity) { return flistxattr(fd, names, capacity); }

ssize_t clinux_get_xattr(int fd, const char *name, void *value, size_t capacity) {
    return fgetxattr(fd, name, value, capacity);
}
