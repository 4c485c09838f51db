/** What the guest `novaflow-net` is made of beside a kernel and busybox: its shell scripts. */

export const NET_IMAGE = 'novaflow-net';

/**
 * Process 1. The cards come first, since all else needs them; what is said on the console has one line for each thing, so
 * that a person and a test find it.
 */
const INIT = String.raw`#!/bin/sh
export PATH=/bin
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /run/cards /run/leases /etc/acpi/PWRF
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/pts; mount -t devpts devpts /dev/pts
while read module; do insmod "/modules/$module"; done < /modules/order
exec > /dev/ttyS0 2>&1 < /dev/null
. /lib/say
echo; echo ${NET_IMAGE}
read server < /sys/class/dmi/id/product_uuid && say "server $server"
hostname ${NET_IMAGE}
ip link set lo up
# The power button. A card that is plugged in later is a kernel event.
cp /lib/power /etc/acpi/PWRF/00000080
acpid -f -l /dev/null > /dev/null &
for card in /sys/class/net/eth*; do [ -e "$card" ] && card-up "\${card##*/}"; done
uevent hotplug &
answer &
metadata
echo "novaflow: guest up"
[ -s /run/user-data ] && case "$(head -c 2 /run/user-data)" in
  '#!') chmod 700 /run/user-data; say "user data runs"; (/run/user-data; say "user data ended with $?") < /dev/null & ;;
  *) say "user data is no script, and is not run" ;;
esac
# A shell on the display; the serial console only shows.
while :; do setsid -c sh -l < /dev/tty1 > /dev/tty1 2>&1; sleep 1; done
`;

/** Whole lines only: a lease may come while another script writes. */
const SAY = String.raw`say() { printf '%s: %s\n' ${NET_IMAGE} "$*" > /dev/ttyS0; }
`;

const POWER = String.raw`#!/bin/sh
. /lib/say
say 'power button, going down'
poweroff -f
`;

/** A card's lease is asked for until there is one, and renewed. IPv6 comes from the kernel (SLAAC). */
const CARD_UP = String.raw`#!/bin/sh
mkdir "/run/cards/$1" 2> /dev/null || exit 0
. /lib/say
read mac < "/sys/class/net/$1/address"
say "$1 $mac"
ip link set "$1" up
udhcpc -f -i "$1" -s /bin/lease -t 5 -T 1 -A 2 -S -O staticroutes -O mtu -V ${NET_IMAGE} > /dev/null 2>&1 &
echo $! > "/run/cards/$1/dhcp"
(for second in 1 2 3 4 5 6; do
  sleep 1
  six=$(ip -6 -o addr show dev "$1" scope global 2> /dev/null | awk '{print $4; exit}')
  [ -n "$six" ] && say "$1 $six" && break
done) &
`;

const HOTPLUG = String.raw`#!/bin/sh
[ "$SUBSYSTEM" = net ] || exit 0
. /lib/say
case "$ACTION" in
  add) card-up "$INTERFACE" ;;
  remove)
    [ -d "/run/cards/$INTERFACE" ] || exit 0
    read pid < "/run/cards/$INTERFACE/dhcp" && kill "$pid"
    rm -rf "/run/cards/$INTERFACE" "/run/leases/$INTERFACE"
    say "$INTERFACE is gone" ;;
esac
`;

/** udhcpc's script. Classless routes (option 121) replace the router (RFC 3442). */
const LEASE = String.raw`#!/bin/sh
. /lib/say
case "$1" in
  deconfig) ip addr flush dev "$interface" scope global; rm -f "/run/leases/$interface" ;;
  bound|renew)
    ip addr replace "$ip/$mask" dev "$interface"
    [ -n "$mtu" ] && ip link set "$interface" mtu "$mtu"
    # The card that came first is the way out, and still is when a later one is gone.
    out="metric $(cat "/sys/class/net/$interface/ifindex")"
    if [ -n "$staticroutes" ]; then
      set -- $staticroutes
      while [ $# -ge 2 ]; do
        [ "$1" = 0.0.0.0/0 ] && metric="$out" || metric=
        if [ "$2" = 0.0.0.0 ]; then ip route replace "$1" dev "$interface" $metric
        else ip route replace "$1" via "$2" dev "$interface" $metric; fi
        shift 2
      done
    else
      for gateway in $router; do ip route replace default via "$gateway" dev "$interface" $out; break; done
    fi
    for server in $dns; do echo "nameserver $server"; done > /etc/resolv.conf
    new="$ip/$mask via \${router:-none} mtu \${mtu:-1500}"
    [ "$(cat "/run/leases/$interface" 2> /dev/null)" = "$new" ] && exit 0
    echo "$new" > "/run/leases/$interface"
    say "$interface $new" ;;
esac
`;

/**
 * Who the guest is, from the metadata service or from the config drive. busybox's own wget is not used: Debian's static
 * one crashes where it looks up a name.
 */
