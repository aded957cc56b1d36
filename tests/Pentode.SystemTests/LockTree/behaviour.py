#!/usr/bin/env python3
"""What a lock tree answers, call by call, beside what dlmfs in Linux 6.1 answers.

behaviour.py MODE A B       runs every row on the mounts A and B of two nodes, prints those that differ, ends with their number
behaviour.py --table        prints the table for docs/reference/locks.md

MODE is kernel (A and B are two mounts of the real dlmfs, see tests/locks/kernel-dlmfs), default or compatible. A row says what the kernel
answers, what ours answers where that differs, by mode, and why. Nothing here waits longer than a second for what is expected to happen.
"""
import ctypes, errno, fcntl, mmap, os, select, signal, socket, stat, struct, sys, tempfile, threading, time

A = B = MODE = None
ROWS = []
LIBC = ctypes.CDLL(None, use_errno=True)
TRY = os.O_NONBLOCK
RDWR, RD, WR, CREAT = os.O_RDWR, os.O_RDONLY, os.O_WRONLY, os.O_CREAT


def row(where, call, kernel, default=None, compatible=None, why=""):
    """A row: what the kernel answers, and ours where it differs."""
    def take(function):
        ROWS.append((where, call, kernel, default or kernel, compatible or (default if why.startswith("*") else None) or kernel, why.lstrip("*"), function))
        return function
    return take


def name(error):
    return {errno.EOPNOTSUPP: "EOPNOTSUPP", errno.EDEADLK: "EDEADLK"}.get(error) or errno.errorcode.get(error, str(error))


def ask(function, *arguments, **more):
    """The result of a call as a word: ok, a value, or the name of the error."""
    try:
        result = function(*arguments, **more)
    except OSError as e:
        return name(e.errno)
    if result is None:
        return "ok"
    if isinstance(result, bytes):
        return repr(result[:20])[2:-1] if result.strip(b"\0") else "%d zero" % len(result)
    return str(result)


def opening(path, flags, mode=0o644):
    """Opens and closes: ok, or the name of the error."""
    try:
        os.close(os.open(path, flags, mode))
        return "ok"
    except OSError as e:
        return name(e.errno)


class Held:
    """A lock held for the length of a with statement."""
    def __init__(self, path, flags):
        self.fd = os.open(path, flags | CREAT, 0o644)

    def __enter__(self):
        return self.fd

    def __exit__(self, *_):
        try:
            os.close(self.fd)
        except OSError:
            pass


class Waiter(threading.Thread):
    """An open that may wait, in a process of its own."""
    def __init__(self, path, flags):
        super().__init__(daemon=True)
        self.result = None
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            signal.signal(signal.SIGUSR1, lambda *_: None)
            signal.siginterrupt(signal.SIGUSR1, True)
            # What is held here is not its own.
            os.closerange(3, writer)
            os.closerange(writer + 1, 1024)
            os.write(writer, b"s")
            libc_open = LIBC.open
            fd = libc_open(path.encode(), flags, 0o644)
            os.write(writer, b"ok" if fd >= 0 else name(ctypes.get_errno()).encode())
            if fd >= 0:
                time.sleep(0.02)
            os._exit(0)
        os.close(writer)
        os.read(reader, 1)
        self.reader = reader
        self.start()

    def run(self):
        self.result = (os.read(self.reader, 64) or b"killed").decode()

    def waits(self, seconds=0.25):
        self.join(seconds)
        return self.result is None

    def end(self, seconds=5):
        self.join(seconds)
        result = self.result or "waits"
        if self.result is None:
            os.kill(self.pid, signal.SIGKILL)
            self.join(5)
        os.waitpid(self.pid, 0)
        os.close(self.reader)
        return result


class Upgrader:
    """A program that has a lock shared and then wants it exclusive."""
    def __init__(self, path):
        self.out, out = os.pipe()
        begin, self.begin = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            shared = os.open(path, RD)
            os.write(out, b"s")
            os.read(begin, 1)
            threading.Thread(target=lambda: os.read(begin, 1) and os.close(shared), daemon=True).start()
            fd = LIBC.open(path.encode(), RDWR)
            os.write(out, b"ok" if fd >= 0 else name(ctypes.get_errno()).encode())
            os._exit(0)
        os.close(out)
        os.close(begin)
        os.read(self.out, 1)

    def go(self):
        os.write(self.begin, b"g")

    def answer(self):
        ready, _, _ = select.select([self.out], [], [], 3 if MODE == "kernel" else 10)
        return os.read(self.out, 64).decode() if ready else "waits"

    def give_back(self):
        """Closes the shared lock. In the kernel's dlmfs an open that waits for ever cannot even be killed, and only one side hears of the other's
        wait: both have to give theirs back before either is sure to end."""
        try:
            os.write(self.begin, b"c")
        except BrokenPipeError:
            pass

    def end(self):
        os.waitpid(self.pid, 0)
        os.close(self.out)
        os.close(self.begin)


def lock(n="l", mount=None):
    return "%s/d/%s" % (mount or A, n)


