// S3 on this machine, for the local engine: s3rver, from npm.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cloud/credentials.hh"
#include "cloud/local_server.hh"

namespace cloud {

/// npm's s3rver, its file lib/cli.js: $FASTSLOW_S3RVER, else in fastslow's cache folder; nothing if
/// it is not there.
std::optional<std::string> find_s3rver();
/// Likewise, and installs it there by npm if it is not. Throws std::runtime_error, with what to do.
std::string install_s3rver();

/// s3rver with one bucket, objects in `folder`.
class LocalS3 {
 public:
  static constexpr const char* kBucket = "fastslow";
  static constexpr const char* kRegion = "us-east-1";
  static const Credentials& credentials();

  /// `program` is what find_s3rver() gives. Throws std::runtime_error.
  LocalS3(const std::string& program, const std::string& folder);

  std::string endpoint() const;
  LocalServer& server() { return *server_; }

 private:
  std::unique_ptr<LocalServer> server_;
};

}  // namespace cloud
