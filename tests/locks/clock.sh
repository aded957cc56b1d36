#!/bin/bash
# Run by tests/locks/clock inside a machine of its own: one etcd member, two nodes, and a wall clock that is set an hour on and back again and again.
set -u
work=$(mktemp -d)
cd "$work" || exit 2
# Here the daemons keep their state.
mount -t tmpfs tmpfs /var/lib
/run/modprobe fuse || exit 3
fail() { echo "FAILED: $1"; tail -n 5 "$work"/*.log; exit 1; }
ETCD_UNSUPPORTED_ARCH=arm64 etcd --data-dir etcd --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 >etcd.log 2>&1 &
for node in a b; do
    mkdir $node
    cat >$node.yaml <<END
control: {socket: $work/$node.sock}
locks:
  store: etcd
  etcd: {endpoints: "http://127.0.0.1:2379", call_timeout: 3s}
  node: $node
  heartbeat: 500ms
  hold: 4s
  dead: 8s
  kill_grace: 1s
  mounts: $work/$node
END
    "$PENTODE" serve $node.yaml >$node.log 2>&1 &
done
for node in a b; do
    for try in $(seq 300); do
        mountpoint -q $node && mkdir $node/d 2>/dev/null && break
        [ "$try" -lt 300 ] || fail "node $node does not join"
        sleep 0.2
    done
done

exec 8<>a/d/held
token=$(getfattr --only-values -n user.lock.token a/d/held) || fail "no token"
session=$(getfattr --only-values -n user.lock.session a/d/held)
waited=$work/waited
(exec 8>&-; exec 9<>b/d/held; cat /proc/uptime >"$waited") &
jumps=0
for jump in '+1 hour' '-1 hour' '-1 hour' '+1 hour' '+1 day' '-1 day' '+1 hour' '-2 hours' '+1 hour'; do
    date -s "$jump" >/dev/null || fail "the clock cannot be set"
    jumps=$((jumps + 1))
    for second in 1 2 3; do
        sleep 1
        [ -e "$waited" ] && fail "after $jump: the other node has the lock"
        [ "$(getfattr --only-values -n user.lock.session a/d/held)" = "$session" ] || fail "after $jump: the session is another one"
        [ "$(getfattr --only-values -n user.lock.token a/d/held)" = "$token" ] || fail "after $jump: the token is another one"
        [ "$(getfattr --only-values -n user.lock.valid_ms a/d/held)" -ge 1000 ] || fail "after $jump: the session is about to end"
        (exec 8>&-; exec 7<>b/d/other) || fail "after $jump: another lock is not to be had"
        (exec 8>&-; exec 7<>a/d/other) || fail "after $jump: another lock is not to be had"
    done
done
grep -E "is lost|did not beat|ends soon" a.log b.log && fail "a session ended"
before=$(cut -d' ' -f1 /proc/uptime)
exec 8>&-
for try in $(seq 100); do [ -s "$waited" ] && break; sleep 0.1; done
[ -s "$waited" ] || fail "the waiter does not get the lock"
echo "$jumps jumps of the wall clock in $((jumps * 3)) s: same session, same token, no wait ended; handed over $(awk "BEGIN { printf \"%d\", ($(cut -d' ' -f1 "$waited") - $before) * 1000 }") ms after close"
