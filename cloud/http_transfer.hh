// One libcurl handle: set up for a request, run by whoever owns it, read out. For cloud/http and
// cloud/http_multi.
#pragma once

#include <memory>

#include <curl/curl.h>

#include "cloud/http.hh"

namespace cloud {

struct FreeCurl {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlHandle = std::unique_ptr<CURL, FreeCurl>;

/// Throws std::runtime_error.
CurlHandle new_curl_handle();

/// Certificates of servers must be signed by one of these; "" stands for the system's.
void trust(CURL* handle, const std::string& ca_pem);

/// A request under way. Reusable: the handle keeps its connection.
class HttpTransfer {
 public:
  explicit HttpTransfer(HttpOptions options);
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer(HttpTransfer&&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;
  HttpTransfer& operator=(HttpTransfer&&) = delete;
  ~HttpTransfer() = default;

  /// Sets the handle up. The body must live until the transfer has ended.
  void prepare(const HttpRequest& request);
  /// The answer, once the transfer has ended with `code`. Throws HttpError.
  HttpResponse finish(CURLcode code);

  CURL* handle() const { return handle_.get(); }

 private:
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  void set_channel(const std::string& url);
  void set_method(const HttpRequest& request);
  void set_headers(const HttpRequest& request);

  HttpOptions options_;
  CurlHandle handle_;
  std::unique_ptr<curl_slist, FreeCurl> header_list_;
  std::string address_;  // without the query: for messages
  bool too_long_ = false;
  char error_[CURL_ERROR_SIZE] = {};
  HttpResponse response_;
};

}  // namespace cloud
