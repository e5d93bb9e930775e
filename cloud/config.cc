// The cloud's file: JSON, every member checked.
#include "cloud/config.hh"

#include <fstream>
#include <initializer_list>
#include <iterator>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/error.hh"

namespace cloud {
namespace {

using nlohmann::json;

constexpr int kMostPort = 65535;

// The members of one object of the file; what is asked for is also what may be there.
class Members {
 public:
  Members(std::string path, std::string where, const json& object)
      : path_(std::move(path)), where_(std::move(where)), left_(object) {
    if (!object.is_object())
      fail("is no object", "write {\"name\": \"value\", ...}");
  }

  std::string text(const char* name, bool required) {
    const json value = take(name);
    if (value.is_null() && !required)
      return {};
    if (!value.is_string() || (required && value.get<std::string>().empty()))
      fail(fmt::format("'{}' is missing or no text", name),
           fmt::format("add \"{}\": \"...\"", name));
    return value.get<std::string>();
  }

  int port(int usual) {
    const json value = take("port");
    if (value.is_null())
      return usual;
    if (!value.is_number_integer() || value < 1 || value > kMostPort)
      fail("'port' is no port", "write a number from 1 to 65535");
    return value.get<int>();
  }

  json take(const char* name) {
    const auto found = left_.find(name);
    if (found == left_.end())
      return {};
    json value = *found;
    left_.erase(found);
    return value;
  }

  void end() const {
    if (!left_.empty())
      fail(fmt::format("'{}' means nothing here", left_.begin().key()),
           "remove it, or mend a typo");
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& mend) const {
    throw host::InputError(path_, where_, what, mend);
  }

  std::string path_;
  std::string where_;
  json left_;
};

ExchangeConfig exchange_of(const std::string& path, const json& object) {
  Members members(path, "exchange", object);
  ExchangeConfig exchange;
  exchange.host = members.text("host", true);
  exchange.port = members.port(exchange.port);
  exchange.user = members.text("user", true);
  exchange.password = members.text("password", true);
  exchange.ca_file = members.text("ca_file", false);
  members.end();
  return exchange;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file)
    throw std::system_error(errno, std::generic_category(), path + ": the cloud's configuration");
  return text;
}

}  // namespace

CloudConfig read_cloud_config(const std::string& path) {
  const json file = json::parse(text_of(path), nullptr, false);
  if (file.is_discarded())
    throw host::InputError(path, "the cloud's configuration", "is no JSON",
                           "see cloud/README.md for an example");
  Members members(path, "the cloud's configuration", file);
  CloudConfig config;
  config.region = members.text("region", true);
  config.bucket = members.text("bucket", true);
  config.function = members.text("function", true);
  config.store_endpoint = members.text("store_endpoint", false);
  config.lambda_endpoint = members.text("lambda_endpoint", false);
  config.ca_file = members.text("ca_file", false);
  if (const json exchange = members.take("exchange"); !exchange.is_null())
    config.exchange = exchange_of(path, exchange);
  members.end();
  return config;
}

std::string write_cloud_config(const CloudConfig& config) {
  json file{{"region", config.region},
            {"bucket", config.bucket},
            {"function", config.function},
            {"store_endpoint", config.store_endpoint},
            {"lambda_endpoint", config.lambda_endpoint},
            {"ca_file", config.ca_file}};
  if (config.exchange)
    file["exchange"] = {{"host", config.exchange->host},
                        {"port", config.exchange->port},
                        {"user", config.exchange->user},
                        {"password", config.exchange->password},
                        {"ca_file", config.exchange->ca_file}};
  return file.dump(2) + "\n";
}

}  // namespace cloud
