// Between the program and the local engine's object store: passes requests on, and does harm as a
// test says.
#pragma once

#include <functional>
#include <string>

#include "cloud/http.hh"
#include "tests/cloud/test_server.hh"

namespace cloud::test {

/// What becomes of a request or of its answer.
enum class Harm {
  kNone,
  kError500,      ///< not passed on: internal error
  kError503,      ///< not passed on: slow down
  kExpired,       ///< not passed on: credentials have expired
  kSlow,          ///< passed on after a while
  kCutAnswer,     ///< half of the answer arrives, then the line breaks
  kChangeAnswer,  ///< one bit of the answer changes
  kChangeBody,    ///< one bit of what is to be stored changes
};

/// Runs from its construction to its destruction.
class StoreProxy {
 public:
  using Choice = std::function<Harm(const std::string& method, const std::string& path)>;

  /// `choose` is called for each request, on many threads.
  StoreProxy(std::string endpoint, Choice choose);

  std::string endpoint() const { return server_.url(); }

 private:
  void handle(const httplib::Request& request, httplib::Response& response);
  HttpResponse pass_on(const httplib::Request& request, Harm harm);

  std::string endpoint_;
  Choice choose_;
  HttpClient http_;
  TestServer server_;  // last: it calls handle() until it is gone
};

}  // namespace cloud::test
