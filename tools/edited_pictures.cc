// Reading on to a piece, then changing what is read.
#include "tools/edited_pictures.hh"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "host/alpha_still.hh"
#include "host/error.hh"
#include "tools/ivf_input.hh"

namespace tools {
namespace {

// An effect with what it needs.
struct ReadyEffect {
  Effect effect;
  std::optional<host::AlphaStill> still;
};

class PiecePictures final : public host::PictureSource {
 public:
  PiecePictures(const Piece& piece, const std::string& path)
      : piece_(piece), path_(path), source_(open_pictures(path)), info_(source_->info()) {
    info_.picture_count = piece.pictures();
    for (const Effect& effect : piece.effects) {
      effects_.push_back({effect, {}});
      if (effect.kind == Effect::kOverlay)
        effects_.back().still = host::read_alpha_still(effect.image);
    }
    for (std::int64_t i = 0; i < piece.begin; ++i)
      read(i);
  }

  const host::StreamInfo& info() const override { return info_; }
  std::optional<vp8::Picture> next() override {
    if (number_ == piece_.pictures())
      return {};
    vp8::Picture picture = read(piece_.begin + number_);
    for (const ReadyEffect& ready : effects_)
      apply(ready, picture);
    if (!effects_.empty()) {
      picture.pad_to_macroblocks();
      picture.extend_borders();
    }
    ++number_;
    return picture;
  }

 private:
  vp8::Picture read(std::int64_t number) {
    std::optional<vp8::Picture> picture = source_->next();
    if (!picture) {
      throw host::InputError(path_, fmt::format("picture {}", number),
                             "the video ends before the pictures that an edit asks for",
                             "take fewer of them, or earlier ones");
    }
    return std::move(*picture);
  }

  void apply(const ReadyEffect& ready, vp8::Picture& picture) const {
    const Effect& effect = ready.effect;
    if (ready.still) {
      host::lay_over(*ready.still, effect.x, effect.y, picture);
      return;
    }
    const std::int64_t at = effect.first + number_;
    const std::int64_t last = effect.length - 1;
    const std::int64_t percent_times_last =
        last == 0 ? effect.to_percent : effect.from_percent * (last - at) + effect.to_percent * at;
    host::fade(static_cast<int>(percent_times_last * 256 / (100 * std::max<std::int64_t>(last, 1))),
               picture);
  }

  Piece piece_;
  std::string path_;
  std::unique_ptr<host::PictureSource> source_;
  host::StreamInfo info_;
  std::vector<ReadyEffect> effects_;
  std::int64_t number_ = 0;
};

}  // namespace

std::unique_ptr<host::PictureSource> open_piece(const Piece& piece, const std::string& edited) {
  return std::make_unique<PiecePictures>(piece, piece.path.empty() ? edited : piece.path);
}

}  // namespace tools
