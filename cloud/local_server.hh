// A server that the local engine runs as a process: started, asked until it answers, stopped,
// started again.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <sys/types.h>

namespace cloud {

/// A port of 127.0.0.1 that nobody uses now.
int free_port();

/// Runs from its construction to its destruction, and dies with this process, whatever its end.
class LocalServer {
 public:
  /// `command[0]` is looked for in PATH. Throws std::runtime_error, with the end of the log in the
  /// message, unless the port answers soon.
  LocalServer(const std::vector<std::string>& command, int port, std::string log);
  LocalServer(const LocalServer&) = delete;
  LocalServer(LocalServer&&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;
  LocalServer& operator=(LocalServer&&) = delete;
  ~LocalServer();

  int port() const { return port_; }
  /// Kills it, and with it all that it holds in memory.
  void kill();
  /// Starts it after a kill().
  void start();
  /// Stops it where it stands, or lets it go on.
  void freeze(bool frozen);

 private:
  bool has_ended();

  std::string name_;
  std::vector<std::string> command_;
  int port_;
  std::string log_;
  pid_t pid_ = 0;  // 0: not running
};

}  // namespace cloud
