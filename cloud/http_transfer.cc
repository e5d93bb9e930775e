// One libcurl handle and its options.
#include "cloud/http_transfer.hh"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <stdexcept>

#include <fmt/format.h>

#include "cloud/url.hh"

namespace cloud {
namespace {

constexpr long kSlowBytesPerSecond = 1000;
constexpr long kKeepAliveSeconds = 60;  // routers forget idle lines after 350 s

// Where systems keep the certificates that they trust. A libcurl from Debian looks only in Debian's
// place, and Lambda is another system.
std::string system_certificates() {
  if (const char* chosen = std::getenv("SSL_CERT_FILE"); chosen != nullptr && *chosen != '\0')
    return chosen;
  for (const char* place : {"/etc/ssl/certs/ca-certificates.crt",
                            "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"})
    if (std::filesystem::exists(place))
      return place;
  return {};
}

// Header lines end with CR LF, names come in any case.
void add_header_line(std::string_view line, std::map<std::string, std::string>& headers) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos)
    return;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  line.remove_prefix(colon + 1);
  const std::size_t first = line.find_first_not_of(" \t\r\n");
  const std::size_t last = line.find_last_not_of(" \t\r\n");
  headers[name] =
      first == std::string_view::npos ? "" : std::string(line.substr(first, last - first + 1));
}

bool is_near(const Url& url) {
  return is_loopback(url) || url.host.starts_with("169.254.") || url.host.starts_with("[fd00:");
}

}  // namespace

CurlHandle new_curl_handle() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  CurlHandle handle(started == CURLE_OK ? curl_easy_init() : nullptr);
  if (!handle)
    throw std::runtime_error("libcurl does not start");
  return handle;
}

void trust(CURL* handle, const std::string& ca_pem) {
  if (ca_pem.empty()) {
    static const std::string system = system_certificates();
    if (!system.empty())
      curl_easy_setopt(handle, CURLOPT_CAINFO, system.c_str());
    return;
  }
  curl_blob blob{const_cast<char*>(ca_pem.data()), ca_pem.size(), CURL_BLOB_COPY};
  curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &blob);
  curl_easy_setopt(handle, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
}

HttpTransfer::HttpTransfer(HttpOptions options)
    : options_(std::move(options)), handle_(new_curl_handle()) {}

void HttpTransfer::prepare(const HttpRequest& request) {
  curl_easy_reset(handle());  // keeps connections
  response_ = {};
  error_[0] = '\0';
  too_long_ = false;
  address_ = request.url.substr(0, request.url.find('?'));
  set_channel(request.url);
  set_method(request);
  set_headers(request);
  curl_easy_setopt(handle(), CURLOPT_TIMEOUT_MS, static_cast<long>(request.limit.count()));
  curl_easy_setopt(handle(), CURLOPT_WRITEFUNCTION, &HttpTransfer::on_body);
  curl_easy_setopt(handle(), CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle(), CURLOPT_HEADERFUNCTION, &HttpTransfer::on_header);
  curl_easy_setopt(handle(), CURLOPT_HEADERDATA, this);
}

void HttpTransfer::set_channel(const std::string& url) {
  curl_easy_setopt(handle(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle(), CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(handle(), CURLOPT_PATH_AS_IS, 1L);  // what was signed is what is sent
  curl_easy_setopt(handle(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle(), CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(handle(), CURLOPT_TCP_KEEPIDLE, kKeepAliveSeconds);
  curl_easy_setopt(handle(), CURLOPT_TCP_KEEPINTVL, kKeepAliveSeconds);
  curl_easy_setopt(handle(), CURLOPT_ERRORBUFFER, error_);
  curl_easy_setopt(handle(), CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options_.connect_limit.count()));
  if (options_.stall_limit.count() > 0) {
    curl_easy_setopt(handle(), CURLOPT_LOW_SPEED_LIMIT, kSlowBytesPerSecond);
    curl_easy_setopt(handle(), CURLOPT_LOW_SPEED_TIME,
                     static_cast<long>(options_.stall_limit.count()));
  }
  trust(handle(), options_.ca_pem);
  if (is_near(parse_url(url)))
    curl_easy_setopt(handle(), CURLOPT_PROXY, "");
}

void HttpTransfer::set_method(const HttpRequest& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(handle(), CURLOPT_NOBODY, 1L);
  } else if (request.method == "POST" || request.method == "PUT") {
    curl_easy_setopt(handle(), CURLOPT_POST, 1L);
    // A null pointer would make libcurl read the body from standard input.
    curl_easy_setopt(
        handle(), CURLOPT_POSTFIELDS,
        request.body.empty() ? "" : reinterpret_cast<const char*>(request.body.data()));
    curl_easy_setopt(handle(), CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  }
  curl_easy_setopt(handle(), CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void HttpTransfer::set_headers(const HttpRequest& request) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : request.headers)
    lines.push_back(value.empty() ? name + ";" : name + ": " + value);
  // Nobody of ours answers 100 Continue any faster than it reads the body.
  lines.emplace_back("expect:");
  if (!request.headers.contains("content-type"))
    lines.emplace_back("content-type:");
  curl_slist* list = nullptr;
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list, line.c_str());
    if (longer == nullptr) {
      curl_slist_free_all(list);
      throw std::bad_alloc();
    }
    list = longer;
  }
  header_list_.reset(list);
  curl_easy_setopt(handle(), CURLOPT_HTTPHEADER, list);
}

std::size_t HttpTransfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  HttpTransfer& transfer = *static_cast<HttpTransfer*>(self);
  Bytes& body = transfer.response_.body;
  if (body.size() + size * count > transfer.options_.most_body_bytes) {
    transfer.too_long_ = true;
    return 0;
  }
  try {
    body.insert(body.end(), data, data + size * count);
  } catch (const std::bad_alloc&) {
    return 0;  // libcurl is C: it must not be thrown through
  }
  return size * count;
}

std::size_t HttpTransfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  const std::string_view line(data, size * count);
  HttpResponse& response = static_cast<HttpTransfer*>(self)->response_;
  if (line.starts_with("HTTP/"))
    response.headers.clear();  // of an interim answer
  else
    add_header_line(line, response.headers);
  return line.size();
}

HttpResponse HttpTransfer::finish(CURLcode code) {
  if (too_long_)
    throw HttpError(
        fmt::format("{}: the answer is longer than {} bytes", address_, options_.most_body_bytes));
  if (code != CURLE_OK)
    throw HttpError(
        fmt::format("{}: {}", address_, error_[0] != '\0' ? error_ : curl_easy_strerror(code)));
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

}  // namespace cloud
