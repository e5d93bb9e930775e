// HTTP requests through libcurl: one at a time on the calling thread, over connections that are
// kept.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "cloud/bytes.hh"

namespace cloud {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::map<std::string, std::string> headers;  ///< names in lower case
  ByteSpan body;                               ///< must outlive the request
  std::chrono::milliseconds limit{0};          ///< for all of it; 0: none
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  Bytes body;

  /// The value of a header, or "" where there is none.
  std::string header(const std::string& name) const;
  /// The body as text.
  std::string text() const { return {body.begin(), body.end()}; }
  bool is_success() const { return status >= 200 && status < 300; }
};

/// No complete answer came: no connection, a broken one, too slow, or a certificate that is not
/// trusted. The message has the address, without its query.
class HttpError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct HttpOptions {
  std::string ca_pem;  ///< certificates to trust, as text; empty: the system's
  std::chrono::milliseconds connect_limit{5000};
  /// Fewer than 1000 bytes a second for so long is as good as a broken line; 0: any patience.
  std::chrono::seconds stall_limit{15};
  std::size_t most_body_bytes = std::size_t{1} << 31U;  ///< a longer answer is an error
};

class HttpTransfer;

/// May be used by many threads at once. Redirections are not followed; proxies are those of the
/// environment, but never for this machine and its link.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options = {});
  HttpClient(const HttpClient&) = delete;
  HttpClient(HttpClient&&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  HttpClient& operator=(HttpClient&&) = delete;
  ~HttpClient();

  /// Throws HttpError if no complete answer comes, whatever its status.
  HttpResponse send(const HttpRequest& request);

 private:
  HttpOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HttpTransfer>> idle_;  // each keeps its connection
};

}  // namespace cloud
