// Chooses the reader for a video.
#include "host/picture_source.hh"

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <string_view>

#include "host/byte_source.hh"
#include "host/media_input.hh"
#include "host/y4m.hh"

namespace host {
namespace {

bool begins_like_y4m(const std::string& path) {
  std::array<std::uint8_t, kY4mMagic.size()> magic{};
  open_file(path)->read(magic);
  return std::equal(magic.begin(), magic.end(), kY4mMagic.begin());
}

bool is_url(const std::string& path) {
  return path.find("://") != std::string::npos && !std::filesystem::exists(path);
}

bool is_pipe(const std::string& path) {
  return path == "-" || (std::filesystem::exists(path) && !std::filesystem::is_regular_file(path) &&
                         !std::filesystem::is_directory(path));
}

}  // namespace

std::unique_ptr<PictureSource> open_source(const std::string& path) {
  if (is_url(path)) {
    return open_media(path);
  }
  const std::string name = path == "-" ? "standard input" : path;
  if (is_pipe(path)) {
    return std::make_unique<Y4mReader>(open_file(path), name);
  }
  if (begins_like_y4m(path) && read_y4m_header(*open_file(path), name).is_plain) {
    return std::make_unique<Y4mReader>(open_file(path), name);
  }
  return open_media(path);
}

}  // namespace host
