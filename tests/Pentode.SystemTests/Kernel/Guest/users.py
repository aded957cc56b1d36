"""Several users on one mount: whose the new objects are, who may do what, and who decides about groups."""
import os
import stat
from guest import as_user, mount, read, setting, umount, write

top = mount("/mnt/tree")
os.chmod(top, 0o777)

for uid, gid in (1000, 1000), (1001, 1001), (4242, 4242):
    place = "%s/of%d" % (top, uid)

    def make():
        os.mkdir(place, 0o755)
        write(place + "/file", b"x" * 100)
        os.symlink("file", place + "/link")
        os.mkfifo(place + "/fifo", 0o600)
    assert as_user(uid, gid, [], make) == 0
    for name in "", "/file", "/link", "/fifo":
        found = os.lstat(place + name)
        assert (found.st_uid, found.st_gid) == (uid, gid), (place + name, found)

# What is another's.
write(top + "/of1000/file", b"secret")
os.chmod(top + "/of1000/file", 0o600)
assert as_user(1000, 1000, [], lambda: read(top + "/of1000/file")) == 0
assert as_user(1001, 1001, [], lambda: read(top + "/of1000/file")) == "EACCES"
assert as_user(1001, 1001, [], lambda: write(top + "/of1000/new", b"")) == "EACCES"
assert as_user(1001, 1001, [], lambda: os.unlink(top + "/of1000/file")) == "EACCES"
assert as_user(1001, 1001, [], lambda: os.chmod(top + "/of1000/file", 0o666)) == "EPERM"
assert as_user(1001, 1001, [], lambda: os.chown(top + "/of1000/file", 1001, 1001)) == "EPERM"
assert as_user(1000, 1000, [], lambda: os.chown(top + "/of1000/file", 1001, -1)) == "EPERM"
os.chmod(top + "/of1000", 0o700)
assert as_user(1001, 1001, [], lambda: os.stat(top + "/of1000/file")) == "EACCES"
assert as_user(1001, 1001, [], lambda: os.listdir(top + "/of1000")) == "EACCES"
os.stat(top + "/of1000/file")

# A sticky directory protects names.
os.mkdir(top + "/sticky")
os.chmod(top + "/sticky", 0o1777)
assert as_user(1000, 1000, [], lambda: write(top + "/sticky/mine", b"")) == 0
assert as_user(1001, 1001, [], lambda: os.unlink(top + "/sticky/mine")) == "EPERM"
assert as_user(1001, 1001, [], lambda: os.rename(top + "/sticky/mine", top + "/sticky/yours")) == "EPERM"

# A file opened while it was allowed stays open after it no longer is.


def keeps():
    fd = os.open(top + "/of1001/kept", os.O_RDWR | os.O_CREAT, 0o644)
    os.fchmod(fd, 0)
    os.write(fd, b"still")
    assert os.pread(fd, 5, 0) == b"still"


assert as_user(1001, 1001, [], keeps) == 0

# A set-group-id directory hands on its group, whoever makes the file.
os.mkdir(top + "/team")
os.chown(top + "/team", 0, 2000)
os.chmod(top + "/team", 0o2777)
assert as_user(1000, 1000, [], lambda: (write(top + "/team/file", b""), os.mkdir(top + "/team/sub"))) == 0
assert os.stat(top + "/team/file").st_gid == 2000
assert os.stat(top + "/team/sub").st_gid == 2000 and os.stat(top + "/team/sub").st_mode & stat.S_ISGID

# Groups only the client knows of: they count where the export leaves the checks to the client, else the server's groups do.
write(top + "/shared", b"for the group")
os.chown(top + "/shared", 0, 2000)
os.chmod(top + "/shared", 0o660)
expected = 0 if setting("CHECKS") == "client" else "EACCES"
assert as_user(1000, 1000, [2000], lambda: read(top + "/shared")) == expected
assert as_user(1000, 1000, [2000], lambda: write(top + "/shared", b"new")) == expected
assert as_user(1000, 1000, [], lambda: read(top + "/shared")) == "EACCES"
if setting("CHECKS") == "client":
    assert as_user(1000, 1000, [2000], lambda: os.chown(top + "/of1001", -1, 2000)) == "EPERM"
    assert as_user(4242, 2000, [], lambda: write(top + "/grouped", b"")) == 0
    assert (os.stat(top + "/grouped").st_uid, os.stat(top + "/grouped").st_gid) == (4242, 2000)
    assert as_user(4242, 4242, [2000], lambda: os.chown(top + "/of4242/file", -1, 2000)) == 0
    assert os.stat(top + "/of4242/file").st_gid == 2000
umount(top)
