"""What the side-by-side benchmarks share: clients, servers, processor time, the machine, versions, the verdict."""
import json
import os
import platform
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PENTODE = os.environ.get("PENTODE", os.path.join(ROOT, "artifacts/bin/Pentode.Cli/release/pentode"))
TICK = os.sysconf("SC_CLK_TCK")

# Told to stop, a benchmark ends as by an error: its servers, mounts and files go. And what it kills leaves no sockets of the runtime among the temporary files.
for told in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(told, lambda *_: sys.exit("stopped"))
os.environ.setdefault("DOTNET_EnableDiagnostics", "0")


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


QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def build_client(source, work):
    """Compiles a load generator of bench/."""
    client = os.path.join(work, os.path.splitext(os.path.basename(source))[0])
    subprocess.run(["cc", "-O2", "-o", client, os.path.join(ROOT, "bench", source)], check=True)
    return client


def make_tree(client, directory, size):
    """What the file loads expect: f00 to f99, and `data` and `scratch` of `size` bytes with the client's pattern; anybody may write."""
    os.mkdir(directory)
    os.chmod(directory, 0o777)
    for index in range(100):
        with open(f"{directory}/f{index:02}", "w") as file:
            file.write("x" * index)
    for name in ("data", "scratch"):
        subprocess.run([client, "--make", f"{directory}/{name}", str(size)], check=True)
        os.chmod(f"{directory}/{name}", 0o666)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(address):
    """True when something listens at HOST:PORT or at the path of a socket."""
    try:
        if address[0] == "/":
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(address)
        else:
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), 1).close()
        return True
    except OSError:
        return False


def wait_ready(address, process):
    for _ in range(600):
        if answers(address):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on {address}")


def stop(processes):
    for process in processes:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def measure(command, pid, what, seconds):
    """One turn of a client of bench/ on the server `pid`: numbers by name, or None with the reason on standard error. `seconds`: how long it is meant to take."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watchdog = threading.Timer(30 + 3 * seconds, process.kill)  # a server that stops answering must not stop us
    watchdog.start()
    try:
        if process.stdout.readline() == "ready\n":
            before = cpu(pid)
            process.stdin.write("go\n")
            process.stdin.flush()
            line = process.stdout.readline()
            used = cpu(pid) - before
            _, problem = process.communicate(timeout=60)
            if process.returncode == 0:
                result = json.loads(line)
                count = max(1, result["operations"])
                return {"ops": result["operations"] / result["seconds"], "cpu_us": used * 1e6 / count, "p50_us": result["p50_us"], "p99_us": result["p99_us"],
                        "mib_s": result["bytes"] / result["seconds"] / (1 << 20), "client_cpu_us": result["client_cpu_seconds"] * 1e6 / count}
        else:
            _, problem = process.communicate(timeout=60)
        print(f"{what}: {problem.strip() or 'no answer'}", file=sys.stderr)
        return None
    finally:
        watchdog.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()


def print_head(peer):
    print(f"| work | server | operations/s | MiB/s | p50 µs | p99 µs | server CPU µs/op | client CPU µs/op | speed ÷ {peer} | CPU ÷ {peer} | bar |")
    print("|---|---|---|---|---|---|---|---|---|---|---|", flush=True)


def take_turns(job, turns, repeats, peer, least, most):
    """
    Measures a job with all servers in turns, `turns` being a function for each name, prints a row for each with the medians, and gives the rows. Bars:
    at least `least` times the operations per second of `peer`, at most `most` times its processor time; None for no bar.
    """
    rows = {name: [] for name in turns}
    for _ in range(repeats):
        for name, turn in turns.items():
            if row := turn():
                rows[name].append(row)
    rows = {name: median(list_) for name, list_ in rows.items() if list_}
    for name in turns:
        if name not in rows:
            print(f"| {job} | {name} | failed | | | | | | | | |", flush=True)
            continue
        row, tail = rows[name], " | | "
        if name == "pentode" and peer in rows:
            speed, cost = row["ops"] / rows[peer]["ops"], row["cpu_us"] / max(0.001, rows[peer]["cpu_us"])
            missed = [text for text in (least and speed < least and f"speed < {least:g}", most and cost > most and f"CPU > {most:.2f}") if text]
            bar = ", ".join(missed) or ("met" if least or most else "–")
            row.update(speed_ratio=speed, cpu_ratio=cost, bar=bar)
            tail = f"{speed:.2f} | {cost:.2f} | {bar}"
        print(f"| {job} | {name} | {row['ops']:,.0f} | {row['mib_s']:,.0f} | {row['p50_us']:.0f} | {row['p99_us']:.0f} | "
              f"{row['cpu_us']:.2f} | {row['client_cpu_us']:.2f} | {tail} |", flush=True)
    return rows


def listed(text):
    """An option with names between commas."""
    return [name for name in text.split(",") if name]
