// Signature Version 4: a canonical text of the request, signed with a key that is derived from the
// secret.
#include "cloud/sigv4.hh"

#include <algorithm>
#include <array>
#include <ctime>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <openssl/hmac.h>

#include "cloud/seal.hh"
#include "cloud/url.hh"

namespace cloud {
namespace {

using Digest = std::array<std::uint8_t, 32>;

constexpr std::size_t kDayLength = 8;  // of YYYYMMDD

ByteSpan bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Digest hmac(ByteSpan key, std::string_view text) {
  Digest digest{};
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text).data(),
           text.size(), digest.data(), nullptr) == nullptr)
    throw std::runtime_error("libcrypto does not compute HMAC-SHA256");
  return digest;
}

// S3 signs paths as they are sent; all other services encode them once more.
std::string canonical_path(const std::string& path, const std::string& service) {
  return service == "s3" ? path : percent_encode(path, true);
}

// "name=value" pairs, sorted; a name alone has an empty value.
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    pairs.emplace_back(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string text;
  for (const auto& [name, value] : pairs)
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
  return text;
}

std::string signed_names(const SignedParts& parts) {
  std::string names;
  for (const auto& [name, value] : parts.headers)
    names += (names.empty() ? "" : ";") + name;
  return names;
}

std::string canonical_request(const SignedParts& parts, const std::string& service) {
  std::string headers;
  for (const auto& [name, value] : parts.headers)
    headers += fmt::format("{}:{}\n", name, value);
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", parts.method, canonical_path(parts.path, service),
                     canonical_query(parts.query), headers, signed_names(parts), parts.body_sha256);
}

std::string scope_text(const SignedParts& parts, const SignatureScope& scope) {
  return fmt::format("{}/{}/{}/aws4_request", parts.headers.at("x-amz-date").substr(0, kDayLength),
                     scope.region, scope.service);
}

}  // namespace

std::string signature_of(const SignedParts& parts,
                         const std::string& secret_access_key,
                         const SignatureScope& scope) {
  const std::string& date = parts.headers.at("x-amz-date");
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", date, scope_text(parts, scope),
                  sha256_hex(bytes_of(canonical_request(parts, scope.service))));
  Digest key = hmac(bytes_of("AWS4" + secret_access_key), date.substr(0, kDayLength));
  for (const std::string_view part :
       {std::string_view(scope.region), std::string_view(scope.service),
        std::string_view("aws4_request"), std::string_view(to_sign)})
    key = hmac(key, part);
  std::string text;
  for (const std::uint8_t byte : key)
    text += fmt::format("{:02x}", byte);
  return text;
}

std::string authorization_of(const SignedParts& parts,
                             const Credentials& credentials,
                             const SignatureScope& scope) {
  return fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                     credentials.access_key_id, scope_text(parts, scope), signed_names(parts),
                     signature_of(parts, credentials.secret_access_key, scope));
}

void sign(HttpRequest& request,
          const Credentials& credentials,
          const SignatureScope& scope,
          std::int64_t now) {
  const Url url = parse_url(request.url);
  const std::string body_sha256 = sha256_hex(request.body);
  request.headers.erase("authorization");
  request.headers["host"] = host_header(url);
  request.headers["x-amz-date"] = amz_date(now);
  if (credentials.session_token.empty())
    request.headers.erase("x-amz-security-token");
  else
    request.headers["x-amz-security-token"] = credentials.session_token;
  if (scope.service == "s3")
    request.headers["x-amz-content-sha256"] = body_sha256;
  const SignedParts parts{request.method, url.path, url.query, request.headers, body_sha256};
  request.headers["authorization"] = authorization_of(parts, credentials, scope);
}

std::vector<std::string> signed_header_names(const std::string& authorization) {
  constexpr std::string_view kLabel = "SignedHeaders=";
  const std::size_t at = authorization.find(kLabel);
  if (at == std::string::npos)
    return {};
  std::istringstream list(
      authorization.substr(at + kLabel.size(), authorization.find(',', at) - at - kLabel.size()));
  std::vector<std::string> names;
  for (std::string name; std::getline(list, name, ';');)
    names.push_back(name);
  return names;
}

std::string amz_date(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return {text.data(), size};
}

std::int64_t parse_amz_date(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y%m%dT%H%M%SZ", &parts);
  const std::int64_t seconds = timegm(&parts);
  if (end == nullptr || *end != '\0' || amz_date(seconds) != text)
    throw std::invalid_argument(text + ": not a date like 20260131T235959Z");
  return seconds;
}

}  // namespace cloud
