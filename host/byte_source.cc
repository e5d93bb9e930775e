// Byte sources over C streams and over memory.
#include "host/byte_source.hh"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <sys/stat.h>

namespace host {
namespace {

[[noreturn]] void throw_unreadable(const std::string& path, int error) {
  throw std::system_error(error, std::generic_category(), path + ": cannot be read");
}

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

 private:
  std::size_t read_some(std::span<std::uint8_t> to) override {
    const std::size_t count = std::min(to.size(), bytes_.size() - offset());
    std::copy_n(bytes_.data() + offset(), count, to.data());
    return count;
  }
  std::optional<std::uint64_t> size_bytes() const override { return bytes_.size(); }

  std::span<const std::uint8_t> bytes_;
};

// Gives back bytes that were read too early, then goes on.
class PrefixedSource final : public ByteSource {
 public:
  PrefixedSource(std::vector<std::uint8_t> prefix, std::unique_ptr<ByteSource> rest)
      : prefix_(std::move(prefix)), rest_(std::move(rest)) {}

 private:
  std::size_t read_some(std::span<std::uint8_t> to) override {
    const std::size_t done = std::min<std::size_t>(offset(), prefix_.size());
    const std::size_t count = std::min(to.size(), prefix_.size() - done);
    std::copy_n(prefix_.data() + done, count, to.data());
    return count + rest_->read(to.subspan(count));
  }
  std::optional<std::uint64_t> size_bytes() const override {
    const std::optional<std::uint64_t> remaining = rest_->remaining();
    return remaining ? std::optional(rest_->offset() + *remaining) : std::nullopt;
  }

  std::vector<std::uint8_t> prefix_;
  std::unique_ptr<ByteSource> rest_;
};

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) {
      std::fclose(file);
    }
  }
};

class FileSource final : public ByteSource {
 public:
  explicit FileSource(const std::string& path)
      : path_(path == "-" ? "standard input" : path),
        file_(path == "-" ? stdin : std::fopen(path.c_str(), "rbe")) {
    struct stat status {};
    if (!file_ || ::fstat(::fileno(file_.get()), &status) != 0) {
      throw_unreadable(path_, errno);
    }
    if (S_ISDIR(status.st_mode)) {
      throw_unreadable(path_, EISDIR);
    }
    // Standard input may be a file that somebody has read a part of.
    if (S_ISREG(status.st_mode) && file_.get() != stdin) {
      size_bytes_ = static_cast<std::uint64_t>(status.st_size);
    }
  }

 private:
  std::size_t read_some(std::span<std::uint8_t> to) override {
    const std::size_t count = std::fread(to.data(), 1, to.size(), file_.get());
    if (count < to.size() && std::ferror(file_.get()) != 0) {
      throw_unreadable(path_, errno);
    }
    return count;
  }
  std::optional<std::uint64_t> size_bytes() const override { return size_bytes_; }

  std::string path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::optional<std::uint64_t> size_bytes_;
};

}  // namespace

std::size_t ByteSource::read(std::span<std::uint8_t> to) {
  const std::size_t count = to.empty() ? 0 : read_some(to);
  offset_ += count;
  return count;
}

std::optional<std::uint64_t> ByteSource::remaining() const {
  const std::optional<std::uint64_t> size = size_bytes();
  if (!size) {
    return std::nullopt;
  }
  return *size > offset_ ? *size - offset_ : 0;
}

std::unique_ptr<ByteSource> open_memory(std::span<const std::uint8_t> bytes) {
  return std::make_unique<MemorySource>(bytes);
}

std::unique_ptr<ByteSource> open_prefixed(std::vector<std::uint8_t> prefix,
                                          std::unique_ptr<ByteSource> rest) {
  return std::make_unique<PrefixedSource>(std::move(prefix), std::move(rest));
}

std::unique_ptr<ByteSource> open_file(const std::string& path) {
  return std::make_unique<FileSource>(path);
}

}  // namespace host
