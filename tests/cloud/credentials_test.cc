// Credentials from each place, their order, renewal and expiry.
#include "cloud/credentials.hh"

#include <atomic>
#include <map>

#include <gtest/gtest.h>

#include "cloud/credentials_places.hh"
#include "cloud/error.hh"
#include "tests/cloud/test_server.hh"
#include "tests/host/test_clips.hh"

namespace cloud {
namespace {

using host::test::message_of;

// Places that a test fills; there is no instance unless it says so.
struct Places {
  std::map<std::string, std::string> variables{{"HOME", "/home/me"},
                                               {"AWS_EC2_METADATA_DISABLED", "true"}};
  std::map<std::string, std::string> files;
  std::string command_output;
  std::int64_t now = 1000;
  std::string instance_endpoint = "http://127.0.0.1:1";

  CredentialsEnvironment environment() {
    return {.variable = [this](const std::string& name) { return variables[name]; },
            .file = [this](const std::string& path) -> std::optional<std::string> {
              const auto found = files.find(path);
              return found == files.end() ? std::nullopt : std::optional(found->second);
            },
            .command_output = [this](const std::string&) { return command_output; },
            .now = [this] { return now; },
            .instance_endpoint = instance_endpoint};
  }
};

const char* const kAnswer = R"({"AccessKeyId":"ID","SecretAccessKey":"SECRET","Token":"TOKEN",)"
                            R"("Expiration":"1970-01-01T01:00:00Z"})";

TEST(Credentials, OfTheEnvironmentGoFirst) {
  Places places;
  places.variables["AWS_ACCESS_KEY_ID"] = "A";
  places.variables["AWS_SECRET_ACCESS_KEY"] = "B";
  places.variables["AWS_SESSION_TOKEN"] = "C";
  places.files["/home/me/.aws/credentials"] = "[default]\naws_access_key_id=X\n";
  EXPECT_EQ(CredentialsSource(places.environment()).get(), (Credentials{"A", "B", "C", {}}));
}

TEST(Credentials, HalfAPairInTheEnvironmentIsAnError) {
  Places places;
  places.variables["AWS_ACCESS_KEY_ID"] = "A";
  EXPECT_NE(
      message_of<Denied>([&] { CredentialsSource(places.environment()).get(); }).find("set both"),
      std::string::npos);
}

TEST(Credentials, ComeFromTheProfileThatIsNamed) {
  Places places;
  places.files["/home/me/.aws/credentials"] =
      "# mine\n[default]\naws_access_key_id = D\naws_secret_access_key = E\n"
      "[other]\r\naws_access_key_id=F\r\naws_secret_access_key=G\r\naws_session_token=H\r\n";
  places.files["/home/me/.aws/config"] =
      "[default]\nregion=eu-west-1\n[profile other]\ns3 =\n  region = nested\nregion = us-west-2\n";
  EXPECT_EQ(CredentialsSource(places.environment()).get(), (Credentials{"D", "E", "", {}}));
  EXPECT_EQ(CredentialsSource(places.environment()).region(), "eu-west-1");
  places.variables["AWS_PROFILE"] = "other";
  EXPECT_EQ(CredentialsSource(places.environment()).get(), (Credentials{"F", "G", "H", {}}));
  EXPECT_EQ(CredentialsSource(places.environment()).region(), "us-west-2");
  places.variables["AWS_REGION"] = "ap-south-1";
  EXPECT_EQ(CredentialsSource(places.environment()).region(), "ap-south-1");
}

TEST(Credentials, ProfilesThatDoNotExistOrNeedMoreAreExplained) {
  Places places;
  places.variables["AWS_PROFILE"] = "none";
  const auto get = [&] { CredentialsSource(places.environment()).get(); };
  EXPECT_NE(message_of<Denied>(get).find("'none': there is none"), std::string::npos);
  places.files["/home/me/.aws/config"] = "[profile none]\nsso_session = x\n";
  EXPECT_NE(message_of<Denied>(get).find("sso_session"), std::string::npos);
  EXPECT_NE(message_of<Denied>(get).find("export-credentials"), std::string::npos);
}

TEST(Credentials, ComeFromACommandOfTheProfile) {
  Places places;
  places.variables["AWS_CONFIG_FILE"] = "/c";
  places.files["/c"] = "[default]\ncredential_process = give --me\n";
  places.command_output = R"({"Version":1,"AccessKeyId":"I","SecretAccessKey":"J"})";
  EXPECT_EQ(CredentialsSource(places.environment()).get(), (Credentials{"I", "J", "", {}}));
  places.command_output = "no JSON";
  EXPECT_NE(message_of<Denied>([&] {
              CredentialsSource(places.environment()).get();
            }).find("credential_process"),
            std::string::npos);
}

TEST(Credentials, ComeFromTheContainersServiceWithItsToken) {
  test::TestServer server([](const httplib::Request& request, httplib::Response& response) {
    response.status = request.get_header_value("Authorization") == "let me in" ? 200 : 403;
    response.set_content(kAnswer, "application/json");
  });
  Places places;
  places.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.url("/creds");
  places.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/token";
  const auto get = [&] { return CredentialsSource(places.environment()).get(); };
  EXPECT_NE(message_of<Denied>(get).find("status 403"), std::string::npos);
  places.files["/token"] = "let me in\n";
  EXPECT_EQ(get(), (Credentials{"ID", "SECRET", "TOKEN", 3600}));
  places.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://example.com/creds";
  EXPECT_NE(message_of<Denied>(get).find("not encrypted"), std::string::npos);
}

TEST(Credentials, ComeFromTheInstancesServiceOnlyWithItsSessionToken) {
  test::TestServer server([](const httplib::Request& request, httplib::Response& response) {
    const bool known = request.get_header_value("X-aws-ec2-metadata-token") == "session";
    if (request.method == "PUT" && request.path == "/latest/api/token") {
      response.set_content("session", "text/plain");
    } else if (known && request.path == "/latest/meta-data/iam/security-credentials/") {
      response.set_content("role\n", "text/plain");
    } else if (known && request.path == "/latest/meta-data/iam/security-credentials/role") {
      response.set_content(kAnswer, "application/json");
    } else {
      response.status = 401;
    }
  });
  Places places;
  places.instance_endpoint = server.url();
  const auto get = [&] { return CredentialsSource(places.environment()).get(); };
  EXPECT_NE(message_of<Denied>(get).find("no AWS credentials"), std::string::npos);
  places.variables["AWS_EC2_METADATA_DISABLED"] = "";
  EXPECT_EQ(get(), (Credentials{"ID", "SECRET", "TOKEN", 3600}));
}

TEST(Credentials, AreKeptAndAskedForAgainBeforeTheyExpire) {
  std::atomic<int> asked = 0;
  test::TestServer server([&](const httplib::Request&, httplib::Response& response) {
    response.status = ++asked == 4 ? 500 : 200;
    response.set_content(kAnswer, "application/json");
  });
  Places places;
  places.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.url("/creds");
  CredentialsSource source(places.environment());
  source.get();
  source.get();
  EXPECT_EQ(asked, 1);
  places.now = 3400;  // 200 s before the end
  source.get();
  EXPECT_EQ(asked, 2);
  source.get();
  EXPECT_EQ(asked, 2) << "no new ones can be expected so soon";
  places.now = 3460;
  source.get();
  EXPECT_EQ(asked, 3);
  places.now = 3520;
  EXPECT_EQ(source.get().access_key_id, "ID") << "still good, though there are no new ones now";
  EXPECT_EQ(asked, 4);
}

TEST(Credentials, ExpireByTheClockOfTheServiceNotByOurs) {
  test::TestServer server([](const httplib::Request&, httplib::Response& response) {
    response.set_content(kAnswer, "application/json");
  });
  Places places;
  places.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.url("/creds");
  places.now = 7200;
  CredentialsSource source(places.environment());
  const Credentials old = source.get();
  EXPECT_EQ(old.expires_at, 3600);
  EXPECT_NE(message_of<Denied>([&] { source.renew(old); }).find("have expired"), std::string::npos);
}

TEST(Credentials, ThatAServiceRefusesAreReplacedOrReported) {
  Places places;
  places.variables["AWS_ACCESS_KEY_ID"] = "A";
  places.variables["AWS_SECRET_ACCESS_KEY"] = "B";
  CredentialsSource source(places.environment());
  const Credentials old = source.get();
  EXPECT_NE(message_of<Denied>([&] { source.renew(old); }).find("have expired"), std::string::npos);
  places.variables["AWS_ACCESS_KEY_ID"] = "C";
  EXPECT_EQ(source.renew(old).access_key_id, "C");
}

}  // namespace
}  // namespace cloud
