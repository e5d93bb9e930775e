// The chain of places, and credentials that are kept until they are about to expire.
#include "cloud/credentials.hh"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "cloud/credentials_places.hh"
#include "cloud/error.hh"
#include "cloud/http.hh"
#include "cloud/server_clock.hh"

namespace cloud {
namespace {

constexpr std::int64_t kRenewBeforeSeconds = 300;
constexpr std::int64_t kAskAgainSeconds = 60;  // whoever gives them may have no new ones yet

std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");  // as the profile's owner wrote it
  if (pipe == nullptr)
    throw Denied("credential_process cannot be started");
  std::string text;
  std::array<char, 4096> part{};
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), size);
  if (::pclose(pipe) != 0)
    throw Denied("credential_process fails; run it by hand to see why");
  return text;
}

std::optional<std::string> text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return {};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

CredentialsEnvironment system_environment() {
  CredentialsEnvironment environment;
  environment.variable = [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value == nullptr ? "" : value);
  };
  environment.file = text_of;
  environment.command_output = output_of;
  environment.now = seconds_now;
  return environment;
}

CredentialsSource::CredentialsSource(CredentialsEnvironment environment)
    : environment_(std::move(environment)), http_(std::make_unique<HttpClient>()) {}

CredentialsSource::~CredentialsSource() = default;

Credentials CredentialsSource::look_up() {
  std::optional<Credentials> found = from_variables(environment_);
  if (!found)
    found = from_profile(environment_);
  if (!found)
    found = from_container(environment_, *http_);
  if (!found)
    found = from_instance(environment_, *http_);
  if (!found)
    throw Denied(
        "there are no AWS credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
        "AWS_PROFILE, or run aws configure");
  looked_up_at_ = environment_.now();
  return *found;
}

// Whether they have expired is for the service to say: our clock may be wrong.
Credentials CredentialsSource::get() {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = environment_.now();
  if (!current_)
    return *(current_ = look_up());
  const bool ends = current_->expires_at && *current_->expires_at - kRenewBeforeSeconds <= now;
  if (ends && now - looked_up_at_ >= kAskAgainSeconds) {
    try {
      current_ = look_up();
    } catch (const Denied&) {
      looked_up_at_ = now;  // the old ones may do until the next time
    }
  }
  return *current_;
}

Credentials CredentialsSource::renew(const Credentials& refused) {
  const std::lock_guard lock(mutex_);
  if (!current_ || *current_ == refused)
    current_ = look_up();
  if (*current_ == refused)
    throw Denied(
        "the AWS credentials have expired; get new ones and run the same command again, "
        "it goes on where it stopped");
  return *current_;
}

std::string CredentialsSource::region() const {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (std::string region = environment_.variable(name); !region.empty())
      return region;
  const Profile profile = read_profile(environment_);
  const auto found = profile.find("region");
  return found == profile.end() ? "" : found->second;
}

}  // namespace cloud
