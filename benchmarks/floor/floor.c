/*
 * What one sandbox takes where nothing but its steps is done: the peer of benchmark-launch that has no daemon, no record, no
 * error that anybody reads, and no Swift. It makes the same namespaces (those of users, processes and networks ahead), the same
 * kinds of mounts, cgroups with limits, capabilities and a filter of as many instructions, runs `true` and takes all down again.
 *
 * For each byte of its input it writes a line in milliseconds: a whole life, the part of it from where the sandbox stands, a
 * command in one that has stood for a while. 'l' is for one in peace, anything else for one behind the other, without the
 * third figure. Needs root and cgroup v1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(int line, const char *step) {
    fprintf(stderr, "benchmark-floor: line %d: %s: %s\n", line, step, strerror(errno));
    _exit(1);
}
#define TRY(call) ({ long result = (long)(call); if (result < 0) fail(__LINE__, #call); result; })

typedef const char *option[2];

enum { hierarchies = 5, slots = 3, instructions = 299, grouped = hierarchies + slots };
static const char *hierarchy[hierarchies] = {"memory", "cpuacct", "freezer", "cpu", "pids"};
static char layer[64], name[64];
static int trees[hierarchies];
static struct sock_filter code[instructions];
static const struct sock_fprog filter = {instructions, code};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

/* A file system that is attached nowhere yet. */
static int make_mount(const char *type, const option *options, int attributes) {
    int context = TRY(syscall(SYS_fsopen, type, 1));
    for (; options && (*options)[0]; options++) TRY(syscall(SYS_fsconfig, context, 1, (*options)[0], (*options)[1], 0));
    TRY(syscall(SYS_fsconfig, context, 6, 0, 0, 0));
    int mount = TRY(syscall(SYS_fsmount, context, 1, attributes));
    close(context);
    return mount;
}

static void attach(int mount, int directory, const char *path) {
    TRY(syscall(SYS_move_mount, mount, "", directory, path, MOVE_MOUNT_F_EMPTY_PATH));
    close(mount);
}

