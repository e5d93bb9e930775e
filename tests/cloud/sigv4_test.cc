// Signatures: the examples that AWS has published for S3, IAM and its test suite.
#include "cloud/sigv4.hh"

#include <stdexcept>

#include <gtest/gtest.h>

#include "tests/host/test_clips.hh"

namespace cloud {
namespace {

using host::test::text_bytes;

const Credentials kS3Example{
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", {}};
const Credentials kSuite{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", {}};
const std::string kS3Host = "https://examplebucket.s3.amazonaws.com";

// What follows "Signature=" once the request is signed.
std::string signature(HttpRequest request,
                      const Credentials& credentials,
                      const SignatureScope& scope,
                      const std::string& date) {
  sign(request, credentials, scope, parse_amz_date(date));
  const std::string& header = request.headers.at("authorization");
  return header.substr(header.find("Signature=") + 10);
}

std::string s3_signature(const HttpRequest& request) {
  return signature(request, kS3Example, {"us-east-1", "s3"}, "20130524T000000Z");
}

std::string suite_signature(const HttpRequest& request) {
  return signature(request, kSuite, {"us-east-1", "service"}, "20150830T123600Z");
}

HttpRequest request_of(const std::string& method, const std::string& url) {
  HttpRequest request;
  request.method = method;
  request.url = url;
  return request;
}

TEST(Sigv4, SignsAGetOfARangeAsS3sExample) {
  HttpRequest request = request_of("GET", kS3Host + "/test.txt");
  request.headers["range"] = "bytes=0-9";
  EXPECT_EQ(s3_signature(request),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(Sigv4, SignsAPutAsS3sExample) {
  const Bytes body = text_bytes("Welcome to Amazon S3.");
  HttpRequest request = request_of("PUT", kS3Host + "/test%24file.text");
  request.headers["date"] = "Fri, 24 May 2013 00:00:00 GMT";
  request.headers["x-amz-storage-class"] = "REDUCED_REDUNDANCY";
  request.body = body;
  EXPECT_EQ(s3_signature(request),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(Sigv4, SignsQueriesAsS3sExamples) {
  EXPECT_EQ(s3_signature(request_of("GET", kS3Host + "/?lifecycle")),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_EQ(s3_signature(request_of("GET", kS3Host + "/?max-keys=2&prefix=J")),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  EXPECT_EQ(s3_signature(request_of("GET", kS3Host + "/?prefix=J&max-keys=2")),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(Sigv4, SignsOtherServicesAsIamsExample) {
  HttpRequest request =
      request_of("GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08");
  request.headers["content-type"] = "application/x-www-form-urlencoded; charset=utf-8";
  EXPECT_EQ(signature(request, kSuite, {"us-east-1", "iam"}, "20150830T123600Z"),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST(Sigv4, SignsAsTheTestSuite) {
  EXPECT_EQ(suite_signature(request_of("GET", "https://example.amazonaws.com/")),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(suite_signature(
                request_of("GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1")),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  EXPECT_EQ(suite_signature(request_of("POST", "https://example.amazonaws.com/")),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST(Sigv4, CoversTheSessionTokenAndReplacesAnOlderSignature) {
  Credentials credentials = kSuite;
  credentials.session_token = "token";
  HttpRequest request = request_of("GET", "https://example.amazonaws.com/");
  sign(request, credentials, {"us-east-1", "lambda"}, 0);
  EXPECT_NE(request.headers.at("authorization").find("host;x-amz-date;x-amz-security-token"),
            std::string::npos);
  const std::string first = request.headers.at("authorization");
  sign(request, credentials, {"us-east-1", "lambda"}, 0);
  EXPECT_EQ(request.headers.at("authorization"), first);
  sign(request, kSuite, {"us-east-1", "lambda"}, 0);
  EXPECT_FALSE(request.headers.contains("x-amz-security-token"));
}

TEST(Sigv4, DatesAreReadBackAndAnythingElseIsRefused) {
  EXPECT_EQ(amz_date(1440938160), "20150830T123600Z");
  EXPECT_EQ(parse_amz_date("20150830T123600Z"), 1440938160);
  for (const char* text :
       {"", "20150830", "20150832T123600Z", "20150830T123600", "20150830T123600Zx"})
    EXPECT_THROW(parse_amz_date(text), std::invalid_argument) << text;
}

}  // namespace
}  // namespace cloud
