#!/usr/bin/env bash
# Dependencies between folders point down (see CONTRIBUTING.md): greps the includes. Usage: layering.sh [ROOT]
set -euo pipefail
root=$(cd "${1:-$(dirname "$0")/..}" && pwd)

# forbid TREE FOLDER PATTERN: 1, and the lines, if a source of TREE/FOLDER includes what matches PATTERN.
forbid() {
  [ -d "$1/$2" ] || return 0
  if grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($3)" "$1/$2" \
    --include='*.hh' --include='*.h' --include='*.cc' --include='*.cu'; then
    echo "layering: $2/ may not include the above" >&2
    return 1
  fi
}

cuda_headers='cuda_runtime|cuda\.h|cuda_|cub/|thrust/|cooperative_groups'
files='fstream|iostream|filesystem|cstdio|stdio\.h'
threads='thread|mutex|shared_mutex|condition_variable|future|barrier|latch|semaphore|atomic|tbb/|oneapi/'
clocks='chrono|ctime|time\.h'

# check TREE: every rule; 1 if any is broken.
check() {
  local bad=0
  forbid "$1" codec "(\.\./)*(cuda|host|cloud|tools|tests|bench)/|$cuda_headers|$files|$threads|$clocks" || bad=1
  forbid "$1" cuda "(\.\./)*(host|cloud|tools|tests|bench)/|$files" || bad=1
  forbid "$1" host "(\.\./)*(cloud|tools|tests|bench)/|$cuda_headers" || bad=1
  forbid "$1" cloud "(\.\./)*(cuda|tools|tests|bench)/|$cuda_headers" || bad=1
  forbid "$1" tools "(\.\./)*(tests|bench)/|$cuda_headers" || bad=1
  return $bad
}

# The check itself: each planted include must be caught, and a good one must not.
self_check() {
  local tree plant
  tree=$(mktemp -d)
  # shellcheck disable=SC2064  # the value of now
  trap "rm -rf '$tree'" EXIT
  mkdir "$tree"/{codec,cuda,host,cloud,tools}
  printf '#include <vector>\n#include "codec/state.hh"\n' | tee "$tree"/{codec,cuda,host,cloud,tools}/good.cc >/dev/null
  check "$tree" || { echo 'layering: refuses good includes' >&2; return 1; }
  for plant in 'codec "host/plan.hh"' 'codec "../cuda/device.hh"' 'codec <thread>' 'codec <fstream>' 'codec <iostream>' \
    'codec <chrono>' 'codec <cuda_runtime.h>' 'cuda "host/plan.hh"' 'cuda "cloud/worker.hh"' 'cuda "tools/encode.hh"' \
    'cuda <fstream>' 'host "cloud/worker.hh"' 'host "tools/encode.hh"' 'host <cuda_runtime.h>' 'cloud "cuda/device.hh"' \
    'tools "tests/shared_path.hh"'; do
    printf '  #  include %s\n' "${plant#* }" >"$tree/${plant%% *}/planted.hh"
    if check "$tree" >/dev/null 2>&1; then
      echo "layering: does not catch ${plant#* } in ${plant%% *}/" >&2
      return 1
    fi
    rm "$tree/${plant%% *}/planted.hh"
  done
}

self_check
check "$root"
echo 'layering: every include points down'
