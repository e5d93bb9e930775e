// Unlinked files, which /proc lets us open again.
#include "host/scratch_file.hh"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace host {
namespace {

[[noreturn]] void throw_unusable(const std::string& folder, int error) {
  throw std::system_error(
      error, std::generic_category(),
      fmt::format("{}: a scratch file cannot be written (set TMPDIR to a folder with more room)",
                  folder));
}

bool is_pipe_or_device(const std::string& output) {
  return output == "-" ||
         (std::filesystem::exists(output) && !std::filesystem::is_regular_file(output));
}

// Null, and errno, if that is impossible.
std::FILE* make_unlinked(const std::string& folder) {
  std::string path = (std::filesystem::path(folder) / ".fastslow-XXXXXX").string();
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0)
    return nullptr;
  ::unlink(path.c_str());
  return ::fdopen(descriptor, "wb");
}

}  // namespace

std::string scratch_folder(const std::string& output) {
  const char* const wanted = std::getenv("TMPDIR");
  if (wanted != nullptr && *wanted != '\0')
    return wanted;
  if (is_pipe_or_device(output))
    return "/tmp";
  const std::string folder = std::filesystem::path(output).parent_path().string();
  return folder.empty() ? "." : folder;
}

ScratchFile::ScratchFile(const std::string& folder)
    : folder_(folder), file_(make_unlinked(folder)) {
  if (file_ == nullptr)
    throw_unusable(folder_, errno);
}

ScratchFile::~ScratchFile() {
  std::fclose(file_);
}

void ScratchFile::write(std::span<const std::uint8_t> bytes) {
  if (!bytes.empty() && std::fwrite(bytes.data(), 1, bytes.size(), file_) < bytes.size())
    throw_unusable(folder_, errno);
  size_bytes_ += bytes.size();
}

std::unique_ptr<ByteSource> ScratchFile::open() const {
  return open_file(path());
}

std::string ScratchFile::path() const {
  if (std::fflush(file_) != 0)
    throw_unusable(folder_, errno);
  return fmt::format("/proc/self/fd/{}", ::fileno(file_));
}

void ScratchFile::write_all(ByteSource& from) {
  std::vector<std::uint8_t> block(std::size_t{1} << 20);
  while (const std::size_t count = from.read(block))
    write(std::span(block).first(count));
}

}  // namespace host
