// The servers of the local engine.
#include "cloud/local_engine.hh"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>
#include <sys/wait.h>

#include "cloud/process.hh"
#include "cloud/seal.hh"

namespace cloud {
namespace {

namespace fs = std::filesystem;

constexpr const char* kS3rver = "@20minutes/s3rver@4.0.4";
// The package has a command line, but leaves out the file that npm would make a program of.
constexpr const char* kRunS3rver =
    "require(process.argv[1]).parse(['node', 's3rver', ...process.argv.slice(2)])";

std::string made_folder(const std::string& path) {
  fs::create_directories(path);
  return path;
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file)
    throw std::system_error(errno, std::generic_category(), path);
}

// Runs a program to its end. Throws std::runtime_error, with `mend`, if it is missing or fails.
void run(std::vector<std::string> command, const std::string& log, const std::string& mend) {
  const std::string name = command.front();
  command.front() = find_program(name);
  if (command.front().empty())
    throw std::runtime_error(fmt::format("there is no program '{}'; {}", name, mend));
  const pid_t pid = start_process(command, own_environment(), log);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0)
    throw std::runtime_error(fmt::format("{} fails, see {}; {}", name, log, mend));
}

fs::path cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  if (cache != nullptr && *cache != '\0')
    return fs::path(cache) / "fastslow";
  return fs::path(home == nullptr ? "/var/tmp" : home) / ".cache/fastslow";
}

}  // namespace

LocalRedis::LocalRedis(const std::string& folder) {
  made_folder(folder);
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
  run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
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

std::optional<std::string> find_s3rver() {
  const char* chosen = std::getenv("FASTSLOW_S3RVER");
  const fs::path program =
      chosen != nullptr && *chosen != '\0'
          ? fs::path(chosen)
          : cache_folder() / "s3rver/node_modules/@20minutes/s3rver/lib/cli.js";
  if (find_program("node").empty() || !fs::exists(program))
    return {};
  return program.string();
}

std::string install_s3rver() {
  if (const auto found = find_s3rver())
    return *found;
  const std::string folder = made_folder((cache_folder() / "s3rver").string());
  const std::string mend =
      fmt::format("the local object store needs Node.js and npm, and once npm install {}", kS3rver);
  run({"npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts",
       "--fetch-retries", "1", kS3rver},
      folder + "/npm.log", mend);
  const auto found = find_s3rver();
  if (!found)
    throw std::runtime_error(mend);
  return *found;
}

const Credentials& LocalS3::credentials() {
  static const Credentials all{"S3RVER", "S3RVER", "", {}};  // s3rver knows no others
  return all;
}

LocalS3::LocalS3(const std::string& program, const std::string& folder) {
  made_folder(folder);
  const int port = free_port();
  server_ = std::make_unique<LocalServer>(
      std::vector<std::string>{"node", "-e", kRunS3rver, program, "--directory",
                               made_folder(folder + "/objects"), "--address", "127.0.0.1", "--port",
                               std::to_string(port), "--no-vhost-buckets", "--silent",
                               "--configure-bucket", kBucket},
      port, folder + "/s3rver.log");
}

std::string LocalS3::endpoint() const {
  return fmt::format("http://127.0.0.1:{}", server_->port());
}

LocalEngine::LocalEngine(const LocalEngineOptions& options)
    : s3_(options.s3rver, options.folder + "/s3"), redis_(options.folder + "/redis") {
  LocalLambdaOptions lambda;
  lambda.command = options.worker;
  lambda.log_folder = made_folder(options.folder + "/workers");
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
