// S3, Redis or polling, and Lambda for one run.
#include "cloud/services.hh"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>
#include <sys/resource.h>

#include "cloud/lambda_invoker.hh"
#include "cloud/redis_exchange.hh"
#include "cloud/s3_store.hh"
#include "cloud/seal.hh"
#include "cloud/store_exchange.hh"

namespace cloud {
namespace {

// "" for no file.
std::string certificates_in(const std::string& path) {
  if (path.empty())
    return {};
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file || text.empty())
    throw std::system_error(errno, std::generic_category(), path + ": certificates to trust");
  return text;
}

// A worker is an open line; the usual limit of 1024 files would be one of workers.
void allow_many_lines() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

std::string make_password() {
  const SealKey random = make_seal_key();
  return sha256_hex(random);
}

void check_name(const std::string& name) {
  const char* allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
  if (name.empty() || name.find_first_not_of(allowed) != std::string::npos)
    throw std::invalid_argument(name + ": not a name for a run");
}

}  // namespace

RunServices::RunServices(const CloudConfig& config, const std::string& name, ExchangeKind exchange)
    : prefix_("runs/" + name + "/"), user_("run-" + name) {
  check_name(name);
  allow_many_lines();
  if (exchange == ExchangeKind::kRedis && !config.exchange)
    throw std::invalid_argument(
        "the cloud's configuration has no Redis server; add \"exchange\" there, or let states be "
        "polled for: --exchange s3");
  const auto credentials = std::make_shared<CredentialsSource>();
  const std::string ca_pem = certificates_in(config.ca_file);
  const StoreTarget target{config.store_endpoint, config.region, config.bucket, prefix_, ca_pem};
  store_ = open_store(target, credentials);
  Invocation common{.store = target, .exchange = {}, .task = {}};
  if (config.exchange && exchange != ExchangeKind::kStore) {
    admin_ = std::make_unique<RedisAdmin>(
        RedisOptions{.host = config.exchange->host,
                     .port = config.exchange->port,
                     .user = config.exchange->user,
                     .password = config.exchange->password,
                     .ca_pem = certificates_in(config.exchange->ca_file)});
    common.exchange = admin_->admit(user_, make_password(), prefix_);
  }
  exchange_ = open_exchange(common.exchange, *store_);
  const LambdaOptions lambda{.endpoint = config.lambda_endpoint,
                             .region = config.region,
                             .function = config.function,
                             .ca_pem = ca_pem};
  invoker_ = std::make_unique<LambdaInvoker>(lambda, common, credentials);
}

RunServices::~RunServices() = default;

void RunServices::dismiss() {
  if (admin_)
    admin_->dismiss(user_, prefix_);
}

std::unique_ptr<ObjectStore> open_store(const StoreTarget& target,
                                        std::shared_ptr<CredentialsSource> credentials) {
  S3Options options;
  options.endpoint = target.endpoint;
  options.region = target.region;
  options.bucket = target.bucket;
  options.prefix = target.prefix;
  options.http.ca_pem = target.ca_pem;
  return std::make_unique<S3Store>(std::move(options), std::move(credentials));
}

std::unique_ptr<StateExchange> open_exchange(const std::optional<ExchangeTarget>& target,
                                             ObjectStore& store) {
  if (target)
    return std::make_unique<RedisExchange>(*target);
  return std::make_unique<StoreExchange>(store);
}

}  // namespace cloud
