// What `encode` leaves behind when it is interrupted, and finds when it is run again.
#pragma once

#include <memory>
#include <string>

#include "host/chunk_store.hh"

namespace tools {

/// The finished chunks of one output. They go away when the output is whole, and by forget().
class Resume {
 public:
  /// Without `wanted`, what an earlier run has left is removed and nothing is kept.
  Resume(const std::string& output, bool wanted);
  Resume(const Resume&) = delete;
  Resume(Resume&&) = delete;
  Resume& operator=(const Resume&) = delete;
  Resume& operator=(Resume&&) = delete;
  /// A signal no longer speaks of going on.
  ~Resume();

  /// Null where nothing is kept.
  host::ChunkStore* store() const { return store_.get(); }
  /// Tells the user in time how to go on after a signal. Call it now and then.
  void check();
  /// An error's message, and that it left something to go on from, if so.
  std::string with_what_is_kept(const std::string& message) const;
  /// The chunks are of no more use.
  void forget();

 private:
  std::unique_ptr<host::ChunkStore> store_;
  bool told_ = false;
};

}  // namespace tools