static void bind_at(const char *source, int directory, const char *path, unsigned long attributes) {
    int mount = TRY(syscall(SYS_open_tree, AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    struct mount_attr set = {.attr_set = attributes};
    TRY(syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, &set, sizeof set));
    attach(mount, directory, path);
}

static void write_at(int directory, const char *file, const char *text) {
    int opened = TRY(openat(directory, file, O_WRONLY | O_CLOEXEC));
    TRY(write(opened, text, strlen(text)));
    close(opened);
}

static void send_descriptors(int socket, const int *descriptors, int count) {
    char space[CMSG_SPACE(sizeof(int) * grouped)] = {0};
    struct iovec bytes = {"g", 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = space, .msg_controllen = CMSG_SPACE(sizeof(int) * count)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){CMSG_LEN(sizeof(int) * count), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
    TRY(sendmsg(socket, &message, 0));
}

static void receive_descriptors(int socket, int *descriptors, int count) {
    char space[CMSG_SPACE(sizeof(int) * grouped)], byte;
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    TRY(recvmsg(socket, &message, MSG_CMSG_CLOEXEC));
    memcpy(descriptors, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int) * count);
}

/* Pid 1: its file system, as the daemon's plan for the host's image has it. */
static void build_root(void) {
    option small[] = {{"size", "1m"}, {"mode", "755"}, {0}};
    option system[] = {{"lowerdir", "image"}, {"upperdir", "layer/a"}, {"workdir", "layer/b"}, {0}};
    option settings[] = {{"lowerdir", "/etc"}, {"upperdir", "layer/c"}, {"workdir", "layer/d"}, {0}};
    option terminals[] = {{"ptmxmode", "0666"}, {0}};
    option memory[] = {{"size", "64m"}, {"nr_inodes", "1000"}, {"mode", "1777"}, {0}};
    const char *devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
    const char *links[] = {"fd", "stdin", "stdout", "stderr", "ptmx"};
    const char *readonly[] = {"sys", "sysrq-trigger", "irq", "bus"};
    const char *hidden[] = {"kcore", "timer_list", "keys", "acpi", "scsi"};
    const char *directories[] = {"image", "layer", "root", "layer/a", "layer/b", "layer/c", "layer/d", "root/usr", "root/etc", "root/dev",
                                 "root/proc", "root/tmp"};
    TRY(mount(0, "/", 0, MS_REC | MS_SLAVE, 0));
    attach(make_mount("tmpfs", small, 6), AT_FDCWD, "/tmp");
    TRY(chdir("/tmp"));
    for (int index = 0; index < 3; index++) TRY(mkdir(directories[index], 0755));
    bind_at("/usr", AT_FDCWD, "image", MOUNT_ATTR_RDONLY);
    bind_at(layer, AT_FDCWD, "layer", 0);
    for (int index = 3; index < 7; index++) TRY(mkdir(directories[index], 0755));
    attach(make_mount("tmpfs", small, 6), AT_FDCWD, "root");
    for (int index = 7; index < 12; index++) TRY(mkdir(directories[index], 0755));
    TRY(symlink("usr/bin", "root/bin"));
    TRY(symlink("usr/lib", "root/lib"));
    TRY(symlink("usr/lib64", "root/lib64"));
    attach(make_mount("overlay", system, 6), AT_FDCWD, "root/usr");
    attach(make_mount("overlay", settings, 6), AT_FDCWD, "root/etc");
    attach(make_mount("tmpfs", small, 2), AT_FDCWD, "root/dev");
    int dev = TRY(open("root/dev", O_PATH | O_CLOEXEC));
    for (int index = 0; index < 6; index++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/%s", devices[index]);
        close(TRY(openat(dev, devices[index], O_CREAT | O_WRONLY | O_CLOEXEC, 0666)));
        bind_at(path, dev, devices[index], 0);
    }
    for (int index = 0; index < 5; index++) TRY(symlinkat("/proc/self/fd", dev, links[index]));
    TRY(mkdirat(dev, "pts", 0755));
    TRY(mkdirat(dev, "shm", 01777));
    attach(make_mount("devpts", terminals, 10), dev, "pts");
    attach(make_mount("tmpfs", memory, 6), dev, "shm");
    attach(make_mount("proc", 0, 14), AT_FDCWD, "root/proc");
    int proc = TRY(open("root/proc", O_PATH | O_CLOEXEC));
    struct stat status;
    for (int index = 0; index < 4; index++) {
        char path[64];
        snprintf(path, sizeof path, "root/proc/%s", readonly[index]);
        if (fstatat(proc, readonly[index], &status, 0) == 0) bind_at(path, proc, readonly[index], MOUNT_ATTR_RDONLY);
    }
    for (int index = 0; index < 5; index++)
        if (fstatat(proc, hidden[index], &status, 0) == 0)
            bind_at(S_ISDIR(status.st_mode) ? "image" : "/dev/null", proc, hidden[index], MOUNT_ATTR_RDONLY);
    close(dev);
    close(proc);
    TRY(chdir("root"));
    TRY(syscall(SYS_pivot_root, ".", "."));
    TRY(umount2(".", MNT_DETACH));
    TRY(chdir("/"));
}

struct order {
    int socket, *joins;
};

/* A child of pid 1, in its memory: what confines a program, then `true`. */
static int run_true(void *context) {
    const struct order *order = context;
    struct rlimit files = {4096, 4096}, cores = {0, 0};
    for (int index = 0; index < slots; index++) TRY(write(order->joins[index], "0", 1));
    setsid();
    TRY(prlimit(0, RLIMIT_NOFILE, &files, 0));
    TRY(prlimit(0, RLIMIT_CORE, &cores, 0));
    for (int capability = 0; capability <= 40; capability++) prctl(PR_CAPBSET_DROP, capability);
    TRY(syscall(SYS_setgroups, 0, 0));
    TRY(setresgid(1000, 1000, 1000));
    TRY(setresuid(1000, 1000, 1000));
    TRY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    int listener = TRY(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter));
    send_descriptors(order->socket, &listener, 1);
    close(listener);
    char *arguments[] = {"/usr/bin/true", 0}, *environment[] = {"PATH=/usr/bin", 0};
    execve(arguments[0], arguments, environment);
    _exit(127);
}

