// The zip that AWS Lambda runs: the worker program with everything that it needs.
#pragma once

#include <string>
#include <vector>

#include "cloud/bytes.hh"

namespace cloud {

/// One file of a package.
struct PackagedFile {
  std::string name;  ///< in the zip
  Bytes bytes;
  bool executable = false;

  bool operator==(const PackagedFile&) const = default;
};

/// Lambda refuses packages that are larger than this, unpacked (docs.aws.amazon.com/lambda,
/// quotas).
inline constexpr std::size_t kMostPackageBytes = std::size_t{250} << 20U;

/// A worker program with its shared libraries, their loader and a `bootstrap` that starts the one
/// through the other: so nothing of the machine that it will run on matters but its kernel and its
/// kind of processor. The loader is asked which libraries these are. Throws std::runtime_error for
/// what is no program of this machine, std::system_error.
std::vector<PackagedFile> worker_package(const std::string& worker);

/// A zip of these files. The same files give the same bytes. Throws std::runtime_error.
Bytes zip(const std::vector<PackagedFile>& files);

}  // namespace cloud
