"""A read-only export as the kernel's block device: it says so, mounts, and cannot be written. And one that does not exist."""
import errno
import os
from guest import HOST, read, refused, setting, sh

sh("nbd-client %s %s /dev/nbd0 -N ''" % (HOST, setting("PORT")))
assert read("/sys/block/nbd0/ro").strip() == b"1"


def overwrite():
    fd = os.open("/dev/nbd0", os.O_WRONLY)
    try:
        os.write(fd, b"x" * 4096)
        os.fsync(fd)
    finally:
        os.close(fd)


refused(errno.EPERM, overwrite)
os.mkdir("/mnt/disk")
sh("mount -o ro /dev/nbd0 /mnt/disk")
assert read("/mnt/disk/hello") == b"hello from the host\n"
refused(errno.EROFS, os.mkdir, "/mnt/disk/new")
sh("umount /mnt/disk && nbd-client -d /dev/nbd0")
text = sh("nbd-client %s %s /dev/nbd1 -N nothing" % (HOST, setting("PORT")), expect=1)
assert text.strip(), "no message for an unknown export"
