#!/usr/bin/env bash
# Real container engines for wharf's tests, side by side on one Debian machine, as root.
#
#   tests/engines.sh deps               install the few tools this script itself needs
#   tests/engines.sh start NAME…|all    fetch, unpack and run; does nothing to what already answers
#   tests/engines.sh stop  NAME…|all    end what this script started, by recorded pid
#   tests/engines.sh purge NAME…|all    stop, and delete the engine's data and network namespace
#   tests/engines.sh status             version, pid, socket and address of each engine
#   tests/engines.sh urls  [NAME…]      name=url,… of the engines that answer
#   tests/engines.sh image              an image that the engines can pull without credentials
#   tests/engines.sh env   [NAME…]      both, as export lines: WHARF_ENGINES, WHARF_PULL_IMAGE
#   tests/engines.sh enter NAME CMD…    run CMD where NAME's published ports are on 127.0.0.1
#
# The packages of a Debian suite are downloaded by apt with a state folder of its own and unpacked,
# without maintainer scripts, into a tree. An engine runs in a mount namespace in which that tree's
# usr covers /usr, and in a network namespace of its own, so that packages, chains, bridges and locks
# of one engine never meet those of another or of the machine. Other paths are the machine's, so
# bind mounts work. Each engine has busybox:latest, and beside it two registries on its own
# 127.0.0.1: an open one, and one that wants the user alice with the password secret1.
#
# WHARF_ENGINES_DIR is the state folder; WHARF_ENGINES_MIRROR the Debian mirror, if not the machine's.
set -euo pipefail

lab=${WHARF_ENGINES_DIR:-${TMPDIR:-/tmp}/wharf-engines}
private_port=5055
open_port=5056
images=$lab/images
hello=wharf/hello:latest
hello_type=application/vnd.docker.distribution.manifest.v2+json
tools=(busybox-static ca-certificates curl debian-archive-keyring iproute2 openssl)

# name, kind, Debian suite, last but two octet of its 10.x.0.0/24, the version its name promises
engines=(
  "docker-20  docker bookworm 120 20."
  "docker-28  docker forky    128 28."
  "podman-4.3 podman bookworm 143 4.3."
  "podman-5.8 podman forky    158 5.8."
)

# What the engines call on, down to the shell: a tree has to stand without the machine's /usr.
packages_common=(bash dash coreutils libc-bin util-linux mount procps kmod tar gzip xz-utils
  iproute2 iptables nftables ca-certificates
  docker.io docker-registry podman conmon catatonit tini)
# shellcheck disable=SC2034 # these two are used by the suite's name
packages_bookworm=(runc containernetworking-plugins golang-github-containernetworking-plugin-dnsname)
# shellcheck disable=SC2034
packages_forky=(crun netavark aardvark-dns passt)

