// Who we are for AWS: keys from the places where its own tools look for them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace cloud {

class HttpClient;

/// Keys. They never appear in messages, reports or traces.
struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;               ///< empty: keys of a user, without end
  std::optional<std::int64_t> expires_at;  ///< seconds since 1970

  bool operator==(const Credentials&) const = default;
};

/// What the places are read with: the real ones, or a test's.
struct CredentialsEnvironment {
  /// A variable of the environment, "" where it is not set.
  std::function<std::string(const std::string&)> variable;
  /// A file's text, nothing where it cannot be read.
  std::function<std::optional<std::string>(const std::string&)> file;
  /// What a command prints. Throws Denied if it fails.
  std::function<std::string(const std::string&)> command_output;
  /// Seconds since 1970.
  std::function<std::int64_t()> now;
  /// Where EC2 answers questions about a machine.
  std::string instance_endpoint = "http://169.254.169.254";
};

/// The real ones.
CredentialsEnvironment system_environment();

/// Credentials as they are needed: kept, and asked for again before they expire. May be used by
/// many threads at once.
class CredentialsSource {
 public:
  explicit CredentialsSource(CredentialsEnvironment environment = system_environment());
  CredentialsSource(const CredentialsSource&) = delete;
  CredentialsSource(CredentialsSource&&) = delete;
  CredentialsSource& operator=(const CredentialsSource&) = delete;
  CredentialsSource& operator=(CredentialsSource&&) = delete;
  ~CredentialsSource();

  /// From the first place that has some: AWS_ACCESS_KEY_ID and its likes; the profile AWS_PROFILE
  /// of ~/.aws/credentials and ~/.aws/config (keys or credential_process); the container's service;
  /// the instance's service (version 2). By this machine's clock they may have expired. Throws
  /// Denied, with what to do, where there are none.
  Credentials get();
  /// As get(), but not those that a service has just refused as expired. Throws Denied, with what
  /// to do, where there are no others.
  Credentials renew(const Credentials& refused);

  /// AWS_REGION, AWS_DEFAULT_REGION or the profile's region; "" where none is set.
  std::string region() const;

 private:
  Credentials look_up();

  CredentialsEnvironment environment_;
  std::unique_ptr<HttpClient> http_;
  std::mutex mutex_;
  std::optional<Credentials> current_;
  std::int64_t looked_up_at_ = 0;
};

}  // namespace cloud
