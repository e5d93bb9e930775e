// Times by picture numbers, and what a container cannot hold.
#include "tools/encode_output.hh"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace tools {
namespace {

constexpr int kUnknown = 2;      // of H.273
constexpr int kBt601Matrix = 6;  // likewise; 5 is the same
constexpr int kBt470Matrix = 5;

// Turns pictures' numbers into their times.
class TimedWriter final : public host::FrameWriter {
 public:
  TimedWriter(std::unique_ptr<host::FrameWriter> writer,
              const std::shared_ptr<const host::PictureTimes>& times)
      : writer_(std::move(writer)), times_(times) {}

  void write(std::span<const std::uint8_t> frame, std::uint64_t picture) override {
    const std::uint64_t time =
        times_ ? static_cast<std::uint64_t>(times_->at(static_cast<std::int64_t>(picture)))
               : picture;
    writer_->write(frame, time);
  }
  void finish() override { writer_->finish(); }

 private:
  std::unique_ptr<host::FrameWriter> writer_;
  const std::shared_ptr<const host::PictureTimes>& times_;
};

}  // namespace

EncodeOutput::EncodeOutput(const StreamOutput& output,
                           const host::PictureSource& source,
                           const SideChoice& choice)
    : container_(output.container()), source_(source), choice_(choice), times_(source.times()) {
  const std::string path = source.media_path();
  if (path.empty())
    return;
  if (container_ == host::Container::kIvf) {
    has_sound_ = choice.audio && host::has_sound(path, choice.name);
    return;
  }
  tracks_ = host::open_tracks(path, choice.name, track_options());
}

host::TrackOptions EncodeOutput::track_options() const {
  host::TrackOptions options = {
      .container = container_, .origin_us = source_.info().origin_us, .audio = choice_.audio};
  // Times on the command line count from the file's first picture, which origin_us is not where
  // there is a start.
  if (choice_.source.end_us)
    options.end_us = source_.info().zero_us + *choice_.source.end_us;
  return options;
}

std::vector<std::string> EncodeOutput::notices() const {
  if (tracks_)
    return tracks_->notices();
  std::vector<std::string> notices;
  if (container_ != host::Container::kIvf)
    return notices;
  const host::StreamInfo& info = source_.info();
  if (has_sound_)
    notices.emplace_back(
        "IVF holds no sound: it was left out. A name that ends in .webm keeps it.");
  if (info.sample_aspect != host::Rational{1, 1}) {
    notices.push_back(fmt::format(
        "IVF does not tell that samples are {}:{}, so players will show another shape; WebM tells.",
        info.sample_aspect.num, info.sample_aspect.den));
  }
  const int matrix = info.colour.matrix;
  if (matrix != kUnknown && matrix != kBt601Matrix && matrix != kBt470Matrix) {
    notices.emplace_back(
        "IVF does not tell the colour matrix, which players will take for BT.601; WebM tells.");
  }
  return notices;
}

std::uint64_t EncodeOutput::side_bytes() const {
  constexpr std::uint64_t block_bytes = 10;  // what Matroska adds to a packet, and its index
  if (!tracks_ || tracks_->empty())
    return 0;
  std::int64_t end_ms = std::numeric_limits<std::int64_t>::max() / 2;
  const host::StreamInfo& info = source_.info();
  if (choice_.limit >= 0)
    end_ms = choice_.limit * 1000 * info.frame_rate.den / info.frame_rate.num;
  return host::open_tracks(source_.media_path(), choice_.name, track_options())
      ->count_bytes(end_ms, block_bytes);
}

void EncodeOutput::use_times(const host::PictureSource& source) {
  if (auto times = source.times())
    times_ = std::move(times);
}

std::unique_ptr<host::FrameWriter> EncodeOutput::open(host::OutputFile& file,
                                                      const host::Plan& plan,
                                                      std::int64_t frames) {
  const host::StreamInfo& info = source_.info();
  host::VideoFacts facts = {
      .header = {.width = plan.width,
                 .height = plan.height,
                 .frame_rate = plan.frame_rate,
                 .frame_count = static_cast<std::uint32_t>(std::max<std::int64_t>(0, frames))},
      .sample_aspect = info.sample_aspect,
      .colour = info.colour,
      .tracks = tracks_.get(),
      .is_cut = choice_.limit >= 0 || choice_.source.end_us};
  if (info.time_unit) {
    facts.variable_rate = true;
    facts.header.frame_rate = {info.time_unit->den, info.time_unit->num};
  }
  return std::make_unique<TimedWriter>(host::open_writer(file, container_, facts), times_);
}

}  // namespace tools
