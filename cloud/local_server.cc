// Processes that serve a port of loopback.
#include "cloud/local_server.hh"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cloud/process.hh"

namespace cloud {
namespace {

constexpr std::chrono::seconds kStartLimit{30};
constexpr std::chrono::seconds kStopLimit{5};
constexpr std::chrono::milliseconds kPause{10};
constexpr std::size_t kLogTail = 1000;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// A socket that closes itself.
class Socket {
 public:
  Socket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (descriptor_ < 0)
      throw std::system_error(errno, std::generic_category(), "a socket");
  }
  Socket(const Socket&) = delete;
  Socket(Socket&&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket& operator=(Socket&&) = delete;
  ~Socket() { ::close(descriptor_); }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

bool answers(int port) {
  const Socket socket;
  const sockaddr_in address = loopback(port);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::string tail_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return text.substr(text.size() - std::min(text.size(), kLogTail));
}

// setpriv lets the server die with the thread that started it.
std::vector<std::string> bound_to_us(const std::vector<std::string>& command) {
  const std::string setpriv = find_program("setpriv");
  const std::string program = find_program(command.front());
  if (setpriv.empty() || program.empty())
    throw std::runtime_error(fmt::format("there is no program '{}'; install it",
                                         program.empty() ? command.front() : "setpriv"));
  std::vector<std::string> all{setpriv, "--pdeathsig", "KILL", "--", program};
  all.insert(all.end(), command.begin() + 1, command.end());
  return all;
}

}  // namespace

int free_port() {
  const Socket socket;
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), generic, size) != 0 || ::getsockname(socket.get(), generic, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "a free port of 127.0.0.1");
  return ntohs(address.sin_port);
}

LocalServer::LocalServer(const std::vector<std::string>& command, int port, std::string log)
    : name_(command.front()), command_(bound_to_us(command)), port_(port), log_(std::move(log)) {
  try {
    start();
  } catch (...) {
    kill();
    throw;
  }
}

LocalServer::~LocalServer() {
  if (pid_ != 0)
    ::kill(-pid_, SIGTERM);
  const auto limit = std::chrono::steady_clock::now() + kStopLimit;
  while (!has_ended() && std::chrono::steady_clock::now() < limit)
    std::this_thread::sleep_for(kPause);
  kill();
}

bool LocalServer::has_ended() {
  if (pid_ != 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_)
    pid_ = 0;
  return pid_ == 0;
}

void LocalServer::start() {
  pid_ = start_process(command_, own_environment(), log_);
  const auto limit = std::chrono::steady_clock::now() + kStartLimit;
  while (!answers(port_)) {
    if (has_ended() || std::chrono::steady_clock::now() > limit)
      throw std::runtime_error(
          fmt::format("{} does not start; its log {} ends with:\n{}", name_, log_, tail_of(log_)));
    std::this_thread::sleep_for(kPause);
  }
}

void LocalServer::kill() {
  if (pid_ == 0)
    return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void LocalServer::freeze(bool frozen) {
  ::kill(-pid_, frozen ? SIGSTOP : SIGCONT);
}

}  // namespace cloud
