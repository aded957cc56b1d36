"""Byte-range and whole-file locks between two mounts of one export. The client's own retry is set so late that only a server that
answers a waiting lock when it becomes free passes in time."""
import errno
import fcntl
import os
import signal
import struct
from guest import child, ended, mount, umount, until, write

EX, SH, UN, NB = fcntl.LOCK_EX, fcntl.LOCK_SH, fcntl.LOCK_UN, fcntl.LOCK_NB
a, b = (mount(place, options="locktimeout=600") for place in ("/mnt/a", "/mnt/b"))
write(a + "/file", b"0" * 1000)


def opened(top):
    return os.open(top + "/file", os.O_RDWR)


def holder(body, top=a):
    """A process that takes locks on one mount and holds them until a byte is written to what is returned."""
    ready, ready_end = os.pipe()
    go_end, go = os.pipe()

    def hold():
        os.close(ready)
        os.close(go)
        fd = opened(top)
        body(fd)
        os.write(ready_end, b"r")
        os.read(go_end, 1)
    pid = child(hold)
    os.close(ready_end)
    os.close(go_end)
    assert os.read(ready, 1) == b"r", "the holder failed: %d" % ended(pid)
    os.close(ready)
    return pid, go


def finish(held):
    # Not by closing: later children have a copy of the pipe.
    os.write(held[1], b"x")
    os.close(held[1])
    assert ended(held[0]) == 0


def tried(call, *arguments):
    """In a process of its own on the other mount: 0 or the name of the error; the lock goes with the process."""
    code = ended(child(lambda: call(opened(b), *arguments)))
    return errno.errorcode[code] if code > 0 else code


def asked(start, length, kind=fcntl.F_WRLCK):
    """F_GETLK from the other mount: (type, start, length)."""
    fd = opened(b)
    answer = fcntl.fcntl(fd, fcntl.F_GETLK, struct.pack("hhqqi4x", kind, os.SEEK_SET, start, length, 0))
    os.close(fd)
    found = struct.unpack("hhqqi4x", answer)
    return found[0], found[2], found[3]


# flock.
held = holder(lambda fd: fcntl.flock(fd, EX))
assert tried(fcntl.flock, EX | NB) == "EAGAIN"
assert tried(fcntl.flock, SH | NB) == "EAGAIN"
finish(held)
assert tried(fcntl.flock, EX | NB) == 0
held = holder(lambda fd: fcntl.flock(fd, SH))
assert tried(fcntl.flock, SH | NB) == 0
assert tried(fcntl.flock, EX | NB) == "EAGAIN"
finish(held)

# fcntl: only what overlaps conflicts.
held = holder(lambda fd: fcntl.lockf(fd, EX, 100, 0))
assert tried(fcntl.lockf, EX | NB, 100, 100) == 0
assert tried(fcntl.lockf, EX | NB, 1, 99) == "EAGAIN"
assert tried(fcntl.lockf, SH | NB, 50, 50) == "EAGAIN"
assert asked(10, 20) == (fcntl.F_WRLCK, 0, 100), asked(10, 20)
assert asked(100, 0)[0] == fcntl.F_UNLCK
finish(held)
assert asked(0, 0)[0] == fcntl.F_UNLCK
assert tried(fcntl.lockf, EX | NB) == 0


def pierced(fd):
    fcntl.lockf(fd, SH, 0, 0)
    fcntl.lockf(fd, EX, 10, 20)
    fcntl.lockf(fd, UN, 5, 40)


held = holder(pierced)
assert tried(fcntl.lockf, SH | NB, 20, 0) == 0
assert tried(fcntl.lockf, SH | NB, 1, 25) == "EAGAIN"
assert tried(fcntl.lockf, EX | NB, 5, 40) == 0
assert tried(fcntl.lockf, EX | NB, 1, 45) == "EAGAIN"
assert tried(fcntl.lockf, EX | NB, 1, 1 << 40) == "EAGAIN"
finish(held)

# Release at close, at death and at unlock, each handed to a process that waits on the other mount.


def waits_for(kind, call, release):
    held = holder(lambda fd: call(fd, EX))
    got, got_end = os.pipe()

    def wait():
        os.close(got)
        fd = opened(b)
        os.write(got_end, b"w")
        call(fd, EX)
        os.write(got_end, b"g")
    waiter = child(wait)
    os.close(got_end)
    assert os.read(got, 1) == b"w"
    # The waiter is inside its call when it sleeps there.
    until(lambda: open("/proc/%d/stat" % waiter).read().split(") ")[1][0] in "SD", "the waiter waits")
    assert tried(call, EX | NB) == "EAGAIN"
    release(held)
    assert os.read(got, 1) == b"g", "%s: the waiter got nothing" % kind
    os.close(got)
    assert ended(waiter) == 0


def killed(held):
    os.kill(held[0], signal.SIGKILL)
    assert ended(held[0]) == -signal.SIGKILL
    os.close(held[1])


for call in fcntl.flock, fcntl.lockf:
    waits_for(call.__name__ + " close", call, finish)
    waits_for(call.__name__ + " death", call, killed)

# Who dies waiting leaves nothing behind. (Lesser signals do not reach a process that waits for an answer of the server at 6.1.)
held = holder(lambda fd: fcntl.lockf(fd, EX, 10, 0))
waiter = child(lambda: fcntl.lockf(opened(b), EX, 10, 0))
until(lambda: open("/proc/%d/stat" % waiter).read().split(") ")[1][0] in "SD", "the waiter waits")
os.kill(waiter, signal.SIGKILL)
assert ended(waiter) == -signal.SIGKILL
finish(held)
assert tried(fcntl.lockf, EX | NB) == 0
assert asked(0, 0)[0] == fcntl.F_UNLCK

# A mount that is gone holds nothing.
fd = opened(a)
fcntl.lockf(fd, EX | NB)
assert tried(fcntl.lockf, EX | NB) == "EAGAIN"
os.close(fd)
umount(a)
assert tried(fcntl.lockf, EX | NB) == 0
umount(b)
