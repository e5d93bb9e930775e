// Inside of the checker: the memory of a launch that is no buffer.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "tests/checker/memory.hh"

namespace checker {

/// A region for as long as this lives.
class RegionScope {
 public:
  explicit RegionScope(Region region) : region_(&add_region(std::move(region))) {}
  RegionScope(const RegionScope&) = delete;
  RegionScope(RegionScope&&) = delete;
  RegionScope& operator=(const RegionScope&) = delete;
  RegionScope& operator=(RegionScope&&) = delete;
  ~RegionScope() { remove_region(*region_); }

 private:
  const Region* region_;
};

/// A lane's stack, with an inaccessible page below it. Throws std::system_error.
class Stack {
 public:
  static constexpr std::size_t kBytes = std::size_t{256} * 1024;

  explicit Stack(const std::string& name);
  Stack(const Stack&) = delete;
  Stack(Stack&&) = delete;
  Stack& operator=(const Stack&) = delete;
  Stack& operator=(Stack&&) = delete;
  ~Stack();

  [[nodiscard]] void* begin() const { return pages_; }

 private:
  void* pages_;
  std::unique_ptr<RegionScope> region_;
};

/// The program's and its libraries' read-only memory.
std::list<RegionScope> program_constants();

/// This thread's stack from `frame` to its end. Throws std::system_error.
Region caller_stack(const void* frame);

}  // namespace checker
