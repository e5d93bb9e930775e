// Starting programs by posix_spawn.
#include "cloud/process.hh"

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cloud {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const std::string& text : texts)
    all.push_back(const_cast<char*>(text.c_str()));  // C's type; nothing writes there
  all.push_back(nullptr);
  return all;
}

void check(int error, const std::string& what) {
  if (error != 0)
    throw std::system_error(error, std::generic_category(), what);
}

// What is to be done in the new process before its program runs.
class Preparation {
 public:
  explicit Preparation(const std::string& log) {
    const char* out = log.empty() ? "/dev/null" : log.c_str();
    constexpr mode_t kOwnerOnly = 0600;
    check(posix_spawn_file_actions_init(&files_), "starting a program");
    check(posix_spawnattr_init(&attributes_), "starting a program");
    check(posix_spawn_file_actions_addopen(&files_, 0, "/dev/null", O_RDONLY, 0), out);
    check(posix_spawn_file_actions_addopen(&files_, 1, out, O_WRONLY | O_CREAT | O_APPEND,
                                           kOwnerOnly),
          out);
    check(posix_spawn_file_actions_adddup2(&files_, 1, 2), out);
    check(posix_spawn_file_actions_addclosefrom_np(&files_, 3), out);
    sigset_t none;
    sigset_t usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &usual);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  Preparation(const Preparation&) = delete;
  Preparation(Preparation&&) = delete;
  Preparation& operator=(const Preparation&) = delete;
  Preparation& operator=(Preparation&&) = delete;
  ~Preparation() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }

  const posix_spawn_file_actions_t* files() const { return &files_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

pid_t start_process(const std::vector<std::string>& command,
                    const std::vector<std::string>& environment,
                    const std::string& log) {
  const Preparation preparation(log);
  pid_t pid = 0;
  check(posix_spawn(&pid, command.front().c_str(), preparation.files(), preparation.attributes(),
                    pointers(command).data(), pointers(environment).data()),
        command.front());
  return pid;
}

std::vector<std::string> own_environment() {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry)
    all.emplace_back(*entry);
  return all;
}

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (const std::string file = folder + "/" + name; ::access(file.c_str(), X_OK) == 0)
      return file;
  return {};
}

void run_process(std::vector<std::string> command,
                 const std::string& log,
                 const std::string& mend) {
  const std::string name = command.front();
  command.front() = find_program(name);
  if (command.front().empty())
    throw std::runtime_error(fmt::format("there is no program '{}'; {}", name, mend));
  const pid_t pid = start_process(command, own_environment(), log);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0)
    throw std::runtime_error(fmt::format("{} fails, see {}; {}", name, log, mend));
}

}  // namespace cloud
