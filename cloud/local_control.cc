// Starting and ending the local engine. A locked file tells whether one runs; the lock goes with
// the process.
#include "cloud/local_control.hh"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cloud/local_engine.hh"
#include "cloud/process.hh"
#include "host/output_file.hh"

namespace cloud {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kPause{20};
constexpr std::chrono::seconds kStartLimit{180};  // npm may have to fetch
constexpr std::chrono::seconds kStopLimit{30};

std::string config_path(const std::string& folder) {
  return folder + "/cloud.json";
}

// Calls `is_done` until it is true; false after a while.
template <class IsDone>
bool wait_until(std::chrono::seconds limit, const IsDone& is_done) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!is_done()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

// The lock of a folder's engine, with the process's number in the file.
class Lock {
 public:
  explicit Lock(const std::string& folder) : path_(folder + "/engine.lock") {
    constexpr mode_t kOwnerOnly = 0600;
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
    if (descriptor_ < 0)
      throw std::system_error(errno, std::generic_category(), path_);
  }
  Lock(const Lock&) = delete;
  Lock(Lock&&) = delete;
  Lock& operator=(const Lock&) = delete;
  Lock& operator=(Lock&&) = delete;
  ~Lock() { ::close(descriptor_); }

  bool take() { return ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0; }
  void write_pid() {
    const std::string text = std::to_string(::getpid()) + "\n";
    if (::ftruncate(descriptor_, 0) != 0 ||
        ::pwrite(descriptor_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
      throw std::system_error(errno, std::generic_category(), path_);
  }
  pid_t read_pid() const {
    std::ifstream file(path_);
    pid_t pid = 0;
    file >> pid;
    if (!file || pid <= 1)
      throw std::runtime_error(path_ +
                               ": there is no process number in it; end the engine by hand");
    return pid;
  }

 private:
  std::string path_;
  int descriptor_ = -1;
};

std::string quoted(const std::string& text) {
  std::string all = "'";
  for (const char c : text)
    all += c == '\'' ? "'\\''" : std::string(1, c);
  return all + "'";
}

std::string exports(const std::string& folder) {
  const Credentials& credentials = LocalS3::credentials();
  return fmt::format(
      "export FASTSLOW_CLOUD={}\nexport AWS_ACCESS_KEY_ID={}\n"
      "export AWS_SECRET_ACCESS_KEY={}\nexport AWS_SESSION_TOKEN=\n",
      quoted(config_path(folder)), credentials.access_key_id, credentials.secret_access_key);
}

// Passwords lie here.
std::string private_folder(const std::string& path) {
  fs::create_directories(path);
  fs::permissions(path, fs::perms::owner_all);
  return fs::canonical(path).string();
}

// Without AWS's variables, which mean nothing here.
std::vector<std::string> engine_environment() {
  std::vector<std::string> all = own_environment();
  std::erase_if(all, [](const std::string& entry) { return entry.starts_with("AWS_"); });
  return all;
}

// Waits for a signal that ends the process in the usual way.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  void wait() const {
    int signal = 0;
    ::sigwait(&signals_, &signal);
  }

 private:
  sigset_t signals_{};
};

}  // namespace

std::string default_local_folder() {
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "/var/tmp" : home) + "/.cache/fastslow/local";
}

void serve_local_engine(const LocalControlOptions& options, const std::string& program) {
  const std::string folder = private_folder(options.folder);
  Lock lock(folder);
  if (!lock.take())
    throw std::runtime_error(folder + ": an engine runs here already; fastslow cloud local down");
  lock.write_pid();
  const EndSignals signals;  // before any thread
  const LocalEngine engine({.folder = folder,
                            .s3rver = install_s3rver(),
                            .worker = {program, "worker"},
                            .concurrency = options.concurrency,
                            .limit = std::chrono::seconds(options.limit_seconds)});
  host::OutputFile config(config_path(folder));
  const std::string text = write_cloud_config(engine.config());
  config.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  config.commit();
  signals.wait();
  fs::remove(config_path(folder));
}

std::string start_local_engine(const LocalControlOptions& options, const std::string& program) {
  const std::string folder = private_folder(options.folder);
  const std::string log = folder + "/engine.log";
  if (Lock lock(folder); !lock.take()) {
    if (!wait_until(kStartLimit, [&] { return fs::exists(config_path(folder)); }))
      throw std::runtime_error("the engine that runs there does not become ready, see " + log);
    return exports(folder);
  }
  fs::remove(config_path(folder));
  const pid_t pid = start_process(
      {program, "cloud", "local", "serve", "--folder", folder, "--concurrency",
       std::to_string(options.concurrency), "--task-limit", std::to_string(options.limit_seconds)},
      engine_environment(), log);
  bool ended = false;
  const bool came = wait_until(kStartLimit, [&] {
    ended = ::waitpid(pid, nullptr, WNOHANG) == pid;
    return ended || fs::exists(config_path(folder));
  });
  if (ended || !came)
    throw std::runtime_error("the local engine does not start; see " + log);
  return exports(folder);
}

bool stop_local_engine(const std::string& folder) {
  if (!fs::exists(folder))
    return false;
  Lock lock(folder);
  if (lock.take())
    return false;
  ::kill(lock.read_pid(), SIGTERM);
  if (!wait_until(kStopLimit, [&] { return lock.take(); }))
    throw std::runtime_error(
        fmt::format("the engine in {} does not end; process {}", folder, lock.read_pid()));
  return true;
}

}  // namespace cloud
