// Requests to a store, passed on or not.
#include "tests/cloud/store_proxy.hh"

#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <thread>

#include "cloud/local_s3.hh"
#include "cloud/server_clock.hh"
#include "cloud/sigv4.hh"
#include "tests/cloud/fake_s3.hh"
#include "tests/cloud/forward.hh"

namespace cloud::test {
namespace {

constexpr std::chrono::milliseconds kSlowness{100};
constexpr std::int64_t kSkewAllowed = 300;

void flip_a_bit(Bytes& bytes) {
  if (!bytes.empty())
    bytes[bytes.size() / 2] ^= 0x10;
}

// Promises all of the body, and breaks the line after half of it.
void cut(httplib::Response& response, const Bytes& body) {
  response.body.clear();
  response.set_content_provider(body.size(), "application/octet-stream",
                                [body](std::size_t offset, std::size_t, httplib::DataSink& sink) {
                                  if (offset != 0)
                                    return false;
                                  sink.write(reinterpret_cast<const char*>(body.data()),
                                             body.size() / 2);
                                  return body.size() / 2 != 0;
                                });
}

}  // namespace

StoreProxy::StoreProxy(std::string endpoint, Choice choose, std::int64_t ahead_seconds)
    : endpoint_(std::move(endpoint)),
      choose_(std::move(choose)),
      ahead_seconds_(ahead_seconds),
      server_([this](const auto& request, auto& response) { handle(request, response); }) {}

bool StoreProxy::is_of_our_time(const httplib::Request& request) const {
  const std::int64_t signed_at = parse_amz_date(request.get_header_value("x-amz-date"));
  return std::abs(signed_at - seconds_now() - ahead_seconds_) <= kSkewAllowed;
}

void StoreProxy::refuse_time(httplib::Response& response) const {
  const std::time_t now = seconds_now() + ahead_seconds_;
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  response.set_header("Date", text.data());
  answer_error(response, 403, "RequestTimeTooSkewed");
}

HttpResponse StoreProxy::pass_on(const httplib::Request& request, Harm harm) {
  Bytes body(request.body.begin(), request.body.end());
  if (harm == Harm::kChangeBody)
    flip_a_bit(body);
  HttpRequest next = onward(request, endpoint_, body);
  if (ahead_seconds_ != 0)  // the store behind has another clock
    sign(next, LocalS3::credentials(), {LocalS3::kRegion, "s3"}, seconds_now());
  return http_.send(next);
}

void StoreProxy::handle(const httplib::Request& request, httplib::Response& response) {
  const Harm harm = choose_(request.method, request.path);
  if (harm == Harm::kError500)
    return answer_error(response, 500, "InternalError");
  if (harm == Harm::kError503)
    return answer_error(response, 503, "SlowDown");
  if (harm == Harm::kExpired)
    return answer_error(response, 400, "ExpiredToken");
  if (!is_of_our_time(request))
    return refuse_time(response);
  if (harm == Harm::kSlow)
    std::this_thread::sleep_for(kSlowness);
  HttpResponse answer = pass_on(request, harm);
  if (harm == Harm::kChangeAnswer)
    flip_a_bit(answer.body);
  give_back(answer, request, response);
  if (harm == Harm::kCutAnswer && !answer.body.empty())
    cut(response, answer.body);
}

}  // namespace cloud::test
