"""What the side-by-side benchmarks share: processor time of a server, the machine, versions."""
import os
import platform
import re
import statistics
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PENTODE = os.environ.get("PENTODE", os.path.join(ROOT, "artifacts/bin/Pentode.Cli/release/pentode"))
TICK = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """The process and all below it."""
    pids = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as children:
                for child in children.read().split():
                    pids += tree(int(child))
    except OSError:
        pass
    return pids


def cpu(pid):
    """Seconds of user and system time of the tree, ended threads and children included."""
    total = 0
    for one in tree(pid):
        try:
            with open(f"/proc/{one}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
            total += sum(int(fields[i]) for i in (11, 12, 13, 14))
        except OSError:
            pass
    return total / TICK


def resident(pid):
    """Bytes of memory in use by the tree."""
    total = 0
    for one in tree(pid):
        try:
            with open(f"/proc/{one}/statm") as statm:
                total += int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            pass
    return total


def machine():
    """One line about this machine."""
    model = ""
    with open("/proc/cpuinfo") as info:
        found = re.search(r"model name\s*: (.*)", info.read())
        model = found.group(1).strip() if found else platform.machine()
    return f"{model}, {os.cpu_count()} processors, Linux {platform.release()}, load {os.getloadavg()[0]:.1f}"


def package(name):
    """Version of a Debian package, or "?"."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout or "?"


def revision():
    """The commit the working tree is on."""
    done = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip() or "?"


def median(rows):
    """Median of every number in a list of like dictionaries."""
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}
