// FrameWriter over libavformat's WebM and Matroska muxers, which write to our OutputFile.
#include "host/media_output.hh"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <limits>
#include <system_error>

#include "host/libav.hh"
#include "host/libav_io.hh"
#include "host/libav_media.hh"
#include "host/media_tracks.hh"

namespace host {
namespace {

constexpr AVRational kMilliseconds = {1, 1000};  // the unit of the muxers

struct FreeMuxer {
  void operator()(AVFormatContext* context) const { avformat_free_context(context); }
};

class MuxedWriter final : public FrameWriter {
 public:
  MuxedWriter(OutputFile& file, const char* format, const VideoFacts& facts);

  void write(std::span<const std::uint8_t> frame, std::uint64_t pts) override;
  void finish() override;

 private:
  static int append(void* self, std::uint8_t* bytes, int size);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);
  void put(std::span<const std::uint8_t> bytes);
  void add_video(const VideoFacts& facts);
  void check(int error) const;
  void write_tracks(std::int64_t until_ms);
  // Of a picture; where the rate varies only the next one tells, so the mean of all before stands.
  std::int64_t duration_of(std::uint64_t pts) const {
    if (!variable_rate_)
      return time_of(pts + 1) - time_of(pts);
    return pictures_ > 0 ? time_of(pts) / pictures_ : 0;
  }
  std::int64_t time_of(std::uint64_t pts) const {
    return av_rescale_q(static_cast<std::int64_t>(pts), frame_time_, kMilliseconds);
  }

