// Encodes a video again and again, until it is as large or as good as wanted.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "host/frame_store.hh"
#include "host/pipeline.hh"
#include "host/plan.hh"
#include "host/repeatable_input.hh"
#include "tools/rate_options.hh"
#include "tools/rate_report.hh"

namespace tools {

/// What came of an encode, and the seconds that passed meanwhile.
struct TimedSummary {
  host::EncodeSummary summary;
  double seconds = 0;
};

/// What an encode is told besides source and plan.
struct EncodeCall {
  std::int64_t expected = -1;  ///< pictures to come; -1 where unknown
  std::string label;           ///< of the progress line
  std::function<void(const host::CodedFrame&)> write;
};

using EncodeFunction =
    std::function<TimedSummary(host::PictureSource&, const host::Plan&, const EncodeCall&)>;

/// What a search needs to know.
struct RateJob {
  const host::RepeatableInput& input;
  host::Plan plan;               ///< all but its quality
  RateOptions wanted;            ///< with a target
  std::int64_t limit = -1;       ///< pictures at most; -1: all
  std::uint64_t side_bytes = 0;  ///< that the file takes besides the frames
  std::string scratch_folder;    ///< for frames
  EncodeFunction encode;
};

/// An encode with its frames.
struct StoredEncode {
  host::Plan plan;
  TimedSummary result;
  std::unique_ptr<host::FrameStore> frames;
};

/// What a search came to.
struct RateFound {
  StoredEncode best;
  RateReport report;
};

/// Searches on a sample first, where the video is long enough for one, then on all pictures. Throws
/// what the encodes throw, and host::InputError if no quality keeps a maximum.
RateFound search_rate(const RateJob& job);

}  // namespace tools
