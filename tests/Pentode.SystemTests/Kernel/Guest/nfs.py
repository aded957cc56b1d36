"""What programs of several users do over NFS: VERSION 3 by mount(8), 2 by mount(2), since mount.nfs no longer knows it."""
import ctypes
import errno
import fcntl
import os
import stat
from guest import HOST, as_user, read, refused, setting, sh, umount, write

version = setting("VERSION")
port, export = setting("PORT"), setting("EXPORT")
top = "/mnt/tree"
os.makedirs(top, exist_ok=True)
if version == "3":
    sh("mount -t nfs -o nfsvers=3,proto=tcp,mountproto=tcp,nolock,port=%s,mountport=%s,retry=0 %s:%s %s" % (port, port, HOST, export, top))
else:
    sh("modprobe nfsv2", expect=None)
    libc = ctypes.CDLL(None, use_errno=True)
    data = "vers=2,proto=tcp,mountproto=tcp,nolock,port=%s,mountport=%s,mountvers=1,addr=%s,mountaddr=%s" % (port, port, HOST, HOST)
    done = libc.mount(("%s:%s" % (HOST, export)).encode(), top.encode(), b"nfs", 0, data.encode())
    assert done == 0, os.strerror(ctypes.get_errno())
line = next(l for l in open("/proc/mounts") if l.split()[1] == top)
assert ("vers=%s," % version) in line, line
assert ("rsize=1048576" if version == "3" else "rsize=8192") in line, line
os.chmod(top, 0o777)
os.chdir(top)

# A tree in and out, whole.
sh("mkdir /tmp/source && cp -r /usr/share/perl5/Debconf /tmp/source/perl 2>/dev/null; head -c 3000000 /dev/urandom >/tmp/source/random")
sh("mkdir /tmp/source/empty && : >/tmp/source/nothing && ln -s perl /tmp/source/link && ln /tmp/source/random /tmp/source/again && mkfifo /tmp/source/pipe")
sh("cp -a /tmp/source %s/copy && cp -a %s/copy /tmp/back && diff -r --no-dereference --exclude=pipe /tmp/source /tmp/back" % (top, top))
assert stat.S_ISFIFO(os.stat("copy/pipe").st_mode) and os.stat("copy/again").st_nlink == 2
sh("echo 3 >/proc/sys/vm/drop_caches; cmp /tmp/source/random copy/random && rm -rf copy && test ! -e copy")

# What the client cannot have from its own caches.
fd = os.open("gone", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
os.write(fd, b"before")
os.unlink("gone")
assert not os.path.exists("gone")
os.pwrite(fd, b" and after", 6)
os.fsync(fd)
assert os.pread(fd, 100, 0) == b"before and after"
os.close(fd)
assert os.listdir(".") == []
write("file", b"x" * 100000)
assert os.stat("file").st_size == 100000 and os.stat("file").st_blocks > 0
os.truncate("file", 10)
assert read("file") == b"x" * 10
os.utime("file", (1000000000, 1111111111))
assert os.stat("file").st_mtime == 1111111111
os.rename("file", "moved")
refused(errno.ENOENT, os.stat, "file")
os.mkdir("dir")
write("dir/inside", b"")
refused(errno.ENOTEMPTY, os.rmdir, "dir")
refused(errno.EISDIR, os.rename, "moved", "dir")
refused(errno.EEXIST, os.mkdir, "dir")
refused(errno.EEXIST, lambda: os.close(os.open("moved", os.O_CREAT | os.O_EXCL | os.O_WRONLY)))
refused(errno.EINVAL, os.rename, "dir", "dir/below")
locked = os.open("moved", os.O_RDWR)
fcntl.flock(locked, fcntl.LOCK_EX)
os.close(locked)
append = os.open("moved", os.O_WRONLY | os.O_APPEND)
os.write(append, b"end")
os.close(append)
assert read("moved") == b"x" * 10 + b"end"
os.sync()
statvfs = os.statvfs(".")
assert statvfs.f_blocks > 0 and statvfs.f_namemax == 255, statvfs

# Many entries, each once, also while they go.
os.mkdir("many")
for i in range(1000):
    write("many/entry-%04d" % i, b"")
sh("echo 3 >/proc/sys/vm/drop_caches")
assert sorted(os.listdir("many")) == ["entry-%04d" % i for i in range(1000)]
for entry in os.scandir("many"):
    os.unlink(entry.path)
os.rmdir("many")

# Users are kept apart.


def make():
    os.mkdir("of1000", 0o755)
    write("of1000/file", b"secret", 0o600)
    kept = os.open("of1000/kept", os.O_RDWR | os.O_CREAT, 0o644)
    os.fchmod(kept, 0)
    os.write(kept, b"still")
    os.fsync(kept)
    assert os.pread(kept, 5, 0) == b"still"


assert as_user(1000, 1000, [], make) == 0
assert (os.stat("of1000/file").st_uid, os.stat("of1000/file").st_gid) == (1000, 1000)
assert as_user(1000, 1000, [], lambda: read("of1000/file")) == 0
assert as_user(1001, 1001, [], lambda: read("of1000/file")) == "EACCES"
assert as_user(1001, 1001, [], lambda: write("of1000/new", b"")) == "EACCES"
assert as_user(1001, 1001, [], lambda: os.unlink("of1000/file")) == "EACCES"
assert as_user(1001, 1001, [], lambda: os.chmod("of1000/file", 0o666)) == "EPERM"
assert as_user(1000, 1000, [], lambda: os.chown("of1000/file", 1001, -1)) == "EPERM"
write("shared", b"for the group")
os.chown("shared", 0, 2000)
os.chmod("shared", 0o640)
assert as_user(1000, 1000, [], lambda: read("shared")) == "EACCES"
assert as_user(1000, 1000, [5, 2000], lambda: read("shared")) == 0
os.mkdir("team")
os.chown("team", 0, 2000)
os.chmod("team", 0o2777)
assert as_user(1000, 1000, [], lambda: (write("team/file", b""), os.mkdir("team/sub"))) == 0
assert os.stat("team/file").st_gid == 2000 and os.stat("team/sub").st_gid == 2000

sh("fio --name=v --directory=%s --rw=randwrite --bs=4k-64k --size=8m --verify=crc32c --do_verify=1 --end_fsync=1 --output=/tmp/fio" % top)
os.chdir("/")
umount(top)
