// MD5 through libavutil.
#include "tools/picture_md5.hh"

#include <array>
#include <cstdint>
#include <memory>
#include <new>

#include <fmt/core.h>

extern "C" {
#include <libavutil/md5.h>
#include <libavutil/mem.h>
}

namespace tools {
namespace {

struct FreeMd5 {
  void operator()(AVMD5* md5) const { av_free(md5); }
};

}  // namespace

std::string picture_md5(const vp8::Picture& picture) {
  const std::unique_ptr<AVMD5, FreeMd5> md5(av_md5_alloc());
  if (!md5) {
    throw std::bad_alloc();
  }
  av_md5_init(md5.get());
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::ConstPlaneView view = picture.shown(plane);
    for (int y = 0; y < view.height; ++y) {
      av_md5_update(md5.get(), view.row(y), static_cast<std::size_t>(view.width));
    }
  }
  std::array<std::uint8_t, 16> digest{};
  av_md5_final(md5.get(), digest.data());
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

}  // namespace tools
