#!/bin/sh
# Runs the scripts of golden.txt on a real busybox and writes down anew what it answered.
#
#     sudo ./generate.sh golden.txt >new && mv new golden.txt
#
# Needs root (for chroot) and a static busybox in the PATH. Each script runs in a fresh root that
# looks like the fake's image, and not as PID 1.
set -eu
busybox=$(command -v busybox)
work=$(mktemp -d)
trap 'umount "$work/root/proc" 2>/dev/null; rm -rf --one-file-system "$work"' EXIT

# One file a case: name, then script; what was answered before is left out.
awk -v dir="$work" '
    /^=== / { n++; part = "script"; file = sprintf("%s/case%04d", dir, n) }
    /^--- / { part = "" ; next }
    part == "script" { print > file }
' "$1"

template=$work/template
mkdir -p "$template/bin" "$template/etc" "$template/root" "$template/usr/bin" "$template/usr/sbin" \
    "$template/var" "$template/home" "$template/dev" "$template/proc" "$template/tmp"
chmod 1777 "$template/tmp"
chmod 700 "$template/root"
cp "$busybox" "$template/bin/busybox"
for applet in $("$busybox" --list); do
    ln -f "$template/bin/busybox" "$template/bin/$applet" 2>/dev/null || true
done
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n' \
    >"$template/etc/passwd"
printf 'root:x:0:\nnobody:x:65534:\n' >"$template/etc/group"
mknod -m 666 "$template/dev/null" c 1 3
mknod -m 666 "$template/dev/zero" c 1 5
mknod -m 666 "$template/dev/full" c 1 7

for file in "$work"/case*; do
    root=$work/root
    rm -rf "$root"
    cp -a "$template" "$root"
    script=$(tail -n +2 "$file"; printf x)
    script=${script%?}
    code=0
    mount -t proc proc "$root/proc"
    # In a subshell, so that what this shell says of a script's death stays out of the answer.
    (env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        chroot "$root" /bin/sh -c "$script" sh one "two three") \
        >"$work/stdout" 2>"$work/stderr" </dev/null || code=$?
    umount "$root/proc"
    cat "$file"
    for stream in stdout stderr; do
        echo "--- $stream"
        cat "$work/$stream"
        # Every part ends in a newline; one that the program did not write is owned up to.
        if [ -s "$work/$stream" ] && [ "$(tail -c 1 "$work/$stream" | wc -l)" = 0 ]; then
            printf '\n--- no newline\n'
        fi
    done
    echo "--- exit $code"
done
