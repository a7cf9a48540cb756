#!/usr/bin/env bash
# Set up the test tools on a fresh machine, then run every check: packaging/test.sh
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

need_packages $QT_PACKAGES $WINDOW_PACKAGES $SOUND_PACKAGES $TEST_PACKAGES
need_environment -test
need_plug_ins
exec 9<&-

cd "$ROOT"
export PATH=$VENV/bin:$PATH QT_QPA_PLATFORM=offscreen PYTHONFAULTHANDLER=1

failed=""
check() { "$@" || failed="$failed${failed:+, }$1"; }

check ruff check .
check ruff format --check .
check lint-imports
check mypy
# The lower half must work, and be testable, where Qt is not even installed.
SEPSTUDIO_TEST_HALF=without-qt check pytest -n 2 tests/unit tests/reference
[ -z "$failed" ] || say "failed so far, see above: $failed"
SEPSTUDIO_TEST_HALF=with-qt check pytest -n 2
[ -z "$failed" ]