say() { printf 'engines: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Sets the variables that describe one engine: name, kind, suite, promised, netns, net, state, sock, tree.
describe() {
  local row octet
  for row in "${engines[@]}"; do
    read -r name kind suite octet promised <<< "$row"
    [ "$name" = "$1" ] || continue
    netns=wharf-$octet net=10.$octet.0 state=$lab/state/$name tree=$lab/trees/$suite
    sock=$state/engine.sock
    return 0
  done
  die "no engine is named '$1' (there are: $(names | tr '\n' ' '))"
}
names() { local row; for row in "${engines[@]}"; do echo "${row%% *}"; done; }

# ------------------------------------------------------------------ unpacking a suite

ensure_tree() {
  [ -e "$tree/.ready" ] && return 0
  say "unpacking Debian $suite …"
  local apt=$lab/apt/$suite mirror command keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  local -n extra=packages_$suite
  local packages=("${packages_common[@]}" "${extra[@]}")
  # The mirror that this machine's apt uses is one that it can reach.
  # shellcheck disable=SC2016 # apt expands the format
  mirror=${WHARF_ENGINES_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
    'Component: main' 'Origin: Debian' 'Label: Debian' | awk 'NR == 1')}
  [ -n "$mirror" ] || die "this machine's apt names no Debian mirror: set WHARF_ENGINES_MIRROR"
  rm -rf "$tree" "$apt"
  mkdir -p "$apt"/lists/partial "$apt"/archives/partial "$tree"/usr/{bin,sbin,lib,lib64} "$tree/etc"
  : > "$apt/status"
  echo "deb [signed-by=$keyring] $mirror $suite main" > "$apt/sources.list"
  # A mirror that lags says that it is out of date; what it has is signed all the same.
  local options=(-q -y --no-install-recommends -o Acquire::Check-Valid-Until=false
    -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State=$apt" -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status"
    -o "Dir::Cache=$apt" -o "Dir::Cache::archives=$apt/archives" -o APT::Sandbox::User=root)
  for command in update "install --download-only ${packages[*]}"; do
    # shellcheck disable=SC2086 # the command is words
    apt-get "${options[@]}" $command >> "$apt/log" 2>&1 \
      || { tail -n 5 "$apt/log" >&2; die "apt-get ${command%% *} of $suite failed, see $apt/log"; }
  done
  local link package
  # Suites differ in whether packages ship /bin or /usr/bin.
  for link in bin sbin lib lib64; do ln -s "usr/$link" "$tree/$link"; done
  for package in "$apt"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$tree" --keep-directory-symlink \
      --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' \
      || die "unpacking $package failed"
  done
  # Links that a maintainer script would have made.
  for link in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    ln -sf xtables-nft-multi "$tree/usr/sbin/$link"
  done
  # Docker takes 127.0.0.0/8 as insecure by itself, Podman has to be told.
  mkdir -p "$tree/etc/containers/registries.conf.d"
  local port
  for port in $private_port $open_port; do
    printf '[[registry]]\nlocation = "127.0.0.1:%s"\ninsecure = true\n' "$port"
  done > "$tree/etc/containers/registries.conf.d/50-wharf.conf"
  rm -rf "$apt"
  touch "$tree/.ready"
}

# ------------------------------------------------------------------ images, made by hand

# Prints the digest of a file.
digest() { sha256sum "$1" | cut -d' ' -f1; }

# Archives the folder $1 into $2 so that the same content always has the same digest.
pack() {
  tar -C "$1" --sort=name --mtime=@1704067200 --owner=0 --group=0 --numeric-owner -cf "$2" .
}

# Prints the configuration of an image of the day $1 with the labels $2, if any, and the layer archives
# that follow. Days that differ give lists of images an order.
image_config() {
  local day=$1 labels=$2 layer ids='' history=''; shift 2
  for layer in "$@"; do
    ids+=",\"sha256:$(digest "$layer")\""
    history+=",{\"created\":\"${day}T00:00:00Z\",\"created_by\":\"${layer##*/}\"}"
  done
  printf '{"architecture":"%s","os":"linux","created":"%sT00:00:00Z",' "$(dpkg --print-architecture)" "$day"
  printf '"config":{"Cmd":["sh"],"Env":["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]%s},' "${labels:+,\"Labels\":$labels}"
  printf '"rootfs":{"type":"layers","diff_ids":[%s]},"history":[%s]}' "${ids:1}" "${history:1}"
}

# Prints the digest of what the images are made by and of.
recipe() {
  {
    declare -f digest pack image_config descriptor make_images
    echo "$hello" "$hello_type"
    cat "$(command -v busybox)"
  } | digest -
}

# Images that another recipe made are made anew.
ensure_images() {
  local now
  now=$(recipe)
  [ "$(cat "$images/.ready" 2> /dev/null)" != "$now" ] || return 0
  make_images
  echo "$now" > "$images/.ready"
}

