// FrameReader over libavformat's Matroska demuxer, which reads from our ByteSource.
#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "host/error.hh"
#include "host/libav.hh"
#include "host/libav_io.hh"
#include "host/libav_media.hh"

namespace host {
namespace {

class MatroskaFrames final : public FrameReader {
 public:
  MatroskaFrames(std::unique_ptr<ByteSource> bytes, std::string name);

  const IvfHeader& header() const override { return header_; }
  std::optional<IvfFrame> next() override;
  std::uint64_t offset_bytes() const override { return offset_bytes_; }

 private:
  static int read(void* self, std::uint8_t* to, int size);
  void open();
  AVStream* choose_stream() const;
  void take_header();
  bool read_packet();
  std::uint64_t next_pts(bool hidden);

  std::unique_ptr<Messages> messages_ = std::make_unique<Messages>();  // outlives the contexts
  std::unique_ptr<ByteSource> bytes_;
  std::string name_;
  std::exception_ptr read_error_;
  Owned<AVIOContext> io_;
  Owned<AVFormatContext> container_;
  AVStream* stream_ = nullptr;
  Owned<AVPacket> packet_;
  IvfHeader header_;
  std::uint64_t frames_read_ = 0;
  std::uint64_t offset_bytes_ = 0;
  std::uint64_t behind_shown_ = 0;  // pts that a hidden frame gets
};

MatroskaFrames::MatroskaFrames(std::unique_ptr<ByteSource> bytes, std::string name)
    : bytes_(std::move(bytes)),
      name_(std::move(name)),
      io_(make_io(this, read, nullptr, nullptr)),
      packet_(allocated(av_packet_alloc())) {
  open();
  stream_ = choose_stream();
  take_header();
  *messages_ = {};  // complaints about what a video can do without
}

// C code is between us and the caller: what is thrown waits in read_error_.
int MatroskaFrames::read(void* self, std::uint8_t* to, int size) {
  MatroskaFrames& reader = *static_cast<MatroskaFrames*>(self);
  try {
    const std::size_t count = reader.bytes_->read({to, static_cast<std::size_t>(size)});
    return count > 0 ? static_cast<int>(count) : AVERROR_EOF;
  } catch (...) {
    reader.read_error_ = std::current_exception();
    return AVERROR_EXTERNAL;
  }
}

void MatroskaFrames::open() {
  AVFormatContext* context = allocated(avformat_alloc_context());
  context->opaque = messages_.get();
  context->pb = io_.get();
  const int error =
      avformat_open_input(&context, nullptr, av_find_input_format("matroska"), nullptr);
  container_.reset(error < 0 ? nullptr : context);  // freed on failure
  if (read_error_)
    std::rethrow_exception(read_error_);
  if (error < 0) {
    throw InputError(name_, "byte 0",
                     "not a WebM or Matroska file: " + error_text(error, *messages_),
                     "copy or make the file again");
  }
}

AVStream* MatroskaFrames::choose_stream() const {
  const int index = av_find_best_stream(container_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0)
    throw InputError(name_, "streams", "there is no video stream", "give a file with VP8 in it");
  AVStream* const stream = container_->streams[index];
  if (stream->codecpar->codec_id != AV_CODEC_ID_VP8) {
    throw InputError(
        name_, fmt::format("stream {}", index),
        fmt::format("the codec is {}, not VP8", avcodec_get_name(stream->codecpar->codec_id)),
        "give a file with VP8 in it, as `fastslow encode` writes it");
  }
  return stream;
}

void MatroskaFrames::take_header() {
  header_.width = stream_->codecpar->width;
  header_.height = stream_->codecpar->height;
  if (stream_->avg_frame_rate.num <= 0)
    avformat_find_stream_info(container_.get(), nullptr);  // guesses it from the times
  if (read_error_)
    std::rethrow_exception(read_error_);
  const AVRational rate = stream_->avg_frame_rate;
  if (rate.num > 0 && rate.den > 0)
    header_.frame_rate = {rate.num, rate.den};
}

// False at a good end of the file.
bool MatroskaFrames::read_packet() {
  int error = 0;
  do {
    av_packet_unref(packet_.get());
    error = av_read_frame(container_.get(), packet_.get());
  } while (error >= 0 && packet_->stream_index != stream_->index);
  if (read_error_)
    std::rethrow_exception(read_error_);
  if (error >= 0) {
    offset_bytes_ = packet_->pos >= 0 ? static_cast<std::uint64_t>(packet_->pos) : 0;
    if ((packet_->flags & AV_PKT_FLAG_CORRUPT) == 0)
      return true;
  } else if (error == AVERROR_EOF && !messages_->from_demuxer) {
    return false;
  }
  throw InputError(name_, fmt::format("frame {} behind byte {}", frames_read_, offset_bytes_),
                   "the file is cut off or damaged here: " +
                       error_text(error < 0 ? error : AVERROR_INVALIDDATA, *messages_),
                   "copy or make the file again");
}

std::uint64_t MatroskaFrames::next_pts(bool hidden) {
  if (hidden || packet_->pts == AV_NOPTS_VALUE)
    return behind_shown_;
  const AVRational unit = {header_.frame_rate.den, header_.frame_rate.num};
  const auto pts = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, av_rescale_q(packet_->pts, stream_->time_base, unit)));
  behind_shown_ = pts + 1;
  return pts;
}

std::optional<IvfFrame> MatroskaFrames::next() {
  if (!read_packet())
    return std::nullopt;
  const std::span bytes(packet_->data, static_cast<std::size_t>(packet_->size));
  ++frames_read_;
  return IvfFrame{.bytes = {bytes.begin(), bytes.end()}, .pts = next_pts(is_hidden_frame(bytes))};
}

}  // namespace

std::unique_ptr<FrameReader> libav::open_matroska(std::unique_ptr<ByteSource> bytes,
                                                  const std::string& name) {
  silence_libav();
  return std::make_unique<MatroskaFrames>(std::move(bytes), name);
}

}  // namespace host
