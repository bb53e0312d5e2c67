/*
 * Filters that ask a supervisor about a call; see seccomp(2) and seccomp_unotify(2).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* `program` holds `length` bytes of struct sock_filter. */
int clinux_install_seccomp(const void *program, size_t length);

/*
 * The same; returns the descriptor, close-on-exec, on which the filter asks. -1 with EBUSY, and no filter installed, when a
 * filter further out asks somebody else already (a container's engine).
 */
int clinux_install_asking_seccomp(const void *program, size_t length);

/* A call that waits for its answer. */
struct clinux_asked_call {
    uint64_t id;
    uint32_t number;
    uint64_t arguments[6];
};

/* Lets the kernel run whoever answers on the asker's processor; -1 before 6.6. */
int clinux_seccomp_answer_at_once(int listener);
/* 1 with a call that waits, 0 when none does, -1 when nobody is left who could ask. Does not block. */
int clinux_seccomp_next(int listener, struct clinux_asked_call *call);
/* Refuses it with an errno; a caller that died meanwhile needs no answer. */
void clinux_seccomp_refuse(int listener, uint64_t id, int code);