# --- the mount and its domains ---------------------------------------------------------------------------------------

@row("root", "statfs f_type", "76a9f425", "65735546", why="*a FUSE mount always says FUSE; over 9P it is 76a9f425")
def _():
    buffer = ctypes.create_string_buffer(256)
    LIBC.statfs(A.encode(), buffer)
    return "%x" % struct.unpack_from("q", buffer)[0]

@row("root", "statfs block size, blocks, name length", "4096 0 255")
def _():
    s = os.statvfs(A)
    return "%d %d %d" % (s.f_frsize, s.f_blocks, s.f_namemax)

@row("root", "stat: mode, size, links", "40755 0 3")
def _():
    s = os.stat(A)
    return "%o %d %d" % (s.st_mode, s.st_size, s.st_nlink)

@row("root", "mkdir a new name", "ok")
def _():
    r = ask(os.mkdir, A + "/new")
    os.rmdir(A + "/new")
    return r

@row("root", "mkdir with mode 0700 and umask 022 keeps", "700")
def _():
    os.mkdir(A + "/m", 0o700)
    r = "%o" % (os.stat(A + "/m").st_mode & 0o7777)
    os.rmdir(A + "/m")
    return r

@row("root", "mkdir an existing name", "EEXIST")
def _():
    return ask(os.mkdir, A + "/d")

@row("root", "mkdir 63 bytes, 64 bytes, 255, 256", "ok EINVAL EINVAL ENAMETOOLONG")
def _():
    r = [ask(os.mkdir, A + "/" + "n" * n) for n in (63, 64, 255, 256)]
    os.rmdir(A + "/" + "n" * 63)
    return " ".join(r)

@row("root", "mkdir odd names ($x, a b, .hid, newline)", "ok ok ok ok")
def _():
    names = ["$x", "a b", ".hid", "a\nb"]
    r = [ask(os.mkdir, A + "/" + n) for n in names]
    for n in names:
        os.rmdir(A + "/" + n)
    return " ".join(r)

@row("root", "a domain joined on one node is listed on the other", "no")
def _():
    os.mkdir(A + "/onlyA")
    r = "yes" if "onlyA" in os.listdir(B) else "no"
    os.rmdir(A + "/onlyA")
    return r

@row("root", "create a regular file", "EACCES")
def _():
    return opening(A + "/f", CREAT | RDWR)

@row("root", "mknod regular, fifo, device", "EACCES EPERM EPERM")
def _():
    return " ".join([ask(os.mknod, A + "/f", stat.S_IFREG | 0o644), ask(os.mkfifo, A + "/f"), ask(os.mknod, A + "/f", stat.S_IFCHR | 0o644, os.makedev(1, 3))])

@row("root", "symlink", "EPERM")
def _():
    return ask(os.symlink, "x", A + "/s")

@row("root", "rename a domain, unlink a domain", "EPERM EISDIR")
def _():
    return ask(os.rename, A + "/d", A + "/e") + " " + ask(os.unlink, A + "/d")

@row("root", "rmdir a missing name", "ENOENT")
def _():
    return ask(os.rmdir, A + "/none")

@row("root", "open a domain for writing", "EISDIR")
def _():
    return opening(A + "/d", RDWR)

@row("root", "rmdir a domain with a lock nobody holds", "ENOTEMPTY")
def _():
    opening(lock("left"), CREAT | RDWR)
    r = ask(os.rmdir, A + "/d")
    os.unlink(lock("left"))
    return r

@row("root", "rmdir an empty domain with an open descriptor on it; then list, create through it", "ok 0 ENOENT")
def _():
    os.mkdir(A + "/gone")
    fd = os.open(A + "/gone", os.O_RDONLY | os.O_DIRECTORY)
    r = ask(os.rmdir, A + "/gone")
    n = len(os.listdir(fd))
    try:
        os.close(os.open("x", CREAT | RDWR, dir_fd=fd))
        c = "ok"
    except OSError as e:
        c = name(e.errno)
    os.close(fd)
    return "%s %d %s" % (r, n, c)

@row("root", "rmdir after use takes more than a second", "yes", "no", why="*leaving needs no pause here")
def _():
    os.mkdir(A + "/q")
    opening(A + "/q/l", CREAT | RDWR)
    os.unlink(A + "/q/l")
    t = time.time()
    os.rmdir(A + "/q")
    return "yes" if time.time() - t > 1 else "no"

@row("root", "chmod, chown, utime of a domain", "ok ok ok")
def _():
    r = [ask(os.chmod, A + "/d", 0o755), ask(os.chown, A + "/d", 0, 0), ask(os.utime, A + "/d", (1, 1))]
    return " ".join(r)

@row("root", "setxattr, listxattr of a domain", "EOPNOTSUPP []")
def _():
    return ask(os.setxattr, A + "/d", "user.x", b"1") + " " + ask(os.listxattr, A + "/d")

@row("root", "fsync of a directory descriptor", "ok")
def _():
    fd = os.open(A + "/d", os.O_RDONLY)
    r = ask(os.fsync, fd)
    os.close(fd)
    return r

