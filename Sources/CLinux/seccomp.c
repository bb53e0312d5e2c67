#include "CLinux.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of newer kernel headers (5.19, 6.6) than Debian 12's libc knows. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

static int install(const void *program, size_t length, unsigned long flags) {
    struct sock_fprog filter = {.len = (unsigned short)(length / sizeof(struct sock_filter)),
                                .filter = (struct sock_filter *)program};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
}

int clinux_install_seccomp(const void *program, size_t length) { return install(program, length, 0); }

int clinux_install_asking_seccomp(const void *program, size_t length) {
    /* A caller whose question was taken is not disturbed by signals: it would ask again, and be counted twice. */
    return install(program, length, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
}

int clinux_seccomp_answer_at_once(int listener) {
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

int clinux_seccomp_next(int listener, struct clinux_asked_call *call) {
    for (;;) {
        struct pollfd polled = {.fd = listener, .events = POLLIN};
        if (poll(&polled, 1, 0) < 0)
            return errno == EINTR ? 0 : -1;
        if (!(polled.revents & POLLIN))
            return polled.revents ? -1 : 0;
        struct seccomp_notif asked;
        memset(&asked, 0, sizeof asked);
        /* ENOENT: the caller was killed before its question could be taken. */
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) {
            if (errno == ENOENT || errno == EINTR)
                continue;
            return -1;
        }
        call->id = asked.id;
        call->number = (uint32_t)asked.data.nr;
        memcpy(call->arguments, asked.data.args, sizeof call->arguments);
        return 1;
    }
}

void clinux_seccomp_refuse(int listener, uint64_t id, int code) {
    struct seccomp_notif_resp answer = {.id = id, .error = -code};
    while (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) != 0 && errno == EINTR)
        ;
}