  std::unique_ptr<Messages> messages_ = std::make_unique<Messages>();  // outlives the contexts
  OutputFile& file_;
  std::uint64_t position_ = 0;
  std::exception_ptr write_error_;
  Owned<AVIOContext> io_;
  std::unique_ptr<AVFormatContext, FreeMuxer> muxer_;
  Owned<AVPacket> packet_;
  AVRational frame_time_;
  std::int64_t last_time_ = -1;
  std::int64_t end_time_ = 0;  // of the last picture
  bool variable_rate_;
  std::int64_t pictures_ = 0;  // before this one
  MediaTracks* tracks_;
  bool is_cut_;
};

MuxedWriter::MuxedWriter(OutputFile& file, const char* format, const VideoFacts& facts)
    : file_(file),
      io_(make_io(this, nullptr, append, file.is_patchable() ? seek : nullptr)),
      packet_(allocated(av_packet_alloc())),
      frame_time_{facts.header.frame_rate.den, facts.header.frame_rate.num},
      variable_rate_(facts.variable_rate),
      tracks_(static_cast<MediaTracks*>(facts.tracks)),
      is_cut_(facts.is_cut) {
  AVFormatContext* context = nullptr;
  check(avformat_alloc_output_context2(&context, nullptr, format, nullptr));
  muxer_.reset(context);
  muxer_->opaque = messages_.get();
  muxer_->pb = io_.get();
  muxer_->flags |= AVFMT_FLAG_BITEXACT;
  muxer_->avoid_negative_ts = 0;  // pictures begin at 0, and sound where it must
  add_video(facts);
  if (tracks_ != nullptr)
    tracks_->describe(*muxer_);
  check(avformat_write_header(muxer_.get(), nullptr));
}

void MuxedWriter::add_video(const VideoFacts& facts) {
  AVStream* const stream = allocated(avformat_new_stream(muxer_.get(), nullptr));
  stream->time_base = kMilliseconds;
  if (!facts.variable_rate)
    stream->avg_frame_rate = {facts.header.frame_rate.num, facts.header.frame_rate.den};
  stream->sample_aspect_ratio = {facts.sample_aspect.num, facts.sample_aspect.den};
  AVCodecParameters& video = *stream->codecpar;
  video.codec_type = AVMEDIA_TYPE_VIDEO;
  video.codec_id = AV_CODEC_ID_VP8;
  video.width = facts.header.width;
  video.height = facts.header.height;
  video.sample_aspect_ratio = stream->sample_aspect_ratio;
  video.color_range = AVCOL_RANGE_MPEG;
  video.color_primaries = static_cast<AVColorPrimaries>(facts.colour.primaries);
  video.color_trc = static_cast<AVColorTransferCharacteristic>(facts.colour.transfer);
  video.color_space = static_cast<AVColorSpace>(facts.colour.matrix);
}

// The muxer goes back to fill in what it knows only later.
void MuxedWriter::put(std::span<const std::uint8_t> bytes) {
  const auto over = static_cast<std::size_t>(
      std::min<std::uint64_t>(bytes.size(), file_.size_bytes() - position_));
  if (over > 0)
    file_.write_at(position_, bytes.first(over));
  if (over < bytes.size())
    file_.write(bytes.subspan(over));
  position_ += bytes.size();
}

// C code is between us and the caller: what is thrown waits in write_error_.
int MuxedWriter::append(void* self, std::uint8_t* bytes, int size) {
  MuxedWriter& writer = *static_cast<MuxedWriter*>(self);
  try {
    writer.put({bytes, static_cast<std::size_t>(size)});
    return size;
  } catch (...) {
    writer.write_error_ = std::current_exception();
    return AVERROR_EXTERNAL;
  }
}

std::int64_t MuxedWriter::seek(void* self, std::int64_t offset, int whence) {
  MuxedWriter& writer = *static_cast<MuxedWriter*>(self);
  const auto size = static_cast<std::int64_t>(writer.file_.size_bytes());
  if (whence == AVSEEK_SIZE)
    return size;
  if (whence != SEEK_SET || offset < 0 || offset > size)
    return AVERROR(EINVAL);  // FFmpeg makes SEEK_CUR of its own; a gap would be a mistake
  writer.position_ = static_cast<std::uint64_t>(offset);
  return offset;
}

void MuxedWriter::check(int error) const {
  if (write_error_)
    std::rethrow_exception(write_error_);
  if (error < 0) {
    throw std::system_error(EIO, std::generic_category(),
                            file_.path() + ": cannot be written: " + error_text(error, *messages_));
  }
}

void MuxedWriter::write(std::span<const std::uint8_t> frame, std::uint64_t pts) {
  if (frame.empty())
    return;  // repeats the last picture, as players do without a block
  const bool hidden = is_hidden_frame(frame);
  const std::int64_t shown = time_of(pts);
  const std::int64_t time =
      hidden ? std::max<std::int64_t>({0, last_time_, std::min(last_time_ + 1, shown - 1)}) : shown;
  write_tracks(time);
  av_packet_unref(packet_.get());
  check(av_new_packet(packet_.get(), static_cast<int>(frame.size())));
  std::copy(frame.begin(), frame.end(), packet_->data);
  packet_->pts = packet_->dts = time;
  packet_->duration = hidden ? 0 : duration_of(pts);
  packet_->flags = is_key_frame(frame) ? AV_PKT_FLAG_KEY : 0;
  check(av_write_frame(muxer_.get(), packet_.get()));
  last_time_ = time;
  if (!hidden)
    end_time_ = time + packet_->duration;
  pictures_ += hidden ? 0 : 1;
}

// What comes before a picture must be written before it.
void MuxedWriter::write_tracks(std::int64_t until_ms) {
  if (tracks_ != nullptr)
    tracks_->write_until(until_ms, [&](AVPacket& p) { check(av_write_frame(muxer_.get(), &p)); });
}

void MuxedWriter::finish() {
  if (tracks_ != nullptr) {
    const std::int64_t end = is_cut_ ? end_time_ : std::numeric_limits<std::int64_t>::max() / 2;
    tracks_->finish(end, [&](AVPacket& p) { check(av_write_frame(muxer_.get(), &p)); });
  }
  check(av_write_trailer(muxer_.get()));
}

}  // namespace

std::unique_ptr<FrameWriter> libav::open_muxer(OutputFile& file,
                                               Container container,
                                               const VideoFacts& facts) {
  silence_libav();
  return std::make_unique<MuxedWriter>(file, container == Container::kWebm ? "webm" : "matroska",
                                       facts);
}

}  // namespace host
