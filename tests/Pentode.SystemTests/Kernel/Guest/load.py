"""Load that checks itself: fio with checksums, and random operations against a model, in each cache mode."""
import os
import random
from guest import mount, read, sh, umount


def model(path, seed, operations, maps):
    """Random reads, writes, truncations and reopenings of a file, compared with the same done in memory."""
    import mmap
    choice = random.Random(seed)
    expected = bytearray()
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
    for step in range(operations):
        what = choice.random()
        offset = choice.randrange(0, 1 << 20)
        length = choice.choice((1, 100, 4096, 5000, 65536, 200000))
        if what < 0.4:
            data = choice.randbytes(length)
            if offset > len(expected):
                expected.extend(bytes(offset - len(expected)))
            expected[offset:offset + length] = data
            done = 0
            while done < length:
                done += os.pwrite(fd, memoryview(data)[done:], offset + done)
        elif what < 0.8:
            got, wanted = b"", bytes(expected[offset:offset + length])
            while len(got) < len(wanted):
                part = os.pread(fd, length - len(got), offset + len(got))
                assert part, "step %d: end of file at %d of %d" % (step, offset + len(got), len(expected))
                got += part
            assert got == wanted, "step %d: %d bytes at %d differ" % (step, length, offset)
        elif what < 0.88:
            os.ftruncate(fd, offset)
            if offset > len(expected):
                expected.extend(bytes(offset - len(expected)))
            del expected[offset:]
        elif what < 0.94:
            os.close(fd)
            fd = os.open(path, os.O_RDWR)
        elif maps and len(expected) > 0:
            with mmap.mmap(fd, len(expected), mmap.MAP_SHARED) as view:
                at = choice.randrange(0, len(expected))
                data = choice.randbytes(min(3000, len(expected) - at))
                view[at:at + len(data)] = data
                expected[at:at + len(data)] = data
        assert os.fstat(fd).st_size == len(expected), "step %d: size" % step
    os.close(fd)
    assert read(path) == bytes(expected)


top = mount("/mnt/tree")
sh("cd %s && fio --name=v --directory=. --ioengine=psync --rw=randrw --bs=4k-64k --size=8m --numjobs=2 --verify=crc32c "
   "--verify_fatal=1 --group_reporting --output=/tmp/fio.out || { cat /tmp/fio.out; false; }" % top)
model(top + "/model", 1, 600, False)
umount(top)
for seed, cache in (2, "loose"), (3, "mmap"):
    mount(top, cache)
    model(top + "/model-" + cache, seed, 600, True)
    umount(top)
    mount(top)
    size = os.stat(top + "/model-" + cache).st_size
    assert len(read(top + "/model-" + cache)) == size
    umount(top)
