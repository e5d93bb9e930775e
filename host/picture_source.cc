// Chooses the reader for a video.
#include "host/picture_source.hh"

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "host/byte_source.hh"
#include "host/media_input.hh"
#include "host/scratch_file.hh"
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

// All formats but Y4M need going back and forth in them.
std::unique_ptr<PictureSource> open_pipe(const std::string& path,
                                         const std::string& name,
                                         const SourceOptions& options) {
  PipeBegin pipe = begin_pipe(path);
  if (pipe.is_y4m && !options.any())
    return std::make_unique<Y4mReader>(std::move(pipe.bytes), name);
  auto copy = std::make_shared<ScratchFile>(scratch_folder("-"));
  copy->write_all(*pipe.bytes);
  return open_media(std::move(copy), name, options);
}

}  // namespace

PipeBegin begin_pipe(const std::string& path) {
  std::unique_ptr<ByteSource> bytes = open_file(path);
  std::vector<std::uint8_t> begin(kY4mMagic.size());
  begin.resize(bytes->read(begin));
  const bool is_y4m = std::equal(begin.begin(), begin.end(), kY4mMagic.begin(),
                                 kY4mMagic.begin() + static_cast<std::ptrdiff_t>(begin.size()));
  return {open_prefixed(std::move(begin), std::move(bytes)), is_y4m};
}

bool is_sequence(const std::string& path) {
  return path.find('%') != std::string::npos && path.find("://") == std::string::npos &&
         !std::filesystem::exists(path);
}

bool is_pipe(const std::string& path) {
  return path == "-" || (std::filesystem::exists(path) && !std::filesystem::is_regular_file(path) &&
                         !std::filesystem::is_directory(path));
}

std::int64_t expected_pictures(const StreamInfo& info, std::int64_t limit) {
  if (info.picture_count < 0) {
    return -1;
  }
  return limit < 0 ? info.picture_count : std::min(info.picture_count, limit);
}

std::int64_t count_pictures(PictureSource& source, std::int64_t limit) {
  std::int64_t count = 0;
  while (count != limit && source.next()) {
    ++count;
  }
  return count;
}

std::unique_ptr<PictureSource> open_source(const std::string& path, const SourceOptions& options) {
  const std::string name = path == "-" ? "standard input" : path;
  if (is_url(path) || is_sequence(path)) {
    return open_media(path, name, options);
  }
  if (is_pipe(path)) {
    return open_pipe(path, name, options);
  }
  if (!options.any() && begins_like_y4m(path) && read_y4m_header(*open_file(path), name).is_plain) {
    return std::make_unique<Y4mReader>(open_file(path), name);
  }
  return open_media(path, name, options);
}

}  // namespace host
