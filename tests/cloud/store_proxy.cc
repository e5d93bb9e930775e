// Requests to a store, passed on or not.
#include "tests/cloud/store_proxy.hh"

#include <chrono>
#include <thread>

#include "tests/cloud/fake_s3.hh"

namespace cloud::test {
namespace {

constexpr std::chrono::milliseconds kSlowness{100};

// Headers of an answer that mean something to whoever asked.
bool is_meant(const std::string& name) {
  return name == "etag" || name == "date" || name.starts_with("x-amz-");
}

void flip_a_bit(Bytes& bytes) {
  if (!bytes.empty())
    bytes[bytes.size() / 2] ^= 0x10;
}

// Promises all of the body, and breaks the line after half of it.
void cut(httplib::Response& response, const Bytes& body) {
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

StoreProxy::StoreProxy(std::string endpoint, Choice choose)
    : endpoint_(std::move(endpoint)),
      choose_(std::move(choose)),
      server_([this](const auto& request, auto& response) { handle(request, response); }) {}

HttpResponse StoreProxy::pass_on(const httplib::Request& request, Harm harm) {
  Bytes body(request.body.begin(), request.body.end());
  if (harm == Harm::kChangeBody)
    flip_a_bit(body);
  HttpRequest onward;
  onward.method = request.method;
  onward.url = endpoint_ + request.target;
  onward.body = body;
  for (const auto& [name, value] : request.headers) {
    std::string lower = name;
    for (char& c : lower)
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    // The host stays: it was signed.
    if (lower != "content-length" && lower != "connection" && lower != "remote_addr" &&
        lower != "remote_port" && lower != "local_addr" && lower != "local_port")
      onward.headers[lower] = value;
  }
  return http_.send(onward);
}

void StoreProxy::handle(const httplib::Request& request, httplib::Response& response) {
  const Harm harm = choose_(request.method, request.path);
  if (harm == Harm::kError500)
    return answer_error(response, 500, "InternalError");
  if (harm == Harm::kError503)
    return answer_error(response, 503, "SlowDown");
  if (harm == Harm::kExpired)
    return answer_error(response, 400, "ExpiredToken");
  if (harm == Harm::kSlow)
    std::this_thread::sleep_for(kSlowness);
  HttpResponse answer = pass_on(request, harm);
  if (harm == Harm::kChangeAnswer)
    flip_a_bit(answer.body);
  // What arrives is the range already; httplib would cut it out once more.
  const_cast<httplib::Request&>(request).ranges.clear();
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers)
    if (is_meant(name))
      response.set_header(name.c_str(), value);
  if (harm == Harm::kCutAnswer && !answer.body.empty())
    cut(response, answer.body);
  else
    response.set_content(answer.text(), answer.header("content-type"));
}

}  // namespace cloud::test
