// An object store on loopback that speaks as much of S3 as fastslow does, checks signatures, and
// fails as a test says.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cloud/s3_store.hh"
#include "tests/cloud/test_server.hh"

namespace cloud::test {

/// One bucket, "bucket", in region "here", for the user below.
class FakeS3 {
 public:
  /// May answer a request instead of the store, which is then not asked: true.
  using Fault = std::function<bool(const httplib::Request&, httplib::Response&)>;

  struct Object {
    std::string body;
    std::string digest;  ///< the header x-amz-meta-sha256 that it came with
  };

  explicit FakeS3(Fault fault = {})
      : fault_(std::move(fault)), server_([this](auto& q, auto& a) { handle(q, a); }) {}

  static Credentials credentials() { return {"ID", "SECRET", "", {}}; }
  /// Options for a client: few, quick attempts.
  S3Options options() const;
  /// Credentials that this store accepts.
  static std::shared_ptr<CredentialsSource> source();

  /// What is stored; whoever changes it does so between requests.
  std::map<std::string, Object> objects;
  std::map<std::string, Object> uploads;  ///< in parts, unfinished; the number is the name
  std::size_t page = 1000;                ///< keys in one listing
  std::vector<std::string> requests;      ///< "PUT /bucket/key" and so on

 private:
  void handle(const httplib::Request& request, httplib::Response& response);
  bool is_signed(const httplib::Request& request) const;
  void get(const std::string& key, const httplib::Request& request, httplib::Response& response);
  void put(const std::string& key, const httplib::Request& request, httplib::Response& response);
  void post(const std::string& key, const httplib::Request& request, httplib::Response& response);
  void list(const httplib::Request& request, httplib::Response& response) const;
  void remove_all(const httplib::Request& request, httplib::Response& response);
  void abandon_parts(httplib::Response& response);
  bool is_taken(const std::string& key,
                const httplib::Request& request,
                httplib::Response& response) const;

  std::mutex mutex_;
  Fault fault_;
  TestServer server_;  // last: it calls handle() until it is gone
};

/// An error as S3 words it.
void answer_error(httplib::Response& response, int status, const std::string& code);

}  // namespace cloud::test
