// Many HTTP requests at once, on one thread of their own: workers that run for minutes need a line
// each, not a thread each.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "cloud/http.hh"

namespace cloud {

/// The answer, or why none came.
using HttpResult = std::variant<HttpResponse, HttpError>;

/// May be used by many threads at once. The destructor drops what is under way.
class HttpMulti {
 public:
  /// Called on the thread of the requests; must be quick and must not throw.
  using Done = std::function<void(HttpResult)>;

  explicit HttpMulti(HttpOptions options);
  HttpMulti(const HttpMulti&) = delete;
  HttpMulti(HttpMulti&&) = delete;
  HttpMulti& operator=(const HttpMulti&) = delete;
  HttpMulti& operator=(HttpMulti&&) = delete;
  ~HttpMulti();

  /// Sends `request` with `body` instead of its own, and returns at once. `done` is called once,
  /// unless all of this goes before.
  void start(HttpRequest request, Bytes body, Done done);

 private:
  struct Line;
  class Loop;

  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace cloud
