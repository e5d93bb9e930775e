// Invocations, signed and sent, and what their answers mean.
#include "cloud/lambda_invoker.hh"

#include <cstdlib>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cloud/error.hh"
#include "cloud/server_clock.hh"
#include "cloud/sigv4.hh"
#include "cloud/url.hh"

namespace cloud {
namespace {

using Kind = Outcome::Kind;

// A member of an error's JSON body, whose spelling differs between services.
std::string member(const HttpResponse& response, const char* name) {
  const nlohmann::json body = nlohmann::json::parse(response.body, nullptr, false);
  if (!body.is_object() || !body.contains(name) || !body[name].is_string())
    return {};
  return body[name].get<std::string>();
}

// "ResourceNotFoundException:http://..." and so on.
std::string error_type(const HttpResponse& response) {
  const std::string type = response.header("x-amzn-errortype");
  return type.substr(0, type.find(':'));
}

std::string error_text(const HttpResponse& response) {
  std::string message = member(response, "message");
  if (message.empty())
    message = member(response, "Message");
  return fmt::format("Lambda answers with status {} {} {}", response.status, error_type(response),
                     message);
}

Outcome read_outcome(std::uint64_t attempt, const HttpResponse& response) {
  Outcome outcome;
  outcome.attempt = attempt;
  if (response.status == 429) {
    outcome.kind = Kind::kThrottled;
    outcome.reason = error_text(response);
  } else if (response.status >= 500) {
    outcome.kind = Kind::kDied;
    outcome.reason = error_text(response);
  } else if (!response.is_success()) {
    outcome.kind = Kind::kRefused;
    outcome.reason = error_text(response);
  } else if (!response.header("x-amz-function-error").empty()) {
    outcome.kind = Kind::kDied;
    outcome.reason = fmt::format("the worker failed: {} {}", member(response, "errorType"),
                                 member(response, "errorMessage"));
  } else {
    outcome.answer = read_answer(response.text());
    outcome.kind = Kind::kAnswered;
  }
  return outcome;
}

}  // namespace

// An invocation until its answer.
struct LambdaInvoker::Call {
  std::uint64_t attempt = 0;
  std::string payload;
  std::function<void(Outcome)> done;
  Credentials credentials;  // that it was signed with
  bool mended = false;      // once is enough
};

LambdaInvoker::LambdaInvoker(LambdaOptions options,
                             Invocation common,
                             std::shared_ptr<CredentialsSource> credentials)
    : options_(std::move(options)),
      common_(std::move(common)),
      credentials_(std::move(credentials)) {
  if (options_.function.empty() || options_.region.empty())
    throw std::invalid_argument("invoking workers needs a function and a region");
  if (options_.endpoint.empty())
    options_.endpoint = fmt::format("https://lambda.{}.amazonaws.com", options_.region);
  require_private_channel(options_.endpoint);
  HttpOptions http;
  http.ca_pem = options_.ca_pem;
  http.stall_limit = {};  // a line is silent until the worker is done
  http_ = std::make_unique<HttpMulti>(http);
}

LambdaInvoker::~LambdaInvoker() = default;

void LambdaInvoker::start(std::uint64_t attempt, Bytes task, std::function<void(Outcome)> done) {
  Invocation invocation = common_;
  invocation.task = std::move(task);
  const auto call = std::make_shared<Call>();
  call->attempt = attempt;
  call->payload = write_invocation(invocation);
  call->done = std::move(done);
  send(call);
}

void LambdaInvoker::send(const std::shared_ptr<Call>& call) {
  try {
    call->credentials = credentials_->get();
  } catch (const Denied& error) {
    call->done(
        {.attempt = call->attempt, .kind = Kind::kRefused, .answer = {}, .reason = error.what()});
    return;
  }
  Bytes body(call->payload.begin(), call->payload.end());
  HttpRequest request;
  request.method = "POST";
  request.url = fmt::format("{}/2015-03-31/functions/{}/invocations", options_.endpoint,
                            percent_encode(options_.function));
  request.headers = {{"content-type", "application/json"},
                     {"x-amz-invocation-type", "RequestResponse"}};
  request.limit = options_.limit;
  request.body = body;
  sign(request, call->credentials, {options_.region, "lambda"}, seconds_now() + clock_offset_);
  http_->start(std::move(request), std::move(body),
               [this, call](HttpResult result) { receive(call, std::move(result)); });
}

// True if what was refused for when it was signed, or for old keys, may go through now. Nothing was
// started then, so that sending again makes no second worker.
bool LambdaInvoker::mend(const Call& call, const HttpResponse& response) {
  if (response.status != 403 || call.mended)
    return false;
  const std::string type = error_type(response);
  if (type == "ExpiredTokenException") {
    credentials_->renew(call.credentials);
    return true;
  }
  const auto offset = clock_offset(response);
  if (type != "InvalidSignatureException" || !offset || std::abs(*offset) < kSkewSeconds)
    return false;
  clock_offset_ = *offset;
  return true;
}

void LambdaInvoker::receive(const std::shared_ptr<Call>& call, HttpResult result) {
  Outcome outcome{.attempt = call->attempt, .kind = Kind::kDied, .answer = {}, .reason = {}};
  try {
    if (const auto* error = std::get_if<HttpError>(&result)) {
      outcome.reason = error->what();
    } else if (const auto& response = std::get<HttpResponse>(result); mend(*call, response)) {
      call->mended = true;
      return send(call);
    } else {
      outcome = read_outcome(call->attempt, response);
    }
  } catch (const Damaged& error) {
    outcome.reason = error.what();
  } catch (const Denied& error) {
    outcome.kind = Kind::kRefused;
    outcome.reason = error.what();
  }
  call->done(std::move(outcome));
}

}  // namespace cloud