@row("root", "a set-group-id domain gives its group to new locks", "yes")
def _():
    os.mkdir(A + "/sg")
    os.chown(A + "/sg", 0, 4242)
    os.chmod(A + "/sg", 0o2755)
    opening(A + "/sg/l", CREAT | RDWR)
    r = "yes" if os.stat(A + "/sg/l").st_gid == 4242 else "no"
    os.unlink(A + "/sg/l")
    os.rmdir(A + "/sg")
    return r

@row("root", "remounted read-only: mkdir; back again: mkdir", "ok EROFS ok ok")
def _():
    remount, read_only = 32, 1
    r = []
    for flags in (remount | read_only, remount):
        n = LIBC.mount(None, A.encode(), None, ctypes.c_ulong(flags), None)
        r += ["ok" if n == 0 else name(ctypes.get_errno()), ask(os.mkdir, A + "/ro")]
    os.rmdir(A + "/ro")
    return " ".join(r)

@row("root", "O_TMPFILE", "EOPNOTSUPP")
def _():
    return opening(A + "/d", os.O_TMPFILE | RDWR)

# --- locks: names and attributes -------------------------------------------------------------------------------------

@row("lock", "mkdir inside a domain", "EPERM")
def _():
    return ask(os.mkdir, lock("sub"))

@row("lock", "symlink, mkfifo, link, rename in a domain", "EPERM EPERM EPERM EPERM")
def _():
    opening(lock("x"), CREAT | RDWR)
    r = [ask(os.symlink, "x", lock("s")), ask(os.mkfifo, lock("s")), ask(os.link, lock("x"), lock("s")), ask(os.rename, lock("x"), lock("s"))]
    os.unlink(lock("x"))
    return " ".join(r)

@row("lock", "mknod regular makes the lock and takes nothing; the other node's try is", "ok ok")
def _():
    r = ask(os.mknod, lock("mk"), stat.S_IFREG | 0o644)
    b = opening(lock("mk", B), CREAT | RDWR | TRY)
    os.unlink(lock("mk"))
    os.unlink(lock("mk", B))
    return r + " " + b

@row("lock", "stat: type, size, blocks, links", "regular 64 0 1")
def _():
    opening(lock("st"), CREAT | RDWR)
    s = os.stat(lock("st"))
    os.unlink(lock("st"))
    return "%s %d %d %d" % ("regular" if stat.S_ISREG(s.st_mode) else "?", s.st_size, s.st_blocks, s.st_nlink)

@row("lock", "create 31 bytes, 32, 255, 256, $x, x$", "ok EINVAL EINVAL ENAMETOOLONG EINVAL ok")
def _():
    names = ["n" * 31, "n" * 32, "n" * 255, "n" * 256, "$x", "x$"]
    r = [opening(lock(n), CREAT | RDWR) for n in names]
    os.unlink(lock("n" * 31))
    os.unlink(lock("x$"))
    return " ".join(r)

@row("lock", "open a missing name, with and without O_NONBLOCK", "ENOENT ENOENT")
def _():
    return opening(lock("no"), RD) + " " + opening(lock("no"), RD | TRY)

@row("lock", "open without O_CREAT what only the other node has", "ENOENT")
def _():
    with Held(lock("theirs", B), RDWR):
        r = opening(lock("theirs"), RD)
    os.unlink(lock("theirs", B))
    return r

@row("lock", "O_CREAT|O_EXCL twice on one node, then on the other", "ok EEXIST ok")
def _():
    r = [opening(lock("ex", m), CREAT | os.O_EXCL | RDWR) for m in (A, A, B)]
    os.unlink(lock("ex"))
    os.unlink(lock("ex", B))
    return " ".join(r)

@row("lock", "O_CREAT and a try that fails: error, and the name is listed", "ETXTBSY yes")
def _():
    with Held(lock("cr", B), RDWR):
        r = opening(lock("cr"), CREAT | RDWR | TRY)
        listed = "yes" if "cr" in os.listdir(A + "/d") else "no"
    os.unlink(lock("cr"))
    os.unlink(lock("cr", B))
    return r + " " + listed

@row("lock", "truncate, ftruncate, O_TRUNC: results, size, value", "ok ok ok 64 abc")
def _():
    with Held(lock("tr"), RDWR) as fd:
        os.pwrite(fd, b"abc", 0)
        r = [ask(os.truncate, lock("tr"), 0), ask(os.ftruncate, fd, 10)]
    r.append(opening(lock("tr"), RDWR | os.O_TRUNC))
    with Held(lock("tr"), RD) as fd:
        value = os.pread(fd, 3, 0).decode()
    size = os.stat(lock("tr")).st_size
    os.unlink(lock("tr"))
    return " ".join(r) + " %d %s" % (size, value)

