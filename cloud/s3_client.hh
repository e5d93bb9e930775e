// Signed requests to S3, with retries. cloud/s3_store makes objects of them.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "cloud/credentials.hh"
#include "cloud/http.hh"
#include "cloud/retry.hh"
#include "cloud/sigv4.hh"

namespace cloud {

struct S3Options {
  std::string endpoint;  ///< empty: AWS's own of the region
  std::string region;
  std::string bucket;
  std::string prefix;  ///< in front of all keys, for example "runs/1f3a/"
  RetryPolicy retry;
  HttpOptions http;
  std::size_t part_bytes = std::size_t{16}
                           << 20U;  ///< longer objects go up in parts; at least 5 MiB
};

/// A request to one bucket. Its address is made of `key` and `query`.
struct S3Request {
  std::string method = "GET";
  std::string key{};    ///< empty: the bucket itself
  std::string query{};  ///< percent-encoded
  std::map<std::string, std::string> headers{};
  ByteSpan body{};
};

/// May be used by many threads at once.
class S3Client {
 public:
  /// Throws std::invalid_argument if the endpoint would send in the clear, or names are missing.
  S3Client(S3Options options, std::shared_ptr<CredentialsSource> credentials);

  /// The answer, if its status is 2xx, 404, 412 or 416; the caller decides what these mean. Retries
  /// what may go away: no answer, 5xx, 429, 408; signs with the server's clock if ours is far off;
  /// asks for new credentials if they have expired. Throws Unavailable after the last attempt, and
  /// Denied where retrying cannot help.
  HttpResponse send(const S3Request& request);

  const S3Options& options() const { return options_; }

 private:
  std::string address(const S3Request& request) const;
  HttpResponse send_once(const S3Request& request, const Credentials& credentials);
  bool mend(const HttpResponse& response, Credentials& credentials);

  S3Options options_;
  std::shared_ptr<CredentialsSource> credentials_;
  HttpClient http_;
  std::atomic<std::int64_t> clock_offset_{0};  // what to add to this machine's clock, in seconds
};

}  // namespace cloud
