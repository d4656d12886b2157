#!/bin/sh
# install.sh WORK DIST NEWER: installs, upgrades, removes and purges the package, in a
# root that is an overlay of this machine's. It runs in namespaces of its own
# (TestInstalled). Exit code 77: such a root cannot be made here.
set -eu
work=$1 dist=$2 newer=$3
fail() { echo "FAIL: $*"; exit 1; }

mount -t tmpfs tmpfs "$work" || exit 77
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" none "$work/root" || exit 77
root=$work/root
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run" # no systemd runs in here
mkdir -p "$root/tmp/debs"
cp "$dist/wabridge_1.2.3_amd64.deb" "$newer/wabridge_1.2.4_amd64.deb" "$root/tmp/debs/"
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
! inside getent passwd wabridge >/dev/null || fail "this machine has the package's user already"

echo "== install"
inside dpkg -i /tmp/debs/wabridge_1.2.3_amd64.deb
[ "$(inside wabridge version | cut -d' ' -f2)" = 1.2.3 ] || fail "another version answers"
[ "$(inside stat -c %U:%G:%a /var/lib/wabridge)" = wabridge:wabridge:700 ] || fail "data directory: $(inside stat -c %U:%G:%a /var/lib/wabridge)"
[ "$(inside stat -c %U:%G:%a /etc/wabridge/wabridge.yaml)" = root:wabridge:640 ] || fail "configuration: $(inside stat -c %U:%G:%a /etc/wabridge/wabridge.yaml)"
inside id -nG wabridge | grep -qw plugdev || fail "the user is not in plugdev"
[ -L "$root/etc/systemd/system/multi-user.target.wants/wabridge.service" ] || fail "the service is not enabled"
if inside sh -c 'command -v systemd-analyze' >/dev/null; then
  inside systemd-analyze verify --man=no /usr/lib/systemd/system/wabridge.service 2>&1 | grep -i wabridge && fail "systemd-analyze verify"
fi
inside sh -c 'bash -n /usr/share/bash-completion/completions/wabridge'

echo "== the gateway starts as its user, with the package's configuration"
# One process from chroot to the gateway, each exec'ing the next: $! is its id.
chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/var/lib/wabridge WABRIDGE_CONFIG=/etc/wabridge/wabridge.yaml \
  setpriv --reuid wabridge --regid wabridge --init-groups \
  sh -c 'cd && exec wabridge serve --listen 127.0.0.1:0 --adb-start-server=false' >"$work/log" 2>&1 &
gate=$!
for _ in $(seq 300); do
  [ ! -s "$root/var/lib/wabridge/address" ] || break
  sleep 0.1
done
[ -s "$root/var/lib/wabridge/address" ] || { cat "$work/log"; fail "the gateway did not start"; }
kill -TERM "$gate"; wait "$gate" || { cat "$work/log"; fail "the gateway did not stop well"; }
[ -s "$root/var/lib/wabridge/wabridge.db" ] || fail "no database"

echo "== upgrade: the configuration that was changed and the data stay"
echo '# a change' >>"$root/etc/wabridge/wabridge.yaml"
inside dpkg -i /tmp/debs/wabridge_1.2.4_amd64.deb
[ "$(inside wabridge version | cut -d' ' -f2)" = 1.2.4 ] || fail "the old version answers"
grep -q '# a change' "$root/etc/wabridge/wabridge.yaml" || fail "the changed configuration is lost"
inside wabridge db check --data /var/lib/wabridge

echo "== remove: only the program goes"
inside dpkg -r wabridge
[ ! -e "$root/usr/bin/wabridge" ] || fail "the program is still there"
[ -s "$root/var/lib/wabridge/wabridge.db" ] || fail "remove took the data"
[ -s "$root/etc/wabridge/wabridge.yaml" ] || fail "remove took the configuration"

echo "== purge: messages stay where nobody was asked"
inside dpkg -P wabridge
[ ! -e "$root/etc/wabridge" ] || fail "purge left the configuration"
[ -s "$root/var/lib/wabridge/wabridge.db" ] || fail "purge took the data without a question"

if [ -e "$root/usr/share/debconf/confmodule" ]; then
  echo "== purge, with the answer yes"
  inside dpkg -i /tmp/debs/wabridge_1.2.4_amd64.deb
  echo 'wabridge wabridge/remove_data boolean true' | inside debconf-set-selections
  inside dpkg -P wabridge
  [ ! -e "$root/var/lib/wabridge" ] || fail "purge kept the data that was to go"
fi
echo "== done"
