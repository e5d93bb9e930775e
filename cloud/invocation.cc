// Invocations and answers as JSON; bytes in Base64.
#include "cloud/invocation.hh"

#include <nlohmann/json.hpp>

#include "cloud/base64.hh"
#include "cloud/error.hh"

namespace cloud {
namespace {

using nlohmann::json;

json to_json(const StoreTarget& store) {
  return {{"endpoint", store.endpoint},
          {"region", store.region},
          {"bucket", store.bucket},
          {"prefix", store.prefix},
          {"ca_pem", store.ca_pem}};
}

json to_json(const ExchangeTarget& exchange) {
  return {{"host", exchange.host},     {"port", exchange.port},
          {"user", exchange.user},     {"password", exchange.password},
          {"prefix", exchange.prefix}, {"ca_pem", exchange.ca_pem}};
}

StoreTarget store_of(const json& value) {
  return {value.at("endpoint"), value.at("region"), value.at("bucket"), value.at("prefix"),
          value.at("ca_pem")};
}

ExchangeTarget exchange_of(const json& value) {
  return {value.at("host"),     value.at("port"),   value.at("user"),
          value.at("password"), value.at("prefix"), value.at("ca_pem")};
}

// Runs `read` on the JSON of `text`.
template <class Read>
auto read_json(const std::string& text, const char* what, const Read& read) {
  try {
    return read(json::parse(text));
  } catch (const json::exception&) {  // its message would quote the text
    throw Damaged(std::string(what) +
                  " cannot be read; do coordinator and worker have the same "
                  "version?");
  }
}

}  // namespace

std::string write_invocation(const Invocation& invocation) {
  json value{{"store", to_json(invocation.store)}, {"task", base64_encode(invocation.task)}};
  if (invocation.exchange)
    value["exchange"] = to_json(*invocation.exchange);
  return value.dump();
}

Invocation read_invocation(const std::string& text) {
  return read_json(text, "an invocation", [](const json& value) {
    Invocation invocation;
    invocation.store = store_of(value.at("store"));
    if (value.contains("exchange"))
      invocation.exchange = exchange_of(value.at("exchange"));
    invocation.task = base64_decode(value.at("task").get<std::string>());
    return invocation;
  });
}

std::string write_answer(ByteSpan answer) {
  return json{{"answer", base64_encode(answer)}}.dump();
}

Bytes read_answer(const std::string& text) {
  return read_json(text, "an answer", [](const json& value) {
    return base64_decode(value.at("answer").get<std::string>());
  });
}

}  // namespace cloud
