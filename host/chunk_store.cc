// One file a chunk.
#include "host/chunk_store.hh"

#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "codec/sections.hh"
#include "host/byte_source.hh"
#include "host/output_file.hh"

namespace host {
namespace {

namespace fs = std::filesystem;
using vp8::sections::append_number;
using vp8::sections::read_number;

constexpr std::uint64_t kMagic = 0x31304b4e48435346;  // "FSCHNK01"
constexpr std::size_t kWord = 8;
constexpr const char* kSuffix = ".chunk";
constexpr const char* kStreamSuffix = ".stream";
constexpr std::array kQualityReals = {&PictureQuality::psnr_y, &PictureQuality::psnr_u,
                                      &PictureQuality::psnr_v, &PictureQuality::psnr,
                                      &PictureQuality::ssim_y, &PictureQuality::ssim_u,
                                      &PictureQuality::ssim_v, &PictureQuality::ssim};

// Numbers from the front of bytes; 0 behind their end, which ok() then tells.
class Words {
 public:
  explicit Words(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::span<const std::uint8_t> take(std::uint64_t size) {
    ok_ = ok_ && size <= bytes_.size();
    if (!ok_)
      return {};
    const auto taken = bytes_.first(static_cast<std::size_t>(size));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  std::uint64_t word() {
    const auto bytes = take(kWord);
    return bytes.empty() ? 0 : read_number(bytes);
  }
  bool ok() const { return ok_; }
  bool empty() const { return bytes_.empty(); }

 private:
  std::span<const std::uint8_t> bytes_;
  bool ok_ = true;
};

void append_quality(std::vector<std::uint8_t>& out, const PictureQuality& quality) {
  for (const auto real : kQualityReals)
    append_number(out, std::bit_cast<std::uint64_t>(quality.*real), kWord);
  for (std::size_t plane = 0; plane < vp8::kPlanes; ++plane) {
    append_number(out, quality.sse[plane], kWord);
    append_number(out, quality.samples[plane], kWord);
  }
}

PictureQuality read_quality(Words& words) {
  PictureQuality quality;
  for (const auto real : kQualityReals)
    quality.*real = std::bit_cast<double>(words.word());
  for (std::size_t plane = 0; plane < vp8::kPlanes; ++plane) {
    quality.sse[plane] = words.word();
    quality.samples[plane] = words.word();
  }
  return quality;
}

std::vector<std::uint8_t> file_contents(const std::string& path) {
  const std::unique_ptr<ByteSource> file = open_file(path);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(fs::file_size(path)));
  bytes.resize(file->read(bytes));
  return bytes;
}

struct StoredFile {
  fs::path path;
  fs::file_time_type used;
  std::uint64_t size_bytes = 0;
};

// Files that go away meanwhile are no error.
std::vector<StoredFile> list_files(const std::string& folder) {
  std::vector<StoredFile> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.find(kSuffix) == std::string::npos && name.find(kStreamSuffix) == std::string::npos)
      continue;
    StoredFile file{it->path(), it->last_write_time(error), 0};
    file.size_bytes = error ? 0 : it->file_size(error);
    if (!error)
      files.push_back(std::move(file));
    error.clear();
  }
  return files;
}

}  // namespace

std::vector<std::uint8_t> write_chunk(std::span<const RebasedPicture> frames) {
  std::vector<std::uint8_t> out;
  append_number(out, kMagic, kWord);
  append_number(out, frames.size(), kWord);
  for (const RebasedPicture& frame : frames) {
    append_number(out, frame.quality ? 1 : 0, kWord);
    if (frame.quality)
      append_quality(out, *frame.quality);
    append_number(out, frame.bytes.size(), kWord);
    out.insert(out.end(), frame.bytes.begin(), frame.bytes.end());
  }
  append_number(out, XXH3_64bits(out.data(), out.size()), kWord);
  return out;
}

std::optional<std::vector<RebasedPicture>> read_chunk(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 3 * kWord)
    return {};
  const auto body = bytes.first(bytes.size() - kWord);
  if (read_number(bytes.last(kWord)) != XXH3_64bits(body.data(), body.size()))
    return {};
  Words words(body);
  if (words.word() != kMagic)
    return {};
  std::vector<RebasedPicture> frames;
  for (std::uint64_t count = words.word(); words.ok() && count > 0; --count) {
    RebasedPicture& frame = frames.emplace_back();
    if (words.word() != 0)
      frame.quality = read_quality(words);
    const auto coded = words.take(words.word());
    frame.bytes.assign(coded.begin(), coded.end());
  }
  if (!words.ok() || !words.empty())
    return {};
  return frames;
}

ChunkStore::ChunkStore(std::string folder, std::uint64_t max_bytes)
    : folder_(std::move(folder)), max_bytes_(max_bytes) {}

std::string ChunkStore::path_of(const ChunkKey& key) const {
  return (fs::path(folder_) / (key.hex() + kSuffix)).string();
}

std::string ChunkStore::stream_path(const ChunkKey& key) const {
  return (fs::path(folder_) / (key.hex() + kStreamSuffix)).string();
}

std::optional<std::vector<RebasedPicture>> ChunkStore::find(const ChunkKey& key) const {
  const std::string path = path_of(key);
  try {
    if (!fs::exists(path))
      return {};
    auto frames = read_chunk(file_contents(path));
    if (frames && max_bytes_ > 0)
      ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
    return frames;
  } catch (const std::system_error&) {
    return {};  // removed meanwhile, or not for us to read
  }
}

void ChunkStore::keep(const ChunkKey& key, std::span<const RebasedPicture> frames) {
  if (!usable_)
    return;
  try {
    fs::create_directories(folder_);
    OutputFile file(path_of(key));
    file.write(write_chunk(frames));
    file.commit();
  } catch (const std::system_error&) {
    usable_ = false;
    return;
  }
  constexpr int trim_every = 64;
  if (max_bytes_ > 0 && ++written_ % trim_every == 0)
    trim();
}

void ChunkStore::trim() const {
  std::vector<StoredFile> files = list_files(folder_);
  std::ranges::sort(files, {}, &StoredFile::used);
  std::uint64_t total = 0;
  for (const StoredFile& file : files)
    total += file.size_bytes;
  for (const StoredFile& file : files) {
    if (max_bytes_ == 0 || total <= max_bytes_)
      return;
    std::error_code ignored;
    fs::remove(file.path, ignored);
    total -= file.size_bytes;
  }
}

void ChunkStore::remove() const {
  std::error_code ignored;
  for (const StoredFile& file : list_files(folder_))
    fs::remove(file.path, ignored);
  fs::remove(folder_, ignored);
}

bool ChunkStore::exists() const {
  return std::ranges::any_of(list_files(folder_), [](const StoredFile& file) {
    return file.path.extension() == kSuffix;  // others are being written
  });
}

std::optional<std::string> work_folder(const std::string& output) {
  std::error_code error;
  if (output == "-" || (fs::exists(output, error) && !fs::is_regular_file(output, error)))
    return {};
  const fs::path path = fs::exists(output, error) ? fs::canonical(output) : fs::path(output);
  constexpr std::size_t max_name_bytes = 200;
  const std::string name = path.filename().string().substr(0, max_name_bytes);
  return (path.parent_path() / ("." + name + ".fastslow")).string();
}

}  // namespace host
