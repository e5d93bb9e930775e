// Signature Version 4, with which AWS and its likes know who asks, and that nothing was changed on
// the way. libcurl 7.88 has it too, but neither sorts nor encodes queries, and takes this machine's
// clock for right.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cloud/credentials.hh"
#include "cloud/http.hh"

namespace cloud {

/// Whom a signature is for.
struct SignatureScope {
  std::string region;   ///< for example us-east-1
  std::string service;  ///< s3 or lambda
};

/// What is signed of a request.
struct SignedParts {
  std::string method;
  std::string path;                            ///< as sent, percent-encoded
  std::string query;                           ///< as sent, percent-encoded
  std::map<std::string, std::string> headers;  ///< with host and x-amz-date; names in lower case
  std::string body_sha256;                     ///< 64 hexadecimal digits
};

/// Adds the headers host, x-amz-date, x-amz-security-token where there is a token,
/// x-amz-content-sha256 for S3, and authorization, which covers all headers that are there.
/// `now` counts seconds since 1970.
void sign(HttpRequest& request,
          const Credentials& credentials,
          const SignatureScope& scope,
          std::int64_t now);

/// The signature over some parts, in hexadecimal digits: for whoever checks one.
std::string signature_of(const SignedParts& parts,
                         const std::string& secret_access_key,
                         const SignatureScope& scope);

/// The header of the parts' signature, with their names and the scope.
std::string authorization_of(const SignedParts& parts,
                             const Credentials& credentials,
                             const SignatureScope& scope);

/// The names of the headers that an authorization header covers; none where it is no such header.
std::vector<std::string> signed_header_names(const std::string& authorization);

/// "20260131T235959Z", which x-amz-date holds.
std::string amz_date(std::int64_t seconds);
/// Seconds since 1970 of what amz_date() gives. Throws std::invalid_argument for anything else.
std::int64_t parse_amz_date(const std::string& text);

}  // namespace cloud
