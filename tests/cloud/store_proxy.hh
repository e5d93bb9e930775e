// Between the program and the local engine's object store: passes requests on, and does harm as a
// test says.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cloud/http.hh"
#include "tests/cloud/test_server.hh"

namespace cloud::test {

/// What becomes of a request or of its answer.
enum class Harm : std::uint8_t {
  kNone,
  kError500,      ///< not passed on: internal error
  kError503,      ///< not passed on: slow down
  kSlow,          ///< passed on after a while
  kCutAnswer,     ///< half of the answer arrives, then the line breaks
  kChangeAnswer,  ///< one bit of the answer changes
  kChangeBody,    ///< one bit of what is to be stored changes
  kExpired,       ///< not passed on: credentials have expired
};

/// Runs from its construction to its destruction.
class StoreProxy {
 public:
  using Choice = std::function<Harm(const std::string& method, const std::string& path)>;

  /// `choose` is called for each request, on many threads. The proxy's clock is `ahead_seconds`
  /// ahead of this machine's, and signatures must be of its time.
  StoreProxy(std::string endpoint, Choice choose, std::int64_t ahead_seconds = 0);

  std::string endpoint() const { return server_.url(); }

 private:
  void handle(const httplib::Request& request, httplib::Response& response);
  HttpResponse pass_on(const httplib::Request& request, Harm harm);
  bool is_of_our_time(const httplib::Request& request) const;
  void refuse_time(httplib::Response& response) const;

  std::string endpoint_;
  Choice choose_;
  std::int64_t ahead_seconds_;
  HttpClient http_;
  TestServer server_;  // last: it calls handle() until it is gone
};

}  // namespace cloud::test
