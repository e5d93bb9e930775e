// The places where AWS's tools look for credentials, one function each, for cloud/credentials.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "cloud/credentials.hh"
#include "cloud/http.hh"

namespace cloud {

/// A profile: names and values of its sections in the shared files.
using Profile = std::map<std::string, std::string>;

/// The section `name` of an INI file's text; empty where there is none.
Profile parse_profile(const std::string& text, const std::string& section);

/// The profile that AWS_PROFILE names, or "default", from ~/.aws/config and ~/.aws/credentials, or
/// where AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say; the latter goes first.
/// Throws Denied if AWS_PROFILE names one that does not exist.
Profile read_profile(const CredentialsEnvironment& environment);

/// Each place: nothing where it has none. They throw Denied for one that is there and unusable.
std::optional<Credentials> from_variables(const CredentialsEnvironment& environment);
std::optional<Credentials> from_profile(const CredentialsEnvironment& environment);
std::optional<Credentials> from_container(const CredentialsEnvironment& environment,
                                          HttpClient& http);
std::optional<Credentials> from_instance(const CredentialsEnvironment& environment,
                                         HttpClient& http);

}  // namespace cloud
