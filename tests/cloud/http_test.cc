// HTTP: what is sent, what comes back, and what counts as no answer.
#include "cloud/http.hh"

#include <gtest/gtest.h>

#include "tests/cloud/raw_server.hh"
#include "tests/cloud/test_server.hh"
#include "tests/host/test_clips.hh"

namespace cloud {
namespace {

using host::test::message_of;
using host::test::text_bytes;

void echo(const httplib::Request& request, httplib::Response& response) {
  response.set_header("X-Method", request.method);
  response.set_header("X-Type", request.has_header("Content-Type") ? "yes" : "no");
  response.set_header("X-Name", request.get_header_value("name"));
  response.status = 201;
  response.set_content(request.body, "application/octet-stream");
}

TEST(Http, SendsMethodHeadersAndBody) {
  test::TestServer server(echo);
  HttpClient client;
  const Bytes body = text_bytes(std::string("a\0b", 3));
  for (const char* method : {"PUT", "POST"}) {
    HttpRequest request;
    request.method = method;
    request.url = server.url("/x?y=z");
    request.headers["name"] = "value";
    request.body = body;
    const HttpResponse response = client.send(request);
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, body);
    EXPECT_EQ(response.header("x-method"), method);
    EXPECT_EQ(response.header("x-type"), "no");  // libcurl would invent one, unsigned
    EXPECT_EQ(response.header("x-name"), "value");
    EXPECT_EQ(response.header("x-other"), "");
  }
}

TEST(Http, EmptyBodiesAreSentToo) {
  test::TestServer server(echo);
  HttpClient client;
  for (const char* method : {"GET", "PUT", "POST", "DELETE"}) {
    HttpRequest request;
    request.method = method;
    request.url = server.url();
    const HttpResponse response = client.send(request);
    EXPECT_EQ(response.header("x-method"), method);
    EXPECT_TRUE(response.body.empty());
  }
}

TEST(Http, AnswersThatEndEarlyAreErrors) {
  test::RawServer server(
      [](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive!"; });
  HttpRequest request;
  request.url = server.url();
  EXPECT_NE(message_of<HttpError>([&] { HttpClient().send(request); }).find("127.0.0.1"),
            std::string::npos);
}

TEST(Http, AnswersThatDoNotComeAreErrorsAfterTheLimit) {
  test::RawServer server([](const std::string&) { return test::RawServer::kSilence; });
  HttpRequest request;
  request.url = server.url("/?secret=1");
  request.limit = std::chrono::milliseconds(50);
  const std::string message = message_of<HttpError>([&] { HttpClient().send(request); });
  EXPECT_NE(message, "");
  EXPECT_EQ(message.find("secret"), std::string::npos);
}

TEST(Http, AnswersThatAreTooLongAreErrors) {
  test::TestServer server([](const httplib::Request&, httplib::Response& response) {
    response.set_content(std::string(5000, 'x'), "text/plain");
  });
  HttpOptions options;
  options.most_body_bytes = 4999;
  HttpRequest request;
  request.url = server.url();
  EXPECT_NE(message_of<HttpError>([&] { HttpClient(options).send(request); }).find("4999"),
            std::string::npos);
  options.most_body_bytes = 5000;
  EXPECT_EQ(HttpClient(options).send(request).body.size(), 5000U);
}

TEST(Http, RefusedConnectionsAndOtherSchemesAreErrors) {
  int port = 0;
  {
    const test::TestServer server(echo);
    port = server.port();
  }
  HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(port);
  EXPECT_THROW(HttpClient().send(request), HttpError);
  request.url = "file:///etc/passwd";
  EXPECT_ANY_THROW(HttpClient().send(request));
}

TEST(Http, RedirectionsAreAnswersLikeOthers) {
  test::TestServer server([](const httplib::Request&, httplib::Response& response) {
    response.set_redirect("http://127.0.0.1:1/elsewhere");
  });
  HttpRequest request;
  request.url = server.url();
  EXPECT_EQ(HttpClient().send(request).status, 302);
}

}  // namespace
}  // namespace cloud
