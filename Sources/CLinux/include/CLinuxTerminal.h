/* Pseudoterminals; see pty(7), ioctl_tty(2). */
#pragma once

/* Whether the descriptor is the multiplexer of a devpts (character device 5, 2). */
int clinux_is_terminal_multiplexer(int fd);
/* Unlocks the controlled side of a master and opens it, whatever path leads to it; TIOCGPTPEER (4.13). */
int clinux_terminal_open_peer(int master);
/* Makes the terminal the caller's controlling one; the caller leads a session without. */
int clinux_terminal_take(int terminal);
int clinux_terminal_set_size(int terminal, unsigned short rows, unsigned short columns);
