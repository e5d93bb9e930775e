// The store of tests. Objects in memory; XML by hand, as little as fastslow reads.
#include "tests/cloud/fake_s3.hh"

#include <string>
#include <string_view>

#include "cloud/seal.hh"
#include "cloud/sigv4.hh"
#include "tests/host/test_clips.hh"

namespace cloud::test {
namespace {

constexpr std::string_view kRoot = "/bucket";

std::string header(const httplib::Request& request, const std::string& name) {
  return request.get_header_value(name.c_str());
}

std::string query_of(const httplib::Request& request) {
  const std::size_t at = request.target.find('?');
  return at == std::string::npos ? "" : request.target.substr(at + 1);
}

}  // namespace

void answer_error(httplib::Response& response, int status, const std::string& code) {
  response.status = status;
  response.set_content("<Error><Code>" + code + "</Code><Message>said so</Message></Error>",
                       "application/xml");
}

S3Options FakeS3::options() const {
  S3Options options;
  options.endpoint = server_.url();
  options.region = "here";
  options.bucket = "bucket";
  options.prefix = "runs/1/";
  options.retry = {.attempts = 4,
                   .first_pause = std::chrono::milliseconds(1),
                   .longest_pause = std::chrono::milliseconds(2)};
  return options;
}

std::shared_ptr<CredentialsSource> FakeS3::source() {
  CredentialsEnvironment environment = system_environment();
  environment.variable = [](const std::string& name) {
    return name == "AWS_ACCESS_KEY_ID"       ? credentials().access_key_id
           : name == "AWS_SECRET_ACCESS_KEY" ? credentials().secret_access_key
                                             : std::string();
  };
  return std::make_shared<CredentialsSource>(environment);
}

bool FakeS3::is_signed(const httplib::Request& request) const {
  const std::string authorization = header(request, "Authorization");
  SignedParts parts{request.method,
                    request.target.substr(0, request.target.find('?')),
                    query_of(request),
                    {},
                    header(request, "x-amz-content-sha256")};
  for (const std::string& name : signed_header_names(authorization))
    parts.headers[name] = header(request, name);
  return parts.headers.contains("x-amz-date") &&
         authorization == authorization_of(parts, credentials(), {"here", "s3"}) &&
         parts.body_sha256 == sha256_hex(host::test::text_bytes(request.body));
}

void FakeS3::handle(const httplib::Request& request, httplib::Response& response) {
  const std::lock_guard lock(mutex_);
  requests.push_back(request.method + " " + request.path);
  if (fault_ && fault_(request, response))
    return;
  if (!is_signed(request))
    return answer_error(response, 403, "SignatureDoesNotMatch");
  if (!request.path.starts_with(kRoot))
    return answer_error(response, 404, "NoSuchBucket");
  const std::string key = request.path.substr(std::min(kRoot.size() + 1, request.path.size()));
  if (request.method == "GET")
    get(key, request, response);
  else if (request.method == "PUT")
    put(key, request, response);
  else if (request.method == "POST")
    post(key, request, response);
  else
    abandon_parts(response);
}

void FakeS3::get(const std::string& key,
                 const httplib::Request& request,
                 httplib::Response& response) {
  if (key.empty())
    return list(request, response);
  const auto found = objects.find(key);
  if (found == objects.end())
    return answer_error(response, 404, "NoSuchKey");
  response.set_header("x-amz-meta-sha256", found->second.digest);
  response.set_content(found->second.body, "application/octet-stream");
  if (!request.ranges.empty() &&
      request.ranges[0].first >= static_cast<ssize_t>(found->second.body.size()))
    answer_error(response, 416, "InvalidRange");
}

void FakeS3::abandon_parts(httplib::Response& response) {
  uploads.clear();
  response.status = 204;
}

bool FakeS3::is_taken(const std::string& key,
                      const httplib::Request& request,
                      httplib::Response& response) const {
  const bool taken = header(request, "If-None-Match") == "*" && objects.contains(key);
  if (taken)
    answer_error(response, 412, "PreconditionFailed");
  return taken;
}

void FakeS3::put(const std::string& key,
                 const httplib::Request& request,
                 httplib::Response& response) {
  if (request.has_param("partNumber")) {
    uploads["1"].body += request.body;
    response.set_header("ETag", "\"part\"");
  } else if (!is_taken(key, request, response)) {
    objects[key] = {request.body, header(request, "x-amz-meta-sha256")};
  }
}

void FakeS3::post(const std::string& key,
                  const httplib::Request& request,
                  httplib::Response& response) {
  if (request.has_param("delete"))
    return remove_all(request, response);
  if (request.has_param("uploads")) {
    uploads["1"] = {"", header(request, "x-amz-meta-sha256")};
    response.set_content(
        "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>",
        "application/xml");
  } else if (!is_taken(key, request, response)) {
    objects[key] = uploads["1"];
    uploads.clear();
    response.set_content("<CompleteMultipartUploadResult/>", "application/xml");
  }
}

void FakeS3::list(const httplib::Request& request, httplib::Response& response) const {
  const std::string prefix = request.get_param_value("prefix");
  const std::string after = request.get_param_value("continuation-token");
  std::string text = "<ListBucketResult>";
  std::size_t count = 0;
  std::string last;
  for (const auto& [key, object] : objects) {
    if (!key.starts_with(prefix) || key <= after)
      continue;
    if (count++ == page) {
      text += "<NextContinuationToken>" + last + "</NextContinuationToken>";
      break;
    }
    text += "<Contents><Key>" + key + "</Key></Contents>";
    last = key;
  }
  response.set_content(text + "</ListBucketResult>", "application/xml");
}

void FakeS3::remove_all(const httplib::Request& request, httplib::Response& response) {
  if (!request.has_header("Content-MD5"))
    return answer_error(response, 400, "InvalidRequest");
  constexpr std::string_view kBegin = "<Key>";
  constexpr std::string_view kEnd = "</Key>";
  std::size_t begin = 0;
  while ((begin = request.body.find(kBegin, begin)) != std::string::npos) {
    begin += kBegin.size();
    objects.erase(request.body.substr(begin, request.body.find(kEnd, begin) - begin));
  }
  response.set_content("<DeleteResult/>", "application/xml");
}

}  // namespace cloud::test
