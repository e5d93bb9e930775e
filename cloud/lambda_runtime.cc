// The loop of a Lambda worker.
#include "cloud/lambda_runtime.hh"

#include <exception>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cloud/http.hh"

namespace cloud {
namespace {

class RuntimeClient {
 public:
  explicit RuntimeClient(const std::string& address)
      : root_(fmt::format("http://{}/2018-06-01/runtime/invocation/", address)),
        http_({.ca_pem = {}, .stall_limit = {}}) {}  // the next invocation may be hours away

  RuntimeInvocation next() {
    HttpRequest request;
    request.url = root_ + "next";
    const HttpResponse response = http_.send(request);
    require_success(response, "gives no invocation");
    RuntimeInvocation invocation;
    invocation.request_id = response.header("lambda-runtime-aws-request-id");
    invocation.payload = response.text();
    const std::string deadline = response.header("lambda-runtime-deadline-ms");
    if (invocation.request_id.empty() || deadline.empty())
      throw std::runtime_error("the runtime's answer has no request id or deadline");
    invocation.deadline_ms = std::stoll(deadline);
    return invocation;
  }

  void answer(const std::string& request_id, const std::string& answer) {
    const int status = post(request_id, "response", answer).status;
    if (status == 413)  // a limit that was not ours to know
      report(request_id, "the service finds the answer too long");
    else if (status / 100 != 2)
      throw std::runtime_error(fmt::format("the runtime takes no answer: status {}", status));
  }

  void report(const std::string& request_id, const std::string& problem) {
    const nlohmann::json body{{"errorMessage", problem}, {"errorType", "fastslow"}};
    require_success(post(request_id, "error",
                         body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)),
                    "takes no error");
  }

 private:
  static void require_success(const HttpResponse& response, const char* what) {
    if (!response.is_success())
      throw std::runtime_error(fmt::format("the runtime {}: status {}", what, response.status));
  }

  HttpResponse post(const std::string& request_id, const char* kind, const std::string& body) {
    HttpRequest request;
    request.method = "POST";
    request.url = fmt::format("{}{}/{}", root_, request_id, kind);
    request.headers["content-type"] = "application/json";
    request.body = {reinterpret_cast<const std::uint8_t*>(body.data()), body.size()};
    return http_.send(request);
  }

  std::string root_;
  HttpClient http_;
};

}  // namespace

void serve_runtime(const std::string& address,
                   const std::function<std::string(const RuntimeInvocation&)>& handle) {
  RuntimeClient runtime(address);
  while (true) {
    const RuntimeInvocation invocation = runtime.next();
    std::string answer;
    std::string problem;
    try {
      answer = handle(invocation);
      if (answer.size() > kMostAnswerBytes)
        problem = fmt::format("the answer has {} bytes, more than Lambda takes", answer.size());
    } catch (const std::exception& error) {
      problem = error.what();
    }
    if (problem.empty())
      runtime.answer(invocation.request_id, answer);
    else
      runtime.report(invocation.request_id, problem);
  }
}

}  // namespace cloud
