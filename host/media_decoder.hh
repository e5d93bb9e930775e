// The decoded frames of a file's best video stream, in the order in which they are shown.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "host/libav.hh"

namespace host {

inline constexpr const char* kMendDamage =
    "copy or make the file again, or repair it with `ffmpeg -i IN -c:v ffv1 OUT.mkv`";

/// Opens a container. `options` (may be null) go to the demuxer; `messages` must outlive what is
/// returned. Throws InputError, with `name` for the file, and std::system_error.
Owned<AVFormatContext> open_container(const std::string& path,
                                      const std::string& name,
                                      Messages& messages,
                                      AVDictionary** options = nullptr);

/// The best video stream; all others are discarded. Throws InputError where there is none.
AVStream* best_video_stream(AVFormatContext* container, const std::string& name);

/// Reads packets and decodes them. A packet that is damaged or missing is an error.
class MediaDecoder {
 public:
  /// `name` is for messages. `rate`, unless its num is 0, is that of an image sequence.
  MediaDecoder(const std::string& path, const std::string& name, AVRational rate);

  /// Puts the next frame into frame(); false after the last. Throws InputError.
  bool next();
  /// Throws InputError if frame() is damaged.
  void check_frame() const;
  /// Goes to the last key frame that is not behind `time`, in the stream's unit; false if the file
  /// cannot be sought in. Frames before `time` may be damaged.
  bool seek(std::int64_t time);

  AVFrame& frame() { return *frame_; }
  const AVFrame& frame() const { return *frame_; }
  /// Of frame(), counted from the start or from where seek() led.
  std::int64_t number() const { return frames_read_; }
  AVFormatContext* container() const { return container_.get(); }
  const AVStream& stream() const { return *stream_; }
  AVStream* stream_pointer() const { return stream_; }
  [[noreturn]] void throw_at_picture(const std::string& what, const std::string& mend) const;

 private:
  void feed();
  bool read_packet();
  bool ends_early() const;

  std::string name_;
  std::unique_ptr<Messages> messages_ = std::make_unique<Messages>();  // outlives the contexts
  Owned<AVFormatContext> container_;
  AVStream* stream_;
  Owned<AVCodecContext> decoder_;
  Owned<AVPacket> packet_;
  Owned<AVFrame> frame_;
  std::int64_t frames_read_ = 0;  // before frame()
  bool has_frame_ = false;
  std::int64_t packet_end_ = 0;  // byte after the last packet
};

}  // namespace host
