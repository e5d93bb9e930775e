// The team of lanes that a kernel runs on; see codec/team.hh.
#pragma once

#include "codec/team.hh"

namespace gpu {

using vp8::OneLane;

}  // namespace gpu
