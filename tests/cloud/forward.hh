// What proxies of tests share: a request goes on to a server, its answer comes back.
#pragma once

#include <string>

#include <httplib.h>

#include "cloud/http.hh"

namespace cloud::test {

/// A request as it came, to go on to the server at `endpoint` with `body`, which must outlive it.
/// Signatures stay good: what they cover is unchanged, the host too.
HttpRequest onward(const httplib::Request& request, const std::string& endpoint, ByteSpan body);

/// Answers as the server did.
void give_back(const HttpResponse& answer,
               const httplib::Request& request,
               httplib::Response& response);

}  // namespace cloud::test
