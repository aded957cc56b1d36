# Sourced by boot: for each machine, prepare_M sets $modules (the directory of its kernel modules), disk_M names a disk and
# run_M starts it inside the process namespace, output on descriptor 3, messages on standard output, ended after $seconds.

prepare_uml() {
    modules=/usr/lib/uml/modules
}

disk_uml() { echo "/dev/ubd$1"; }

run_uml() {
    local line=() letter number=0
    while [ "$1" != -- ]; do
        line+=("ubd$number=$1")
        number=$((number + 1))
        shift
    done
    slirp4netns --target-type=bess "$work/net" &
    for ((number = 0; number < 1000; number++)); do
        [ -S "$work/net" ] && break
        sleep 0.01
    done
    # The kernel keeps its memory in a file: in /dev/shm if that is there. HOME is where it looks for its own directory.
    HOME=$work LD_PRELOAD=$(uml_preload) timeout -s KILL "$seconds" linux.uml mem="${memory}M" root=/dev/root rootfstype=hostfs rootflags=/ ro \
        init="$job/init" quiet panic=-1 uml_dir="$work" umid=uml con=null con0=null,fd:1 con1=null,fd:3 \
        vec0:transport=bess,dst="$work/net",src="$work/net.guest" ${line[@]+"${line[@]}"}
}

# Only processors with AMX have a register state larger than this kernel's buffer.
uml_preload() {
    grep -qw amx_tile /proc/cpuinfo || [ -n "${PENTODE_VM_PRELOAD:-}" ] || return 0
    command -v gcc >/dev/null || { echo "this processor needs gcc for user-mode Linux" >&2; return 0; }
    gcc -O2 -shared -fPIC -o "$work/xstate.so" "$here/xstate.c" -ldl && echo "$work/xstate.so"
}

# Debian's kernel for PCs, unpacked once beside the user's other caches, with a first file system that can reach the host's root.
prepare_qemu() {
    local cache=${XDG_CACHE_HOME:-$HOME/.cache}/pentode-vm package version made path
    package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    [ -n "$package" ] || fail "apt knows no linux-image-amd64: apt-get update" 3
    version=${package#linux-image-}
    if [ ! -d "$cache/$package" ]; then
        made=$(mkdir -p "$cache" && mktemp -d "$cache/new.XXXXXX") || exit 2
        (
            set -e
            cd "$made"
            apt-get -qq -o APT::Sandbox::User=root download "$package" busybox-static
            mkdir kernel busybox first first/root
            dpkg-deb -x linux-image-*.deb kernel
            dpkg-deb -x busybox-static_*.deb busybox
            rm ./*.deb
            depmod -b kernel "$version"
            cp busybox/bin/busybox first/busybox
            printf '#!/busybox sh\n' >first/init
            for path in $(modprobe -d kernel -S "$version" -a --show-depends virtio_pci 9p 9pnet_virtio | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'); do
                cp "$path" first/
                echo "/busybox insmod /${path##*/}" >>first/init
            done
            cat >>first/init <<'FIRST'
/busybox mkdir /proc
/busybox mount -t proc proc /proc
/busybox mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose,access=any root /root
for word in $(/busybox cat /proc/cmdline); do
    case $word in vm.init=*) init=${word#vm.init=} ;; esac
done
/busybox umount /proc
exec /busybox switch_root /root "$init"
FIRST
            chmod +x first/init
            (cd first && find . | cpio -o -H newc --quiet) >initramfs
            cp "kernel/boot/vmlinuz-$version" vmlinuz
            rm -rf first busybox kernel/boot
        ) >"$work/console" 2>&1 || { cat "$work/console" >&2; rm -rf "$made"; exit 2; }
        mv -T "$made" "$cache/$package" 2>/dev/null || rm -rf "$made"   # somebody else was faster
    fi
    kernel=$cache/$package
    modules=$kernel/kernel/lib/modules
    export kernel
}

disk_qemu() { printf '/dev/vd%s\n' "$1"; }

run_qemu() {
    local line=() number=1
    while [ "$1" != -- ]; do
        line+=(-drive "file=$1,format=raw,if=virtio")
        shift
    done
    shift
    while [ $# -gt 0 ]; do
        line+=(-virtfs "local,path=$1,mount_tag=share$number,security_model=none,multidevs=remap")
        number=$((number + 1))
        shift 2
    done
    timeout -s KILL "$seconds" qemu-system-x86_64 -accel tcg -machine q35 -cpu max -m "$memory" -smp "$cpus" -nodefaults -display none \
        -no-reboot -serial file:"$work/serial" -kernel "$kernel/vmlinuz" -initrd "$kernel/initramfs" \
        -append "console=ttyS0 quiet panic=-1 mitigations=off vm.init=$job/init" \
        -virtfs "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap" \
        -virtfs "local,path=$job,mount_tag=share0,security_model=none,multidevs=remap" \
        -device virtio-serial -chardev file,id=out,path=/dev/fd/3 -device virtserialport,chardev=out \
        -netdev user,id=net -device virtio-net,netdev=net,romfile= ${line[@]+"${line[@]}"}
    local status=$?
    cat "$work/serial"
    return $status
}
