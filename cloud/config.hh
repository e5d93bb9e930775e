// Where a user's cloud is: a small JSON file. Secrets are not in it, but for the exchange's, which
// a user owns.
#pragma once

#include <optional>
#include <string>

namespace cloud {

/// The Redis server that carries states between neighbours, and a user there who may admit others.
struct ExchangeConfig {
  std::string host;
  int port = 6379;
  std::string user;
  std::string password;
  std::string ca_file;  ///< certificates to trust; empty: the system's

  bool operator==(const ExchangeConfig&) const = default;
};

struct CloudConfig {
  std::string region;
  std::string bucket;
  std::string function;
  std::string store_endpoint;              ///< empty: AWS's own of the region
  std::string lambda_endpoint;             ///< likewise
  std::string ca_file;                     ///< for both; empty: the system's certificates
  std::optional<ExchangeConfig> exchange;  ///< nothing: states are polled for in the bucket

  bool operator==(const CloudConfig&) const = default;
};

/// Reads the file, whose members are named as above; what may be empty may be left out. Throws
/// host::InputError for what is missing, misspelt or of the wrong type, std::system_error if the
/// file cannot be read.
CloudConfig read_cloud_config(const std::string& path);

/// The text of such a file.
std::string write_cloud_config(const CloudConfig& config);

}  // namespace cloud
