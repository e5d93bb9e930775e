// SideTracks over FFmpeg's libraries.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/libav.hh"
#include "host/side_tracks.hh"

namespace host {

/// One track of the output.
class Track {
 public:
  using Sink = std::function<void(Owned<AVPacket>)>;

  Track() = default;
  Track(const Track&) = delete;
  Track(Track&&) = delete;
  Track& operator=(const Track&) = delete;
  Track& operator=(Track&&) = delete;
  virtual ~Track() = default;

  /// Tells the muxer what will come.
  virtual void describe(AVStream& stream) const = 0;
  /// What plays before the first sample that is meant to be heard; blocks are later by that much.
  virtual std::int64_t padding_ms() const { return 0; }
  /// Takes a packet of the file, or null behind the last; gives what it makes of it to `sink`, in
  /// milliseconds of the file's clock.
  virtual void put(const AVPacket* packet, const Sink& sink) = 0;
};

/// Reads the file once more, beside what reads its pictures, and gives packets in time.
class MediaTracks final : public SideTracks {
 public:
  /// `path` as of PictureSource::media_path(); `name` is for messages. Throws InputError.
  MediaTracks(const std::string& path, const std::string& name, const TrackOptions& options);

  const std::vector<std::string>& notices() const override { return notices_; }
  bool empty() const override { return tracks_.empty() && container_->nb_chapters == 0; }
  std::uint64_t count_bytes(std::int64_t end_ms, std::uint64_t packet_bytes) override;
  /// Adds streams and chapters to a muxer, before its header.
  void describe(AVFormatContext& muxer);
  /// Gives all packets up to a time, from the first picture on, to `write`: with the muxer's stream
  /// and times in milliseconds.
  void write_until(std::int64_t time_ms, const std::function<void(AVPacket&)>& write);
  /// Gives all that is left, up to a time.
  void finish(std::int64_t end_ms, const std::function<void(AVPacket&)>& write);

 private:
  struct Entry {
    std::unique_ptr<Track> track;
    int from = 0;  // stream of the file
    int to = -1;   // stream of the output
  };

  void choose_tracks();
  void note(const std::string& notice);
  void add_audio(AVStream* stream);
  void add_subtitles(AVStream* stream);
  void add_chapters(AVFormatContext& muxer) const;
  void read_packet();
  void end_tracks();
  Track::Sink sink_of(const Entry& entry);
  void give(std::int64_t until_ms, const std::function<void(AVPacket&)>& write);

  std::string name_;
  TrackOptions options_;
  std::unique_ptr<Messages> messages_ = std::make_unique<Messages>();  // outlives the contexts
  Owned<AVFormatContext> container_;
  Owned<AVPacket> packet_;
  std::vector<Entry> tracks_;
  std::vector<Owned<AVPacket>> waiting_;
  std::int64_t read_ms_ = 0;  // up to where the file has been read
  bool ended_ = false;
  std::vector<std::string> notices_;
};

/// A track as it is.
std::unique_ptr<Track> copied_track(const AVStream& stream);

/// Sound encoded again as Opus, from `origin_us` of the file's clock on. Throws InputError where it
/// cannot be decoded.
std::unique_ptr<Track> opus_track(const AVStream& stream,
                                  const std::string& name,
                                  const TrackOptions& options);

}  // namespace host
