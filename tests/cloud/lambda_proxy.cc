// Invocations, passed on or not.
#include "tests/cloud/lambda_proxy.hh"

#include <future>

#include "cloud/invocation.hh"
#include "tests/cloud/forward.hh"

namespace cloud::test {
namespace {

void refuse(httplib::Response& response, int status, const char* type) {
  response.status = status;
  response.set_header("x-amzn-ErrorType", type);
  response.set_content(R"({"message":"said so"})", "application/json");
}

// The line ends before what it promised.
void break_line(httplib::Response& response) {
  response.body.clear();
  response.set_content_provider(100, "application/json",
                                [](std::size_t, std::size_t, httplib::DataSink&) { return false; });
}

// Another answer in the right form: its seal does not match.
void forge(HttpResponse& answer) {
  Bytes bytes = read_answer(answer.text());
  bytes[bytes.size() / 3] ^= 1;
  const std::string text = write_answer(bytes);
  answer.body.assign(text.begin(), text.end());
}

}  // namespace

LambdaProxy::LambdaProxy(std::string endpoint, Choice choose)
    : endpoint_(std::move(endpoint)),
      choose_(std::move(choose)),
      http_({.ca_pem = {}, .stall_limit = {}}),
      server_([this](const auto& request, auto& response) { handle(request, response); }) {}

// Whoever waits for a replacement shall not wait for ever.
LambdaProxy::~LambdaProxy() {
  const std::lock_guard lock(mutex_);
  ends_ = true;
  changed_.notify_all();
}

int LambdaProxy::happened(CallFault fault) const {
  const std::lock_guard lock(mutex_);
  return happened_[static_cast<std::size_t>(fault)];
}

void LambdaProxy::count(CallFault fault) {
  const std::lock_guard lock(mutex_);
  ++happened_[static_cast<std::size_t>(fault)];
}

HttpResponse LambdaProxy::pass_on(const httplib::Request& request) {
  const Bytes body(request.body.begin(), request.body.end());
  return http_.send(onward(request, endpoint_, body));
}

HttpResponse LambdaProxy::pass_on_twice(const httplib::Request& request) {
  auto second = std::async(std::launch::async, [&] { return pass_on(request); });
  HttpResponse answer = pass_on(request);
  if (second.get().is_success() && answer.is_success())
    count(CallFault::kTwice);
  return answer;
}

void LambdaProxy::wait_for_replacement(const TaskName& task) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ends_ || answers_[task] > 0; });
  if (!ends_)
    ++happened_[static_cast<std::size_t>(CallFault::kLate)];
}

void LambdaProxy::handle(const httplib::Request& request, httplib::Response& response) {
  const Task task = read_task(read_invocation(request.body).task);
  const TaskName name{task.phase, task.chunk};
  int nth = 0;
  {
    const std::lock_guard lock(mutex_);
    nth = calls_[name]++;
  }
  const CallFault fault = choose_(task, nth);
  if (fault != CallFault::kTwice && fault != CallFault::kLate)
    count(fault);
  if (fault == CallFault::kThrottled)
    return refuse(response, 429, "TooManyRequestsException");
  if (fault == CallFault::kError500)
    return refuse(response, 500, "ServiceException");
  if (fault == CallFault::kExpired)
    return refuse(response, 403, "ExpiredTokenException");
  if (fault == CallFault::kLate)
    wait_for_replacement(name);
  HttpResponse answer = fault == CallFault::kTwice ? pass_on_twice(request) : pass_on(request);
  const bool good = answer.is_success() && answer.header("x-amz-function-error").empty();
  if (fault == CallFault::kForged && good)
    forge(answer);
  give_back(answer, request, response);
  if (fault == CallFault::kLost)
    return break_line(response);
  const std::lock_guard lock(mutex_);
  answers_[name] += good && fault != CallFault::kForged ? 1 : 0;
  changed_.notify_all();
}

}  // namespace cloud::test
