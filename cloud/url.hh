// Addresses of services: parts of a URL, and percent-encoding (RFC 3986).
#pragma once

#include <string>
#include <string_view>

namespace cloud {

/// scheme://host[:port]/path?query, each part as it is written, without the separators.
struct Url {
  std::string scheme;
  std::string host;   ///< without the port
  std::string port;   ///< empty: the scheme's own
  std::string path;   ///< begins with '/'
  std::string query;  ///< without '?'

  bool operator==(const Url&) const = default;
};

/// Throws std::invalid_argument, with the text in the message, for what is not http or https.
Url parse_url(const std::string& text);

/// "host" or "host:port", as in a Host header: a port that is the scheme's own is left out.
std::string host_header(const Url& url);

/// True for 127.x.x.x, ::1 and localhost.
bool is_loopback(const Url& url);

/// Throws std::invalid_argument unless `endpoint` is https, or http on this very machine: what is
/// sent there is worth protecting.
void require_private_channel(const std::string& endpoint);

/// Everything but letters, digits and "-._~" becomes %XX; '/' stays where `keep_slashes`.
std::string percent_encode(std::string_view text, bool keep_slashes = false);

}  // namespace cloud
