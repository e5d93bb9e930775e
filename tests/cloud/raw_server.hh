// A server on loopback that answers each connection's request with raw text, right or wrong.
#pragma once

#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cloud::test {

/// Reads the head of one request a connection, sends what the handler says, and closes.
class RawServer {
 public:
  /// Said by a handler that lets the client wait until the server goes.
  static inline const std::string kSilence = "(silence)";

  explicit RawServer(std::function<std::string(const std::string& head)> handler)
      : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, generic, &size) != 0)
      throw std::runtime_error("no socket for a test server");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  RawServer(const RawServer&) = delete;
  RawServer(RawServer&&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  RawServer& operator=(RawServer&&) = delete;
  ~RawServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    for (const int connection : silent_)
      ::close(connection);
  }

  std::string url(const std::string& path = "") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  void serve() {
    for (int connection = 0; (connection = ::accept(listener_, nullptr, nullptr)) >= 0;) {
      std::string head;
      char c = 0;
      while (!head.ends_with("\r\n\r\n") && ::recv(connection, &c, 1, 0) == 1)
        head += c;
      const std::string answer = handler_(head);
      if (answer == kSilence) {
        silent_.push_back(connection);
        continue;
      }
      ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(connection);
    }
  }

  std::function<std::string(const std::string&)> handler_;
  int listener_;
  int port_ = 0;
  std::vector<int> silent_;
  std::thread thread_;
};

}  // namespace cloud::test
