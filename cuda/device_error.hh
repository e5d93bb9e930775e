// The error for a device that cannot be used or that failed.
#pragma once

#include <stdexcept>

namespace gpu {

/// The message reads "WHAT: WHY; MEND".
class DeviceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace gpu
