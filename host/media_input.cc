// PictureSource over FFmpeg's libraries: demuxing, decoding, filters and conversion, in this order.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "codec/types.hh"
#include "host/error.hh"
#include "host/libav_media.hh"
#include "host/media_convert.hh"
#include "host/media_decoder.hh"
#include "host/media_filter.hh"
#include "host/media_times.hh"

namespace host {
namespace {

constexpr AVRational kMicroseconds = {1, 1'000'000};

bool is_known(AVRational ratio) {
  return ratio.num > 0 && ratio.den > 0;
}

class MediaInput final : public PictureSource {
 public:
  MediaInput(const std::string& path,
             const std::string& name,
             const SourceOptions& options,
             std::shared_ptr<const ScratchFile> copy);

  const StreamInfo& info() const override { return info_; }
  std::optional<vp8::Picture> next() override;
  std::shared_ptr<const PictureTimes> times() const override { return times_; }
  std::string media_path() const override { return is_sequence(path_) ? "" : path_; }

 private:
  void open_decoder();
  void take_rate(const std::optional<ListedTimes>& listed);
  void take_count(const std::optional<ListedTimes>& listed);
  void take_turning();
  void read_first();
  [[noreturn]] void throw_empty() const;
  void take_picture_facts();
  void seek_start();
  bool is_before_start() const;
  bool is_behind_end() const;
  bool receive();
  bool receive_decoded();
  void check_size();
  std::int64_t time_of_frame() const;

