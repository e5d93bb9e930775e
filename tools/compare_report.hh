// Two streams side by side, as JSON and as text.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "tools/stream_summary.hh"

namespace tools {

/// Totals of a stream and each of its frames. An infinite PSNR is null.
nlohmann::ordered_json stream_json(const StreamSummary& stream);

/// A line for each picture, with the frames that it takes.
std::string pictures_table(const StreamSummary& a, const StreamSummary& b);

/// Totals: frames, bits, quantisers, modes, references, quality.
std::string totals_table(const StreamSummary& a, const StreamSummary& b);

}  // namespace tools
