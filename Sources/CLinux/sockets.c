#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ask(int netlink, unsigned char family) {
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } message;
    memset(&message, 0, sizeof message);
    message.header.nlmsg_len = sizeof message;
    message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message.request.sdiag_family = family;
    message.request.sdiag_protocol = IPPROTO_TCP;
    message.request.idiag_states = 1 << TCP_LISTEN;
    return send(netlink, &message, sizeof message, 0) == sizeof message ? 0 : -1;
}

/* The answer's parts, until it is whole. */
static int note_all(int netlink, unsigned char *ports) {
    /* Larger than any part of a dump, which the kernel keeps below 32 KiB; netlink(7). */
    _Alignas(struct nlmsghdr) char buffer[1 << 15];
    for (;;) {
        ssize_t count = recv(netlink, buffer, sizeof buffer, 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return -1;
        size_t left = (size_t)count;
        for (struct nlmsghdr *part = (struct nlmsghdr *)buffer; NLMSG_OK(part, left); part = NLMSG_NEXT(part, left)) {
            if (part->nlmsg_type == NLMSG_DONE)
                return 0;
            if (part->nlmsg_type == NLMSG_ERROR) {
                errno = -((struct nlmsgerr *)NLMSG_DATA(part))->error;
                return -1;
            }
            if (part->nlmsg_type != SOCK_DIAG_BY_FAMILY)
                continue;
            unsigned int port = ntohs(((struct inet_diag_msg *)NLMSG_DATA(part))->id.idiag_sport);
            ports[port / 8] |= (unsigned char)(1 << port % 8);
        }
    }
}

int clinux_listening_ports(unsigned char *ports) {
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0)
        return -1;
    memset(ports, 0, 65536 / 8);
    int outcome = ask(netlink, AF_INET) || note_all(netlink, ports) || ask(netlink, AF_INET6) || note_all(netlink, ports);
    int code = errno;
    close(netlink);
    errno = code;
    return outcome ? -1 : 0;
}
