// Output files over POSIX descriptors, and the registry of partial files that a signal handler
// reads.
#include "host/output_file.hh"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace host {
namespace {

const char* advice(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free some space or write to another disk";
    case EFBIG:
      return "raise the limit on file sizes (ulimit -f) or write to another disk";
    case EPIPE:
      return "the program that reads the pipe has ended; see what it said";
    case ENOENT:
    case ENOTDIR:
      return "make the folder first";
    case EACCES:
    case EPERM:
    case EROFS:
      return "choose a folder and a file that you may write to";
    case EISDIR:
      return "name a file, not a folder";
    default:
      return "choose another output";
  }
}

[[noreturn]] void throw_unwritable(const std::string& path, int error) {
  throw std::system_error(error, std::generic_category(),
                          fmt::format("{}: cannot be written ({})", path, advice(error)));
}

// A partial file that a signal handler may have to unlink.
struct RegistrySlot {
  enum State : int { kFree, kFilling, kLive };
  std::atomic<int> state = kFree;
  std::array<char, PATH_MAX> path{};
};
static_assert(std::atomic<int>::is_always_lock_free);

// A signal handler can reach nothing but a global.
std::array<RegistrySlot, 64>
    registry;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

int register_partial(const std::string& path) {
  for (std::size_t i = 0; i < registry.size() && path.size() < PATH_MAX; ++i) {
    int expected = RegistrySlot::kFree;
    if (registry[i].state.compare_exchange_strong(expected, RegistrySlot::kFilling)) {
      std::copy_n(path.c_str(), path.size() + 1, registry[i].path.data());
      registry[i].state = RegistrySlot::kLive;
      return static_cast<int>(i);
    }
  }
  return -1;
}

void unregister_partial(int slot) {
  if (slot >= 0) {
    registry[static_cast<std::size_t>(slot)].state = RegistrySlot::kFree;
  }
}

// `.NAME.fastslow-PID.part`, shortened where NAME is so long that the file system would refuse, and
// numbered where this process writes that name already.
std::string partial_name(const std::string& final_path, int number) {
  constexpr std::size_t max_name_bytes = 200;
  const std::filesystem::path path(final_path);
  const std::string tail = number == 0 ? "" : fmt::format("-{}", number);
  const std::string name =
      fmt::format(".{}.fastslow-{}{}.part", path.filename().string().substr(0, max_name_bytes),
                  ::getpid(), tail);
  return (path.parent_path() / name).string();
}

int open_retrying(const std::string& path, int flags) {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), flags | O_WRONLY | O_CLOEXEC, 0666);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

// Writes all bytes at `offset`, or in sequence if that is negative. Returns 0 or an errno.
int write_all(int descriptor, std::span<const std::uint8_t> bytes, off_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = offset < 0 ? ::write(descriptor, bytes.data(), bytes.size())
                                     : ::pwrite(descriptor, bytes.data(), bytes.size(), offset);
    if (count < 0 && errno != EINTR) {
      return errno;
    }
    if (count > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      offset += offset < 0 ? 0 : count;
    }
  }
  return 0;
}

}  // namespace

OutputFile::OutputFile(const std::string& path) : path_(path == "-" ? "standard output" : path) {
  if (path == "-") {
    descriptor_ = STDOUT_FILENO;
    return;
  }
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) {
    throw_unwritable(path_, errno);
  }
  if (path.empty() || path.ends_with('/') || (exists && S_ISDIR(status.st_mode))) {
    throw_unwritable(path_, EISDIR);
  }
  if (exists && !S_ISREG(status.st_mode)) {
    open_directly(path);
    return;
  }
  if (exists && ::access(path.c_str(), W_OK) != 0) {
    throw_unwritable(path_, errno);
  }
  open_partial(exists ? std::filesystem::canonical(path).string() : path);
  if (exists) {
    ::fchmod(descriptor_, status.st_mode & 07777);  // keeps the file's permissions where we may
  }
}

OutputFile::~OutputFile() {
  if (!partial_path_.empty()) {
    ::unlink(partial_path_.c_str());
    unregister_partial(registry_slot_);
  }
  if (descriptor_ > STDERR_FILENO) {
    ::close(descriptor_);
  }
}

void OutputFile::open_directly(const std::string& path) {
  descriptor_ = open_retrying(path, 0);
  if (descriptor_ < 0) {
    throw_unwritable(path_, errno);
  }
}

void OutputFile::open_partial(const std::string& final_path) {
  constexpr int max_tries = 1000;
  std::string partial_path;
  for (int number = 0; descriptor_ < 0 && number < max_tries; ++number) {
    partial_path = partial_name(final_path, number);
    descriptor_ = open_retrying(partial_path, O_CREAT | O_EXCL);
    if (descriptor_ < 0 && errno != EEXIST) {
      break;
    }
  }
  if (descriptor_ < 0) {
    throw_unwritable(path_, errno);
  }
  final_path_ = final_path;
  partial_path_ = partial_path;
  registry_slot_ = register_partial(partial_path_);
}

void OutputFile::write(std::span<const std::uint8_t> bytes) {
  if (const int error = write_all(descriptor_, bytes, -1); error != 0) {
    throw_unwritable(path_, error);
  }
  size_bytes_ += bytes.size();
}

void OutputFile::write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  const int error =
      is_patchable() ? write_all(descriptor_, bytes, static_cast<off_t>(offset)) : ESPIPE;
  if (error != 0) {
    throw_unwritable(path_, error);
  }
}

void OutputFile::close() {
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (descriptor > STDERR_FILENO && ::close(descriptor) != 0) {
    throw_unwritable(path_, errno);
  }
}

void OutputFile::commit() {
  if (partial_path_.empty()) {
    close();
    return;
  }
  if (::fsync(descriptor_) != 0) {
    throw_unwritable(path_, errno);
  }
  close();
  if (::rename(partial_path_.c_str(), final_path_.c_str()) != 0) {
    throw_unwritable(path_, errno);
  }
  unregister_partial(registry_slot_);
  partial_path_.clear();
}

void remove_stale_partials(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path final_path = fs::exists(path, error) ? fs::canonical(path, error) : fs::path(path);
  const std::string any = fs::path(partial_name(final_path.string(), 0)).filename().string();
  const std::string head = any.substr(0, any.rfind('-') + 1);
  const fs::path folder = final_path.has_parent_path() ? final_path.parent_path() : ".";
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    int process = 0;
    if (!name.starts_with(head) || !name.ends_with(".part") ||
        std::from_chars(name.data() + head.size(), name.data() + name.size(), process).ec !=
            std::errc())
      continue;
    if (::kill(process, 0) != 0 && errno == ESRCH)
      ::unlink(it->path().c_str());
  }
}

void remove_partial_files() noexcept {
  for (RegistrySlot& slot : registry) {
    if (slot.state == RegistrySlot::kLive) {
      ::unlink(slot.path.data());
    }
  }
}

}  // namespace host
