// Which container holds frames: IVF by our own hands, the others by FFmpeg's libraries.
#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <utility>
#include <vector>

#include "host/media_frames.hh"
#include "host/media_module.hh"
#include "host/media_output.hh"

namespace host {
namespace {

constexpr std::array<std::uint8_t, 4> kMatroskaMagic = {0x1a, 0x45, 0xdf,
                                                        0xa3};  // RFC 8794 §11.2.1

}  // namespace

std::optional<Container> container_of(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension.empty() || extension == ".ivf")
    return Container::kIvf;
  if (extension == ".webm")
    return Container::kWebm;
  if (extension == ".mkv")
    return Container::kMatroska;
  return std::nullopt;
}

std::unique_ptr<FrameWriter> open_writer(OutputFile& file,
                                         Container container,
                                         const VideoFacts& facts) {
  if (container == Container::kIvf)
    return std::make_unique<IvfWriter>(file, facts.header);
  return media_module().open_muxer(file, container, facts);
}

std::unique_ptr<FrameReader> open_frames(std::unique_ptr<ByteSource> bytes,
                                         const std::string& name) {
  std::vector<std::uint8_t> begin(kMatroskaMagic.size());
  begin.resize(bytes->read(begin));
  const bool is_matroska =
      std::equal(begin.begin(), begin.end(), kMatroskaMagic.begin(), kMatroskaMagic.end());
  auto whole = open_prefixed(std::move(begin), std::move(bytes));
  if (!is_matroska)
    return std::make_unique<IvfReader>(std::move(whole), name);
  return media_module().open_matroska(std::move(whole), name);
}

}  // namespace host
