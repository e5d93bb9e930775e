// HTTP requests, one at a time on the calling thread.
#include "cloud/http.hh"

#include "cloud/http_transfer.hh"

namespace cloud {

std::string HttpResponse::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

HttpClient::HttpClient(HttpOptions options) : options_(std::move(options)) {}

HttpClient::~HttpClient() = default;

HttpResponse HttpClient::send(const HttpRequest& request) {
  std::unique_ptr<HttpTransfer> transfer;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      transfer = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!transfer)
    transfer = std::make_unique<HttpTransfer>(options_);
  transfer->prepare(request);
  HttpResponse response = transfer->finish(curl_easy_perform(transfer->handle()));
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(transfer));
  return response;
}

}  // namespace cloud
