/// The system calls that ordinary programs need, by what they are for; see syscalls(2).
///
/// Names, not numbers: libseccomp knows the numbers of each architecture. A name that an architecture does not have (arm64
/// has no `open`) or that libseccomp does not know yet is left out, which means ENOSYS.
enum SeccompAllowedCalls {
    static let all =
        files + directories + attributes + transfer + readiness + memory + processes + signals + identities + limits
        + time + interProcess + sockets + asynchronous + selfConfinement

    static let files = [
        "access", "close", "close_range", "creat", "dup", "dup2", "dup3", "faccessat", "faccessat2", "fadvise64",
        "fallocate", "fcntl", "fdatasync", "flock", "fstat", "fstatfs", "fsync", "ftruncate", "lseek", "lstat",
        "newfstatat", "open", "openat", "openat2", "readahead", "stat", "statfs", "statx", "sync", "sync_file_range",
        "syncfs", "truncate", "umask",
    ]

    static let directories = [
        "chdir", "fchdir", "getcwd", "getdents", "getdents64", "link", "linkat", "mkdir", "mkdirat", "mknod", "mknodat",
        "readlink", "readlinkat", "rename", "renameat", "renameat2", "rmdir", "symlink", "symlinkat", "unlink",
        "unlinkat",
    ]

    static let attributes = [
        "chmod", "chown", "fchmod", "fchmodat", "fchmodat2", "fchown", "fchownat", "lchown", "fgetxattr", "flistxattr",
        "fremovexattr", "fsetxattr", "getxattr", "lgetxattr", "listxattr", "llistxattr", "lremovexattr", "lsetxattr",
        "removexattr", "setxattr", "futimesat", "utime", "utimensat", "utimes", "cachestat",
    ]

    static let transfer = [
        "copy_file_range", "pipe", "pipe2", "pread64", "preadv", "preadv2", "pwrite64", "pwritev", "pwritev2", "read",
        "readv", "sendfile", "splice", "tee", "vmsplice", "write", "writev",
    ]

    static let readiness = [
        "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd",
        "eventfd2", "inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch", "poll", "ppoll",
        "pselect6", "select", "signalfd", "signalfd4",
    ]

    static let memory = [
        "brk", "madvise", "map_shadow_stack", "memfd_create", "mincore", "mlock", "mlock2", "mlockall", "mmap",
        "mprotect", "mremap", "mseal", "msync", "munlock", "munlockall", "munmap", "pkey_alloc", "pkey_free",
        "pkey_mprotect", "remap_file_pages",
    ]

    static let processes = [
        "arch_prctl", "execve", "execveat", "exit", "exit_group", "fork", "futex", "futex_requeue", "futex_wait",
        "futex_waitv", "futex_wake", "get_robust_list", "getcpu", "membarrier", "pidfd_open", "prctl", "rseq",
        "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity", "sched_getattr", "sched_getparam",
        "sched_getscheduler", "sched_rr_get_interval", "sched_setaffinity", "sched_setparam", "sched_yield",
        "set_robust_list", "set_tid_address", "vfork", "wait4", "waitid",
    ]

    static let signals = [
        "kill", "pause", "pidfd_send_signal", "restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
        "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo", "sigaltstack",
        "tgkill", "tkill",
    ]

    static let identities = [
        "capget", "capset", "getegid", "geteuid", "getgid", "getgroups", "getpgid", "getpgrp", "getpid", "getppid",
        "getresgid", "getresuid", "getsid", "gettid", "getuid", "setfsgid", "setfsuid", "setgid", "setgroups",
        "setpgid", "setregid", "setresgid", "setresuid", "setreuid", "setsid", "setuid", "uname",
    ]

    static let limits = [
        "getpriority", "getrlimit", "getrusage", "ioprio_get", "ioprio_set", "prlimit64", "setpriority", "setrlimit",
        "sysinfo",
    ]

    static let time = [
        "alarm", "clock_getres", "clock_gettime", "clock_nanosleep", "getitimer", "gettimeofday", "nanosleep",
        "setitimer", "time", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime",
        "timerfd_create", "timerfd_gettime", "timerfd_settime", "times",
    ]

    /// Confined by the sandbox's own IPC namespace.
    static let interProcess = [
        "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedsend", "mq_unlink", "msgctl", "msgget",
        "msgrcv", "msgsnd", "semctl", "semget", "semop", "semtimedop", "shmat", "shmctl", "shmdt", "shmget",
    ]

    /// Sockets are made by `socket` and `socketpair`, which have conditions of their own.
    static let sockets = [
        "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen", "recvfrom",
        "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
    ]

    /// The old asynchronous I/O, which databases use; io_uring is refused.
    static let asynchronous = [
        "io_cancel", "io_destroy", "io_getevents", "io_pgetevents", "io_setup", "io_submit",
    ]

    /// A program may confine itself further, and the randomness that it needs for keys.
    static let selfConfinement = [
        "getrandom", "landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "seccomp",
    ]
}
