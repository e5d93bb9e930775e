// What goes wrong between machines.
#pragma once

#include <stdexcept>

namespace cloud {

/// A service did not answer, or not usefully, after all retries: later it may.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A service refuses who asks: credentials are missing, wrong or expired. Retrying does not help, a
/// later run with better ones can go on.
class Denied : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An object, state or message arrived and is not what was written: cut short, changed, or sealed
/// with another run's key.
class Damaged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace cloud
