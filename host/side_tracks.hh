// What a video has besides its pictures: sound, subtitles, chapters; on their way into WebM or
// Matroska.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/media_output.hh"

namespace host {

/// What to take of a file.
struct TrackOptions {
  Container container = Container::kWebm;
  std::int64_t origin_us = 0;               ///< of the file's clock: the first picture's time
  std::optional<std::int64_t> end_us = {};  ///< of the file's clock: what begins there is left out
  bool audio = true;
};

/// Tracks that a writer of WebM or Matroska takes, see VideoFacts.
class SideTracks {
 public:
  SideTracks() = default;
  SideTracks(const SideTracks&) = delete;
  SideTracks(SideTracks&&) = delete;
  SideTracks& operator=(const SideTracks&) = delete;
  SideTracks& operator=(SideTracks&&) = delete;
  virtual ~SideTracks() = default;

  /// What was left out, one sentence each.
  virtual const std::vector<std::string>& notices() const = 0;
  virtual bool empty() const = 0;
  /// Reads all up to a time; returns how many bytes its packets have, with `packet_bytes` for each
  /// packet. Nothing is left for a writer.
  virtual std::uint64_t count_bytes(std::int64_t end_ms, std::uint64_t packet_bytes) = 0;
};

/// Whether a file has sound. Throws InputError.
bool has_sound(const std::string& path, const std::string& name);

/// Opens a file once more, beside what reads its pictures. `path` as of
/// PictureSource::media_path(); `name` is for messages. Throws InputError.
std::unique_ptr<SideTracks> open_tracks(const std::string& path,
                                        const std::string& name,
                                        const TrackOptions& options);

}  // namespace host
