// A whole cloud on this machine, on loopback only: Lambda (cloud/local_lambda), S3 (s3rver, from
// npm) and a state exchange (Debian's redis-server, with TLS and users).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cloud/config.hh"
#include "cloud/local_lambda.hh"
#include "cloud/local_s3.hh"
#include "cloud/local_server.hh"

namespace cloud {

/// Redis in `folder`, with a certificate of its own.
class LocalRedis {
 public:
  /// Throws std::runtime_error if redis-server or openssl are missing or fail.
  explicit LocalRedis(const std::string& folder);

  /// How to reach it, as a user who may admit others.
  const ExchangeConfig& config() const { return config_; }
  LocalServer& server() { return *server_; }

 private:
  void make_certificate(const std::string& folder) const;
  std::string write_settings(const std::string& folder) const;

  ExchangeConfig config_;
  std::unique_ptr<LocalServer> server_;
};

struct LocalEngineOptions {
  std::string folder;                       ///< for all files; exists, and belongs to this engine
  std::string s3rver;                       ///< what find_s3rver() gives
  std::vector<std::string> worker;          ///< a worker's command
  int concurrency = 32;                     ///< workers at once
  std::chrono::milliseconds limit{60'000};  ///< for a task
};

/// Runs from its construction to its destruction.
class LocalEngine {
 public:
  /// Throws std::runtime_error, with what to do.
  explicit LocalEngine(const LocalEngineOptions& options);

  /// What coordinators need to know, and the credentials that they need.
  const CloudConfig& config() const { return config_; }
  LocalS3& s3() { return s3_; }
  LocalRedis& redis() { return redis_; }
  LocalLambda& lambda() { return *lambda_; }

 private:
  LocalS3 s3_;
  LocalRedis redis_;
  std::unique_ptr<LocalLambda> lambda_;
  CloudConfig config_;
};

}  // namespace cloud
