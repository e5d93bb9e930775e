// What the coordinator sends to a worker and gets back, as Lambda wants it: JSON.
#pragma once

#include <optional>
#include <string>

#include "cloud/bytes.hh"

namespace cloud {

/// Where the objects of a run lie. Workers have credentials from the role of their function.
struct StoreTarget {
  std::string endpoint;  ///< empty: AWS's own of the region
  std::string region;
  std::string bucket;
  std::string prefix;  ///< of the run
  std::string ca_pem;  ///< certificates to trust; empty: the system's

  bool operator==(const StoreTarget&) const = default;
};

/// A Redis server, and the user that a run has there.
struct ExchangeTarget {
  std::string host;
  int port = 6379;
  std::string user;
  std::string password;
  std::string prefix;  ///< in front of all keys of the run
  std::string ca_pem;  ///< certificates to trust; empty: the system's

  bool operator==(const ExchangeTarget&) const = default;
};

/// All that a worker is told.
struct Invocation {
  StoreTarget store;
  std::optional<ExchangeTarget> exchange;  ///< nothing: states are polled for in the store
  Bytes task;                              ///< as cloud/message has it

  bool operator==(const Invocation&) const = default;
};

std::string write_invocation(const Invocation& invocation);
/// Throws Damaged for what write_invocation() does not give.
Invocation read_invocation(const std::string& text);

/// The worker's answer: bytes of cloud/message.
std::string write_answer(ByteSpan answer);
/// Throws Damaged for what write_answer() does not give.
Bytes read_answer(const std::string& text);

}  // namespace cloud
