// What a coordinator must remember to go on after it died: a small file beside the output. It holds
// the key of the run, so only its owner may read it.
#pragma once

#include <optional>
#include <string>

#include "cloud/seal.hh"
#include "host/plan.hh"

namespace cloud {

/// A run under way.
struct RunRecord {
  std::string name;  ///< of letters, digits and '-': its objects lie under it
  SealKey key{};
  std::string encode;  ///< digest of what is encoded and how: see digest_of()
  std::string bucket;  ///< where

  bool operator==(const RunRecord&) const = default;
};

/// A digest of all that must be the same for a run to be resumed: the plan, the limit of pictures,
/// the input's name and this program's version.
std::string digest_of(const host::Plan& plan,
                      std::int64_t limit,
                      const std::string& input,
                      const std::string& version);

/// A new run: a name that no other run has, and a key.
RunRecord new_run(const std::string& encode, const std::string& bucket);

/// The run that a file tells of; nothing if there is no such file. Throws host::InputError for a
/// file that is none, std::system_error if it cannot be read.
std::optional<RunRecord> read_run_file(const std::string& path);
/// Writes the file, over what was there. Throws std::system_error.
void write_run_file(const std::string& path, const RunRecord& run);

}  // namespace cloud
