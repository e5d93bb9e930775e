// Signed requests to S3: what is worth another attempt, and what is not.
#include "cloud/s3_client.hh"

#include <optional>
#include <stdexcept>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "cloud/error.hh"
#include "cloud/server_clock.hh"
#include "cloud/url.hh"

namespace cloud {
namespace {

// <Error><Code>..; empty where there is none.
std::string error_code(const HttpResponse& response) {
  pugi::xml_document document;
  document.load_buffer(response.body.data(), response.body.size());
  return document.child("Error").child_value("Code");
}

std::string error_text(const HttpResponse& response) {
  pugi::xml_document document;
  document.load_buffer(response.body.data(), response.body.size());
  const pugi::xml_node error = document.child("Error");
  return fmt::format("status {} {} {}", response.status, error.child_value("Code"),
                     error.child_value("Message"));
}

bool is_passing(const HttpResponse& response) {
  const std::string code = error_code(response);
  return response.status >= 500 || response.status == 429 || response.status == 408 ||
         code == "RequestTimeout" || code == "SlowDown" || code == "InternalError" ||
         code == "ServiceUnavailable" || code == "OperationAborted" ||
         code == "ConditionalRequestConflict";
}

// An upload in parts may fail after its answer has begun with 200.
bool is_for_the_caller(const S3Request& request, const HttpResponse& response) {
  if (response.is_success())
    return request.method != "POST" || error_code(response).empty();
  return response.status == 412 || response.status == 416 ||
         (response.status == 404 && error_code(response) != "NoSuchBucket");
}

bool is_expired(const std::string& code) {
  return code == "ExpiredToken" || code == "TokenRefreshRequired";
}

}  // namespace

S3Client::S3Client(S3Options options, std::shared_ptr<CredentialsSource> credentials)
    : options_(std::move(options)), credentials_(std::move(credentials)), http_(options_.http) {
  if (options_.bucket.empty() || options_.region.empty())
    throw std::invalid_argument("the object store needs a bucket and a region");
  if (!options_.endpoint.empty())
    require_private_channel(options_.endpoint);
}

std::string S3Client::address(const S3Request& request) const {
  const bool own = options_.endpoint.empty();
  const std::string place =
      own ? fmt::format("https://{}.s3.{}.amazonaws.com", options_.bucket, options_.region)
          : fmt::format("{}/{}", options_.endpoint, options_.bucket);
  const bool slash = own || !request.key.empty();  // s3rver signs the bucket itself without one
  return fmt::format("{}{}{}{}{}", place, slash ? "/" : "", percent_encode(request.key, true),
                     request.query.empty() ? "" : "?", request.query);
}

HttpResponse S3Client::send_once(const S3Request& request, const Credentials& credentials) {
  HttpRequest http;
  http.method = request.method;
  http.url = address(request);
  http.headers = request.headers;
  http.body = request.body;
  sign(http, credentials, {options_.region, "s3"}, seconds_now() + clock_offset_);
  return http_.send(http);
}

// True if what was refused for who asked, or when, may go through now.
bool S3Client::mend(const HttpResponse& response, Credentials& credentials) {
  const std::string code = error_code(response);
  if (is_expired(code)) {
    credentials = credentials_->renew(credentials);
    return true;
  }
  const std::optional<std::int64_t> offset = clock_offset(response);
  if (code != "RequestTimeTooSkewed" || !offset)
    return false;
  clock_offset_ = *offset;
  return true;
}

HttpResponse S3Client::send(const S3Request& request) {
  Credentials credentials = credentials_->get();
  std::string problem;
  Retry retry(options_.retry);
  do {
    try {
      HttpResponse response = send_once(request, credentials);
      if (is_for_the_caller(request, response))
        return response;
      problem = error_text(response);
      if (!is_passing(response) && !mend(response, credentials))
        throw Denied(fmt::format("object store: {} {}: {}", request.method,
                                 address({.key = request.key}), problem));
    } catch (const HttpError& error) {
      problem = error.what();
    }
  } while (retry.pause());
  throw Unavailable(fmt::format("object store: {} {}: no success in {} attempts: {}",
                                request.method, address({.key = request.key}), retry.attempt(),
                                problem));
}

}  // namespace cloud
