// Objects in S3: put, get, list, remove.
#include "cloud/s3_store.hh"

#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <pugixml.hpp>

#include "cloud/base64.hh"
#include "cloud/error.hh"
#include "cloud/seal.hh"
#include "cloud/url.hh"

namespace cloud {
namespace {

constexpr const char* kDigestHeader = "x-amz-meta-sha256";
constexpr std::size_t kMostKeysToRemove = 1000;
constexpr int kDamagedTries = 3;

ByteSpan bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string md5_base64(ByteSpan bytes) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_md5(), nullptr) != 1)
    throw std::runtime_error("libcrypto does not compute MD5, which S3 wants");
  return base64_encode(ByteSpan(digest).first(size));
}

// Asks again where the answer was cut or damaged on its way. For requests that may be made twice.
pugi::xml_document ask(S3Client& client, const S3Request& request, const std::string& what) {
  constexpr int kAttempts = 5;
  pugi::xml_document document;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const HttpResponse response = client.send(request);
    if (document.load_buffer(response.body.data(), response.body.size()))
      return document;
  }
  throw Unavailable(fmt::format("object store: the answer to {} is no XML", what));
}

std::string range_header(const Range& range) {
  return fmt::format("bytes={}-{}", range.offset, range.offset + range.size_bytes - 1);
}

// Why the bytes are not what was asked for, or "".
std::string damage(const HttpResponse& response, const std::optional<Range>& range) {
  if (range)
    return response.status == 206 && response.body.size() == range->size_bytes
               ? ""
               : fmt::format("{} bytes of a range of {} arrive", response.body.size(),
                             range->size_bytes);
  const std::string expected = response.header(kDigestHeader);
  if (expected.empty())
    return "it has no checksum; it was not written by fastslow";
  return expected == sha256_hex(response.body) ? "" : "its bytes do not have its checksum";
}

void require_found(const HttpResponse& response, const std::string& what) {
  if (response.status == 404)
    throw Unavailable(fmt::format("object store: {} vanished meanwhile", what));
}

}  // namespace

S3Store::S3Store(S3Options options, std::shared_ptr<CredentialsSource> credentials)
    : client_(std::move(options), std::move(credentials)) {}

void S3Store::put(const std::string& key, ByteSpan bytes) {
  write(key, bytes, {});
}

bool S3Store::put_new(const std::string& key, ByteSpan bytes) {
  return write(key, bytes, {{"if-none-match", "*"}});
}

bool S3Store::write(const std::string& key, ByteSpan bytes, const Headers& condition) {
  const std::string path = client_.options().prefix + key;
  if (bytes.size() > client_.options().part_bytes)
    return write_in_parts(path, bytes, condition);
  Headers headers = condition;
  headers[kDigestHeader] = sha256_hex(bytes);
  const HttpResponse response =
      client_.send({.method = "PUT", .key = path, .headers = headers, .body = bytes});
  require_found(response, client_.options().bucket);
  return response.status != 412;
}

std::string S3Store::start_parts(const std::string& key, ByteSpan bytes) {
  // One that was begun and not heard of is removed by the bucket's rule for such.
  return ask(client_,
             {.method = "POST",
              .key = key,
              .query = "uploads=",
              .headers = {{kDigestHeader, sha256_hex(bytes)}}},
             "an upload in parts")
      .child("InitiateMultipartUploadResult")
      .child_value("UploadId");
}

// Returns the part's tag.
std::string S3Store::write_part(const std::string& key, const std::string& query, ByteSpan part) {
  const HttpResponse response =
      client_.send({.method = "PUT", .key = key, .query = query, .body = part});
  require_found(response, "an upload in parts");
  return response.header("etag");
}

bool S3Store::write_in_parts(const std::string& key, ByteSpan bytes, const Headers& condition) {
  const std::string upload = "uploadId=" + percent_encode(start_parts(key, bytes));
  try {
    std::string list = "<CompleteMultipartUpload>";
    for (int number = 1; !bytes.empty(); ++number) {
      const ByteSpan part = bytes.first(std::min(bytes.size(), client_.options().part_bytes));
      bytes = bytes.subspan(part.size());
      list += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number,
                          write_part(key, fmt::format("partNumber={}&{}", number, upload), part));
    }
    list += "</CompleteMultipartUpload>";
    const HttpResponse response = client_.send({.method = "POST",
                                                .key = key,
                                                .query = upload,
                                                .headers = condition,
                                                .body = bytes_of(list)});
    require_found(response, "an upload in parts");
    if (response.status != 412)
      return true;
  } catch (const std::exception&) {
    abandon_parts(key, upload);
    throw;
  }
  abandon_parts(key, upload);
  return false;
}

// Parts that nobody puts together cost money until the bucket's rules remove them.
void S3Store::abandon_parts(const std::string& key, const std::string& upload) noexcept {
  try {
    client_.send({.method = "DELETE", .key = key, .query = upload});
  } catch (const std::exception&) {
    return;  // what went wrong first is the better message
  }
}

std::optional<Bytes> S3Store::get(const std::string& key, std::optional<Range> range) {
  const std::string path = client_.options().prefix + key;
  S3Request request{.key = path};
  if (range)
    request.headers["range"] = range_header(*range);
  std::string problem;
  for (int i = 0; i < kDamagedTries; ++i) {
    HttpResponse response = client_.send(request);
    if (response.status == 404)
      return {};
    problem = damage(response, range);
    if (problem.empty())
      return std::move(response.body);
  }
  throw Damaged(fmt::format("object {}: {}", path, problem));
}

std::vector<std::string> S3Store::list(const std::string& prefix) {
  const std::string& root = client_.options().prefix;
  std::vector<std::string> keys;
  std::string token;
  do {
    S3Request request{.query = "list-type=2&prefix=" + percent_encode(root + prefix)};
    if (!token.empty())
      request.query += "&continuation-token=" + percent_encode(token);
    const pugi::xml_document document = ask(client_, request, "a listing");
    const pugi::xml_node result = document.child("ListBucketResult");
    for (const pugi::xml_node object : result.children("Contents"))
      if (const std::string key = object.child_value("Key"); key.starts_with(root))
        keys.push_back(key.substr(root.size()));
    token = result.child_value("NextContinuationToken");
  } while (!token.empty());
  std::sort(keys.begin(), keys.end());
  return keys;
}

void S3Store::remove(std::span<const std::string> keys) {
  while (!keys.empty()) {
    const std::size_t count = std::min(keys.size(), kMostKeysToRemove);
    remove_some(keys.first(count));
    keys = keys.subspan(count);
  }
}

void S3Store::remove_some(std::span<const std::string> keys) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("Delete");
  root.append_child("Quiet").text().set("true");
  for (const std::string& key : keys)
    root.append_child("Object").append_child("Key").text().set(
        (client_.options().prefix + key).c_str());
  std::ostringstream text;
  document.save(text, "", pugi::format_raw);
  const std::string body = text.str();
  const pugi::xml_document result = ask(client_,
                                        {.method = "POST",
                                         .query = "delete=",
                                         .headers = {{"content-md5", md5_base64(bytes_of(body))},
                                                     {"content-type", "application/xml"}},
                                         .body = bytes_of(body)},
                                        "a removal");
  if (const pugi::xml_node error = result.child("DeleteResult").child("Error"))
    throw Unavailable(fmt::format("object store: cannot remove {}: {}", error.child_value("Key"),
                                  error.child_value("Message")));
}

}  // namespace cloud
