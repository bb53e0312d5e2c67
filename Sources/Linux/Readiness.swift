import Glibc

/// Whether a descriptor is readable, or has news of its end, or gets it within a time; see poll(2).
package func isReadable(_ descriptor: CInt, within milliseconds: CInt) -> Bool {
    var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&polled, 1, milliseconds) == 1
}

/// How long a thread may be held up for what is likely to come sooner than another could be woken for it.
package let briefMilliseconds: CInt = 1
