// Requests and answers from one HTTP library to the other.
#include "tests/cloud/forward.hh"

#include <algorithm>
#include <cctype>
#include <set>

namespace cloud::test {
namespace {

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Of this line only, or made up by httplib.
bool is_of_the_line(const std::string& name) {
  static const std::set<std::string> all{"content-length", "connection", "remote_addr",
                                         "remote_port",    "local_addr", "local_port"};
  return all.contains(name);
}

// Headers of an answer that mean something to whoever asked.
bool is_meant(const std::string& name) {
  return name == "etag" || name == "date" || name.starts_with("x-amz");
}

}  // namespace

HttpRequest onward(const httplib::Request& request, const std::string& endpoint, ByteSpan body) {
  HttpRequest all;
  all.method = request.method;
  all.url = endpoint + request.target;
  all.body = body;
  for (const auto& [name, value] : request.headers)
    if (const std::string lower = in_lower_case(name); !is_of_the_line(lower))
      all.headers[lower] = value;
  return all;
}

void give_back(const HttpResponse& answer,
               const httplib::Request& request,
               httplib::Response& response) {
  // What arrives is the range already; httplib would cut it out once more.
  const_cast<httplib::Request&>(request).ranges.clear();
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers)
    if (is_meant(name))
      response.set_header(name.c_str(), value);
  response.set_content(answer.text(), answer.header("content-type"));
}

}  // namespace cloud::test