/* What changed in the layer: nothing, but one must look. */
static void look(void) {
    char entries[4096];
    struct statfs size;
    statfs("/usr", &size);
    for (int index = 0; index < 2; index++) {
        int directory = TRY(open(index ? "/tmp" : "/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        while (syscall(SYS_getdents64, directory, entries, sizeof entries) > 0) {}
        close(directory);
    }
}

static void become_pid_1(int socket) {
    static char stack[65536] __attribute__((aligned(16)));
    int groups[grouped], status;
    char byte;
    if (read(socket, &byte, 1) != 1) _exit(0);
    TRY(unshare(CLONE_NEWNS));
    TRY(syscall(SYS_setgroups, 0, 0));
    TRY(setresgid(0, 0, 0));
    TRY(setresuid(0, 0, 0));
    TRY(prctl(PR_SET_PDEATHSIG, SIGKILL));
    TRY(setsid());
    TRY(sethostname("sandbox", 7));
    build_root();
    receive_descriptors(socket, groups, grouped);
    for (int index = 0; index < hierarchies; index++) TRY(write(groups[index], "0", 1));
    TRY(unshare(CLONE_NEWCGROUP));
    TRY(write(socket, "r", 1));
    while (read(socket, &byte, 1) == 1) {
        struct order order = {socket, groups + hierarchies};
        look();
        pid_t child = TRY(clone(run_true, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &order));
        TRY(waitpid(child, &status, 0));
        if (status != 0) fail(__LINE__, "true");
        look();
        TRY(write(socket, "d", 1));
    }
    _exit(0);
}

/* A process with the namespaces that depend on nothing, which waits: this is not timed. */
static int bear(void) {
    int sockets[2], steps[2];
    char path[64], byte;
    TRY(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets));
    TRY(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, steps));
    pid_t child = TRY(syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0));
    if (child == 0) {
        struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
        TRY(unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS));
        TRY(ioctl(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), SIOCSIFFLAGS, &loopback));
        TRY(write(steps[1], "n", 1));
        TRY(read(steps[1], &byte, 1));
        close(sockets[0]);
        become_pid_1(sockets[1]);
    }
    TRY(read(steps[0], &byte, 1));
    for (int index = 0; index < 2; index++) {
        snprintf(path, sizeof path, "/proc/%d/%s_map", child, index ? "gid" : "uid");
        write_at(AT_FDCWD, path, "0 100000 65536\n");
    }
    TRY(write(steps[0], "m", 1));
    close(steps[0]);
    close(steps[1]);
    close(sockets[1]);
    return sockets[0];
}

struct sandbox {
    int socket, made[grouped], joins[grouped];
};

static void make_groups(struct sandbox *sandbox) {
    char slot[80];
    snprintf(slot, sizeof slot, "%s/slot", name);
    for (int index = 0; index < grouped; index++) {
        const char *path = index < hierarchies ? name : slot;
        int tree = trees[index < hierarchies ? index : index - hierarchies];
        TRY(mkdirat(tree, path, 0755));
        sandbox->made[index] = TRY(openat(tree, path, O_PATH | O_DIRECTORY | O_CLOEXEC));
        sandbox->joins[index] = TRY(openat(sandbox->made[index], "tasks", O_WRONLY | O_CLOEXEC));
    }
    write_at(sandbox->made[0], "memory.limit_in_bytes", "2147483648");
    write_at(sandbox->made[3], "cpu.cfs_quota_us", "200000");
    write_at(sandbox->made[4], "pids.max", "512");
}