  std::string path_;
  std::string name_;
  SourceOptions options_;
  std::shared_ptr<const ScratchFile> copy_;  // behind path_; null: none
  std::unique_ptr<MediaDecoder> decoder_;
  AVRational unit_{};            // of all times here
  std::int64_t zero_ = 0;        // time of the file's first picture
  std::int64_t first_time_ = 0;  // of the first picture that comes out
  int width_ = 0;                // of decoded frames
  int height_ = 0;
  std::string turning_;
  std::optional<PictureFilter> filter_;
  Owned<AVFrame> filtered_;
  const AVFrame* frame_ = nullptr;  // to be converted
  PictureConverter converter_;
  StreamInfo info_;
  std::shared_ptr<PictureTimes> times_;  // null where the steps are equal
  bool decoded_waits_ = false;           // a decoded frame that was not asked for yet
  bool frame_waits_ = false;             // the first one, which tells the size
};

MediaInput::MediaInput(const std::string& path,
                       const std::string& name,
                       const SourceOptions& options,
                       std::shared_ptr<const ScratchFile> copy)
    : path_(path),
      name_(name),
      options_(options),
      copy_(std::move(copy)),
      filtered_(allocated(av_frame_alloc())) {
  if (copy_) {
    info_.notices.emplace_back(
        "It was copied into a scratch file, in $TMPDIR or /tmp, for only Y4M can be read from a "
        "pipe "
        "as it comes.");
  }
  open_decoder();
  unit_ = decoder_->stream().time_base;
  std::optional<ListedTimes> listed;
  if (std::filesystem::is_regular_file(path))  // an address would be fetched twice
    listed = list_times(path, name);
  if (listed) {
    zero_ = listed->times.front();
  } else if (decoder_->stream().start_time != AV_NOPTS_VALUE) {
    zero_ = decoder_->stream().start_time;
  }
  take_rate(listed);
  take_count(listed);
  take_turning();
  read_first();
}

// The rate that is asked for is that of an image sequence, whose pictures all stay.
void MediaInput::open_decoder() {
  const bool sequence = is_sequence(path_);
  AVRational rate = {0, 1};
  if (sequence && options_.frame_rate)
    rate = {options_.frame_rate->num, options_.frame_rate->den};
  decoder_ = std::make_unique<MediaDecoder>(path_, name_, rate);
}

void MediaInput::take_rate(const std::optional<ListedTimes>& listed) {
  if (is_sequence(path_))
    options_.frame_rate.reset();
  const AVStream& stream = decoder_->stream();
  AVRational rate = is_known(stream.avg_frame_rate) ? stream.avg_frame_rate : stream.r_frame_rate;
  if (listed) {
    // The container's rate is often rounder, but must not be half a picture off at the end.
    const double steps = static_cast<double>(listed->times.size()) - 1;
    const AVRational mean = listed->mean_rate();
    const bool vary = listed->vary();
    if (vary || !is_known(rate) || steps * std::abs(av_q2d(mean) / av_q2d(rate) - 1) > 0.5)
      rate = mean;
    if (vary && !options_.frame_rate) {
      info_.time_unit = {unit_.num, unit_.den};
      times_ = std::make_shared<PictureTimes>();
    }
  }
  if (options_.frame_rate) {
    info_.frame_rate = *options_.frame_rate;
  } else if (is_known(rate)) {
    info_.frame_rate = {rate.num, rate.den};
  } else {
    info_.notices.emplace_back("The input names no frame rate; 25 pictures/s were assumed.");
  }
}

void MediaInput::take_count(const std::optional<ListedTimes>& listed) {
  const bool all = options_.start_us <= 0 && !options_.end_us;
  if (!listed) {
    const std::int64_t frames = decoder_->stream().nb_frames;
    info_.picture_count = frames > 0 && all && !options_.frame_rate ? frames : -1;
    return;
  }
  const auto at = [&](std::int64_t us) {
    return std::lower_bound(listed->times.begin(), listed->times.end(), us,
                            [&](std::int64_t time, std::int64_t limit) {
                              return av_compare_ts(time - zero_, unit_, limit, kMicroseconds) < 0;
                            });
  };
  const auto end = options_.end_us ? at(*options_.end_us) : listed->times.end();
  info_.picture_count = std::max<std::int64_t>(0, end - at(options_.start_us));
  if (options_.frame_rate) {
    const double change = static_cast<double>(info_.frame_rate.num) / info_.frame_rate.den /
                          av_q2d(listed->mean_rate());
    info_.picture_count = std::llround(static_cast<double>(info_.picture_count) * change);
  }
}

void MediaInput::take_turning() {
  try {
    turning_ = turning_filters(decoder_->stream());
  } catch (const vp8::Unsupported& error) {
    info_.notices.push_back(
        fmt::format("The file asks players to turn the pictures by {}; they were left as they are.",
                    error.what()));
  }
}

std::int64_t MediaInput::time_of_frame() const {
  const std::int64_t time = decoder_->frame().best_effort_timestamp;
  if (time != AV_NOPTS_VALUE)
    return time;
  return zero_ +
         av_rescale_q(decoder_->number(), {info_.frame_rate.den, info_.frame_rate.num}, unit_);
}

bool MediaInput::is_before_start() const {
  return av_compare_ts(time_of_frame() - zero_, unit_, options_.start_us, kMicroseconds) < 0;
}

bool MediaInput::is_behind_end() const {
  return options_.end_us &&
         av_compare_ts(time_of_frame() - zero_, unit_, *options_.end_us, kMicroseconds) >= 0;
}

// By way of a key frame before it. Where that is not found so, all pictures before are decoded.
void MediaInput::seek_start() {
  const std::int64_t start = zero_ + av_rescale_q(options_.start_us, kMicroseconds, unit_);
  if (decoder_->seek(start) && decoder_->next() &&
      decoder_->frame().best_effort_timestamp != AV_NOPTS_VALUE && time_of_frame() <= start) {
    decoded_waits_ = true;
  } else {
    open_decoder();
  }
}

// Containers may be wrong about the size, and not all know it: the first picture decides.
void MediaInput::read_first() {
  if (options_.start_us > 0)
    seek_start();
  if (!receive_decoded())
    throw_empty();
  first_time_ = time_of_frame();
  info_.zero_us = av_rescale_q(zero_, unit_, kMicroseconds);
  info_.origin_us = av_rescale_q(first_time_, unit_, kMicroseconds);
  AVFrame& frame = decoder_->frame();
  frame.sample_aspect_ratio =
      av_guess_sample_aspect_ratio(decoder_->container(), decoder_->stream_pointer(), &frame);
  const std::string filters = picture_filters(turning_, options_, frame);
  if (!filters.empty())
    filter_.emplace(filters, frame, unit_);
  decoded_waits_ = true;
  if (!receive())
    throw_empty();
  take_picture_facts();
  frame_waits_ = true;
}

void MediaInput::throw_empty() const {
  if (options_.start_us > 0 || options_.end_us) {
    throw InputError(name_, "--start, --end", "there is no picture between these times",
                     "choose times within the video, which count from its first picture");
  }
  decoder_->throw_at_picture("the video has no pictures", "give a video of at least one picture");
}

void MediaInput::take_picture_facts() {
  info_.width = frame_->width;
  info_.height = frame_->height;
  if (std::max(info_.width, info_.height) > vp8::kMaxDimension) {
    decoder_->throw_at_picture(
        fmt::format("{}x{} is too large: a VP8 picture has at most {} samples a side", info_.width,
                    info_.height, vp8::kMaxDimension),
        "make it smaller with --scale");
  }
  if (is_known(frame_->sample_aspect_ratio))
    info_.sample_aspect = {frame_->sample_aspect_ratio.num, frame_->sample_aspect_ratio.den};
  info_.full_range = is_full_range(*frame_);
  info_.colour = colour_of(*frame_);
  for (std::string& notice : conversion_notices(*frame_))
    info_.notices.push_back(std::move(notice));
}

void MediaInput::check_size() {
  const AVFrame& frame = decoder_->frame();
  if (width_ == 0) {
    width_ = frame.width;
    height_ = frame.height;
  }
  if (frame.width != width_ || frame.height != height_) {
    decoder_->throw_at_picture(
        fmt::format("the size changes from {}x{} to {}x{}", width_, height_, frame.width,
                    frame.height),
        "cut the video there, or scale it to one size with `ffmpeg -i IN -vf scale=...`");
  }
}

// Makes the decoder's frame the next one between start and end; false behind the last.
bool MediaInput::receive_decoded() {
  do {
    if (!std::exchange(decoded_waits_, false) && !decoder_->next())
      return false;
  } while (is_before_start());
  if (is_behind_end())
    return false;
  decoder_->check_frame();
  check_size();
  decoder_->frame().pts = time_of_frame() - first_time_;
  return true;
}

// Makes frame_ the next one to be converted; false behind the last.
bool MediaInput::receive() {
  if (!filter_) {
    frame_ = &decoder_->frame();
    return receive_decoded();
  }
  frame_ = filtered_.get();
  av_frame_unref(filtered_.get());
  while (!filter_->take(*filtered_)) {
    if (filter_->ended())
      return false;
    filter_->put(receive_decoded() ? &decoder_->frame() : nullptr);
  }
  return true;
}

std::optional<vp8::Picture> MediaInput::next() {
  if (!std::exchange(frame_waits_, false) && !receive())
    return std::nullopt;
  std::optional<vp8::Picture> picture = converter_.convert(*frame_);
  if (!picture) {
    decoder_->throw_at_picture(
        fmt::format("{} cannot be converted to 8-bit 4:2:0", name_of_format(frame_->format)),
        "convert it with `ffmpeg -i IN -pix_fmt yuv420p -c:v ffv1 OUT.mkv`");
  }
  if (times_) {
    const AVRational unit = filter_ ? filter_->time_base() : unit_;
    times_->add(av_rescale_q(frame_->pts, unit, unit_));
  }
  picture->pad_to_macroblocks();
  picture->extend_borders();
  return picture;
}

}  // namespace

std::unique_ptr<PictureSource> libav::open_media(const std::string& path,
                                                 const std::string& name,
                                                 const SourceOptions& options) {
  silence_libav();
  return std::make_unique<MediaInput>(path, name, options, nullptr);
}

std::unique_ptr<PictureSource> libav::open_media_copy(std::shared_ptr<const ScratchFile> copy,
                                                      const std::string& name,
                                                      const SourceOptions& options) {
  silence_libav();
  const std::string path = copy->path();
  return std::make_unique<MediaInput>(path, name, options, std::move(copy));
}

}  // namespace host