const METADATA = String.raw`#!/bin/sh
. /lib/say
# get PATH: the body of an answer 200. The first one waits for the control plane, which may be busy with many boots.
get() {
  printf 'GET %s HTTP/1.0\r\nHost: 169.254.169.254\r\n\r\n' "$1" |
    timeout 20 nc -w 15 169.254.169.254 80 > /run/answer 2> /dev/null
  head -n 1 /run/answer | grep -q ' 200' && sed '1,/^\r*$/d' /run/answer
}
# value KEY: a text of the JSON in /run/meta.json
value() { grep -o "\"$1\": *\"[^\"]*\"" /run/meta.json | head -n 1 | sed 's/^[^:]*: *"//; s/"$//'; }
openstack() {
  get /openstack/latest/meta_data.json > /run/meta.json && [ -s /run/meta.json ] || return 1
  get /openstack/latest/user_data > /run/user-data || rm -f /run/user-data
  name=$(value name); host=$(value hostname)
  grep -o '"public_keys": *{[^}]*}' /run/meta.json | grep -o '"ssh-[^"]*"\|"ecdsa-[^"]*"' |
    sed 's/"//g; s/\\n//g' > /run/keys
}
ec2() {
  host=$(get /latest/meta-data/hostname) && [ -n "$host" ] || return 1
  name=\${host%%.*}
  get /latest/meta-data/public-keys/0/openssh-key > /run/keys || : > /run/keys
  get /latest/user-data > /run/user-data || rm -f /run/user-data
}
# An ISO has its label at this place (ECMA-119: the volume identifier); busybox's findfs does not know ISOs.
find_drive() {
  for disk in /dev/vd?; do
    [ "$(dd if="$disk" bs=1 skip=32808 count=8 2> /dev/null)" = config-2 ] && echo "$disk" && return 0
  done
  return 1
}
drive() {
  disk=$(find_drive) && mount -t iso9660 -o ro "$disk" /mnt || return 1
  cp /mnt/openstack/latest/meta_data.json /run/meta.json
  cp /mnt/openstack/latest/user_data /run/user-data 2> /dev/null
  umount /mnt
  name=$(value name); host=$(value hostname)
  grep -o '"public_keys": *{[^}]*}' /run/meta.json | grep -o '"ssh-[^"]*"\|"ecdsa-[^"]*"' |
    sed 's/"//g; s/\\n//g' > /run/keys
}
# A lease comes in the first second where a network answers.
for try in 1 2 3 4 5 6 7 8; do
  set -- /run/leases/*
  [ -e "$1" ] && break
  sleep 0.5
done
from=none
: > /run/keys
# The drive is there at once or never: who has it need not wait for a service that may not be there. cloud-init looks there first, too.
drive && from='config drive'
if [ "$from" = none ] && [ -e "$1" ]; then
  for try in 1 2 3; do
    openstack && from=openstack && break
    ec2 && from=ec2 && break
    sleep 1
  done
fi
echo "$from" > /run/metadata-from
[ -n "$host" ] && hostname "$host"
say "metadata from $from\${name:+: name $name}\${host:+, hostname $host}"
while read kind key comment; do
  print=$(echo "$key" | base64 -d 2> /dev/null | sha256sum | cut -d ' ' -f 1 | xxd -r -p | base64 | tr -d '=\n')
  say "ssh key $kind SHA256:$print $comment"
done < /run/keys
exit 0
`;

/** Port 22 says the guest's name, port 80 more. Each is started again: nc ends at some errors of a caller. */
const ANSWER = String.raw`#!/bin/sh
serve() { while :; do nc -ll -p "$1" -e "$2" > /dev/null 2>&1; sleep 1; done; }
serve 22 /bin/port22 &
serve 80 /bin/port80
`;
const PORT_22 = String.raw`#!/bin/sh
echo "${NET_IMAGE} $(hostname)"
`;
/** The request is read to its empty line: a caller whose bytes are not read would see a reset. */
const PORT_80 = String.raw`#!/bin/sh
while read -t 5 -r line; do [ "\${#line}" -le 1 ] && break; done
body=$(echo "${NET_IMAGE} $(hostname)"
  ip -o addr show scope global | awk '{print $2, $4}'
  echo "metadata from $(cat /run/metadata-from 2> /dev/null)")
printf 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s\n' \
  $((\${#body} + 1)) "$body"
`;

/** `\${` keeps a shell's own from TypeScript. */
const shell = (text: string): Buffer => Buffer.from(text.replaceAll('\\${', '${'));

/** Programs by their path in the guest. */
export const SCRIPTS: Readonly<Record<string, Buffer>> = {
  init: shell(INIT),
  'lib/say': shell(SAY),
  'lib/power': shell(POWER),
  'bin/card-up': shell(CARD_UP),
  'bin/hotplug': shell(HOTPLUG),
  'bin/lease': shell(LEASE),
  'bin/metadata': shell(METADATA),
  'bin/answer': shell(ANSWER),
  'bin/port22': shell(PORT_22),
  'bin/port80': shell(PORT_80),
};