static void remove_groups(struct sandbox *sandbox) {
    char slot[80];
    snprintf(slot, sizeof slot, "%s/slot", name);
    for (int index = grouped; index-- > 0;) {
        close(sandbox->made[index]);
        close(sandbox->joins[index]);
        int tree = trees[index < hierarchies ? index : index - hierarchies];
        TRY(unlinkat(tree, index < hierarchies ? name : slot, AT_REMOVEDIR));
    }
}

static void stand(struct sandbox *sandbox) {
    option limits[] = {{"size", "268435456"}, {"nr_inodes", "32768"}, {"mode", "755"}, {"uid", "100000"}, {"gid", "100000"}, {0}};
    char byte;
    TRY(mkdir(layer, 0755));
    attach(make_mount("tmpfs", limits, 6), AT_FDCWD, layer);
    TRY(write(sandbox->socket, "b", 1));
    make_groups(sandbox);
    send_descriptors(sandbox->socket, sandbox->joins, grouped);
    TRY(read(sandbox->socket, &byte, 1));
}

/* Asks pid 1 for `true`, takes the descriptor on which its filter asks, and reads what it took. */
static void command(struct sandbox *sandbox) {
    const char *files[] = {"memory.max_usage_in_bytes", "memory.oom_control", "memory.failcnt", "cpuacct.usage"};
    char text[4096];
    int listener;
    TRY(write(sandbox->socket, "x", 1));
    receive_descriptors(sandbox->socket, &listener, 1);
    TRY(read(sandbox->socket, text, 1));
    close(listener);
    for (int index = 0; index < 4; index++) {
        int file = TRY(openat(sandbox->made[hierarchies + index / 3], files[index], O_RDONLY | O_CLOEXEC));
        TRY(read(file, text, sizeof text));
        close(file);
    }
}

static void end(struct sandbox *sandbox) {
    shutdown(sandbox->socket, SHUT_WR);
    TRY(wait(0));
    close(sandbox->socket);
    remove_groups(sandbox);
    TRY(umount2(layer, MNT_DETACH));
    TRY(rmdir(layer));
}

/* A whole life; what was made ahead has come to rest before if `rests`. */
static void live(int rests, double *cold, double *prepared) {
    struct sandbox sandbox = {.socket = bear()};
    if (rests) usleep(20000);
    double begin = now();
    stand(&sandbox);
    double stands = now();
    command(&sandbox);
    end(&sandbox);
    double gone = now();
    *cold = gone - begin;
    *prepared = gone - stands;
}

/* A command in a sandbox that has stood for a while. */
static double live_command(void) {
    struct sandbox sandbox = {.socket = bear()};
    stand(&sandbox);
    command(&sandbox);
    usleep(5000);
    double begin = now();
    command(&sandbox);
    double took = now() - begin;
    end(&sandbox);
    return took;
}

int main(void) {
    char path[96], byte;
    /* As long as ours, and as deep: nine comparisons, then the answer. */
    for (int index = 1; index < instructions - 1; index++)
        code[index] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1000 + index, 0, 0);
    code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
    code[10] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, instructions - 12);
    code[instructions - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    snprintf(layer, sizeof layer, "/var/tmp/benchmark-floor-%d", getpid());
    snprintf(name, sizeof name, "benchmark-floor-%d", getpid());
    for (int index = 0; index < hierarchies; index++) {
        snprintf(path, sizeof path, "/sys/fs/cgroup/%s", hierarchy[index]);
        trees[index] = TRY(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    TRY(unshare(CLONE_NEWNS));
    TRY(mount(0, "/", 0, MS_REC | MS_PRIVATE, 0));
    while (read(0, &byte, 1) == 1) {
        double cold, prepared, command = 0;
        live(byte == 'l', &cold, &prepared);
        if (byte == 'l') command = live_command();
        printf("%.3f %.3f %.3f\n", cold, prepared, command);
        fflush(stdout);
    }
    return 0;
}
