// Workers on AWS Lambda, through its Invoke API: the coordinator does not wait for them, but each
// has an open line, on which its answer comes. (Lambda's own queue, invocation type Event, was not
// taken: it hides throttling, repeats attempts by itself, and answers come only by way of polling.)
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "cloud/credentials.hh"
#include "cloud/http_multi.hh"
#include "cloud/invocation.hh"
#include "cloud/invoker.hh"

namespace cloud {

struct LambdaOptions {
  std::string endpoint;  ///< empty: AWS's own of the region
  std::string region;
  std::string function;                      ///< its name, with ":alias" if wanted
  std::chrono::milliseconds limit{900'000};  ///< for an answer: no function runs longer
  std::string ca_pem;                        ///< certificates to trust; empty: the system's
};

class LambdaInvoker final : public Invoker {
 public:
  /// `common` is what all workers are told besides their task. Throws std::invalid_argument if the
  /// endpoint would send in the clear, or names are missing.
  LambdaInvoker(LambdaOptions options,
                Invocation common,
                std::shared_ptr<CredentialsSource> credentials);
  ~LambdaInvoker() override;

  void start(std::uint64_t attempt, Bytes task, std::function<void(Outcome)> done) override;

 private:
  struct Call;

  void send(const std::shared_ptr<Call>& call);
  void receive(const std::shared_ptr<Call>& call, HttpResult result);
  bool mend(const Call& call, const HttpResponse& response);

  LambdaOptions options_;
  Invocation common_;
  std::shared_ptr<CredentialsSource> credentials_;
  std::atomic<std::int64_t> clock_offset_{0};
  std::unique_ptr<HttpMulti> http_;  // last: its thread uses the rest
};

}  // namespace cloud