# Makes $images/busybox.tar, to be loaded, and the blobs and manifest of $hello, to be pushed.
make_images() {
  rm -rf "$images"
  mkdir -p "$images"/{root/{bin,etc,tmp,proc,sys,dev,var,root},cargo/opt,greeting,blobs}
  local applet layer
  cp "$(command -v busybox)" "$images/root/bin/busybox"
  for applet in $(busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "$images/root/bin/$applet"
  done
  chmod 1777 "$images/root/tmp"
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' > "$images/root/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' > "$images/root/etc/group"

  pack "$images/root" "$images/layer.tar"
  image_config 2024-01-01 '' "$images/layer.tar" > "$images/config.json"
  echo '[{"Config":"config.json","RepoTags":["docker.io/library/busybox:latest"],"Layers":["layer.tar"]}]' > "$images/manifest.json"
  tar -C "$images" -cf "$images/busybox.tar" manifest.json config.json layer.tar

  # No layer of this image may be one of busybox's: a layer that is there already is not pulled.
  # The second is incompressible and large enough for its download to be seen on the way.
  echo hello > "$images/root/etc/hostname"
  head -c 6M /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 > "$images/cargo/opt/cargo" 2> "$images/log" \
    || { cat "$images/log" >&2; die "openssl could not make the image's data"; }
  echo 'Hello from the pier.' > "$images/greeting/hello"
  local tars=() list='' type=application/vnd.docker.image.rootfs.diff.tar.gzip
  for layer in root cargo greeting; do
    pack "$images/$layer" "$images/$layer.tar"
    gzip -1n < "$images/$layer.tar" > "$images/$layer.tar.gz"
    list+=",$(descriptor "$type" "$images/$layer.tar.gz")"
    tars+=("$images/$layer.tar")
  done
  image_config 2024-01-02 '{"wharf.hello":"pier"}' "${tars[@]}" > "$images/hello.json"
  printf '{"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}' \
    "$hello_type" "$(descriptor application/vnd.docker.container.image.v1+json "$images/hello.json")" \
    "${list:1}" > "$images/hello.manifest"
}

# Prints the descriptor of the file $2 with the media type $1, and keeps the file as a blob.
descriptor() {
  cp "$2" "$images/blobs/$(digest "$2")"
  printf '{"mediaType":"%s","size":%s,"digest":"sha256:%s"}' "$1" "$(stat -c %s "$2")" "$(digest "$2")"
}

# ------------------------------------------------------------------ running

ensure_netns() {
  ip -n "$netns" link show eth0 > /dev/null 2>&1 && return 0
  remove_netns
  ip netns add "$netns"
  ip -n "$netns" link set lo up
  ip link add "$netns" type veth peer name eth0 netns "$netns"
  ip addr add "$net.1/24" dev "$netns"
  ip link set "$netns" up
  ip -n "$netns" addr add "$net.2/24" dev eth0
  ip -n "$netns" link set eth0 up
  ip -n "$netns" route add default via "$net.1"
}

# The link by itself, and first: a namespace is gone some time after its name.
remove_netns() {
  ip link del "$netns" 2> /dev/null || true
  [ ! -e "/run/netns/$netns" ] || ip netns del "$netns"
}

# Starts a daemon: its label, its command. All is an exec chain, so that $! is the daemon's own pid.
# `ip netns exec` would remount /sys and lose the cgroup mounts: nsenter does not.
launch() {
  local label=$1; shift
  # shellcheck disable=SC2016 # the inner shell expands these
  setsid nsenter "--net=/run/netns/$netns" unshare -m --propagation private /bin/sh -ec '
    tree=$1; shift
    # crun refuses a hybrid layout of cgroups.
    ! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified
    # Podman keeps the locks of all its storages in one file here.
    mount -t tmpfs -o mode=1777 shm /dev/shm
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p /run/lock /run/netns
    for etc in containers cni; do
      [ ! -d "$tree/etc/$etc" ] || { mkdir -p "/etc/$etc"; mount --bind "$tree/etc/$etc" "/etc/$etc"; }
    done
    mount --bind "$tree/usr" /usr
    exec "$@"' sh "$tree" "$@" > "$state/$label.log" 2>&1 < /dev/null 9>&- &
  echo $! > "$state/$label.pid"
}

# Prints the recorded pid of a label while it is still the process that was started.
alive() {
  local pid
  pid=$(cat "$state/$1.pid" 2> /dev/null) && [ -n "$pid" ] || return 1
  [ "$(awk '{print $3}' "/proc/$pid/stat" 2> /dev/null)" != Z ] || return 1
  # Another may have the number by now. (NULs are read as ends of lines.)
  grep -qzF "$state" "/proc/$pid/cmdline" 2> /dev/null || return 1
  echo "$pid"
}

# Waits until a command succeeds; when it does not, says what the daemon said last.
await() {
  local label=$1 i; shift
  for ((i = 0; i < 300; i++)); do
    "$@" > /dev/null 2>&1 && return 0
    # Not `alive`: for an instant the new process is still a copy of this script.
    kill -0 "$(cat "$state/$label.pid")" 2> /dev/null || break
    sleep 0.1
  done
  say "$name: $label did not come up; the last lines of $state/$label.log:"
  tail -n 8 "$state/$label.log" >&2
  return 1
}

api() { curl -sS -m 30 --fail-with-body --unix-socket "$sock" "http://engine/v1.40$1" "${@:2}"; }
answers() { [ -S "$sock" ] && api /version > /dev/null 2>&1; }
version() { api /version | grep -oE '"Version":"[^"]*","ApiVersion"' | tail -n 1 | cut -d'"' -f4; }
inside() { nsenter "--net=/run/netns/$netns" "$@"; }

start_engine() {
  case $kind in
    docker)
      echo '{}' > "$state/daemon.json"
      # Those that a killed daemon left would make this one wait for its dead containerd.
      rm -f "$state/dockerd.pid" "$state/exec/containerd/containerd.pid"
      launch engine dockerd -H "unix://$sock" --data-root "$state/data" --exec-root "$state/exec" \
        --pidfile "$state/dockerd.pid" --config-file "$state/daemon.json" \
        --cgroup-parent "/wharf-$name" --shutdown-timeout 3 ;;
    podman)
      # A machine that may not raise limits needs them given, soft and hard alike: the
      # Docker-compatible create of Podman 4.3 swaps the two.
      printf '%s\n' '[containers]' 'default_ulimits = ["nofile=20000:20000","nproc=2048:2048"]' \
        '[engine]' 'cgroup_manager = "cgroupfs"' 'events_logger = "file"' > "$state/containers.conf"
      CONTAINERS_CONF=$state/containers.conf PODMAN_IGNORE_CGROUPSV1_WARNING=1 \
        launch engine podman --root "$state/data" system service --time=0 "unix://$sock" ;;
  esac
}

