"""The export as the kernel's block device: a file system on it, twice attached; trim; load with checksums. CONNECTIONS at once."""
import os
from guest import HOST, read, setting, sh

connections = setting("CONNECTIONS")
attach = "nbd-client %s %s /dev/nbd0 -N '%s' -C %s" % (HOST, setting("PORT"), setting("EXPORT", ""), connections)

sh(attach)
sh("nbd-client -c /dev/nbd0")
size = int(read("/sys/block/nbd0/size")) * 512
assert size == int(setting("SIZE")), size
assert read("/sys/block/nbd0/queue/write_cache").strip() == b"write back"
assert read("/sys/block/nbd0/queue/fua").strip() == b"1"
assert int(read("/sys/block/nbd0/queue/discard_max_bytes")) > 0
assert read("/sys/block/nbd0/ro").strip() == b"0"

sh("mkfs.ext4 -q -E lazy_itable_init=0 /dev/nbd0 && mkdir -p /mnt/disk && mount -o discard /dev/nbd0 /mnt/disk")
sh("mkdir /mnt/disk/tree && cp -r /usr/share/perl5 /mnt/disk/tree/ 2>/dev/null; head -c 30000000 /dev/urandom >/mnt/disk/random; sync")
sh("cd /mnt/disk && find . -type f -print0 | sort -z | xargs -0 sha256sum >/tmp/sums")
sh("head -c 20000000 /dev/zero | tr '\\0' x >/mnt/disk/gone; sync; rm /mnt/disk/gone; fstrim -v /mnt/disk")
sh("umount /mnt/disk && e2fsck -f -n /dev/nbd0")
sh("nbd-client -d /dev/nbd0")
sh("nbd-client -c /dev/nbd0", expect=1)

sh(attach)
sh("e2fsck -f -n /dev/nbd0 && mount -o ro /dev/nbd0 /mnt/disk && cd /mnt/disk && sha256sum --quiet -c /tmp/sums")
sh("umount /mnt/disk")

# Raw: what is discarded reads as zeros, its neighbours stay.
sh("head -c 12582912 /dev/zero | tr '\\0' y | dd of=/dev/nbd0 bs=1M oflag=direct status=none")
sh("blkdiscard -o 4194304 -l 4194304 /dev/nbd0 && echo 3 >/proc/sys/vm/drop_caches")
device = os.open("/dev/nbd0", os.O_RDONLY)
assert os.pread(device, 4 << 20, 4 << 20) == bytes(4 << 20)
assert os.pread(device, 4 << 20, 0) == b"y" * (4 << 20)
assert os.pread(device, 4 << 20, 8 << 20) == b"y" * (4 << 20)
os.close(device)

sh("fio --name=v --filename=/dev/nbd0 --ioengine=psync --direct=1 --rw=randwrite --bs=16k --size=4m --offset_increment=8m --numjobs=4 "
   "--verify=crc32c --verify_fatal=1 --group_reporting --output=/tmp/fio.out || { cat /tmp/fio.out; false; }")
sh("nbd-client -d /dev/nbd0")
