# Policies on loss against a real kernel that may go down: POLICY is watchdog or reset, END says how.
import os, signal, subprocess, sys, time

POLICY, END, PENTODE = os.environ["POLICY"], os.environ["END"], os.environ["PENTODE"]


def say(words):
    print(words, flush=True)


def modprobe(*words):
    subprocess.run(["/run/modprobe", *words], check=True)


# A reset starts this kernel again: the job's directory, which is the host's, remembers.
MARK = "/run/job/was-here"
if os.path.exists(MARK):
    say("the machine was reset and is up again")
    sys.exit(42)
open(MARK, "w").close()
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/var/lib"], check=True)
os.makedirs("/run/tree")
os.chdir("/run")
modprobe("fuse")
if POLICY == "watchdog":
    before = set(os.listdir("/dev"))
    modprobe("softdog", "nowayout=0")
    # This kernel has a legacy watchdog under the plain name; the module's own device comes beside it.
    device = sorted(n for n in set(os.listdir("/dev")) - before if n.startswith("watchdog"))[0]
    if device != "watchdog":
        if os.path.exists("/dev/watchdog"):
            os.rename("/dev/watchdog", "/dev/watchdog-legacy")
        os.symlink("/dev/" + device, "/dev/watchdog")
else:
    open("/proc/sys/kernel/sysrq", "w").write("1")

etcd = subprocess.Popen(
    ["etcd", "--data-dir", "/run/etcd", "--listen-client-urls", "http://127.0.0.1:2379", "--advertise-client-urls", "http://127.0.0.1:2379",
     "--listen-peer-urls", "http://127.0.0.1:2380"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
open("/run/p.yaml", "w").write(f"""
control: {{socket: /run/p.sock}}
locks:
  store: etcd
  etcd: {{endpoints: "http://127.0.0.1:2379", call_timeout: 3s}}
  node: n
  heartbeat: 1s
  hold: 8s
  dead: 14s
  mounts: /run/tree
  domains:
    - {{name: "*", on_loss: {POLICY}}}
""")
log = open("/run/p.log", "w")
daemon = subprocess.Popen([PENTODE, "serve", "/run/p.yaml"], stdout=log, stderr=log)
for _ in range(300):
    try:
        if os.path.ismount("/run/tree"):
            os.mkdir("/run/tree/d")
            break
    except OSError:
        pass
    time.sleep(0.2)
else:
    say(open("/run/p.log").read())
    sys.exit("the domain cannot be joined")
fd = os.open("/run/tree/d/x", os.O_RDWR | os.O_CREAT, 0o644)
# Longer than the device waits: acknowledged beats keep the machine up.
for _ in range(10):
    time.sleep(1)
    os.pread(fd, 64, 0)
say("alive with the lock")

if END == "stop":
    # The whole daemon stops, as a hung one would; nobody is left to do anything but the kernel.
    daemon.send_signal(signal.SIGSTOP)
elif END == "store":
    # The store goes: the daemon lives, loses its session and its lock.
    etcd.kill()
elif END == "orderly":
    os.close(fd)
    daemon.terminate()
    if daemon.wait(60) != 0:
        sys.exit("the daemon did not end well: " + open("/run/p.log").read())
    time.sleep(12)
    say("alive after the end")
    sys.exit(0)
begin = time.monotonic()
while time.monotonic() < begin + 60:
    time.sleep(0.5)
    say(f"still up after {time.monotonic() - begin:.1f} s")
say(open("/run/p.log").read())
sys.exit("the machine was not reset")
