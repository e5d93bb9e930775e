// Objects in a store over HTTP: what is kept, and what is done when the store fails.
#include "cloud/s3_store.hh"

#include <atomic>

#include <gtest/gtest.h>

#include "cloud/error.hh"
#include "tests/cloud/fake_s3.hh"
#include "tests/host/test_clips.hh"

namespace cloud {
namespace {

using host::test::message_of;
using host::test::text_bytes;
using test::FakeS3;

// A fault that hits the first `count` requests.
FakeS3::Fault first(int count, const std::function<void(httplib::Response&)>& fault) {
  return [left = std::make_shared<std::atomic<int>>(count), fault](const httplib::Request&,
                                                                   httplib::Response& response) {
    if (--*left < 0)
      return false;
    fault(response);
    return true;
  };
}

Bytes noise(std::size_t size) {
  Bytes bytes(size);
  unsigned value = 1;
  for (std::uint8_t& byte : bytes)
    byte = static_cast<std::uint8_t>((value = value * 1664525U + 1013904223U) >> 24U);
  return bytes;
}

TEST(S3Store, GivesBackWhatWasPut) {
  FakeS3 s3;
  S3Store store(s3.options(), FakeS3::source());
  for (const std::size_t size : {0U, 1U, 100000U}) {
    store.put("a/b c+%", noise(size));
    EXPECT_EQ(store.get("a/b c+%"), noise(size));
  }
  EXPECT_TRUE(s3.objects.contains("runs/1/a/b c+%"));
  EXPECT_EQ(store.get("a/other"), std::nullopt);
}

TEST(S3Store, GivesRanges) {
  FakeS3 s3;
  S3Store store(s3.options(), FakeS3::source());
  store.put("key", text_bytes("0123456789"));
  EXPECT_EQ(store.get("key", Range{2, 3}), text_bytes("234"));
  EXPECT_EQ(store.get("key", Range{9, 1}), text_bytes("9"));
  EXPECT_EQ(store.get("other", Range{9, 1}), std::nullopt);
  EXPECT_THROW(store.get("key", Range{8, 3}), Damaged);
}

TEST(S3Store, PutNewLeavesWhatIsThere) {
  FakeS3 s3;
  S3Store store(s3.options(), FakeS3::source());
  EXPECT_TRUE(store.put_new("key", text_bytes("one")));
  EXPECT_FALSE(store.put_new("key", text_bytes("two")));
  EXPECT_EQ(store.get("key"), text_bytes("one"));
  store.put("key", text_bytes("three"));
  EXPECT_EQ(store.get("key"), text_bytes("three"));
}

TEST(S3Store, LongObjectsGoUpInParts) {
  FakeS3 s3;
  S3Options options = s3.options();
  options.part_bytes = 1000;
  S3Store store(options, FakeS3::source());
  store.put("key", noise(2500));
  EXPECT_EQ(s3.requests.size(), 5U);  // begin, three parts, end
  EXPECT_EQ(store.get("key"), noise(2500));
  EXPECT_FALSE(store.put_new("key", noise(1001)));
  EXPECT_EQ(store.get("key"), noise(2500));
  EXPECT_TRUE(s3.uploads.empty());
}

TEST(S3Store, PartsOfAnUploadThatFailsAreRemoved) {
  FakeS3 s3([](const httplib::Request& request, httplib::Response& response) {
    if (request.get_param_value("partNumber") != "2")
      return false;
    test::answer_error(response, 500, "InternalError");
    return true;
  });
  S3Options options = s3.options();
  options.part_bytes = 1000;
  EXPECT_THROW(S3Store(options, FakeS3::source()).put("key", noise(2500)), Unavailable);
  EXPECT_TRUE(s3.uploads.empty());
  EXPECT_TRUE(s3.objects.empty());
}

TEST(S3Store, AnUploadInPartsThatFailsWithStatus200IsRetried) {
  std::atomic<int> ends = 0;
  FakeS3 s3([&](const httplib::Request& request, httplib::Response& response) {
    if (request.method != "POST" || !request.has_param("uploadId") || ++ends > 1)
      return false;
    test::answer_error(response, 200, "InternalError");
    return true;
  });
  S3Options options = s3.options();
  options.part_bytes = 1000;
  S3Store store(options, FakeS3::source());
  store.put("key", noise(2500));
  EXPECT_EQ(ends, 2);
  EXPECT_EQ(store.get("key"), noise(2500));
}

TEST(S3Store, ListsAllPagesInOrderWithoutThePrefixOfTheRun) {
  FakeS3 s3;
  s3.page = 2;
  S3Store store(s3.options(), FakeS3::source());
  for (const char* key : {"c/3", "a/1", "c/1", "c/2", "d/1", "c/4", "c/5"})
    store.put(key, {});
  s3.objects["runs/10/c/9"] = {};
  EXPECT_EQ(store.list("c/"), (std::vector<std::string>{"c/1", "c/2", "c/3", "c/4", "c/5"}));
  EXPECT_EQ(store.list("x"), std::vector<std::string>());
  EXPECT_EQ(store.list("").size(), 7U);
}

TEST(S3Store, RemovesThousandsOfObjects) {
  FakeS3 s3;
  S3Store store(s3.options(), FakeS3::source());
  std::vector<std::string> keys;
  for (int i = 0; i < 1001; ++i) {
    keys.push_back("k" + std::to_string(i));
    s3.objects["runs/1/" + keys.back()] = {};
  }
  s3.objects["runs/1/stays"] = {};
  store.remove(keys);
  store.remove(keys);
  EXPECT_EQ(store.list(""), std::vector<std::string>{"stays"});
  EXPECT_EQ(s3.requests.size(), 5U);
}

TEST(S3Store, RetriesWhatPasses) {
  using Fault = std::function<void(httplib::Response&)>;
  const Fault faults[] = {
      [](auto& response) { test::answer_error(response, 500, "InternalError"); },
      [](auto& response) { test::answer_error(response, 503, "SlowDown"); },
      [](auto& response) { test::answer_error(response, 429, "TooManyRequests"); },
      [](auto& response) { test::answer_error(response, 400, "RequestTimeout"); },
      [](auto& response) { test::answer_error(response, 409, "ConditionalRequestConflict"); }};
  for (const Fault& fault : faults) {
    FakeS3 s3(first(3, fault));
    S3Store store(s3.options(), FakeS3::source());
    store.put("key", text_bytes("x"));
    EXPECT_EQ(s3.requests.size(), 4U);
    EXPECT_EQ(store.get("key"), text_bytes("x"));
  }
}

TEST(S3Store, GivesUpInTheEndAndSaysWhy) {
  FakeS3 s3(first(100, [](auto& response) { test::answer_error(response, 503, "SlowDown"); }));
  S3Store store(s3.options(), FakeS3::source());
  const std::string message = message_of<Unavailable>([&] { store.put("key", {}); });
  EXPECT_NE(message.find("runs/1/key"), std::string::npos) << message;
  EXPECT_NE(message.find("SlowDown"), std::string::npos) << message;
  EXPECT_EQ(s3.requests.size(), 4U);
}

TEST(S3Store, DoesNotRetryWhatIsForbidden) {
  FakeS3 s3(first(100, [](auto& response) { test::answer_error(response, 403, "AccessDenied"); }));
  S3Store store(s3.options(), FakeS3::source());
  EXPECT_NE(message_of<Denied>([&] { store.get("key"); }).find("AccessDenied"), std::string::npos);
  EXPECT_EQ(s3.requests.size(), 1U);
}

TEST(S3Store, BucketsThatDoNotExistAreNotTakenForMissingObjects) {
  FakeS3 s3;
  S3Options options = s3.options();
  options.bucket = "none";
  EXPECT_NE(message_of<Denied>([&] {
              S3Store(options, FakeS3::source()).get("key");
            }).find("NoSuchBucket"),
            std::string::npos);
}

TEST(S3Store, SaysThatCredentialsHaveExpired) {
  FakeS3 s3(first(100, [](auto& response) { test::answer_error(response, 400, "ExpiredToken"); }));
  S3Store store(s3.options(), FakeS3::source());
  const std::string message = message_of<Denied>([&] { store.get("key"); });
  EXPECT_NE(message.find("have expired"), std::string::npos) << message;
  EXPECT_EQ(message.find("SECRET"), std::string::npos) << message;
}

TEST(S3Store, FindsBytesThatWereChanged) {
  FakeS3 s3;
  S3Store store(s3.options(), FakeS3::source());
  store.put("key", text_bytes("good"));
  s3.objects["runs/1/key"].body = "evil";
  EXPECT_NE(message_of<Damaged>([&] { store.get("key"); }).find("checksum"), std::string::npos);
  s3.objects["runs/1/key"].digest = "";
  EXPECT_NE(message_of<Damaged>([&] { store.get("key"); }).find("no checksum"), std::string::npos);
}

TEST(S3Store, AsksAgainForBytesThatWereChangedOnTheWay) {
  FakeS3 s3(first(1, [](auto& response) { response.set_content("bad", "text/plain"); }));
  s3.objects["runs/1/key"] = {"good",
                              "770e607624d689265ca6c44884d0807d9b054d23c473c106c72be9de08b7376c"};
  EXPECT_EQ(S3Store(s3.options(), FakeS3::source()).get("key"), text_bytes("good"));
}

TEST(S3Store, SignsWithTheStoresClockWhereOursIsWrong) {
  const std::int64_t skew = 86400;
  std::atomic<int> refused = 0;
  FakeS3 s3([&](const httplib::Request& request, httplib::Response& response) {
    const std::int64_t here = system_environment().now() + skew;
    const std::int64_t there = parse_amz_date(request.get_header_value("x-amz-date"));
    if (std::abs(here - there) < 300)
      return false;
    ++refused;
    test::answer_error(response, 403, "RequestTimeTooSkewed");
    const std::time_t time = here;
    std::tm parts{};
    char text[64];
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&time, &parts));
    response.set_header("Date", text);
    return true;
  });
  S3Store store(s3.options(), FakeS3::source());
  store.put("key", text_bytes("x"));
  EXPECT_EQ(store.get("key"), text_bytes("x"));
  EXPECT_EQ(refused, 1);
}

TEST(S3Store, StoresInTheClearElsewhereAreRefused) {
  S3Options options;
  options.endpoint = "http://store.example";
  options.region = "here";
  options.bucket = "bucket";
  EXPECT_THROW(S3Store(options, FakeS3::source()), std::invalid_argument);
}

}  // namespace
}  // namespace cloud