@row("lock", "unlink with an open descriptor here, also a dup", "EBUSY EBUSY")
def _():
    fd = os.open(lock("ub"), CREAT | RDWR, 0o644)
    r = ask(os.unlink, lock("ub"))
    d = os.dup(fd)
    os.close(fd)
    r += " " + ask(os.unlink, lock("ub"))
    os.close(d)
    settle(lambda: ask(os.unlink, lock("ub")) == "ok")
    return r

@row("lock", "unlink while the other node holds it", "ok")
def _():
    opening(lock("uo"), CREAT | RD)
    with Held(lock("uo", B), RD):
        r = ask(os.unlink, lock("uo"))
    settle(lambda: ask(os.unlink, lock("uo", B)) == "ok")
    return r

@row("lock", "unlink while an open of it waits here", "waits, then ok; the open EAGAIN", "EBUSY; the open ok", why="an unlink that hangs holds the whole directory")
def _():
    opening(lock("uw"), CREAT | RD)
    held = Held(lock("uw", B), RDWR)
    waiter = Waiter(lock("uw"), RDWR)
    assert waiter.waits()
    result = []
    thread = threading.Thread(target=lambda: result.append(ask(os.unlink, lock("uw"))))
    thread.start()
    thread.join(0.3)
    early = result[0] if result else "waits"
    held.__exit__()
    got = waiter.end()
    thread.join(5)
    if early != "waits":
        settle(lambda: ask(os.unlink, lock("uw")) == "ok")
    settle(lambda: ask(os.unlink, lock("uw", B)) == "ok")
    return ("waits, then %s; the open %s" if early == "waits" else "%s; the open %s") % (result[0], got)

@row("lock", "chmod 0600, chown, utime", "ok ok ok")
def _():
    opening(lock("ch"), CREAT | RDWR)
    r = [ask(os.chmod, lock("ch"), 0o600), ask(os.chown, lock("ch"), 1, 1), ask(os.utime, lock("ch"), (1, 1))]
    os.unlink(lock("ch"))
    return " ".join(r)

@row("lock", "as another user: r of 0644, rw of 0644, make in 0755, mkdir in the root", "ok EACCES EACCES EACCES")
def _():
    opening(lock("us"), CREAT | RDWR)
    def check():
        return " ".join([opening(lock("us"), RD), opening(lock("us"), RDWR), opening(lock("us2"), CREAT | RDWR), ask(os.mkdir, A + "/us")])
    r = as_user(check)
    os.unlink(lock("us"))
    return r

# --- open flags ------------------------------------------------------------------------------------------------------

@row("open", "each access mode with each of O_TRUNC O_APPEND O_SYNC O_NOFOLLOW O_NOATIME O_CLOEXEC O_ASYNC", "ok")
def _():
    opening(lock("fl"), CREAT | RDWR)
    bad = []
    for access in (RD, WR, RDWR, 3):
        for flag in (os.O_TRUNC, os.O_APPEND, os.O_SYNC, os.O_NOFOLLOW, os.O_NOATIME, os.O_CLOEXEC, os.O_ASYNC):
            r = opening(lock("fl"), access | flag)
            if r != "ok":
                bad.append("%x %s" % (access | flag, r))
    os.unlink(lock("fl"))
    return "; ".join(bad) or "ok"

@row("open", "O_DIRECT, O_DIRECTORY, O_PATH", "EINVAL ENOTDIR ok")
def _():
    opening(lock("fl"), CREAT | RDWR)
    r = [opening(lock("fl"), f) for f in (RDWR | os.O_DIRECT, RD | os.O_DIRECTORY, os.O_PATH)]
    os.unlink(lock("fl"))
    return " ".join(r)

@row("open", "O_PATH takes no lock: the other node's exclusive try", "ok")
def _():
    os.mknod(lock("pa"), stat.S_IFREG | 0o644)
    fd = os.open(lock("pa"), os.O_PATH)
    r = opening(lock("pa", B), CREAT | RDWR | TRY)
    os.close(fd)
    os.unlink(lock("pa"))
    os.unlink(lock("pa", B))
    return r

@row("open", "O_WRONLY and mode 3 are exclusive: the other node's shared try", "ETXTBSY ETXTBSY")
def _():
    r = []
    for access in (WR, 3):
        fd = LIBC.open(lock("wo").encode(), access | CREAT, 0o644)
        r.append(opening(lock("wo", B), CREAT | RD | TRY))
        os.close(fd)
    clean("wo")
    return " ".join(r)

@row("open", "O_APPEND: the bytes of a write on a fresh descriptor land at", "0")
def _():
    with Held(lock("ap"), RDWR | os.O_APPEND) as fd:
        os.write(fd, b"xy")
        r = str(os.pread(fd, 64, 0).find(b"xy"))
    clean("ap")
    return r

@row("open", "F_GETFL shows O_APPEND after an open with it", "no", "yes", why="*the flag stays with the kernel's FUSE; what it does is as in dlmfs")
def _():
    with Held(lock("ap"), RDWR | os.O_APPEND) as fd:
        r = "yes" if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_APPEND else "no"
    clean("ap")
    return r

# --- one node --------------------------------------------------------------------------------------------------------

