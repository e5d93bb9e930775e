// Parts of a URL. What libcurl takes apart for a request is the same text: here it is needed for
// signatures and for the rule that nothing goes in the clear.
#include "cloud/url.hh"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace cloud {
namespace {

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
  throw std::invalid_argument(fmt::format("{}: {}", text, why));
}

// Cuts off and returns what lies before the first of `ends`, or all of it.
std::string_view cut(std::string_view& text, std::string_view ends) {
  const std::size_t at = std::min(text.find_first_of(ends), text.size());
  const std::string_view head = text.substr(0, at);
  text.remove_prefix(at);
  return head;
}

void parse_authority(std::string_view authority, Url& url) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    url.host = authority.substr(0, end == std::string_view::npos ? end : end + 1);
    authority.remove_prefix(url.host.size());
  } else {
    url.host = cut(authority, ":");
  }
  if (authority.starts_with(':'))
    url.port = authority.substr(1);
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

Url parse_url(const std::string& text) {
  Url url;
  std::string_view rest = text;
  url.scheme = cut(rest, ":");
  if ((url.scheme != "http" && url.scheme != "https") || !rest.starts_with("://"))
    refuse(text, "not an address; it must begin with https:// or http://");
  rest.remove_prefix(3);
  parse_authority(cut(rest, "/?#"), url);
  if (url.host.empty() || url.port.find_first_not_of("0123456789") != std::string::npos)
    refuse(text, "not an address; it needs a host, and a port can only be a number");
  url.path = cut(rest, "?#");
  if (url.path.empty())
    url.path = "/";
  if (rest.starts_with('?')) {
    rest.remove_prefix(1);
    url.query = cut(rest, "#");
  }
  return url;
}

std::string host_header(const Url& url) {
  const bool usual = url.port.empty() || url.port == (url.scheme == "https" ? "443" : "80");
  return usual ? url.host : url.host + ":" + url.port;
}

bool is_loopback(const Url& url) {
  const bool number = url.host.find_first_not_of("0123456789.") == std::string::npos;
  return url.host == "localhost" || url.host == "[::1]" || (number && url.host.starts_with("127."));
}

void require_private_channel(const std::string& endpoint) {
  const Url url = parse_url(endpoint);
  if (url.scheme != "https" && !is_loopback(url))
    refuse(endpoint, "would send credentials and pictures unencrypted; use https://");
}

std::string percent_encode(std::string_view text, bool keep_slashes) {
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c) || (c == '/' && keep_slashes))
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

}  // namespace cloud
