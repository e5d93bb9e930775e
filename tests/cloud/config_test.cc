// The cloud's configuration: what is read, and what is explained.
#include "cloud/config.hh"

#include <fstream>
#include <system_error>

#include <gtest/gtest.h>

#include "cloud/services.hh"
#include "host/error.hh"
#include "tests/host/test_clips.hh"

namespace cloud {
namespace {

using host::test::message_of;

class Config : public ::testing::Test {
 protected:
  CloudConfig read(const std::string& text) const {
    std::ofstream(folder_ / "cloud.json") << text;
    return read_cloud_config(folder_ / "cloud.json");
  }
  std::string refusal(const std::string& text) const {
    return message_of<host::InputError>([&] { read(text); });
  }

  host::test::TempFolder folder_;
};

TEST_F(Config, IsReadAsItWasWritten) {
  CloudConfig config{"here", "bucket", "function", "http://[::1]:1", "https://b", "/ca", {}};
  EXPECT_EQ(read(write_cloud_config(config)), config);
  config.exchange = ExchangeConfig{"host", 1, "user", "\"pass\"", "/ca2"};
  EXPECT_EQ(read(write_cloud_config(config)), config);
}

TEST_F(Config, NeedsOnlyThreeWords) {
  const CloudConfig config = read(R"({"region": "eu-west-1", "bucket": "b", "function": "f"})");
  EXPECT_EQ(config, (CloudConfig{"eu-west-1", "b", "f", "", "", "", {}}));
  EXPECT_EQ(read(R"({"region":"r","bucket":"b","function":"f",
                     "exchange":{"host":"h","user":"u","password":"p"}})")
                .exchange->port,
            6379);
}

TEST_F(Config, WhatIsWrongIsNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {"nonsense", "no JSON"},
      {"[]", "no object"},
      {R"({"region":"r","bucket":"b"})", "'function' is missing"},
      {R"({"region":"","bucket":"b","function":"f"})", "'region' is missing"},
      {R"({"region":"r","bucket":5,"function":"f"})", "'bucket' is missing or no text"},
      {R"({"region":"r","bucket":"b","function":"f","fnuction":"f"})", "'fnuction' means nothing"},
      {R"({"region":"r","bucket":"b","function":"f","exchange":{"host":"h","user":"u"}})",
       "'password' is missing"},
      {R"({"region":"r","bucket":"b","function":"f",
          "exchange":{"host":"h","user":"u","password":"p","port":70000}})",
       "'port' is no port"}};
  for (const auto& [text, words] : cases) {
    const std::string message = refusal(text);
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_NE(message.find("cloud.json"), std::string::npos) << message;
  }
}

TEST_F(Config, AFileThatIsNotThereIsNamed) {
  const std::string message =
      message_of<std::system_error>([&] { read_cloud_config(folder_ / "none.json"); });
  EXPECT_NE(message.find("none.json"), std::string::npos);
}

TEST(RunServices, RefusesWhatMakesNoSense) {
  ::setenv("AWS_ACCESS_KEY_ID", "A", 1);
  ::setenv("AWS_SECRET_ACCESS_KEY", "B", 1);
  CloudConfig config{"here", "bucket", "function", "", "", "", {}};
  const auto open = [&](const std::string& run, ExchangeKind exchange) {
    return message_of<std::invalid_argument>([&] { RunServices(config, run, exchange); });
  };
  EXPECT_EQ(open("run-1", ExchangeKind::kAuto), "");
  EXPECT_NE(open("../run", ExchangeKind::kAuto), "");
  EXPECT_NE(open("", ExchangeKind::kAuto), "");
  EXPECT_NE(open("run", ExchangeKind::kRedis).find("--exchange s3"), std::string::npos);
  config.store_endpoint = "http://store.example";
  EXPECT_NE(open("run", ExchangeKind::kAuto).find("unencrypted"), std::string::npos);
}

}  // namespace
}  // namespace cloud
