// Lambda's two HTTP APIs, over the processes of cloud/local_workers.
#include "cloud/local_lambda.hh"

#include <array>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include "cloud/local_workers.hh"
#include "cloud/seal.hh"
#include "cloud/sigv4.hh"

namespace cloud {
namespace {

using httplib::Request;
using httplib::Response;

constexpr std::size_t kMostBytes = std::size_t{6} << 20U;
constexpr std::int64_t kSignatureSeconds = 300;
constexpr const char* kJson = "application/json";

// As Lambda words its refusals.
void refuse(Response& response, int status, const char* type, const std::string& message) {
  response.status = status;
  response.set_header("x-amzn-ErrorType", type);
  response.set_content(nlohmann::json{{"Type", "User"}, {"message", message}}.dump(), kJson);
}

std::string http_date(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

SignedParts parts_of(const Request& request) {
  const std::size_t question = std::min(request.target.find('?'), request.target.size());
  SignedParts parts{request.method,
                    request.target.substr(0, question),
                    request.target.substr(std::min(question + 1, request.target.size())),
                    {},
                    sha256_hex({reinterpret_cast<const std::uint8_t*>(request.body.data()),
                                request.body.size()})};
  const std::string authorization = request.get_header_value("Authorization");
  for (const std::string& name : signed_header_names(authorization))
    parts.headers[name] = request.get_header_value(name.c_str());
  return parts;
}

}  // namespace

class LocalLambda::Service {
 public:
  explicit Service(LocalLambdaOptions options);
  Service(const Service&) = delete;
  Service(Service&&) = delete;
  Service& operator=(const Service&) = delete;
  Service& operator=(Service&&) = delete;
  ~Service();

  int port() const { return port_; }
  const LocalWorkers& workers() const { return *workers_; }

 private:
  void declare_routes();
  bool may_invoke(const Request& request, Response& response) const;
  void invoke(const Request& request, Response& response);
  void next(const Request& request, Response& response);
  void finish(const Request& request, Response& response, LocalAnswer::Kind kind);

