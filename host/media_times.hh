// When the pictures of a file are shown, told by its packets, without decoding them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/libav.hh"

namespace host {

/// Times of all shown pictures.
struct ListedTimes {
  std::vector<std::int64_t> times;  ///< ascending, in `unit`
  AVRational unit{1, 1000};         ///< seconds

  /// Whether pictures do not follow each other in equal steps, as far as the unit can tell.
  bool vary() const;
  /// Pictures a second, on average. There must be two pictures at least.
  AVRational mean_rate() const;
};

/// Reads all packets of the best video stream. Nothing where they do not tell all times, for
/// damaged files and for less than two pictures.
std::optional<ListedTimes> list_times(const std::string& path, const std::string& name);

}  // namespace host
