// The servers of the local engine.
#include "cloud/local_engine.hh"

#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "cloud/process.hh"
#include "cloud/seal.hh"

namespace cloud {
namespace {

namespace fs = std::filesystem;

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file)
    throw std::system_error(errno, std::generic_category(), path);
}

}  // namespace

LocalRedis::LocalRedis(const std::string& folder) {
  fs::create_directories(folder);
  config_.host = "127.0.0.1";
  config_.port = free_port();
  config_.user = "admin";
  config_.password = sha256_hex(make_seal_key());
  config_.ca_file = folder + "/certificate.pem";
  make_certificate(folder);
  const std::string settings = write_settings(folder);
  server_ = std::make_unique<LocalServer>(std::vector<std::string>{"redis-server", settings},
                                          config_.port, folder + "/redis.log");
}

void LocalRedis::make_certificate(const std::string& folder) const {
  run_process(
      {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
       "-nodes", "-days", "3650", "-subj", "/CN=fastslow-local", "-addext",
       "subjectAltName=IP:127.0.0.1", "-keyout", folder + "/key.pem", "-out", config_.ca_file},
      folder + "/openssl.log", "install openssl");
}

// Nothing goes to disk but users, which outlive a restart; states need not.
std::string LocalRedis::write_settings(const std::string& folder) const {
  write_file(folder + "/users.acl",
             fmt::format("user default off\nuser {} on #{} ~* +@all\n", config_.user,
                         sha256_hex({reinterpret_cast<const std::uint8_t*>(config_.password.data()),
                                     config_.password.size()})));
  std::string path = folder + "/redis.conf";
  write_file(path,
             fmt::format("bind 127.0.0.1\nport 0\ntls-port {}\ntls-cert-file {}\n"
                         "tls-key-file {}/key.pem\ntls-ca-cert-file {}\n"
                         "tls-auth-clients no\naclfile {}/users.acl\ndir {}\n"
                         "save \"\"\nappendonly no\ndaemonize no\n",
                         config_.port, config_.ca_file, folder, config_.ca_file, folder, folder));
  return path;
}

LocalEngine::LocalEngine(const LocalEngineOptions& options)
    : s3_(options.s3rver, options.folder + "/s3"), redis_(options.folder + "/redis") {
  LocalLambdaOptions lambda;
  lambda.command = options.worker;
  lambda.log_folder = options.folder + "/workers";
  fs::create_directories(lambda.log_folder);
  lambda.region = LocalS3::kRegion;
  lambda.credentials = LocalS3::credentials();
  lambda.concurrency = options.concurrency;
  lambda.limit = options.limit;
  lambda_ = std::make_unique<LocalLambda>(lambda);
  config_.region = LocalS3::kRegion;
  config_.bucket = LocalS3::kBucket;
  config_.function = lambda.function;
  config_.store_endpoint = s3_.endpoint();
  config_.lambda_endpoint = lambda_->endpoint();
  config_.exchange = redis_.config();
}

}  // namespace cloud
