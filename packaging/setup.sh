# Sourced by run.sh and test.sh: what a fresh machine needs, done once and skipped in a moment from then on.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$ROOT/.venv

# Qt needs EGL, GL and X11 even without a screen; without any font its text becomes boxes.
QT_PACKAGES="libegl1 libgl1 libx11-6 libxkbcommon0 libdbus-1-3 libfontconfig1 libfreetype6 libglib2.0-0 libzstd1
  zlib1g fontconfig fonts-dejavu-core"
WINDOW_PACKAGES="libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
  libxcb-render-util0 libxcb-render0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1 libxcb-xfixes0 libxcb-xkb1
  libx11-xcb1 libwayland-client0 libwayland-cursor0"
SOUND_PACKAGES="libportaudio2 libasound2"
# A sound server and a screen that the tests start themselves.
TEST_PACKAGES="pulseaudio pulseaudio-utils libasound2-plugins xvfb xauth libgl1-mesa-dri"

say() { printf 'sepstudio set-up: %s\n' "$*" >&2; }

stop() {
  say "$*"
  exit 2
}

# Run a command whose hundreds of lines matter only when it fails.
quietly() {
  local output
  output=$("$@" 2>&1) || {
    printf '%s\n' "$output" >&2
    stop "$1 failed; see its message above, put it right and start again"
  }
}

# Print those of the named Debian packages that are not installed. Names that another package
# provides count as installed: later releases renamed libasound2 to libasound2t64.
missing_packages() {
  dpkg-query --show --showformat '${db:Status-Status} ${Package}, ${Provides}\n' | awk -v wanted="$*" '
    $1 == "installed" { gsub(/\([^)]*\)|,/, " "); for (i = 2; i <= NF; i++) present[$i] = 1 }
    END { n = split(wanted, names); for (i = 1; i <= n; i++) if (!(names[i] in present)) printf "%s ", names[i] }'
}

# Install Debian packages when that is allowed, say which line would do it otherwise.
# Elsewhere than on Debian and its relatives the libraries are taken for granted.
need_packages() {
  local missing
  command -v dpkg-query >/dev/null || return 0
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    stop "system libraries are missing; run: sudo apt-get install -y --no-install-recommends $missing"
  fi
  say "installing system libraries: $missing"
  quietly apt-get update
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive quietly apt-get install -y --no-install-recommends $missing
}

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

# Print the interpreter to make the environment with: $PYTHON, or the first that fits.
find_python() {
  local candidate
  if [ -n "${PYTHON:-}" ]; then
    fits "$PYTHON" || stop "PYTHON=$PYTHON is no Python 3.11, 3.12 or 3.13; choose another one"
    printf '%s\n' "$PYTHON"
    return
  fi
  for candidate in python3.11 python3.12 python3.13 python3; do
    if fits "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  stop "no Python 3.11, 3.12 or 3.13 was found; install one or name it: PYTHON=/path/to/python3.11 $0"
}

# Debian keeps ensurepip, which a virtual environment starts from, in a package of its own.
need_venv_module() {
  local python=$1 package
  "$python" -c 'import ensurepip, venv' 2>/dev/null && return
  package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  command -v dpkg-query >/dev/null || stop "$python has no module ensurepip; install Python with it"
  need_packages "$package"
}

make_environment() {
  local python
  python=$(find_python) || exit 2
  need_venv_module "$python"
  say "making $VENV with $("$python" --version)"
  quietly "$python" -m venv --clear "$VENV"
}

# Install the package, with its test tools after "-test", into the environment, once per state of
# pyproject.toml and constraints.txt and per place of the checkout. A mark that outlives its installation tells of an interrupted
# one: pip may have left half a package behind, so that environment is made anew.
need_environment() {
  local extra=$1 wanted stamp
  wanted="$ROOT $(cat "$ROOT/pyproject.toml" "$ROOT/packaging/constraints.txt" | cksum)"
  stamp=$VENV/.sepstudio-installed
  [ "$(cat "$stamp$extra" 2>/dev/null)" != "$wanted" ] || return 0
  lock_installation
  [ "$(cat "$stamp$extra" 2>/dev/null)" != "$wanted" ] || return 0
  if [ -e "$VENV/.sepstudio-installing" ] || ! fits "$VENV/bin/python" || ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
    make_environment
  fi
  rm -f "$stamp" "$stamp-test"
  touch "$VENV/.sepstudio-installing"
  say "installing SepStudio and its libraries into $VENV; this happens once and takes a few minutes"
  quietly "$VENV/bin/python" -m pip install --disable-pip-version-check --progress-bar off \
    -c "$ROOT/packaging/constraints.txt" -e "$ROOT${extra:+[${extra#-}]}"
  rm "$VENV/.sepstudio-installing"
  printf '%s\n' "$wanted" >"$stamp"
  [ -z "$extra" ] || printf '%s\n' "$wanted" >"$stamp$extra"
}

# Other people's separators for the tests, in a folder of their own: the program itself must not find them installed.
need_plug_ins() {
  local folder=$VENV/test-plug-ins list=$ROOT/packaging/test-plug-ins.txt wanted
  wanted=$(cksum <"$list")
  [ "$(cat "$folder/.installed" 2>/dev/null)" != "$wanted" ] || return 0
  lock_installation
  say "installing the plug-ins that the tests run"
  rm -rf "$folder"
  quietly "$VENV/bin/python" -m pip install --disable-pip-version-check --progress-bar off --no-deps \
    --target "$folder" -r "$list"
  printf '%s\n' "$wanted" >"$folder/.installed"
}

# Two first starts at once must not install into one folder. The lock ends with the script's own
# file descriptor, so a killed start leaves none behind.
lock_installation() {
  exec 9<"$ROOT/packaging/setup.sh"
  ! command -v flock >/dev/null || flock 9
}
