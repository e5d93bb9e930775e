// Credentials from variables, shared files, a command, a container's and an instance's service.
#include "cloud/credentials_places.hh"

#include <array>
#include <chrono>
#include <ctime>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cloud/error.hh"
#include "cloud/url.hh"

namespace cloud {
namespace {

constexpr std::chrono::milliseconds kServiceLimit{2000};

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

std::string value_or(const std::string& value, const std::string& otherwise) {
  return value.empty() ? otherwise : value;
}

std::string profile_name(const CredentialsEnvironment& environment) {
  return value_or(environment.variable("AWS_PROFILE"), "default");
}

std::string shared_file(const CredentialsEnvironment& environment,
                        const std::string& variable,
                        const std::string& name) {
  const std::string path =
      value_or(environment.variable(variable), environment.variable("HOME") + "/.aws/" + name);
  return environment.file(path).value_or("");
}

// "2026-01-31T23:59:59Z", perhaps with a fraction or "+00:00".
std::int64_t parse_expiry(const std::string& text, const std::string& place) {
  std::tm parts{};
  if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr)
    throw Denied(fmt::format("{}: its credentials expire at '{}', which is no date", place, text));
  return timegm(&parts);
}

// The JSON of services and of credential_process; names of the token differ.
Credentials parse_answer(const std::string& text, const std::string& place) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  const auto member = [&](const char* name) {
    return json.is_object() && json.contains(name) && json[name].is_string()
               ? json[name].get<std::string>()
               : "";
  };
  Credentials credentials{member("AccessKeyId"),
                          member("SecretAccessKey"),
                          value_or(member("SessionToken"), member("Token")),
                          {}};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty())
    throw Denied(place + ": its answer has no AccessKeyId and SecretAccessKey");
  if (const std::string expiry = member("Expiration"); !expiry.empty())
    credentials.expires_at = parse_expiry(expiry, place);
  return credentials;
}

[[noreturn]] void refuse_profile(const std::string& name, const std::string& what) {
  throw Denied(
      fmt::format("AWS profile '{}': {}; set AWS_PROFILE to one with keys, or put its keys "
                  "into the environment: aws configure export-credentials --format env",
                  name, what));
}

// What is allowed without encryption: this machine and its link, where containers have the service.
void check_container_address(const std::string& address) {
  const Url url = parse_url(address);
  const bool link =
      url.host == "169.254.170.2" || url.host == "169.254.170.23" || url.host == "[fd00:ec2::23]";
  if (url.scheme != "https" && !is_loopback(url) && !link)
    throw Denied("AWS_CONTAINER_CREDENTIALS_FULL_URI: " + address +
                 " is not encrypted and not on this machine");
}

HttpResponse ask(HttpClient& http, const HttpRequest& request, const std::string& place) {
  try {
    HttpResponse response = http.send(request);
    if (!response.is_success())
      throw Denied(fmt::format("{}: it answers with status {}", place, response.status));
    return response;
  } catch (const HttpError& error) {
    throw Denied(fmt::format("{}: {}", place, error.what()));
  }
}

}  // namespace

Profile parse_profile(const std::string& text, const std::string& section) {
  Profile profile;
  bool inside = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool nested = line.starts_with(' ') || line.starts_with('\t');
    line = trimmed(line);
    if (line.empty() || line.starts_with('#') || line.starts_with(';'))
      continue;
    if (line.starts_with('[')) {
      inside = trimmed(line.substr(1, line.find(']') - 1)) == section;
    } else if (const std::size_t equals = line.find('=');
               inside && !nested && equals != std::string::npos) {
      profile[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
    }
  }
  return profile;
}

Profile read_profile(const CredentialsEnvironment& environment) {
  const std::string name = profile_name(environment);
  Profile profile =
      parse_profile(shared_file(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials"), name);
  profile.merge(parse_profile(shared_file(environment, "AWS_CONFIG_FILE", "config"),
                              name == "default" ? name : "profile " + name));
  if (profile.empty() && !environment.variable("AWS_PROFILE").empty())
    refuse_profile(name, "there is none of this name in ~/.aws/config and ~/.aws/credentials");
  return profile;
}

std::optional<Credentials> from_variables(const CredentialsEnvironment& environment) {
  Credentials credentials{environment.variable("AWS_ACCESS_KEY_ID"),
                          environment.variable("AWS_SECRET_ACCESS_KEY"),
                          environment.variable("AWS_SESSION_TOKEN"),
                          {}};
  if (credentials.access_key_id.empty() && credentials.secret_access_key.empty())
    return {};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty())
    throw Denied("of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set; set both");
  return credentials;
}

std::optional<Credentials> from_profile(const CredentialsEnvironment& environment) {
  const Profile profile = read_profile(environment);
  const std::string name = profile_name(environment);
  const auto value = [&](const char* key) {
    const auto found = profile.find(key);
    return found == profile.end() ? std::string() : found->second;
  };
  if (!value("aws_access_key_id").empty() && !value("aws_secret_access_key").empty())
    return Credentials{
        value("aws_access_key_id"), value("aws_secret_access_key"), value("aws_session_token"), {}};
  if (const std::string command = value("credential_process"); !command.empty())
    return parse_answer(environment.command_output(command),
                        fmt::format("AWS profile '{}': credential_process", name));
  for (const char* unsupported : {"role_arn", "sso_session", "sso_start_url", "login_session"})
    if (!value(unsupported).empty())
      refuse_profile(name, fmt::format("it needs {}, which fastslow does not do", unsupported));
  return {};
}

std::optional<Credentials> from_container(const CredentialsEnvironment& environment,
                                          HttpClient& http) {
  const std::string relative = environment.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const std::string full = environment.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (relative.empty() && full.empty())
    return {};
  HttpRequest request;
  request.url = relative.empty() ? full : "http://169.254.170.2" + relative;
  request.limit = kServiceLimit;
  check_container_address(request.url);
  std::string token = environment.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const std::string path = environment.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
      !path.empty())
    token = trimmed(environment.file(path).value_or(""));
  if (!token.empty())
    request.headers["authorization"] = token;
  const std::string place = "the container's credentials service";
  return parse_answer(ask(http, request, place).text(), place);
}

std::optional<Credentials> from_instance(const CredentialsEnvironment& environment,
                                         HttpClient& http) {
  if (environment.variable("AWS_EC2_METADATA_DISABLED") == "true")
    return {};
  HttpRequest request;
  request.limit = kServiceLimit;
  request.method = "PUT";
  request.url = environment.instance_endpoint + "/latest/api/token";
  request.headers = {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}};
  HttpResponse token;
  try {
    token = http.send(request);
  } catch (const HttpError&) {
    return {};  // not on an instance
  }
  if (!token.is_success())
    return {};
  const std::string place = "the instance's credentials service";
  request.method = "GET";
  request.headers = {{"x-aws-ec2-metadata-token", token.text()}};
  request.url = environment.instance_endpoint + "/latest/meta-data/iam/security-credentials/";
  const std::string role = trimmed(ask(http, request, place).text());
  request.url += role.substr(0, role.find('\n'));
  return parse_answer(ask(http, request, place).text(), place);
}

}  // namespace cloud
