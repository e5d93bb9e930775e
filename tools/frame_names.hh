// Names of modes and references in reports.
#pragma once

#include <array>

#include "codec/types.hh"

namespace tools {

/// By vp8::MbMode.
inline constexpr std::array<const char*, vp8::kMbModes> kModeNames = {
    "DC_PRED",   "V_PRED", "H_PRED", "TM_PRED", "B_PRED",
    "NEARESTMV", "NEARMV", "ZEROMV", "NEWMV",   "SPLITMV"};

/// By vp8::RefFrame.
inline constexpr std::array<const char*, vp8::kRefFrames> kReferenceNames = {"intra", "last",
                                                                             "golden", "altref"};

}  // namespace tools
