"""What programs do with files, in one cache mode of the client: CACHE."""
import errno
import hashlib
import mmap
import os
import random
import stat
from guest import mount, read, refused, setting, sh, umount, write

cache = setting("CACHE")
top = mount("/mnt/tree", cache)
os.chdir(top)

# Copy a tree in and out.
sh("mkdir /tmp/source && cp -r /usr/share/perl5 /tmp/source/perl 2>/dev/null; head -c 3000000 /dev/urandom >/tmp/source/random")
sh("mkdir /tmp/source/empty && : >/tmp/source/nothing && ln -s perl /tmp/source/link && ln /tmp/source/random /tmp/source/again")
os.mkdir("/tmp/source/names")
for name in b"with space", b"-dash", b"new\nline", b"\xff\xfe", "\u00e4\u20ac".encode(), b"x" * 255:
    write(b"/tmp/source/names/" + name, name)
sh("cp -a /tmp/source %s/copy && cp -a %s/copy /tmp/back && diff -r --no-dereference /tmp/source /tmp/back" % (top, top))
sh("tar -C copy -cf /tmp/t.tar . && tar -C copy --compare -f /tmp/t.tar && rm -rf copy && test ! -e copy")

# An open file lives on after its name went.
fd = os.open("gone", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
os.write(fd, b"before")
os.unlink("gone")
assert not os.path.exists("gone")
os.pwrite(fd, b" and after", 6)
assert os.pread(fd, 100, 0) == b"before and after"
found = os.fstat(fd)
assert (found.st_size, stat.S_IMODE(found.st_mode)) == (16, 0o640), found
os.ftruncate(fd, 6)
os.fchmod(fd, 0o600)
assert os.fstat(fd).st_size == 6 and os.pread(fd, 100, 0) == b"before"
os.close(fd)

# An open file follows its renames, over another open file too.
one = os.open("one", os.O_RDWR | os.O_CREAT, 0o644)
two = os.open("two", os.O_RDWR | os.O_CREAT, 0o644)
os.write(one, b"1111")
os.write(two, b"2222")
os.mkdir("dir")
os.rename("one", "dir/moved")
assert os.pread(one, 9, 0) == b"1111" and os.fstat(one).st_size == 4
os.rename("dir/moved", "two")
os.pwrite(one, b"+", 4)
os.pwrite(two, b"-", 4)
os.fsync(one)
assert read("two") == b"1111+"
assert os.pread(two, 9, 0) == b"2222-"
os.close(one)
os.close(two)
os.rename("dir", "other")
write("other/inside", b"in")
assert os.listdir("other") == ["inside"]
refused(errno.ENOTEMPTY, os.rmdir, "other")
refused(errno.EISDIR, os.rename, "two", "other")
refused(errno.ENOTDIR, os.rename, "other", "two")
refused(errno.EEXIST, os.mkdir, "other")
refused(errno.ENOTDIR, os.stat, "two/x")
refused(errno.ENAMETOOLONG, write, "n" * 256, b"")

# Links.
os.symlink("two", "soft")
os.symlink("nowhere/" + "t" * 4000, "long")
assert os.readlink("soft") == "two" and read("soft") == b"1111+"
assert os.readlink("long") == "nowhere/" + "t" * 4000
os.link("two", "hard")
assert os.stat("hard").st_ino == os.stat("two").st_ino
if cache != "loose":
    assert os.stat("two").st_nlink == 2
os.unlink("two")
assert read("hard") == b"1111+"
os.unlink("hard")

# Sizes and holes.
write("sized", b"s" * 10000)
os.truncate("sized", 100)
assert read("sized") == b"s" * 100
os.truncate("sized", 5000)
assert read("sized") == b"s" * 100 + bytes(4900)
fd = os.open("sized", os.O_RDWR)
os.pwrite(fd, b"end", (5 << 30) - 3)
os.fsync(fd)
assert os.fstat(fd).st_size == 5 << 30
assert os.pread(fd, 10, (5 << 30) - 3) == b"end"
assert os.pread(fd, 10, 1 << 30) == bytes(10)
os.close(fd)
os.unlink("sized")
fd = os.open("appended", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
for i in range(10):
    os.write(fd, b"%d" % i)
os.close(fd)
assert read("appended") == b"0123456789"
write("appended", b"t")
assert read("appended") == b"t"

# Large transfers, at sizes around the frame, against checksums.
content = random.Random(9).randbytes(3 * 524288 + 12345)
write("big", content)
checksum = hashlib.sha256(content).hexdigest()
assert checksum == hashlib.sha256(read("big")).hexdigest()
fd = os.open("big", os.O_RDONLY)
for offset, length in (0, 524264), (1, 524265), (4095, 524288), (524263, 2), (3 * 524288, 99999):
    wanted, got = content[offset:offset + length], b""
    while len(got) < len(wanted):
        part = os.pread(fd, length - len(got), offset + len(got))
        assert part, (offset, length, len(got))
        got += part
    assert got == wanted, (offset, length)
os.close(fd)

# Extended attributes.
write("tagged", b"")
os.setxattr("tagged", "user.one", b"1")
os.setxattr("tagged", "user.empty", b"")
os.setxattr("tagged", "user.bytes", bytes(range(256)) * 8)
assert sorted(a for a in os.listxattr("tagged") if a.startswith("user.")) == ["user.bytes", "user.empty", "user.one"]
assert os.getxattr("tagged", "user.bytes") == bytes(range(256)) * 8
assert os.getxattr("tagged", "user.empty") == b""
refused(errno.ENODATA, os.getxattr, "tagged", "user.none")
refused(errno.EEXIST, os.setxattr, "tagged", "user.one", b"2", os.XATTR_CREATE)
refused(errno.ENODATA, os.setxattr, "tagged", "user.two", b"2", os.XATTR_REPLACE)
os.removexattr("tagged", "user.one")
refused(errno.ENODATA, os.removexattr, "tagged", "user.one")
os.setxattr("other", "user.directory", b"d")
assert os.getxattr("other", "user.directory") == b"d"

# Times.
os.utime("tagged", (1_000_000_000, 1_234_567_890))
assert (os.stat("tagged").st_atime, os.stat("tagged").st_mtime) == (1_000_000_000, 1_234_567_890)

# Mapped memory: private always, shared where the client has a cache to map.
fd = os.open("big", os.O_RDWR)
with mmap.mmap(fd, 0, mmap.MAP_PRIVATE) as view:
    assert hashlib.sha256(view).hexdigest() == checksum
    view[5:8] = b"mem"
assert os.pread(fd, 3, 5) == content[5:8]
if cache == "none":
    refused(errno.EINVAL, mmap.mmap, fd, 0, mmap.MAP_SHARED)
else:
    with mmap.mmap(fd, 0, mmap.MAP_SHARED) as view:
        view[1000000:1000006] = b"shared"
        view.flush()
    assert os.pread(fd, 6, 1000000) == b"shared"
os.close(fd)

# The file system itself.
found = os.statvfs(".")
assert found.f_blocks > 0 and found.f_bavail <= found.f_bfree <= found.f_blocks and found.f_namemax == 255, found
os.mkfifo("fifo")
assert stat.S_ISFIFO(os.stat("fifo").st_mode)
refused(errno.EPERM, os.mknod, "device", 0o600 | stat.S_IFBLK, os.makedev(1, 2))

# With a fresh mount, nothing but the server answers.
os.chdir("/")
umount(top)
mount(top, "none")
os.chdir(top)
if cache != "none":
    content = content[:1000000] + b"shared" + content[1000006:]
assert read("big") == content
assert read("appended") == b"t"
assert os.getxattr("tagged", "user.empty") == b""
os.chdir("/")
umount(top)
