// Parts of addresses, and the rule that nothing goes in the clear.
#include "cloud/url.hh"

#include <stdexcept>

#include <gtest/gtest.h>

#include "tests/host/test_clips.hh"

namespace cloud {
namespace {

using host::test::message_of;

TEST(Url, IsTakenApart) {
  EXPECT_EQ(parse_url("https://a.b:444/c/d?e=f&g#h"),
            (Url{"https", "a.b", "444", "/c/d", "e=f&g"}));
  EXPECT_EQ(parse_url("http://[::1]:9000?x"), (Url{"http", "[::1]", "9000", "/", "x"}));
  EXPECT_EQ(parse_url("https://a"), (Url{"https", "a", "", "/", ""}));
}

TEST(Url, IsRefusedWhereItHasNoSchemeHostOrPort) {
  for (const char* text :
       {"", "a.b/c", "ftp://a", "https:/a", "https://", "https://:80", "http://a:b"})
    EXPECT_NE(message_of<std::invalid_argument>([&] { parse_url(text); }), "") << text;
}

TEST(Url, HostHeaderLeavesTheUsualPortOut) {
  EXPECT_EQ(host_header(parse_url("https://a:443/")), "a");
  EXPECT_EQ(host_header(parse_url("http://a:443/")), "a:443");
  EXPECT_EQ(host_header(parse_url("http://a:80")), "a");
}

TEST(Url, OnlyThisMachineMayBeAskedWithoutEncryption) {
  for (const char* good :
       {"https://a.b", "http://127.0.0.1:1", "http://[::1]", "http://localhost:8"})
    EXPECT_NO_THROW(require_private_channel(good)) << good;
  for (const char* bad : {"http://a.b", "http://127.evil.example", "http://localhost.example"})
    EXPECT_THROW(require_private_channel(bad), std::invalid_argument) << bad;
}

TEST(Url, PercentEncodingKeepsOnlyUnreservedBytes) {
  EXPECT_EQ(percent_encode("aZ0-._~ /+\xe1"), "aZ0-._~%20%2F%2B%E1");
  EXPECT_EQ(percent_encode("a/b=c", true), "a/b%3Dc");
}

}  // namespace
}  // namespace cloud