@row("one node", "exclusive held: exclusive, shared, both by try", "ok ok ok ok")
def _():
    with Held(lock("on"), RDWR):
        r = [opening(lock("on"), f) for f in (RDWR, RD, RDWR | TRY, RD | TRY)]
    clean("on")
    return " ".join(r)

@row("one node", "shared held: exclusive; the shared descriptor sees what it writes", "ok new")
def _():
    with Held(lock("on"), RD) as shared:
        with Held(lock("on"), RDWR) as fd:
            os.pwrite(fd, b"new", 0)
        r = os.pread(shared, 3, 0).decode()
    clean("on")
    return "ok " + r

@row("one node", "a dup keeps the lock after the first close: the other node's try", "ETXTBSY")
def _():
    fd = os.open(lock("du"), CREAT | RDWR, 0o644)
    d = os.dup(fd)
    os.close(fd)
    r = opening(lock("du", B), CREAT | RD | TRY)
    os.close(d)
    clean("du")
    return r

@row("one node", "reopening /proc/self/fd/N is a second holder", "ok")
def _():
    with Held(lock("re"), RDWR) as fd:
        r = opening("/proc/self/fd/%d" % fd, RDWR)
    clean("re")
    return r

@row("one node", "the holder is killed: the other node's exclusive open", "ok")
def _():
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.open(lock("ki"), CREAT | RDWR, 0o644)
        os.write(writer, b"h")
        time.sleep(60)
        os._exit(0)
    os.read(reader, 1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(reader)
    os.close(writer)
    waiter = Waiter(lock("ki", B), CREAT | RDWR)
    r = waiter.end()
    clean("ki")
    return r

# --- two nodes -------------------------------------------------------------------------------------------------------

@row("two nodes", "exclusive here: shared try, exclusive try there", "ETXTBSY ETXTBSY")
def _():
    with Held(lock("tn"), RDWR):
        r = [opening(lock("tn", B), CREAT | f | TRY) for f in (RD, RDWR)]
    clean("tn")
    return " ".join(r)

@row("two nodes", "exclusive here: an exclusive open there waits, and is granted when this one closes", "waits ok")
def _():
    held = Held(lock("tw"), RDWR)
    waiter = Waiter(lock("tw", B), CREAT | RDWR)
    r = "waits" if waiter.waits() else "no"
    held.__exit__()
    r += " " + waiter.end()
    clean("tw")
    return r

@row("two nodes", "shared here: shared there, exclusive try there", "ok ETXTBSY")
def _():
    with Held(lock("ts"), RD):
        r = [opening(lock("ts", B), CREAT | RD), opening(lock("ts", B), RDWR | TRY)]
    clean("ts")
    return " ".join(r)

@row("two nodes", "shared on both: an exclusive open waits for the other's only", "waits ok")
def _():
    mine = Held(lock("tb", B), RD)
    other = Held(lock("tb"), RD)
    waiter = Waiter(lock("tb", B), RDWR)
    r = "waits" if waiter.waits() else "no"
    other.__exit__()
    r += " " + waiter.end()
    mine.__exit__()
    clean("tb")
    return r

@row("two nodes", "exclusive closed here, cached: shared try there, again", "ETXTBSY ETXTBSY", "ok ok", why="an idle lock can be won by a try")
def _():
    opening(lock("ca"), CREAT | RDWR)
    r = [opening(lock("ca", B), CREAT | RD | TRY) for _ in range(2)]
    clean("ca")
    return " ".join(r)

@row("two nodes", "exclusive closed here, cached: a blocking open there", "ok")
def _():
    opening(lock("cb"), CREAT | RDWR)
    waiter = Waiter(lock("cb", B), CREAT | RDWR)
    r = waiter.end()
    clean("cb")
    return r

@row("two nodes", "shared here, an exclusive waits there: another shared open here", "waits")
def _():
    held = Held(lock("fa"), RD)
    waiter = Waiter(lock("fa", B), CREAT | RDWR)
    assert waiter.waits()
    second = Waiter(lock("fa"), RD)
    r = "waits" if second.waits() else second.result
    held.__exit__()
    waiter.end()
    second.end()
    clean("fa")
    return r

@row("two nodes", "the same by try", "waits", "ETXTBSY", "ETXTBSY", why="a try never waits")
def _():
    held = Held(lock("fb"), RD)
    waiter = Waiter(lock("fb", B), CREAT | RDWR)
    assert waiter.waits()
    second = Waiter(lock("fb"), RD | TRY)
    r = "waits" if second.waits() else second.result
    held.__exit__()
    waiter.end()
    second.end()
    clean("fb")
    return r

@row("two nodes", "two programs, each with it open shared on its node, open it exclusive", "both wait for ever", "one EDEADLK, the other ok", "one EDEADLK, the other ok", why="a deadlock that can be proved is told")
def _():
    opening(lock("dl"), CREAT | RD)
    opening(lock("dl", B), CREAT | RD)
    both = [Upgrader(lock("dl")), Upgrader(lock("dl", B))]
    for one in both:
        one.go()
    words = sorted(one.answer() for one in both)
    for one in both:
        one.give_back()
    for one in both:
        one.end()
    clean("dl")
    return "one EDEADLK, the other ok" if words == ["EDEADLK", "ok"] else "both wait for ever" if words == ["waits", "waits"] else " ".join(words)

@row("two nodes", "a signal with a handler while an open waits", "waits on", "EINTR", "EINTR", why="nobody wants an open that cannot be given up")
def _():
    held = Held(lock("si"), RDWR)
    waiter = Waiter(lock("si", B), CREAT | RDWR)
    assert waiter.waits()
    os.kill(waiter.pid, signal.SIGUSR1)
    waiter.join(1)
    r = waiter.result or "waits on"
    held.__exit__()
    waiter.end()
    clean("si")
    return r

@row("two nodes", "SIGKILL while an open waits, then an open here", "waits on ok", "killed ok", "killed ok", why="nobody wants an open that cannot be given up")
def _():
    held = Held(lock("sk"), RDWR)
    waiter = Waiter(lock("sk", B), CREAT | RDWR)
    assert waiter.waits()
    os.kill(waiter.pid, signal.SIGKILL)
    waiter.join(1)
    r = waiter.result or "waits on"
    held.__exit__()
    waiter.end()
    again = Waiter(lock("sk"), RDWR)
    r += " " + again.end()
    clean("sk")
    return r

# --- poll ------------------------------------------------------------------------------------------------------------

@row("poll", "an idle lock; after a peer's failed try", "0 0")
def _():
    with Held(lock("po"), RDWR) as fd:
        r = "%x" % poll(fd, 0)
        opening(lock("po", B), CREAT | RDWR | TRY)
        time.sleep(0.1)
        r += " %x" % poll(fd, 0)
    clean("po")
    return r

@row("poll", "a peer waits: events while asleep in poll, again", "41 41")
def _():
    held = Held(lock("pb"), RDWR)
    timer = []
    def later():
        time.sleep(0.1)
        timer.append(Waiter(lock("pb", B), CREAT | RDWR))
    threading.Thread(target=later).start()
    r = "%x %x" % (poll(held.fd, 5000), poll(held.fd, 0))
    held.__exit__()
    settle(lambda: timer)
    timer[0].end()
    clean("pb")
    return r

@row("poll", "select says readable, writable, exceptional of an idle lock", "0 0 0")
def _():
    with Held(lock("se"), RDWR) as fd:
        r = "%d %d %d" % tuple(len(x) for x in select.select([fd], [fd], [fd], 0))
    clean("se")
    return r

# --- the value -------------------------------------------------------------------------------------------------------

@row("value", "read a fresh lock, shared and exclusive", "64 zero 64 zero")
def _():
    r = []
    for f in (RD, RDWR):
        with Held(lock("v"), f) as fd:
            r.append(ask(os.read, fd, 100))
    clean("v")
    return " ".join(r)

@row("value", "read 10 at 60, at 64, at 1000", "4 0 0")
def _():
    with Held(lock("v"), RD) as fd:
        r = " ".join(str(len(os.pread(fd, 10, at))) for at in (60, 64, 1000))
    clean("v")
    return r

@row("value", "SEEK_END, SEEK_SET 1000, SEEK_SET -1, SEEK_DATA 0, SEEK_HOLE 0", "64 1000 EINVAL 0 64")
def _():
    with Held(lock("v"), RD) as fd:
        r = [ask(os.lseek, fd, 0, os.SEEK_END), ask(os.lseek, fd, 1000, os.SEEK_SET), ask(os.lseek, fd, -1, os.SEEK_SET), ask(os.lseek, fd, 0, os.SEEK_DATA), ask(os.lseek, fd, 0, os.SEEK_HOLE)]
    clean("v")
    return " ".join(r)

@row("value", "write on a shared descriptor, read on a write-only one", "EBADF EBADF")
def _():
    with Held(lock("v"), RD) as fd:
        r = ask(os.write, fd, b"x")
    with Held(lock("v"), WR) as fd:
        r += " " + ask(os.read, fd, 1)
    clean("v")
    return r

@row("value", "write 100 at 0; 10 at 60; 1 at 64; 0 at 0", "64 4 ENOSPC 0")
def _():
    with Held(lock("v"), RDWR) as fd:
        r = [ask(os.pwrite, fd, b"x" * 100, 0), ask(os.pwrite, fd, b"y" * 10, 60), ask(os.pwrite, fd, b"z", 64), ask(os.pwrite, fd, b"", 0)]
    clean("v")
    return " ".join(r)

@row("value", "write 0 bytes at 64", "ENOSPC", "0", why="*the kernel's FUSE does not pass it on")
def _():
    with Held(lock("v"), RDWR) as fd:
        r = ask(os.pwrite, fd, b"", 64)
    clean("v")
    return r

@row("value", "write 2 bytes at 4: they land at", "0", "4", why="a write belongs where it was aimed")
def _():
    with Held(lock("v"), RDWR) as fd:
        os.pwrite(fd, b"\0" * 64, 0)
        os.pwrite(fd, b"xy", 4)
        r = str(os.pread(fd, 64, 0).find(b"xy"))
    clean("v")
    return r

@row("value", "a short write keeps the rest", "XYcdef")
def _():
    with Held(lock("v"), RDWR) as fd:
        os.pwrite(fd, b"abcdef", 0)
        os.pwrite(fd, b"XY", 0)
        r = os.pread(fd, 6, 0).decode()
    clean("v")
    return r

@row("value", "read to the end, then write without a seek", "ENOSPC")
def _():
    with Held(lock("v"), RDWR) as fd:
        os.read(fd, 100)
        r = ask(os.write, fd, b"x")
    clean("v")
    return r

@row("value", "writev of two parts at 0", "3: ba", "3: aab", why="*the kernel's FUSE passes both on together")
def _():
    with Held(lock("vw"), RDWR) as fd:
        n = os.writev(fd, [b"aa", b"b"])
        r = "%d: %s" % (n, os.pread(fd, 64, 0).rstrip(b"\0").decode())
    clean("vw")
    return r

@row("value", "written and closed here, read there", "hello")
def _():
    with Held(lock("v"), RDWR) as fd:
        os.pwrite(fd, b"hello", 0)
    waiter_value = []
    with Held(lock("v", B), RD) as fd:
        waiter_value.append(os.pread(fd, 5, 0).decode())
    clean("v")
    return waiter_value[0]

@row("value", "shared there is closed and opened again after a write here", "two")
def _():
    with Held(lock("v", B), RD):
        pass
    with Held(lock("v"), RDWR) as fd:
        os.pwrite(fd, b"two", 0)
    with Held(lock("v", B), RD) as fd:
        r = os.pread(fd, 3, 0).decode()
    clean("v")
    return r

@row("value", "exclusive taken and closed without a write leaves it", "kept")
def _():
    with Held(lock("vk"), RDWR) as fd:
        os.pwrite(fd, b"kept", 0)
    opening(lock("vk", B), CREAT | RDWR)
    with Held(lock("vk"), RD) as fd:
        r = os.pread(fd, 4, 0).decode()
    clean("vk")
    return r

@row("value", "unlinked on all nodes, made again at once: the value is", "old", "new", "new", why="it goes with the last user, not some seconds later; 'persist_values' keeps it")
def _():
    with Held(lock("v"), RDWR) as fd:
        os.pwrite(fd, b"stays", 0)
    clean("v")
    with Held(lock("v"), RD) as fd:
        r = "old" if os.pread(fd, 5, 0) == b"stays" else "new"
    clean("v")
    return r

@row("value", "a bad pointer to write", "0", "EFAULT", why="*an error is told")
def _():
    with Held(lock("v"), RDWR) as fd:
        n = LIBC.write(fd, ctypes.c_void_p(8), 4)
        r = str(n) if n >= 0 else name(ctypes.get_errno())
    clean("v")
    return r

# --- other calls -----------------------------------------------------------------------------------------------------

@row("other", "mmap shared; private", "ENODEV ENODEV", "ENODEV ok", why="*the kernel's FUSE maps a private copy")
def _():
    with Held(lock("o"), RDWR) as fd:
        r = ask_map(fd, mmap.MAP_SHARED) + " " + ask_map(fd, mmap.MAP_PRIVATE)
    clean("o")
    return r

@row("other", "fsync, fdatasync", "EINVAL EINVAL", "ok ok", why="they commit the value")
def _():
    with Held(lock("o"), RDWR) as fd:
        os.pwrite(fd, b"x", 0)
        r = ask(os.fsync, fd) + " " + ask(os.fdatasync, fd)
    clean("o")
    return r

@row("other", "fallocate, ioctl", "EOPNOTSUPP ENOTTY")
def _():
    with Held(lock("o"), RDWR) as fd:
        n = LIBC.fallocate(fd, 0, ctypes.c_long(0), ctypes.c_long(10))
        r = "ok" if n == 0 else name(ctypes.get_errno())
        r += " " + ask(fcntl.ioctl, fd, 0x12345678, b"\0" * 8)
    clean("o")
    return r

@row("other", "setxattr of a lock; listxattr", "EOPNOTSUPP []", "EOPNOTSUPP token", why="what is known of the lock is told in user.lock.*")
def _():
    with Held(lock("o"), RDWR):
        r = ask(os.setxattr, lock("o"), "user.x", b"1")
        names = os.listxattr(lock("o"))
        r += " token" if "user.lock.token" in names else " " + str(names)
    clean("o")
    return r

@row("other", "flock and record locks between two programs of this node", "EAGAIN EAGAIN")
def _():
    with Held(lock("o"), RDWR) as one, Held(lock("o"), RDWR) as two:
        fcntl.flock(one, fcntl.LOCK_EX)
        r = ask(fcntl.flock, two, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(one, fcntl.LOCK_EX, 1, 0)
        pid = os.fork()
        if pid == 0:
            os._exit(0 if ask(fcntl.lockf, two, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 0) in ("EAGAIN", "EACCES") else 1)
        r += " " + ("EAGAIN" if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0 else "ok")
    clean("o")
    return r

@row("other", "F_SETFL with O_NONBLOCK and O_APPEND; F_SETLEASE of a writable descriptor", "ok EAGAIN")
def _():
    with Held(lock("o"), RDWR) as fd:
        r = "ok" if fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND) == 0 else "?"
        r += " " + ask(fcntl.fcntl, fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    clean("o")
    return r

@row("other", "FIONREAD at 0", "64")
def _():
    with Held(lock("o"), RDWR) as fd:
        try:
            r = str(struct.unpack("i", fcntl.ioctl(fd, 0x541B, b"\0\0\0\0"))[0])
        except OSError as e:
            r = name(e.errno)
    clean("o")
    return r

@row("other", "sendfile to a socket, splice to a pipe, copy_file_range to a file", "EINVAL EINVAL EXDEV", "64 64 EXDEV", why="*the kernel's FUSE reads the value for them")
def _():
    one, two = socket.socketpair()
    reader, writer = os.pipe()
    with Held(lock("o"), RDWR) as fd, tempfile.TemporaryFile() as plain:
        os.pwrite(fd, b"x", 0)
        r = [ask(os.sendfile, one.fileno(), fd, 0, 64), ask(os.splice, fd, writer, 64, offset_src=0), ask(os.copy_file_range, fd, plain.fileno(), 64, 0)]
    one.close()
    two.close()
    os.close(reader)
    os.close(writer)
    clean("o")
    return " ".join(r)

@row("other", "name_to_handle_at", "EOPNOTSUPP", "ok", why="*the kernel's FUSE makes handles by itself")
def _():
    with Held(lock("o"), RDWR):
        handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136)
        number = ctypes.c_int()
        n = LIBC.name_to_handle_at(-100, lock("o").encode(), handle, ctypes.byref(number), 0)
        r = "ok" if n == 0 else name(ctypes.get_errno())
    clean("o")
    return r

@row("other", "inotify tells of opens of this node", "yes")
def _():
    opening(lock("o"), CREAT | RD)
    watch = LIBC.inotify_init1(os.O_NONBLOCK)
    LIBC.inotify_add_watch(watch, lock("o").encode(), 0x20)
    opening(lock("o"), RD)
    r = "yes" if poll(watch, 1000) else "no"
    os.close(watch)
    clean("o")
    return r

@row("other", "umount with an open lock", "EBUSY")
def _():
    with Held(lock("o"), RDWR):
        n = LIBC.umount2(A.encode(), 0)
        r = "ok" if n == 0 else name(ctypes.get_errno())
    clean("o")
    return r

# --- helpers ---------------------------------------------------------------------------------------------------------

def poll(fd, milliseconds):
    p = select.poll()
    p.register(fd, select.POLLIN | select.POLLOUT | select.POLLPRI | 0x40)
    events = p.poll(milliseconds)
    return events[0][1] if events else 0

def ask_map(fd, flags):
    try:
        mmap.mmap(fd, 64, flags=flags, prot=mmap.PROT_READ).close()
        return "ok"
    except OSError as e:
        return name(e.errno)

def settle(condition, seconds=5):
    """close(2) of a FUSE file comes to the server a moment later."""
    end = time.time() + seconds
    while not condition():
        if time.time() > end:
            raise RuntimeError("did not settle")
        time.sleep(0.005)

def clean(*names):
    for n in names:
        for m in (A, B):
            settle(lambda: ask(os.unlink, lock(n, m)) in ("ok", "ENOENT"))

def as_user(function):
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os.write(writer, function().encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    result = os.read(reader, 4096).decode()
    os.close(reader)
    return result

def table():
    print("| on | call | kernel | default | compatible | why different |")
    print("|---|---|---|---|---|---|")
    for where, call, kernel, default, compatible, why, _ in ROWS:
        same = lambda x: "same" if x == kernel else x
        print("| %s | %s | %s | %s | %s | %s |" % (where, call.replace("|", "\\|"), kernel, same(default), same(compatible), why))

def main():
    global A, B, MODE
    if sys.argv[1] == "--table":
        return table()
    MODE, A, B = sys.argv[1:4]
    only = sys.argv[4:]
    os.umask(0o022)
    os.mkdir(A + "/d")
    os.mkdir(B + "/d")
    different = 0
    for number, (where, call, kernel, default, compatible, why, function) in enumerate(ROWS):
        if only and str(number) not in only:
            continue
        expected = {"kernel": kernel, "default": default, "compatible": compatible}[MODE]
        try:
            got = function()
        except Exception as e:
            got = "%s: %s" % (type(e).__name__, e)
        if got != expected:
            different += 1
            print("%d %s: %s: expected %r, got %r" % (number, where, call, expected, got), flush=True)
    print("%d rows, %d different" % (len(ROWS), different))
    sys.exit(min(different, 100))

main()
