// Memory for kernels under test: exactly as large as it says, and the checker knows each byte.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>

namespace checker {

struct Region;

/// How long a buffer keeps what lanes wrote.
enum class Lifetime {
  kLaunch,  // global memory: between launches too
  kTeam,    // shared memory: each team of a launch finds it uninitialised
};

/// The storage behind a Buffer. Guard zones lie round it, so that a wrong access close to it does
/// no damage.
class Storage {
 public:
  Storage(std::string name, std::size_t bytes, std::size_t element_bytes, Lifetime lifetime);

  [[nodiscard]] void* begin() const { return begin_; }
  /// Copies to the storage; the bytes count as written.
  void write(std::size_t first, const void* from, std::size_t bytes);
  /// All bytes count as never written; they get a value that is unlikely to be right.
  void poison();
  [[nodiscard]] std::size_t unwritten_bytes() const;

 private:
  struct Parts;
  struct Delete {
    void operator()(Parts* parts) const;
  };
  std::unique_ptr<Parts, Delete> parts_;
  void* begin_;
};

/// `size` elements for kernels. T is copied bytewise. A structure with padding may be used, but
/// not copied as a whole by a kernel: its padding is never written.
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// Of elements that nobody has written.
  Buffer(const std::string& name, std::size_t size, Lifetime lifetime = Lifetime::kLaunch)
      : storage_(name, size * sizeof(T), sizeof(T), lifetime),
        data_(static_cast<T*>(storage_.begin())),
        size_(size) {}

  Buffer(const std::string& name, std::span<const T> values) : Buffer(name, values.size()) {
    storage_.write(0, values.data(), values.size_bytes());
  }

  /// For kernels. Not instrumented: a fixture may hold the buffer on the heap, where lanes have no
  /// business.
  [[gnu::no_sanitize_thread]] T* data() { return data_; }
  [[nodiscard, gnu::no_sanitize_thread]] const T* data() const { return data_; }
  [[nodiscard, gnu::no_sanitize_thread]] std::size_t size() const { return size_; }

  /// For the host: what the kernels left.
  [[nodiscard]] std::span<const T> values() const { return {data_, size_}; }

  /// From the host, between launches.
  void set(std::size_t index, const T& value) {
    storage_.write(index * sizeof(T), &value, sizeof(T));
  }
  void fill(const T& value) {
    for (std::size_t i = 0; i < size_; ++i)
      set(i, value);
  }
  void poison() { storage_.poison(); }

  /// Bytes that nobody has written since the buffer was made or poisoned.
  [[nodiscard]] std::size_t unwritten_bytes() const { return storage_.unwritten_bytes(); }

 private:
  Storage storage_;
  T* data_;
  std::size_t size_ = 0;
};

}  // namespace checker
