"""What the programs of this directory share. They run as root in the machine; the settings come from the test."""
import errno
import os
import subprocess
import sys
import time
import traceback

HOST = os.environ["HOST"]


def setting(name, otherwise=None):
    value = os.environ.get(name, otherwise)
    assert value is not None, "no setting " + name
    return value


def sh(command, expect=0):
    """Runs a shell command, fails on another status than the one expected (None: any), and returns what it printed."""
    done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    text = done.stdout.decode(errors="replace")
    assert expect is None or done.returncode == expect, "%s: status %d\n%s" % (command, done.returncode, text)
    return text


def mount(place, cache="none", options="", port=None, source=None, transport="tcp"):
    """Mounts the export with the kernel's client."""
    os.makedirs(place, exist_ok=True)
    where = "port=%s," % (port or setting("PORT")) if transport == "tcp" else ""
    words = "trans=%s,%sversion=9p2000.L,aname=%s,uname=root,access=client,msize=524288,cache=%s" % (
        transport, where, setting("ANAME"), cache)
    sh("mount -t 9p -o '%s%s' '%s' '%s'" % (words, "," + options if options else "", source or HOST, place))
    line = next(l for l in open("/proc/mounts") if l.split()[1] == place)
    assert "msize=524288" in line or "524288" not in words, line
    return place


def umount(place):
    sh("umount '%s'" % place)


def refused(code, call, *arguments, **named):
    """The call must fail with this errno."""
    try:
        call(*arguments, **named)
    except OSError as e:
        assert e.errno == code, "%s instead of %s" % (errno.errorcode[e.errno], errno.errorcode[code])
        return
    raise AssertionError("done instead of " + errno.errorcode[code])


def child(body):
    """Forks; the child runs the body and ends with its errno, 0, or 255 for another failure. Returns the process."""
    pid = os.fork()
    if pid:
        return pid
    code = 255
    try:
        body()
        code = 0
    except OSError as e:
        code = e.errno or 255
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(code)


def ended(pid):
    """Waits for a child; returns its status, or the negative number of the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def as_user(uid, gid, groups, body):
    """Runs the body as a user; returns 0 or the name of the error."""
    def switched():
        os.setgroups(groups)
        os.setgid(gid)
        os.setuid(uid)
        os.umask(0o022)
        body()
    code = ended(child(switched))
    assert code != 255, "the user's part failed"
    return errno.errorcode[code] if code else 0


def write(path, data, mode=0o644):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view):]
    finally:
        os.close(fd)


def read(path):
    with open(path, "rb", buffering=0) as file:
        return file.readall()


def until(condition, what, seconds=60):
    """Polls a condition that something under way makes true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "never: " + what
        time.sleep(0.05)