  LocalLambdaOptions options_;
  httplib::Server server_;
  int port_ = 0;
  std::unique_ptr<LocalWorkers> workers_;
  std::thread thread_;
};

LocalLambda::Service::Service(LocalLambdaOptions options) : options_(std::move(options)) {
  // Each worker holds a thread, each invocation one, and some connections idle.
  const auto threads = static_cast<std::size_t>(4 * options_.concurrency + 32);
  server_.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
  server_.set_tcp_nodelay(true);
  server_.set_keep_alive_max_count(100000);
  declare_routes();
  port_ = options_.port == 0                                 ? server_.bind_to_any_port("127.0.0.1")
          : server_.bind_to_port("127.0.0.1", options_.port) ? options_.port
                                                             : -1;
  if (port_ < 0)
    throw std::runtime_error(
        fmt::format("port {} on 127.0.0.1 is taken; choose another", options_.port));
  workers_ = std::make_unique<LocalWorkers>(options_, fmt::format("127.0.0.1:{}", port_));
  thread_ = std::thread([this] { server_.listen_after_bind(); });
  while (!server_.is_running())
    std::this_thread::yield();
}

LocalLambda::Service::~Service() {
  workers_->stop();
  server_.stop();
  thread_.join();
}

void LocalLambda::Service::declare_routes() {
  server_.Post("/2015-03-31/functions/([^/]+)/invocations",
               [this](const Request& request, Response& response) { invoke(request, response); });
  const std::string root = "/worker/([0-9]{1,9})/2018-06-01/runtime/invocation/";
  server_.Get(root + "next",
              [this](const Request& request, Response& response) { next(request, response); });
  server_.Post(root + "([^/]+)/response", [this](const Request& request, Response& response) {
    finish(request, response, LocalAnswer::Kind::kAnswered);
  });
  server_.Post(root + "([^/]+)/error", [this](const Request& request, Response& response) {
    finish(request, response, LocalAnswer::Kind::kFailed);
  });
}

bool LocalLambda::Service::may_invoke(const Request& request, Response& response) const {
  const std::int64_t now = options_.now();
  response.set_header("Date", http_date(now));
  const SignedParts parts = parts_of(request);
  const std::string authorization = request.get_header_value("Authorization");
  if (!parts.headers.contains("x-amz-date") || !parts.headers.contains("host")) {
    refuse(response, 403, "MissingAuthenticationTokenException", "Missing Authentication Token");
  } else if (authorization.find("Credential=" + options_.credentials.access_key_id + "/") ==
             std::string::npos) {
    refuse(response, 403, "UnrecognizedClientException",
           "The security token included in the request is invalid.");
  } else if (authorization !=
             authorization_of(parts, options_.credentials, {options_.region, "lambda"})) {
    refuse(response, 403, "InvalidSignatureException", "The signature does not match.");
  } else if (std::abs(parse_amz_date(parts.headers.at("x-amz-date")) - now) > kSignatureSeconds) {
    refuse(response, 403, "InvalidSignatureException", "Signature expired.");
  } else if (options_.credentials.expires_at && *options_.credentials.expires_at <= now) {
    refuse(response, 403, "ExpiredTokenException", "The security token has expired");
  } else {
    return true;
  }
  return false;
}

void LocalLambda::Service::invoke(const Request& request, Response& response) {
  if (!may_invoke(request, response))
    return;
  const std::string type = request.get_header_value("X-Amz-Invocation-Type");
  if (request.matches[1] != options_.function)
    return refuse(response, 404, "ResourceNotFoundException",
                  fmt::format("Function not found: {}", request.matches[1].str()));
  if (request.body.size() > kMostBytes)
    return refuse(response, 413, "RequestTooLargeException", "the payload is over 6 MB");
  if (type == "DryRun") {
    response.status = 204;
    return;
  }
  if (!type.empty() && type != "RequestResponse")
    return refuse(response, 400, "InvalidParameterValueException",
                  "here invocations are RequestResponse or DryRun");
  const LocalAnswer answer = workers_->invoke(request.body);
  if (answer.kind == LocalAnswer::Kind::kThrottled)
    return refuse(response, 429, "TooManyRequestsException", "Rate Exceeded.");
  if (answer.kind == LocalAnswer::Kind::kFailed)
    response.set_header("X-Amz-Function-Error", "Unhandled");
  response.set_header("X-Amz-Executed-Version", "$LATEST");
  response.set_content(answer.text, kJson);
}

void LocalLambda::Service::next(const Request& request, Response& response) {
  const auto job = workers_->next(std::stoi(request.matches[1]));
  if (!job) {
    response.status = 403;
    return;
  }
  response.set_header("Lambda-Runtime-Aws-Request-Id", job->request_id);
  response.set_header("Lambda-Runtime-Deadline-Ms", std::to_string(job->deadline_ms));
  response.set_header("Lambda-Runtime-Invoked-Function-Arn",
                      fmt::format("arn:aws:lambda:{}:000000000000:function:{}", options_.region,
                                  options_.function));
  response.set_content(job->payload, kJson);
}

void LocalLambda::Service::finish(const Request& request,
                                  Response& response,
                                  LocalAnswer::Kind kind) {
  const bool too_long = request.body.size() > kMostBytes;
  LocalAnswer answer{kind, request.body};
  if (too_long)
    answer = {LocalAnswer::Kind::kFailed,
              nlohmann::json{{"errorType", "Function.ResponseSizeTooLarge"},
                             {"errorMessage", "Response payload size exceeded 6 MB"}}
                  .dump()};
  const bool known =
      workers_->finish(std::stoi(request.matches[1]), request.matches[2], std::move(answer));
  response.status = !known ? 400 : too_long ? 413 : 202;
}

LocalLambda::LocalLambda(LocalLambdaOptions options)
    : service_(std::make_unique<Service>(std::move(options))) {}

LocalLambda::~LocalLambda() = default;

std::string LocalLambda::endpoint() const {
  return fmt::format("http://127.0.0.1:{}", port());
}

int LocalLambda::port() const {
  return service_->port();
}

std::vector<LocalWorker> LocalLambda::workers() const {
  return service_->workers().processes();
}

int LocalLambda::cold_starts() const {
  return service_->workers().started();
}

}  // namespace cloud
