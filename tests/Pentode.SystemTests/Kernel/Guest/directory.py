"""A directory of 10 000 entries, made by the test on the host: read whole, and read while it changes."""
import os
from guest import mount, setting, umount

top = mount("/mnt/tree")
many = top + "/many"
names = {"entry-%05d" % i for i in range(int(setting("COUNT")))}
assert set(os.listdir(many)) == names
with os.scandir(many) as entries:
    assert all(e.is_file(follow_symlinks=False) for e in entries)

# Entries that stay are seen exactly once although others come and go meanwhile.
seen, removed, added = [], set(), set()
with os.scandir(many) as entries:
    for number, entry in enumerate(entries):
        seen.append(entry.name)
        if number % 100 == 0:
            victim = "entry-%05d" % number
            os.unlink(many + "/" + victim)
            removed.add(victim)
            added.add("new-%d" % number)
            os.mknod(many + "/new-%d" % number)
assert len(seen) == len(set(seen)), "an entry twice"
assert names - removed <= set(seen), "an entry missing"
assert set(seen) <= names | added
assert set(os.listdir(many)) == (names - removed) | added
umount(top)
