// Two videos of equal size and length.
#include "tools/picture_pairs.hh"

#include <utility>

#include <fmt/core.h>

#include "host/error.hh"
#include "tools/files.hh"
#include "tools/ivf_input.hh"

namespace tools {
namespace {

[[noreturn]] void fail_at_end(const std::string& shorter,
                              const std::string& longer,
                              std::int64_t pictures) {
  throw host::InputError(shorter, fmt::format("picture {}", pictures),
                         fmt::format("the video ends here, but {} goes on", longer),
                         fmt::format("compare the first pictures only with --limit {}", pictures));
}

}  // namespace

PicturePairs::PicturePairs(const std::string& a, const std::string& b, std::int64_t limit)
    : name_a_(a), name_b_(b), limit_(limit), a_(open_pictures(a)), b_(open_pictures(b)) {
  print_notices(a, a_->info());
  print_notices(b, b_->info());
  const host::StreamInfo& info_a = a_->info();
  const host::StreamInfo& info_b = b_->info();
  if (info_a.width != info_b.width || info_a.height != info_b.height) {
    throw host::InputError(b, "picture 0",
                           fmt::format("the size is {}x{}, but {} has {}x{}", info_b.width,
                                       info_b.height, a, info_a.width, info_a.height),
                           "scale one of them");
  }
}

std::optional<PicturePair> PicturePairs::next() {
  if (count_ == limit_)
    return {};
  std::optional<vp8::Picture> a = a_->next();
  std::optional<vp8::Picture> b = b_->next();
  if (a.has_value() != b.has_value())
    fail_at_end(a ? name_b_ : name_a_, a ? name_a_ : name_b_, count_);
  if (!a)
    return {};
  ++count_;
  return PicturePair{std::move(*a), std::move(*b)};
}

}  // namespace tools