# Starts a registry beside the engine and pushes $hello into it: label, port, curl's credentials.
start_registry() {
  local label=$1 port=$2; shift 2
  local url=http://127.0.0.1:$port/v2 folder=$state/$label blob upload
  local repository=$url/${hello%:*} tag=${hello#*:}
  local push=(inside curl -sS -m 30 --fail-with-body "$@")
  if alive "$label" > /dev/null \
    && "${push[@]}" -H "Accept: $hello_type" "$repository/manifests/$tag" 2> /dev/null \
      | cmp -s - "$images/hello.manifest"; then return 0; fi
  end "$label"
  rm -rf "$folder"
  mkdir -p "$folder"
  {
    printf 'version: 0.1\nlog: {level: error}\nhttp: {addr: "127.0.0.1:%s"}\n' "$port"
    printf 'storage: {filesystem: {rootdirectory: "%s"}, delete: {enabled: true}}\n' "$folder/data"
    [ $# = 0 ] || printf 'auth: {htpasswd: {realm: wharf, path: "%s"}}\n' "$folder/htpasswd"
  } > "$folder/config.yml"
  # shellcheck disable=SC2016 # secret1, by bcrypt
  echo 'alice:$2y$05$bR4cJJjTM8LZ1uiTYCM5Q.JcHaLxFXK4k9RUr/Hz0stVS5uyCHsEK' > "$folder/htpasswd"
  launch "$label" docker-registry serve "$folder/config.yml"
  await "$label" inside curl -sf -m 3 "$@" "$url/" || return 1
  for blob in "$images"/blobs/*; do
    upload=$("${push[@]}" -D - -o /dev/null -X POST "$repository/blobs/uploads/" \
      | tr -d '\r' | awk 'tolower($1) == "location:" {print $2}')
    "${push[@]}" -X PUT -H 'Content-Type: application/octet-stream' --data-binary @"$blob" \
      "$upload&digest=sha256:${blob##*/}"
  done
  "${push[@]}" -X PUT -H "Content-Type: $hello_type" \
    --data-binary @"$images/hello.manifest" "$repository/manifests/$tag"
}

# Whether the engine's busybox:latest is the one that was made last.
has_busybox() {
  api /images/busybox:latest/json 2> /dev/null \
    | grep -F "\"Id\":\"sha256:$(digest "$images/config.json")\"" > /dev/null
}

start() {
  describe "$1"
  mkdir -p "$state"
  ensure_tree
  ensure_images
  ensure_netns
  start_registry private $private_port -u alice:secret1
  start_registry open $open_port
  if ! { alive engine > /dev/null && answers; }; then
    end engine
    rm -f "$sock"
    start_engine
    await engine answers || return 1
  fi
  if ! has_busybox; then
    api /images/load -X POST -H 'Content-Type: application/x-tar' \
      --data-binary @"$images/busybox.tar" > "$state/load.log" || true
    # An image that fails to load is told in the body of a 200.
    if ! has_busybox; then
      tail -n 5 "$state/load.log" >&2
      die "$name does not take busybox:latest"
    fi
  fi
  [[ $(version) == "$promised"* ]] || say "$name is $(version) now: Debian $suite has moved on"
}

# Ends a daemon: TERM, patience, then KILL.
end() {
  local pid i
  if pid=$(alive "$1"); then
    kill "$pid"
    for ((i = 0; i < 200; i++)); do alive "$1" > /dev/null || break; sleep 0.1; done
    if alive "$1" > /dev/null; then say "$name: $1 ignores TERM, killed"; kill -9 "$pid"; fi
  fi
  rm -f "$state/$1.pid"
}

stop() {
  describe "$1"
  local id
  # Podman's containers outlive its service, which is only a door to them.
  if [ "$kind" = podman ] && alive engine > /dev/null && answers; then
    for id in $(api /containers/json | grep -oE '"Id":"[0-9a-f]{64}"' | cut -d'"' -f4); do
      api "/containers/$id/stop?t=1" -X POST || say "$name: container $id may still run"
    done
  fi
  local label
  for label in engine open private; do end "$label"; done
}

purge() {
  stop "$1"
  rm -rf "$state"
  remove_netns
}

# ------------------------------------------------------------------ telling

status() {
  local each pid version
  for each in $(names); do
    describe "$each"
    if pid=$(alive engine) && answers; then version=$(version); else pid=- version=down; fi
    printf '%-11s %-12s pid %-8s unix://%s  %s.2\n' "$name" "$version" "$pid" "$sock" "$net"
  done
}

urls() {
  local each list=''
  # shellcheck disable=SC2046 # the names are words
  [ $# -gt 0 ] || set -- $(names)
  for each in "$@"; do
    describe "$each"
    if alive engine > /dev/null && answers; then list+=",$name=unix://$sock"; fi
  done
  echo "${list:1}"
}

image() { echo "127.0.0.1:$open_port/$hello"; }

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; }

main() {
  local command=${1:-} each failed=0
  [ $# = 0 ] || shift
  case $command in
    start | stop | purge)
      [ $# -gt 0 ] || die "$command what? give names, or all"
      [ "$(id -u)" = 0 ] || die "network namespaces and engines need root"
      # shellcheck disable=SC2046 # the names are words
      [ "$1" != all ] || set -- $(names)
      mkdir -p "$lab"
      # Two that start the same engine at once would end each other's. Daemons do not inherit the lock.
      exec 9> "$lab/lock"
      flock 9
      # Each in a process of its own, so that one that fails does not keep the others from starting.
      # As a job, since `set -e` does not hold inside a condition.
      for each in "$@"; do
        "$command" "$each" &
        wait $! || { failed=1; say "$command $each failed"; }
      done
      return $failed ;;
    deps)
      export DEBIAN_FRONTEND=noninteractive
      apt-get update -qq
      apt-get install -y -qq --no-install-recommends "${tools[@]}" > /dev/null ;;
    status | image) "$command" ;;
    urls) urls "$@" ;;
    env)
      printf 'export WHARF_ENGINES=%q\n' "$(urls "$@")"
      printf 'export WHARF_PULL_IMAGE=%q\n' "$(image)" ;;
    enter)
      [ $# -gt 1 ] || die "enter which engine with what command?"
      describe "$1"
      shift
      exec nsenter "--net=/run/netns/$netns" "$@" ;;
    help | --help | -h) usage ;;
    *) usage >&2; exit 2 ;;
  esac
}
main "$@"
