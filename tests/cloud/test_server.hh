// An HTTP server on loopback that answers as a test says.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include <httplib.h>

namespace cloud::test {

/// Runs from its construction to its destruction.
class TestServer {
 public:
  using Handler = std::function<void(const httplib::Request&, httplib::Response&)>;

  explicit TestServer(const Handler& handler) {
    const char* all = ".*";
    server_.Get(all, handler).Put(all, handler).Post(all, handler).Delete(all, handler);
    server_.set_keep_alive_max_count(1000);
    // A connection that is kept open keeps a thread.
    server_.new_task_queue = [] { return new httplib::ThreadPool(kConnections); };
    server_.set_tcp_nodelay(true);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running())
      std::this_thread::yield();
  }
  TestServer(const TestServer&) = delete;
  TestServer(TestServer&&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  TestServer& operator=(TestServer&&) = delete;
  ~TestServer() {
    server_.stop();
    thread_.join();
  }

  int port() const { return port_; }
  std::string url(const std::string& path = "") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  static constexpr std::size_t kConnections = 64;

  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace cloud::test
