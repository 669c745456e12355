#!/usr/bin/env bash
# Installs every Debian package that building, testing and running Ersatz needs (Debian 12).
# Does nothing, in well under a second, when all of them are installed.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t packages < <(
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' scripts/debian-packages.txt
  sed -n 's/^name = "\(fonts-[a-z0-9.+-]*\)"$/\1/p' data_manifests/fonts.toml 2>/dev/null
)
mapfile -t missing < <(
  comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^ii  *//p' | sort -u)
)
if [ "${#missing[@]}" -eq 0 ]; then
  echo "deps: all ${#packages[@]} packages are installed"
  exit 0
fi
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "deps: these packages are missing, and this user is neither root nor has sudo:" >&2
    printf '  %s\n' "${missing[@]}" >&2
    exit 40
  fi
  sudo=(sudo)
fi
echo "deps: installing ${#missing[@]} packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -q
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
